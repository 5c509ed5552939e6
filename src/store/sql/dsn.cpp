// SPDX-License-Identifier: MIT
#include "store/sql/dsn.h"

#include "base/text.h"

#include <fmt/format.h>
#include <charconv>

namespace mf::sql {
namespace {

Error invalid_address(std::string_view what) {
    return {ErrorCode::invalid,
            fmt::format("The address of the database is not understood: {}. Write sqlite:/path/file.db, "
                        "pgsql://user@host:port/name, or mysql://user@host:port/name; a socket is named by "
                        "?socket=/path behind the name.",
                        what)};
}

std::optional<std::string> decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        unsigned octet = 0;
        const auto digits = text.substr(i + 1, 2);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), octet, 16);
        if (digits.size() != 2 || error != std::errc{} || end != digits.data() + 2 || octet == 0) return std::nullopt;
        out += static_cast<char>(octet);
        i += 2;
    }
    return out;
}

std::string encoded(std::string_view text, std::string_view besides = {}) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           std::string_view("-._~").find(c) != std::string_view::npos ||
                           besides.find(c) != std::string_view::npos;
        out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

/// "host", "host:port", "[::1]:port".
Result<void> read_place(std::string_view text, Address& address) {
    std::string_view host = text;
    std::string_view port;
    const auto bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
    const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon != std::string_view::npos) {
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
        const auto number = to_integer(port);
        if (!number || *number < 1 || *number > 65535) return invalid_address("the port is no number from 1 to 65535");
        address.port = static_cast<int>(*number);
    }
    if (bracket != std::string_view::npos) host = host.substr(1, bracket - 1);
    auto name = decoded(host);
    if (!name) return invalid_address("a % in the host is followed by no two hexadecimal digits");
    address.host = name->empty() ? "localhost" : *std::move(name);
    return {};
}

Result<Address> read_server(std::string_view text, Dialect dialect) {
    Address address{.dialect = dialect};
    if (!text.starts_with("//")) return invalid_address("the kind of the database is to be followed by ://");
    text.remove_prefix(2);
    const auto question = text.find('?');
    const auto option = question == std::string_view::npos ? std::string_view() : text.substr(question + 1);
    text = text.substr(0, question);
    const auto at = text.rfind('@');
    if (at != std::string_view::npos) {
        const auto user = text.substr(0, at);
        if (user.find(':') != std::string_view::npos)
            return Error{ErrorCode::invalid,
                         "The address of the database must not have a password in it, because every user of this "
                         "machine can read the command lines of running programs. Put the password into the variable "
                         "MULTIFLEXI_TO_PASSWORD or into a file named by --password-file, and consider this one "
                         "known."};
        auto name = decoded(user);
        if (!name) return invalid_address("a % in the user is followed by no two hexadecimal digits");
        address.user = *std::move(name);
        text.remove_prefix(at + 1);
    }
    const auto slash = text.find('/');
    auto database = decoded(slash == std::string_view::npos ? "" : text.substr(slash + 1));
    if (!database) return invalid_address("a % in the name is followed by no two hexadecimal digits");
    if (database->empty()) return invalid_address("the name of the database is missing behind the host");
    address.database = *std::move(database);
    if (auto place = read_place(text.substr(0, slash), address); !place) return place.error();
    if (question == std::string_view::npos) return address;
    constexpr std::string_view socket = "socket=";
    auto path = decoded(option.starts_with(socket) ? option.substr(socket.size()) : "");
    if (!path || !path->starts_with('/'))
        return invalid_address("behind the ? only socket= with an absolute path may stand");
    address.host = *std::move(path);
    return address;
}

}  // namespace

Result<Address> read_dsn(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return invalid_address("it begins with no kind of database and a colon");
    const auto kind = lower(text.substr(0, colon));
    const auto rest = text.substr(colon + 1);
    if (kind == "pgsql" || kind == "postgres" || kind == "postgresql") return read_server(rest, Dialect::postgres);
    if (kind == "mysql" || kind == "mariadb") return read_server(rest, Dialect::mariadb);
    if (kind != "sqlite") return invalid_address("its kind is none of sqlite, pgsql and mysql");
    const auto file = rest.starts_with("//") ? rest.substr(2) : rest;
    if (!file.starts_with('/')) return invalid_address("the file must be named by its whole path, from / on");
    return Address{.dialect = Dialect::sqlite, .database = std::string(file)};
}

std::string to_dsn(const Address& address) {
    if (address.dialect == Dialect::sqlite) return "sqlite:" + address.database;
    std::string out = address.dialect == Dialect::postgres ? "pgsql://" : "mysql://";
    if (!address.user.empty()) out += encoded(address.user) + "@";
    const bool is_socket = address.host.starts_with('/');
    const bool is_ipv6 = address.host.find(':') != std::string::npos;
    if (is_ipv6 && !is_socket)
        out += "[" + address.host + "]";
    else if (!is_socket)
        out += encoded(address.host);
    if (address.port != 0) out += fmt::format(":{}", address.port);
    out += "/" + encoded(address.database);
    if (is_socket) out += "?socket=" + encoded(address.host, "/");
    return out;
}

}  // namespace mf::sql
