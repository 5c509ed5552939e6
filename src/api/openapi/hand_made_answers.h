// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

// What no field table says of answers. The words of a description: "@company" is a record of the entity; "name:type" a
// member of the type text, time, int, bool, object, map (of texts), list (of objects), texts, ints, any, or "@company",
// "@company[]"; "[]" before them says that the answer is a list of such records. A '?' behind the type: the member may
// be missing; a '~': it may be null. tests/contract/openapi holds real answers against this.

namespace mf::openapi {

/// The JSON that an operation without described output makes by hand; empty: it is not known.
std::string_view hand_made_answer(std::string_view operation);

/// How the record that operations show differs from the fields of its entity: "-name" is not shown, other words are
/// members that are shown besides, or otherwise. Empty: not at all.
std::string_view difference_of_record(std::string_view entity);

}  // namespace mf::openapi
