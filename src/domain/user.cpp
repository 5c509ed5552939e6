// SPDX-License-Identifier: MIT
#include "domain/user.h"

#include "base/text_within.h"
#include "domain/visible_text.h"

#include <fmt/format.h>
#include <algorithm>

namespace mf {
namespace {

constexpr std::size_t longest_login = 64;

bool has_control_characters(std::string_view text) {
    return std::ranges::any_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

}  // namespace

template <>
const Entity& entity_of<User>() {
    using U = User;
    static constexpr auto fields = fields_of<U>(
        field<&U::id>("id", {.key = true, .read_only = true, .listed = true}),
        field<&U::login>("login", {.max_length = longest_login, .required = true, .personal = true, .listed = true}),
        field<&U::email>("email", {.max_length = 254, .personal = true, .listed = true}),
        field<&U::firstname>("firstname", {.max_length = 64, .personal = true}),
        field<&U::lastname>("lastname", {.max_length = 64, .personal = true}),
        field<&U::enabled>("enabled", {.listed = true}), field<&U::created_at>("created_at", {.read_only = true}),
        field<&U::password>("password", {.read_only = true, .secret = true}),
        field<&U::password_changed_at>("password_changed_at", {.read_only = true}),
        field<&U::settings>("settings", {.max_length = 65535, .personal = true}),
        field<&U::totp>("totp", {.max_length = 512, .read_only = true, .secret = true}),
        field<&U::totp_enabled>("totp_enabled", {.read_only = true}),
        field<&U::totp_last_step>("totp_last_step", {.read_only = true}),
        field<&U::last_login_at>("last_login_at", {.read_only = true}),
        field<&U::last_login_address>("last_login_address", {.max_length = 64, .read_only = true, .personal = true}),
        field<&U::updated_at>("updated_at", {.read_only = true}), field<&U::live>("live", {.read_only = true}));
    static constexpr Entity entity{"user", "User", fields};
    return entity;
}

template <>
const Entity& entity_of<ApiToken>() {
    using T = ApiToken;
    static constexpr auto fields = fields_of<T>(
        field<&T::id>("id", {.key = true, .read_only = true, .listed = true}),
        field<&T::user_id>("user_id", {.references = "user", .listed = true}),
        field<&T::name>("name", {.max_length = 128, .listed = true}),
        field<&T::digest>("digest", {.max_length = 64, .read_only = true, .secret = true}),
        field<&T::shown>("shown", {.max_length = 16, .read_only = true, .listed = true}),
        field<&T::permissions>("permissions", {.max_length = 1024}),
        field<&T::companies>("companies", {.max_length = 4096}),
        field<&T::created_at>("created_at", {.read_only = true}), field<&T::expires_at>("expires_at"),
        field<&T::last_used_at>("last_used_at", {.read_only = true}),
        field<&T::last_used_address>("last_used_address", {.max_length = 64, .read_only = true, .personal = true}),
        field<&T::revoked_at>("revoked_at", {.read_only = true}));
    static constexpr Entity entity{"token", "Token", fields};
    return entity;
}

template <>
const Entity& entity_of<LoginSession>() {
    using L = LoginSession;
    static constexpr auto fields = fields_of<L>(
        field<&L::id>("id", {.key = true, .read_only = true, .listed = true}),
        field<&L::user_id>("user_id", {.references = "user", .read_only = true}),
        field<&L::digest>("digest", {.max_length = 64, .read_only = true, .secret = true}),
        field<&L::created_at>("created_at", {.read_only = true, .listed = true}),
        field<&L::seen_at>("seen_at", {.read_only = true, .listed = true}),
        field<&L::expires_at>("expires_at", {.read_only = true}),
        field<&L::address>("address", {.max_length = 64, .read_only = true, .personal = true, .listed = true}),
        field<&L::user_agent>("user_agent", {.max_length = 255, .read_only = true, .personal = true, .listed = true}),
        field<&L::method>("method", {.max_length = 32, .read_only = true, .listed = true}),
        field<&L::ended_at>("ended_at", {.read_only = true}));
    static constexpr Entity entity{"login_session", "Session", fields};
    return entity;
}

Result<void> check(const User& user) {
    Error error{ErrorCode::invalid, ""};
    const auto complain = [&](std::string field, std::string message) {
        if (error.message.empty()) error.message = message;
        error.fields.push_back({std::move(field), std::move(message)});
    };
    if (trim(user.login).empty())
        complain("login", "The login is empty. Enter the name with which the person signs in.");
    else if (user.login.size() > longest_login)
        complain("login", fmt::format("The login is longer than {} bytes. Choose a shorter one.", longest_login));
    else if (trim(user.login).size() != user.login.size() || has_control_characters(user.login))
        complain(
            "login",
            "The login begins or ends with a blank, or has control characters, which nobody sees. Leave them out.");
    if (user.email && !user.email->empty()) {
        const std::string_view email = *user.email;
        const auto at = email.find('@');
        if (at == 0 || at == std::string_view::npos || at + 1 == email.size() || email.size() > 254 ||
            email.find_first_of(" \t\r\n<>,;") != std::string_view::npos || has_control_characters(email))
            complain("email", "This is no e-mail address. It looks like name@example.com.");
    }
    if (error.fields.empty()) return {};
    return error;
}

Result<void> check_new_login(std::string_view login) {
    const auto refused = [](std::string sentence) -> Result<void> {
        return Error{ErrorCode::invalid, sentence, {{"login", sentence}}};
    };
    if (!login.empty() && std::ranges::all_of(login, is_digit))
        return refused("A login of digits only could be taken for the number of another user. Add a letter.");
    if (has_hidden_characters(login))
        return refused("The login has characters that nobody sees. Type it anew without them.");
    return {};
}

bool is_login_of_machine(std::string_view login) { return equal_ignoring_case(login, "root"); }

std::string retired_login(const User& user) {
    const auto mark = fmt::format(" (deleted {})", user.id.value);
    return text_within(user.login, longest_login - mark.size()) + mark;
}

}  // namespace mf
