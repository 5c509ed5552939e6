// SPDX-License-Identifier: MIT
#pragma once

#include "journeys/installation.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

// For tests of what other programs say to the command line, word by word, and what they need back.

namespace mf::testing {

/// A line as a shell takes it apart, with single quotes.
inline Words words_of(std::string_view line) {
    Words out;
    bool quoted = false, open = false;
    for (const char c : line) {
        if (c == '\'') {
            quoted = !quoted;
            if (std::exchange(open, true)) continue;
            out.emplace_back();
        } else if (c == ' ' && !quoted) {
            open = false;
        } else {
            if (!std::exchange(open, true)) out.emplace_back();
            out.back() += c;
        }
    }
    return out;
}

/// What strict clients decode a member into; null fits all of them, a missing member too.
enum class Kind { integer, text, object };

inline bool fits(const json::value& value, Kind kind) {
    if (value.is_null()) return true;
    switch (kind) {
        case Kind::integer: return value.is_int64();
        case Kind::text: return value.is_string();
        case Kind::object: return value.is_object();
    }
    return false;
}

using Members = std::vector<std::pair<std::string_view, Kind>>;

/// An installation, asked as a client asks.
struct Client : Installation {
    Answer say(std::string_view line) const { return cli(words_of(line)); }
    json::value document(std::string_view line) const {
        const auto answer = say(line);
        INFO(line);
        INFO(answer.out.substr(0, 2000), answer.err);
        REQUIRE(answer.code == 0);
        return answer.json();
    }
    json::object object(std::string_view line) const {
        const auto answer = document(line);
        INFO(line);
        REQUIRE(answer.is_object());
        return answer.as_object();
    }
    /// The rows of a list that is not empty, each with members of these kinds.
    json::array list(std::string_view line, const Members& members) const {
        const auto answer = document(line);
        INFO(line);
        REQUIRE(answer.is_array());
        CHECK_FALSE(answer.as_array().empty());
        for (const auto& row : answer.as_array())
            for (const auto& [name, kind] : members) {
                CAPTURE(name);
                REQUIRE(row.as_object().contains(name));
                CHECK(fits(row.at(name), kind));
            }
        return answer.as_array();
    }
    std::int64_t id(std::string_view line, std::string_view member = "id") const {
        const auto answer = object(line);
        INFO(line);
        REQUIRE(answer.contains(member));
        REQUIRE(answer.at(member).is_int64());
        return answer.at(member).as_int64();
    }
    /// Ends with 0; clients that look at nothing else.
    void done(std::string_view line) const {
        const auto answer = say(line);
        CHECK_MESSAGE(answer.code == 0, line, ": ", answer.out, answer.err);
    }
    /// Ends with 1 and has this sentence, and nothing else than JSON, on standard output.
    void refused(std::string_view line, std::string_view sentence) const {
        const auto answer = say(line);
        INFO(line);
        CHECK(answer.code == 1);
        CHECK_MESSAGE(has(answer.out, sentence), answer.out);
        CHECK(answer.json().is_object());
    }
};

inline constexpr auto as_integer = Kind::integer;
inline constexpr auto as_text = Kind::text;

}  // namespace mf::testing
