// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_client.h"

#include <optional>

namespace mf {

/// A refusal of the REST API (RFC 9457, doc/api.md) as the error that it was there.
struct ReadProblem {
    Error error;
    std::string code;  ///< the word for programs
};
/// None: the reply is no such document.
std::optional<ReadProblem> read_problem(const HttpReply& reply);

/// scheme://host:port of an address, for people; "another address" when it is none.
std::string origin_of(std::string_view address);

}  // namespace mf
