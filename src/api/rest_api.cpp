// SPDX-License-Identifier: MIT
#include "api/rest_api.h"

#include "api/content_response.h"
#include "api/problem.h"
#include "api/rest_answer.h"
#include "base/json.h"
#include "base/text.h"
#include "base/zone.h"
#include "service/idempotency.h"

#include <fmt/format.h>

namespace mf {
namespace {

constexpr std::size_t root_segments = 2;  // "api", "v1"

CallSurroundings surroundings_of(const ApiContext& context) {
    return {.vault = context.vault,
            .now = context.clock.now(),
            .zone = context.zone,
            .allowed_names = context.allowed_names,
            .credential_versions = context.credential_versions,
            .password_cost = context.password_cost};
}

/// For whoever has not said who he is it is the sign-in that is missing.
http::Response refusal(const Error& error, const ApiCaller& caller) {
    if (error.code == ErrorCode::forbidden && caller.by == ApiCaller::By::nothing)
        return unauthenticated("Sign in, or show an API token (Authorization: Bearer).");
    return problem(error);
}

}  // namespace

Result<json::value> call_operation(const ApiContext& context, const Operation& operation, const json::object& input,
                                   const Caller& caller, const Alongside& alongside) {
    Outside outside{.http = context.http,
                    .now = context.clock.now(),
                    .time_limit = context.time_limit,
                    .file_roots = context.file_roots};
    auto done = perform_on(context.database, operation, input, caller, surroundings_of(context), outside, alongside);
    if (!done) return done.error();
    if (done->wake_server) context.wake_servers();
    return std::move(done->answer);
}

RestApi::RestApi(const ApiContext& context)
    : context_(context), router_(context.operations), callers_(context.database, context.sign_in, context.clock) {}

http::Response RestApi::handle(const http::Request& request) {
    auto out = answer_to(request, std::span(request.segments).subspan(root_segments));
    if (!out.headers.has("Cache-Control")) out.headers.set("Cache-Control", "private, no-cache");
    out.headers.set("X-Content-Type-Options", "nosniff");
    out.headers.add("Vary", "Authorization, Cookie");
    return out;
}

http::Response RestApi::answer_to(const http::Request& request, std::span<const std::string> segments) {
    if (segments.size() == 1 && segments[0] == "session") {
        if (request.method == "POST") return sign_in(request);
        if (request.method == "DELETE") return sign_out(request);
    }
    if (context_.openid && segments.size() >= 2 && segments[0] == "session" && segments[1] == "openid" &&
        request.method == "GET") {
        if (segments.size() == 2) return leave_for_provider(request);
        if (segments.size() == 3 && segments[2] == "return") return come_back(request);
    }
    auto caller = callers_.of(request);
    if (!caller) {
        if (caller.error().code == ErrorCode::forbidden) return unauthenticated(caller.error().message);
        return problem(caller.error());
    }
    if (is_content_path(segments)) return content(request, segments, caller->caller);
    const auto found = router_.find(request.method, segments);
    if (!found.operation && found.allowed.empty())
        return problem(
            404, fmt::format("There is nothing at {}. See {}/openapi.json for what there is.", request.path, root));
    if (!found.operation) {
        auto out = request.method == "OPTIONS" ? http::Response{.status = 204}
                                               : problem(405, fmt::format("{} is not possible there; possible are {}.",
                                                                          request.method, found.allowed));
        out.headers.set("Allow", found.allowed);
        return out;
    }
    return run(request, segments, found, *caller);
}

http::Response RestApi::run(const http::Request& request, std::span<const std::string> segments,
                            const Router::Found& found, const ApiCaller& caller) {
    const Operation& operation = *found.operation;
    auto read = read_input(operation, request, found.parameters);
    if (!read) return problem(read.error());
    const bool reads = operation.access == Access::reads;
    Alongside alongside;
    bool condition_failed = false;
    if (const auto wanted = request.header("If-Match"); !wanted.empty() && !reads) {
        const auto current = router_.find("GET", segments);
        if (!current.operation) return problem(400, "If-Match can be used only where GET shows what is to be changed.");
        alongside.before = [this, &request, &caller, &condition_failed, current,
                            list = std::string(wanted)](Call& call) -> Result<std::optional<json::value>> {
            const auto input = read_input(*current.operation, {.method = "GET"}, current.parameters);
            if (!input) return input.error();
            const auto record =
                perform(call.session, *current.operation, input->input, caller.caller, surroundings_of(context_));
            if (!record) return record.error();
            if (names_tag(list, entity_tag(record->answer), Weak::counts_not)) return std::optional<json::value>();
            condition_failed = true;
            return Error{ErrorCode::conflict, "It was changed since you have read it. Read it again and decide anew."};
        };
    }
    std::optional<Idempotency> once;
    if (request.method == "POST" && request.headers.has("Idempotency-Key") && caller.by != ApiCaller::By::nothing) {
        if (operation.discloses == Discloses::secret)
            return problem(400, fmt::format("{} hands out a secret, which is not kept for a second answer: leave "
                                            "Idempotency-Key out.",
                                            operation.name));
        if (alongside.before) return problem(400, "If-Match and Idempotency-Key cannot be used together.");
        once.emplace(std::string(request.header("Idempotency-Key")),
                     fmt::format("{}\n{}\n{}", operation.name, caller.caller.rights.fingerprint(),
                                 to_text(json::value(read->input))));
        alongside = once->alongside();
    }
    auto done = call_operation(context_, operation, read->input, caller.caller, alongside);
    if (!done) return condition_failed ? problem(done.error(), 412) : refusal(done.error(), caller);
    const auto tag = done->is_object() ? entity_tag(*done) : std::string();
    const auto* made = done->is_object() ? done->get_object().if_contains("id") : nullptr;
    const auto id = made && made->is_int64() ? fmt::to_string(made->get_int64()) : std::string();
    auto body = shaped_answer(*std::move(done), read->shape);
    if (!body) return problem(body.error());
    auto out = http::response(200, "application/json", to_text(*body));
    if (operation.name.ends_with(":create") && !id.empty()) {
        out.status = 201;
        out.headers.set("Location",
                        fmt::format("{}{}/{}", root, operation.route.substr(operation.route.find('/')), id));
    }
    // A part of a record is another representation, and none by which the whole could be changed.
    if (reads && !tag.empty() && read->shape.fields.empty()) {
        out.headers.set("ETag", tag);
        if (names_tag(request.headers.list("If-None-Match"), tag, Weak::counts)) {
            out.status = 304;
            out.body.clear();
            out.headers.remove("Content-Type");
        }
    }
    if (const auto* next = body->is_object() && read->shape.paged ? body->get_object().if_contains("next") : nullptr;
        next && next->is_string()) {
        std::string query;
        for (const auto& part : split(request.raw_query, '&'))
            if (!part.empty() && !part.starts_with("cursor=")) query += std::string(part) + "&";
        out.headers.set("Link", fmt::format("<{}?{}cursor={}>; rel=\"next\"", request.path, query,
                                            std::string_view(next->get_string())));
    }
    if (once && once->was_replayed()) out.headers.set("Idempotency-Replayed", "true");
    return out;
}

http::Response RestApi::content(const http::Request& request, std::span<const std::string> segments,
                                const Caller& caller) {
    if (request.method != "GET" && request.method != "HEAD") {
        auto out = problem(405, "Content is read with GET.");
        out.headers.set("Allow", "GET, HEAD");
        return out;
    }
    if (!caller.rights.may(Permission::view))
        return refusal({ErrorCode::forbidden, "Reading outputs and artifacts needs a role in the company."},
                       {caller, caller.actor.user.value == 0 ? ApiCaller::By::nothing : ApiCaller::By::token});
    return content_response(context_.database, Scope::of(caller.rights, Permission::view), request, segments);
}

}  // namespace mf
