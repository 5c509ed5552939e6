// SPDX-License-Identifier: MIT
#pragma once

#include "api/rest_api.h"
#include "base/json.h"
#include "net/server/body_source.h"
#include "net/server/target.h"
#include "support/manual_clock.h"
#include "support/tenants_desk.h"

namespace mf::testing {

/// An HTTP interface on the database of another desk, without sockets.
template <class Desk>
struct OverHttp : Desk {
    using Desk::Desk;
    ManualClock clock{this->moment};
    SignIn sign_in{this->database, this->vault, {.cost = cheap}};
    const ApiContext context{.database = this->database,
                             .vault = this->vault,
                             .http = this->http,
                             .sign_in = sign_in,
                             .clock = this->clock,
                             .operations = this->operations,
                             .zone = "UTC",
                             .password_cost = cheap};
    RestApi api{context};

    static http::Request request(std::string method, std::string_view target, http::Headers headers = {},
                                 std::string body = {}) {
        http::Request out{.method = std::move(method), .path = {}, .segments = {}};
        if (const auto read = http::read_target(target, out); !read) throw std::runtime_error(read.error().message);
        out.headers = std::move(headers);
        out.body = std::move(body);
        out.client = "192.0.2.7";
        out.host = "multiflexi.example";
        return out;
    }
    http::Response ask(std::string method, std::string_view target, http::Headers headers = {}, std::string body = {}) {
        return api.handle(
            request(std::move(method), "/api/v1" + std::string(target), std::move(headers), std::move(body)));
    }
    http::Response ask_json(std::string method, std::string_view target, http::Headers headers,
                            const json::object& body) {
        headers.add("Content-Type", "application/json");
        return ask(std::move(method), target, std::move(headers), to_text(json::value(body)));
    }
    static json::value body_of(const http::Response& response) {
        auto parsed = parse_json(response.body);
        if (!parsed) throw std::runtime_error("no JSON: " + response.body);
        return *std::move(parsed);
    }
    /// Everything that the source of an answer has.
    static std::string streamed(http::Response& response) {
        std::string out;
        std::array<char, 4096> piece{};
        for (;;) {
            const auto read = must(response.source->read(piece));
            if (read == 0) return out;
            out.append(piece.data(), read);
        }
    }
    static http::Headers bearer(std::string_view token) { return {{"Authorization", "Bearer " + std::string(token)}}; }
};

}  // namespace mf::testing
