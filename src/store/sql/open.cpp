// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "store/sql/driver.h"
#include "store/sql/visit.h"

#include <fmt/format.h>
#include <charconv>
#include <cmath>

namespace mf::sql {

std::unique_ptr<Connection> open(const Address& address) {
    switch (address.dialect) {
        case Dialect::sqlite: return open_sqlite(address);
        case Dialect::postgres: return open_postgres(address);
        case Dialect::mariadb: return open_mariadb(address);
    }
    throw std::logic_error("an address names no known kind of database");
}

namespace {

std::unique_ptr<Connection> open_visit(Address address, std::chrono::milliseconds limit) {
    address.lock_wait = limit;
    switch (address.dialect) {
        case Dialect::sqlite: return open_sqlite(address, limit);
        case Dialect::postgres: return open_postgres(address, limit);
        case Dialect::mariadb: return open_mariadb(address, limit);
    }
    throw std::logic_error("an address names no known kind of database");
}

}  // namespace

std::unique_ptr<Connection> visit(Address address, std::chrono::milliseconds limit) {
    address.read_only = true;
    return open_visit(std::move(address), limit);
}

std::unique_ptr<Connection> visit_to_change(Address address, std::chrono::milliseconds limit) {
    address.read_only = false;
    return open_visit(std::move(address), limit);
}

void check_parameters(std::span<const Value> parameters) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const char* flaw = nullptr;
        if (const auto* text = std::get_if<std::string>(&parameters[i])) {
            if (text->find('\0') != std::string::npos)
                flaw = "is a text with a zero byte";
            else if (!is_utf8(*text))
                flaw = "is a text that is not valid UTF-8";
        } else if (const auto* real = std::get_if<double>(&parameters[i]); real && !std::isfinite(*real)) {
            flaw = "is not a finite number";
        }
        if (flaw)
            throw DatabaseError(
                DatabaseError::Kind::other,
                fmt::format("Value {} of a database statement {}; no database keeps that. Correct the value.", i + 1,
                            flaw));
    }
}

Value number_from_decimal(std::string_view text) {
    const char* end = text.data() + text.size();
    std::int64_t whole = 0;
    if (const auto [rest, error] = std::from_chars(text.data(), end, whole); error == std::errc{} && rest == end)
        return whole;
    double real = 0;
    if (const auto [rest, error] = std::from_chars(text.data(), end, real); error == std::errc{} && rest == end)
        return real;
    return std::string(text);
}

NumberedSql with_numbered_parameters(std::string_view sql) {
    NumberedSql out;
    out.sql.reserve(sql.size() + 16);
    // Behind the end mark.
    const auto skip_to = [&](std::size_t from, std::string_view end_mark) {
        const auto end = sql.find(end_mark, from);
        return end == std::string_view::npos ? sql.size() : end + end_mark.size();
    };
    for (std::size_t i = 0; i < sql.size();) {
        std::size_t next = i + 1;
        if (sql[i] == '\'' || sql[i] == '"')
            next = skip_to(i + 1, sql.substr(i, 1));  // a doubled quote opens the next piece at once
        else if (sql.substr(i, 2) == "--")
            next = skip_to(i, "\n");
        else if (sql.substr(i, 2) == "/*")
            next = skip_to(i + 2, "*/");
        if (sql[i] == '?')
            out.sql += fmt::format("${}", ++out.parameters);
        else
            out.sql += sql.substr(i, next - i);
        i = next;
    }
    return out;
}

std::string_view advice_about_server(DatabaseError::Kind kind, DatabaseError::Cause cause) {
    using Cause = DatabaseError::Cause;
    switch (cause) {
        case Cause::server: return " Check that the server runs and can be reached from here.";
        case Cause::too_many_sessions:
            return " It has no session left: end some programs, or raise its limit (max_connections).";
        case Cause::account:
            return " Check the user, the password, and from where and with which encryption the server lets this user "
                   "in.";
        case Cause::database: return " Check the name of the database, or create it.";
        case Cause::permission:
            return " Check the name of the database, and make the user its owner or give it all rights there.";
        case Cause::read_only: return " It takes no changes, as a standby does: use the server that does.";
        case Cause::encryption:
            return " Server and program demand different encryption: change that on one side, or use the server's Unix "
                   "socket.";
        case Cause::unknown:
        case Cause::version:
        case Cause::file: break;
    }
    switch (kind) {
        case DatabaseError::Kind::lost: return " Check that the server runs and can be reached from here.";
        case DatabaseError::Kind::full: return " Free some space on the machine of the database server.";
        case DatabaseError::Kind::refused:
        case DatabaseError::Kind::unique_violation:
        case DatabaseError::Kind::foreign_key:
        case DatabaseError::Kind::busy:
        case DatabaseError::Kind::uncertain:
        case DatabaseError::Kind::other: break;
    }
    return "";
}

std::string failure_sentence(std::string_view name_and_what, std::string_view said, std::string_view advice) {
    std::string out(name_and_what);
    out += ':';
    const auto is_white = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
    bool gap = true;
    for (const char c : said) {
        if (!is_white(c) && std::exchange(gap, false)) out += ' ';
        if (is_white(c))
            gap = true;
        else
            out += c;
    }
    add_sentence(out, trim(advice));
    out.resize(trim(out).size());
    return out;
}

void require_version(Dialect dialect, std::string_view name, std::string_view version) {
    const bool postgres = dialect == Dialect::postgres;
    const auto number_at = [&](std::string_view text) {
        int number = 0;
        std::from_chars(text.data(), text.data() + text.size(), number);
        return number;
    };
    const int major = number_at(version);
    const auto dot = version.find('.');
    const int minor = dot == std::string_view::npos ? 0 : number_at(version.substr(dot + 1));
    const bool suits =
        postgres ? major >= 15
                 : version.find("MariaDB") != std::string_view::npos && (major > 10 || (major == 10 && minor >= 11));
    if (suits) return;
    throw DatabaseError(DatabaseError::Kind::refused,
                        fmt::format("{} is served by version {}, which this program cannot use: it needs {} or newer.",
                                    name, version, postgres ? "PostgreSQL 15" : "MariaDB 10.11"),
                        DatabaseError::Cause::version);
}

bool has_port(const Address& address) {
    const bool is_socket = address.host.empty() || address.host.starts_with('/');
    if (address.dialect == Dialect::mariadb && is_socket) return false;
    return address.dialect != Dialect::sqlite && address.port != 0;
}

std::string description_of(const Address& address) {
    if (address.dialect == Dialect::sqlite) return "The database file " + address.database;
    std::string place = address.host;
    if (has_port(address)) place += fmt::format(":{}", address.port);
    return fmt::format("The {} database \"{}\" at {}", address.dialect == Dialect::postgres ? "PostgreSQL" : "MariaDB",
                       address.database, place.empty() ? "the usual socket" : place);
}

}  // namespace mf::sql
