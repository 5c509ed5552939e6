// SPDX-License-Identifier: MIT
// For what reads envelopes and keys that are JSON.
#pragma once

#include "base/json.h"

#include <boost/json/object.hpp>

namespace mf {

/// The text of a member; empty when there is none or it is no text. Valid as long as the object is unchanged.
inline std::string_view text_of(const json::object& object, std::string_view name) {
    const auto* member = object.if_contains(name);
    const auto* text = member ? member->if_string() : nullptr;
    return text ? std::string_view(*text) : std::string_view();
}

}  // namespace mf
