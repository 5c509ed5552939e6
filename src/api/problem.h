// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "net/server/message.h"

namespace mf {

/// The status that an error has in HTTP.
int status_of(ErrorCode code);

/// An error as application/problem+json (RFC 9457): "type" names the kind, "detail" is the sentence for people, "code"
/// the word for programs, and "errors" has every complaint about the input at once: {field, message, code, value,
/// file}. Several kinds share a status of HTTP; `status` 0 takes the one of the code.
http::Response problem(const Error& error, int status = 0);
/// The code is a word for programs; empty: the usual one of the status.
http::Response problem(int status, std::string_view sentence, std::string_view code = {});

/// The code of an address at which no version of the program that answers has anything, unlike a record that there is
/// not.
inline constexpr std::string_view unknown_path = "unknown-path";

}  // namespace mf
