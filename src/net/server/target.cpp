// SPDX-License-Identifier: MIT
#include "net/server/target.h"

#include "base/text.h"

#include <algorithm>

namespace mf::http {
namespace {

constexpr std::size_t most_query_parts = 1000;

int digit_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

enum class Plus { stays, is_blank };

/// Nothing when it cannot be decoded, or not to a text.
std::optional<std::string> decode(std::string_view text, Plus plus) {
    if (text.find_first_of("%+") == std::string_view::npos) return std::string(text);
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const int high = i + 2 < text.size() ? digit_value(text[i + 1]) : -1;
            const int low = high >= 0 ? digit_value(text[i + 2]) : -1;
            if (low < 0 || high + low == 0) return std::nullopt;
            decoded += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            decoded += text[i] == '+' && plus == Plus::is_blank ? ' ' : text[i];
        }
    }
    if (!is_utf8(decoded)) return std::nullopt;
    return decoded;
}

Result<void> read_path(std::string_view path, Request& request) {
    request.path = path;
    if (path == "/") return {};
    for (const auto part : split(path.substr(1), '/')) {
        auto segment = decode(part, Plus::stays);
        if (!segment)
            return invalid(
                "The path has a '%' that is not followed by two hexadecimal digits, or stands for no text in "
                "UTF-8.");
        if (*segment == "." || *segment == "..") return invalid("The path has a segment \".\" or \"..\".");
        request.segments.push_back(std::move(*segment));
    }
    return {};
}

Result<void> read_query(std::string_view query, Request& request) {
    request.raw_query = query;
    if (query.empty()) return {};
    const auto parts = split(query, '&');
    if (parts.size() > most_query_parts) return invalid("The query has more than 1000 parts.");
    for (const auto part : parts) {
        if (part.empty()) continue;
        const auto equals = part.find('=');
        auto name = decode(part.substr(0, equals), Plus::is_blank);
        auto value = equals == std::string_view::npos ? std::string() : decode(part.substr(equals + 1), Plus::is_blank);
        if (!name || !value)
            return invalid(
                "The query has a '%' that is not followed by two hexadecimal digits, or stands for no text in "
                "UTF-8.");
        request.query.emplace_back(std::move(*name), std::move(*value));
    }
    return {};
}

/// http://host:port/path?query: how proxies are asked; a server must understand it (RFC 9112, section 3.2.2).
Result<void> take_authority(std::string_view& target, Request& request) {
    const auto begin = target.find("://") + 3;
    const auto end = std::min(target.find_first_of("/?", begin), target.size());
    const auto host = target.substr(begin, end - begin);
    if (!is_host(host)) return invalid("The target of the request names no host that can be read.");
    request.host = lower(host);
    target.remove_prefix(end);
    return {};
}

bool is_absolute(std::string_view target) {
    const std::string scheme = lower(target.substr(0, 8));
    return scheme.starts_with("http://") || scheme == "https://";
}

}  // namespace

bool is_host(std::string_view text) {
    std::string_view port;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos || end == 1) return false;
        if (!std::ranges::all_of(text.substr(1, end - 1),
                                 [](char c) { return digit_value(c) >= 0 || c == ':' || c == '.'; }))
            return false;
        port = text.substr(end + 1);
    } else {
        const auto colon = std::min(text.find(':'), text.size());
        const auto name = text.substr(0, colon);
        if (name.empty() || !std::ranges::all_of(name, [](char c) {
                return is_letter(c) || is_digit(c) ||
                       std::string_view("-._~%!$&'()*+,;=").find(c) != std::string_view::npos;
            }))
            return false;
        port = text.substr(colon);
    }
    if (port.empty()) return true;
    return port.front() == ':' && port.size() <= 6 && std::ranges::all_of(port.substr(1), is_digit);
}

Result<void> read_target(std::string_view target, Request& request) {
    const bool is_plain =
        std::ranges::all_of(target, [](char c) { return c > ' ' && c < 0x7F && c != '\\' && c != '#'; });
    if (!is_plain)
        return invalid(
            "The target of the request has a blank, a control character, a '#', a '\\' or a character beyond "
            "ASCII; percent-encode it.");
    if (target == "*") {
        if (request.method != "OPTIONS") return invalid("The target \"*\" is for OPTIONS only.");
        request.path = "*";
        return {};
    }
    std::string_view rest = target;
    if (is_absolute(rest)) {
        if (auto taken = take_authority(rest, request); !taken) return taken;
    } else if (!rest.starts_with('/')) {
        return invalid("The target of the request must begin with '/'.");
    }
    const auto question = rest.find('?');
    const auto path = rest.substr(0, question);
    return read_path(path.empty() ? "/" : path, request).and_then([&] {
        return read_query(question == std::string_view::npos ? "" : rest.substr(question + 1), request);
    });
}

}  // namespace mf::http
