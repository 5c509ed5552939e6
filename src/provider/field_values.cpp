// SPDX-License-Identifier: MIT
#include "provider/field_values.h"

#include "base/base64.h"
#include "base/text.h"

#include <fmt/format.h>
#include <unistd.h>

namespace mf {

std::string_view field_secret(const FieldValues& fields, std::string_view keyword) {
    const auto found = fields.find(keyword);
    return found == fields.end() ? std::string_view() : found->second;
}

std::string_view field_text(const FieldValues& fields, std::string_view keyword) {
    return trim(field_secret(fields, keyword));
}

Error wrong_field(std::string_view keyword, std::string sentence) {
    Error error = invalid(sentence);
    error.fields.push_back({std::string(keyword), std::move(sentence)});
    return error;
}

Result<void> require_fields(const FieldValues& fields, std::initializer_list<std::string_view> keywords) {
    for (const auto keyword : keywords)
        if (field_text(fields, keyword).empty())
            return wrong_field(keyword, fmt::format("The credential has no value for {}.", keyword));
    return {};
}

Result<BaseAddress> field_address(const FieldValues& fields, std::string_view keyword) {
    if (const auto given = require_fields(fields, {keyword}); !given) return given.error();
    std::string_view text = field_text(fields, keyword);
    while (text.ends_with('/')) text.remove_suffix(1);
    auto url = read_web_url(text);
    if (!url) return wrong_field(keyword, fmt::format("{} is wrong: {}", keyword, url.error().message));
    if (url->rest.find_first_of("?#") != std::string::npos)
        return wrong_field(keyword, fmt::format("{} must be the address of a service, without '?' and '#'.", keyword));
    return BaseAddress{std::string(text), *std::move(url)};
}

Result<std::filesystem::path> field_file(const FieldValues& fields, std::string_view keyword) {
    if (const auto given = require_fields(fields, {keyword}); !given) return given.error();
    const std::filesystem::path path(field_text(fields, keyword));
    if (!path.is_absolute())
        return wrong_field(keyword, fmt::format("{} must be a whole path, beginning with '/'.", keyword));
    std::error_code failure;
    if (!std::filesystem::is_regular_file(path, failure) || access(path.c_str(), R_OK) != 0)
        return wrong_field(keyword, fmt::format("{} names no file of this machine that the server can read.", keyword));
    return path;
}

Availability is_available(std::string message) {
    return {AvailabilityState::available, std::move(message), ttl_of_good_news};
}

Availability is_degraded(std::string message) {
    return {AvailabilityState::degraded, std::move(message), ttl_of_good_news};
}

Availability availability_of(const Error& error) {
    if (error.code == ErrorCode::unavailable) return {AvailabilityState::unavailable, error.message, ttl_of_bad_news};
    return {AvailabilityState::misconfigured, error.message, ttl_of_good_news};
}

std::string basic_authorization(std::string_view user, std::string_view password) {
    return "Basic " + to_base64(fmt::format("{}:{}", user, password));
}

}  // namespace mf
