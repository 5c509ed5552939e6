// SPDX-License-Identifier: MIT
#pragma once

#include "support/api_desk.h"

namespace mf::testing {

/// The one who makes everything in tests asks over HTTP, and may do everything.
struct ContractDesk : ApiDesk {
    ContractDesk() {
        change(user, [](User& tester) { tester.enabled = true; });
        must(run("user-role:set", {{"login", "tester"}, {"roles", {"super_admin"}}}));
        token = must(run("token:create", {{"name", "contract"}})).at("token").as_string();
    }
    http::Headers as_tester() const { return bearer(token); }
    std::string token;
};

/// What was asked and answered, for the check against the description (check.mjs).
class Exchanges {
public:
    /// `operation` is an operationId of the description, `how` says for people what was tried.
    void note(std::string_view operation, std::string_view how, http::Response answer);
    const json::array& all() const { return all_; }

private:
    json::array all_;
};

/// A request as the description of the REST API allows it, made of it and of values that lead to something.
struct DescribedRequest {
    std::string id, method, path;  ///< path with placeholders
    json::object parameters;       ///< of the path and the query, by name
    std::optional<json::object> body;

    /// The path with its parameters, and the query.
    std::string target() const;
    bool has_placeholder() const { return path.find('{') != std::string::npos; }
};

/// Sends it. The answer is complete: what is streamed is in the body.
http::Response send(ContractDesk& desk, const DescribedRequest& request, http::Headers headers = {});

/// What the description says of an operation, with the values of an example input: each where the description wants it.
DescribedRequest request_of(const json::object& document, std::string_view id, const json::object& input);

/// Every Operation Object: operationId, method, path.
std::vector<DescribedRequest> described_operations(const json::object& document);

/// Without a sign-in, without the permission, with unknown parameters, ids and tags, twice: whatever can be tried with
/// every operation in the same way.
void try_everywhere(const json::object& document, Exchanges& exchanges);
/// What needs circumstances of its own.
void try_conflicts(const json::object& document, Exchanges& exchanges);
/// What is no operation: sessions, contents, the description.
void try_other_paths(Exchanges& exchanges);

}  // namespace mf::testing
