// SPDX-License-Identifier: MIT
#include "base/base64.h"
#include "contract/openapi/exchanges.h"

namespace mf::testing {
namespace {

constexpr std::int64_t nobodys_id = 987654;

/// Requests that are refused leave nothing behind, so one installation does for all of them.
struct Refusals {
    ContractDesk desk;
    std::string nobody = desk.token_of("nobody", [](const User&) {});
    http::Headers guessed{{"Authorization", "Basic " + to_base64("guessed:wrong")}};

    Refusals() {
        for (int i = 0; i < 10; ++i) (void)desk.ask("GET", "/account", guessed);
    }
};

/// A token of the one who may do everything, which may do little itself.
std::string narrow_token(ContractDesk& desk) {
    return std::string(
        must(desk.run("token:create", {{"name", "narrow"}, {"permissions", {"view", "run", "view_catalog"}}}))
            .at("token")
            .as_string());
}

const json::object& schema_of_body(const json::object& operation) {
    return operation.at("requestBody").at("content").at("application/json").as_object();
}

const json::object& object_of(const json::object& document, const DescribedRequest& request) {
    std::string method;
    for (const char c : request.method) method += static_cast<char>(std::tolower(c));
    return document.at("paths").at(request.path).at(method).as_object();
}

/// Ids that nobody has, in the path or besides.
DescribedRequest lost(DescribedRequest request, bool in_path) {
    const auto lose = [&](std::string_view name, json::value& value) {
        const bool is_in_path = request.path.find(fmt::format("{{{}}}", name)) != std::string::npos;
        if (is_in_path != in_path) return;
        if (value.is_int64()) {
            if (name == "company_id")
                value = "nobody-there";
            else if (is_in_path || name.ends_with("_id"))
                value = nobodys_id;
        } else if (value.is_string()) {
            if (name == "uuid" || name == "app_uuid") value = "00000000-0000-4000-8000-000000000000";
            if (is_in_path || name == "login" || name == "user" || name == "class") value = "nobody-there";
        }
    };
    for (auto& [name, value] : request.parameters) lose(name, value);
    if (request.body)
        for (auto& [name, value] : *request.body) lose(name, value);
    return request;
}

void refuse(Refusals& refusals, const json::object& document, const DescribedRequest& request, Exchanges& exchanges) {
    auto& desk = refusals.desk;
    const auto note = [&](std::string_view how, http::Response answer) {
        exchanges.note(request.id, how, std::move(answer));
    };
    note("with a password that was guessed too often", send(desk, request, refusals.guessed));
    note("with a token that nobody has", send(desk, request, desk.bearer("mfx_unknown")));
    auto strange = request;
    if (strange.body)
        (*strange.body)["unheard_of"] = 1;
    else
        strange.parameters["unheard_of"] = 1;
    note("with an unknown parameter", send(desk, strange, desk.as_tester()));
    const auto& permission = object_of(document, request).at("x-permission").as_string();
    if (permission == "anyone") return;
    note("without a sign-in", send(desk, request));
    if (permission != "own") note("by somebody without a role", send(desk, request, desk.bearer(refusals.nobody)));
}

bool reads_only(const Operation& operation) { return operation.access == Access::reads; }

const Operation& described_operation(const Desk& desk, std::string_view id) {
    return *std::ranges::find(desk.operations, id, &Operation::name);
}

/// Of everything that succeeds, or might, on an installation of its own.
void try_on_its_own(const json::object& document, const std::string& id, Exchanges& exchanges) {
    const auto prepared = [&](auto&& use) {
        ContractDesk desk;
        const auto& operation = described_operation(desk, id);
        use(desk, operation, request_of(document, id, desk.example(operation, desk.acme)));
    };
    prepared([&](ContractDesk& desk, const Operation& operation, DescribedRequest request) {
        auto headers = operation.permission == Permission::anyone ? http::Headers{} : desk.as_tester();
        const auto tag = [&] {
            auto get = request;
            get.method = "GET";
            get.body.reset();
            for (const auto& [name, value] : request.parameters)
                if (get.path.find(fmt::format("{{{}}}", std::string_view(name))) == std::string::npos)
                    get.parameters.erase(name);
            return std::string(send(desk, get, headers).headers.get("ETag"));
        };
        if (!tag().empty() && request.method != "POST") {
            auto with_tag = headers;
            if (request.method == "GET") {
                with_tag.add("If-None-Match", tag());
                exchanges.note(id, "what is known", send(desk, request, with_tag));
            } else {
                with_tag.add("If-Match", "\"another tag\"");
                exchanges.note(id, "with the tag of something else", send(desk, request, with_tag));
            }
        }
        if (request.method == "POST" && object_of(document, request).at("x-permission") != "anyone" &&
            operation.discloses == Discloses::nothing && !reads_only(operation))
            headers.add("Idempotency-Key", "one");
        exchanges.note(id, "as it should be", send(desk, request, headers));
        if (is_paged(operation)) {
            auto first = request;
            first.parameters["limit"] = 1;
            exchanges.note(id, "the first page", send(desk, first, headers));
        }
        if (reads_only(operation)) return;
        exchanges.note(id, "the same again", send(desk, request, headers));
        headers.remove("Idempotency-Key");
        exchanges.note(id, "the same again, as another request", send(desk, request, headers));
    });
    prepared([&](ContractDesk& desk, const Operation& operation, const DescribedRequest& request) {
        const auto headers = operation.permission == Permission::anyone ? http::Headers{} : desk.as_tester();
        if (request.has_placeholder())
            exchanges.note(id, "of an id that nothing has", send(desk, lost(request, true), headers));
        exchanges.note(id, "with references to nothing", send(desk, lost(request, false), headers));
        if (operation.permission == Permission::own)
            exchanges.note(id, "with a token that may do little", send(desk, request, desk.bearer(narrow_token(desk))));
    });
    prepared([&](ContractDesk& desk, const Operation& operation, DescribedRequest request) {
        if (!request.body) return;
        request.body = schema_of_body(object_of(document, request)).at("example").as_object();
        const auto headers = operation.permission == Permission::anyone ? http::Headers{} : desk.as_tester();
        exchanges.note(id, "the example of the description", send(desk, request, headers));
    });
}

}  // namespace

void try_everywhere(const json::object& document, Exchanges& exchanges) {
    Refusals refusals;
    for (const auto& operation : refusals.desk.operations) {
        const auto input = refusals.desk.example(operation, refusals.desk.acme);
        refuse(refusals, document, request_of(document, operation.name, input), exchanges);
        try_on_its_own(document, operation.name, exchanges);
    }
}

}  // namespace mf::testing
