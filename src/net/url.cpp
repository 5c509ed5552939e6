// SPDX-License-Identifier: MIT
#include "net/url.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <fmt/format.h>

namespace mf {
namespace {

bool is_scheme(std::string_view text) {
    if (text.empty() || !is_letter(text.front())) return false;
    return std::ranges::all_of(text,
                               [](char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; });
}

bool is_misread_by_some(char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F || c == '\\'; }

int hexadecimal_digit(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// "host", "host:80" or "[::1]:80"
Result<void> read_host(std::string_view text, Url& url) {
    const auto end = text.starts_with('[') ? text.find(']') : text.find(':');
    if (text.starts_with('[') && end == std::string_view::npos)
        return invalid("The address has a '[' without a ']' in its host.");
    std::string_view after;
    if (text.starts_with('[')) {
        url.host = lower(text.substr(1, end - 1));
        after = text.substr(end + 1);
    } else {
        url.host = lower(text.substr(0, end));
        if (end != std::string_view::npos) after = text.substr(end);
    }
    if (url.host.empty()) return invalid("The address names no host.");
    if (after.empty() || after == ":") return {};
    const auto port = after.front() == ':' ? to_integer(after.substr(1)) : std::nullopt;
    if (!port || *port < 1 || *port > 65535) return invalid("The port in the address is no number from 1 to 65535.");
    url.port = static_cast<int>(*port);
    return {};
}

}  // namespace

std::string Url::origin() const {
    const bool needs_brackets = host.find(':') != std::string::npos;
    std::string text = fmt::format("{}://{}{}{}", scheme, needs_brackets ? "[" : "", host, needs_brackets ? "]" : "");
    if (port != 0) text += fmt::format(":{}", port);
    return text;
}

int Url::effective_port() const {
    if (port != 0) return port;
    return scheme == "https" ? 443 : scheme == "http" ? 80 : 0;
}

Result<Url> read_url(std::string_view text) {
    if (std::ranges::any_of(text, is_misread_by_some))
        return invalid("The address contains a blank, a backslash or a control character.");
    const auto colon = text.find("://");
    if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon)))
        return invalid("The address is incomplete: it must begin like https://host.");
    Url url{.scheme = lower(text.substr(0, colon)), .host = {}};
    text.remove_prefix(colon + 3);
    const auto path = std::min(text.find_first_of("/?#"), text.size());
    url.rest = text.substr(path);
    std::string_view authority = text.substr(0, path);
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        const std::string_view account = authority.substr(0, at);
        const auto split_at = account.find(':');
        url.user = percent_decoded(account.substr(0, split_at));
        if (split_at != std::string_view::npos) url.password = percent_decoded(account.substr(split_at + 1));
        authority.remove_prefix(at + 1);
    }
    return read_host(authority, url).transform([&] { return std::move(url); });
}

Result<Url> read_web_url(std::string_view text) {
    return read_url(text).and_then([](Url url) -> Result<Url> {
        if (url.scheme != "http" && url.scheme != "https")
            return invalid("The address must begin with http:// or https://.");
        return url;
    });
}

std::string percent_encoded(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        if (is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~')
            encoded += c;
        else
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? hexadecimal_digit(text[i + 1]) : -1;
        const int low = high >= 0 ? hexadecimal_digit(text[i + 2]) : -1;
        if (low < 0) {
            decoded += text[i];
            continue;
        }
        decoded += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return decoded;
}

bool is_loopback(std::string_view host) {
    const std::string name(host);
    in_addr four{};
    if (inet_pton(AF_INET, name.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
    in6_addr six{};
    if (inet_pton(AF_INET6, name.c_str(), &six) == 1) return IN6_IS_ADDR_LOOPBACK(&six);
    return equal_ignoring_case(host, "localhost");
}

}  // namespace mf
