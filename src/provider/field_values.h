// SPDX-License-Identifier: MIT
#pragma once

#include "net/url.h"
#include "provider/provider.h"

#include <string>
#include <string_view>

namespace mf {

/// The value without blanks around it; empty when there is none.
std::string_view field_text(const FieldValues& fields, std::string_view keyword);

/// The value as it is, for passwords; empty when there is none.
std::string_view field_secret(const FieldValues& fields, std::string_view keyword);

/// invalid, about this field: the sentence says what was wrong and what to do.
Error wrong_field(std::string_view keyword, std::string sentence);

/// Fails for the first field that is missing or empty.
Result<void> require_fields(const FieldValues& fields, std::initializer_list<std::string_view> keywords);

/// The address of a web service, without '/' at its end, ready for a path to follow.
struct BaseAddress {
    std::string text;
    Url url;
};
/// Fails when it is missing, is no http(s) address, or has a query or a fragment.
Result<BaseAddress> field_address(const FieldValues& fields, std::string_view keyword);

/// A file of this machine. Fails when the path is missing or relative, or is no regular file that can be read.
Result<std::filesystem::path> field_file(const FieldValues& fields, std::string_view keyword);

inline constexpr std::chrono::seconds ttl_of_good_news{300};
inline constexpr std::chrono::seconds ttl_of_bad_news{60};

Availability is_available(std::string message);
Availability is_degraded(std::string message);
/// What an error of resolve() means: unavailable for a minute, or misconfigured.
Availability availability_of(const Error& error);

/// For the header Authorization (RFC 7617).
std::string basic_authorization(std::string_view user, std::string_view password);

}  // namespace mf
