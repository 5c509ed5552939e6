// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "store/sql/driver.h"

#include <fmt/format.h>
#include <charconv>
#include <cmath>

namespace mf::sql {

std::unique_ptr<Connection> open(const Address& address) {
    switch (address.dialect) {
        case Dialect::sqlite: return open_sqlite(address);
        case Dialect::postgres:
        case Dialect::mariadb: break;
    }
    throw DatabaseError(DatabaseError::Kind::refused, "This program works with SQLite only: name a database file.");
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

std::string description_of(const Address& address) {
    if (address.dialect == Dialect::sqlite) return "The database file " + address.database;
    std::string place = address.host;
    if (address.port != 0) place += fmt::format(":{}", address.port);
    return fmt::format("The {} database \"{}\" at {}", address.dialect == Dialect::postgres ? "PostgreSQL" : "MariaDB",
                       address.database, place.empty() ? "the usual socket" : place);
}

}  // namespace mf::sql
