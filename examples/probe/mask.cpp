// SPDX-License-Identifier: MIT
#include "probe/mask.h"

#include "base/text.h"

#include <algorithm>
#include <utility>

namespace mf::probe {
namespace {

constexpr std::string_view hidden = "***";

bool names_a_secret(std::string_view parameter) {
    const auto name = lower(parameter);
    return std::ranges::any_of(
        std::initializer_list<std::string_view>{"token", "key", "pass", "pwd", "secret", "sig", "auth"},
        [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

/// "host:port" has digits or nothing behind the colon; anything else is a password with a '/' or '?' in it.
bool is_host_and_port(std::string_view authority) {
    if (authority.starts_with('[')) authority = authority.substr(std::min(authority.find(']'), authority.size()));
    const auto colon = authority.find(':');
    if (colon == std::string_view::npos) return true;
    return authority.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
}

void append_query(std::string& out, std::string_view rest) {
    const auto question = rest.find('?');
    out += masked(rest.substr(0, question));
    if (question == std::string_view::npos) return;
    out += '?';
    bool first = true;
    for (const auto parameter : split(rest.substr(question + 1), '&')) {
        if (!std::exchange(first, false)) out += '&';
        const auto equals = parameter.find('=');
        if (equals == std::string_view::npos || !names_a_secret(parameter.substr(0, equals)))
            out += masked(parameter);  // "?next=https://..." is a URL as well
        else
            out.append(parameter.substr(0, equals + 1)).append(hidden);
    }
}

/// `url` begins behind "://".
void append_masked(std::string& out, std::string_view url) {
    const auto end = std::min(url.find_first_of("/?#"), url.size());
    auto at = url.substr(0, end).rfind('@');
    if (at == std::string_view::npos && !is_host_and_port(url.substr(0, end))) {
        at = url.rfind('@');
        if (at == std::string_view::npos) {
            out += hidden;
            return;
        }
    }
    if (at != std::string_view::npos) {
        out += hidden;
        url.remove_prefix(at);
    }
    append_query(out, url);
}

}  // namespace

std::string masked(std::string_view text) {
    constexpr std::string_view mark = "://";
    std::string out;
    for (auto found = text.find(mark); found != std::string_view::npos; found = text.find(mark)) {
        out += text.substr(0, found + mark.size());
        text.remove_prefix(found + mark.size());
        const auto url = text.substr(0, text.find_first_of(" \t\r\n"));
        append_masked(out, url);
        text.remove_prefix(url.size());
    }
    return out.append(text);
}

}  // namespace mf::probe
