// SPDX-License-Identifier: MIT
#include "api/rest_api.h"

#include "api/content_response.h"
#include "api/deprecation.h"
#include "api/member_words.h"
#include "api/problem.h"
#include "api/request_conditions.h"
#include "api/rest_answer.h"
#include "base/json.h"
#include "base/text.h"
#include "base/zone.h"
#include "service/list_rows.h"

#include <fmt/format.h>
#include <boost/json/monotonic_resource.hpp>

namespace mf {
namespace {

constexpr std::size_t first_piece_of_answer = 16 << 10;
constexpr std::size_t root_segments = 2;  // "api", "v1"

/// Until one of the calls that ask other machines has ended, more or less.
constexpr std::chrono::seconds retry_of_talks{5};

constexpr std::string_view who_is_missing = "Sign in, or show an API token (Authorization: Bearer).";

/// Nobody has to be known there.
bool is_open(const http::Request& request, std::span<const std::string> segments) {
    if (segments.empty() || segments[0] != "session") return false;
    return segments.size() == 1 ? request.method == "POST" : segments[1] == "openid";
}

http::Response refusal(const CallerRefusal& refusal) {
    if (refusal.status == 401) return unauthenticated(refusal.sentence);
    auto out = problem(refusal.status, refusal.sentence);
    if (refusal.retry_after.count() > 0) out.headers.set("Retry-After", fmt::to_string(refusal.retry_after.count()));
    return out;
}

/// For whoever has not said who he is it is the sign-in that is missing.
http::Response refusal(const Error& error, const ApiCaller& caller) {
    if (error.code == ErrorCode::forbidden && caller.by == ApiCaller::By::nothing)
        return unauthenticated(who_is_missing);
    return problem(error);
}

/// The same request for the page behind this one (RFC 8288).
std::string link_to_next(const http::Request& request, std::string_view cursor) {
    std::string query;
    for (const auto& part : split(request.raw_query, '&'))
        if (!part.empty() && !part.starts_with("cursor=")) query += std::string(part) + "&";
    return fmt::format("<{}?{}cursor={}>; rel=\"next\"", request.path, query, cursor);
}

/// Says by which tag this state of a record is known, and nothing else to who has it already (RFC 9110, 13.1.2).
void tag(const http::Request& request, http::Response& answer) {
    const auto tag = entity_tag(answer.body);
    answer.headers.set("ETag", tag);
    if (!names_tag(request.headers.list("If-None-Match"), tag, Weak::counts)) return;
    answer.status = 304;
    answer.body.clear();
    answer.headers.remove("Content-Type");
}

}  // namespace

RestApi::RestApi(const ApiContext& context)
    : context_(context),
      router_(context.operations),
      description_(context.operations, root),
      callers_(context.database, context.sign_in, context.clock, context.rate_limiter),
      events_(context.database, context.sign_in, context.clock) {}

http::Response RestApi::handle(const http::Request& request) {
    const auto segments = std::span(request.segments).subspan(root_segments);
    if (auto described = description_.answer_to(request, segments)) {
        const auto who = callers_.anybody(request);
        if (who.refusal) described = refusal(*who.refusal);
        announce(who.allowance, described->headers);
        return *std::move(described);
    }
    const auto who = is_open(request, segments) ? callers_.anybody(request) : callers_.of(request);
    auto out = who.refusal ? refusal(*who.refusal) : answer_to(request, segments, who.caller);
    announce(who.allowance, out.headers);
    if (!out.headers.has("Cache-Control")) out.headers.set("Cache-Control", "private, no-cache");
    out.headers.set("X-Content-Type-Options", "nosniff");
    out.headers.add("Vary", "Authorization, Cookie");
    return out;
}

http::Response RestApi::answer_to(const http::Request& request, std::span<const std::string> segments,
                                  const ApiCaller& caller) {
    if (segments.size() == 1 && segments[0] == "session") {
        if (request.method == "POST") return sign_in(request);
        if (request.method == "DELETE") return sign_out(request, caller);
    }
    if (context_.openid && segments.size() >= 2 && segments[0] == "session" && segments[1] == "openid" &&
        request.method == "GET") {
        if (segments.size() == 2) return leave_for_provider(request);
        if (segments.size() == 3 && segments[2] == "return") return come_back(request);
    }
    if (EventApi::is_path(segments)) return events_.answer(request, segments, caller);
    if (segments.empty() || (segments.size() == 1 && segments[0].empty())) return about(request, caller);
    if (is_content_path(segments)) return content(request, segments, caller);
    const auto found = router_.find(request.method, segments);
    if (!found.operation && found.allowed.empty())
        return problem(
            404, fmt::format("There is nothing at {}. See {}/openapi.json for what there is.", request.path, root),
            unknown_path);
    if (!found.operation) {
        auto out = request.method == "OPTIONS" ? http::Response{.status = 204}
                                               : problem(405, fmt::format("{} is not possible there; possible are {}.",
                                                                          request.method, found.allowed));
        out.headers.set("Allow", found.allowed);
        return out;
    }
    return run(request, segments, found, caller);
}

http::Response RestApi::run(const http::Request& request, std::span<const std::string> segments,
                            const Router::Found& found, const ApiCaller& caller) {
    const Operation& operation = *found.operation;
    auto read = read_input(operation, request, found.parameters);
    if (!read) return problem(read.error());
    RequestConditions conditions(context_, request, caller);
    if (auto fit = conditions.read(operation, read->input, [&] { return shown_at(segments); }); !fit)
        return problem(fit.error());
    auto out = page_of_rows(request, operation, *read, caller);
    if (!out) out = record_as_text(request, operation, *read, caller);
    if (!out) out = carry_out(request, operation, *std::move(read), conditions, caller);
    if (operation.deprecated)
        announce(*operation.deprecated, context_.operations, root, found.parameters, out->headers);
    return *std::move(out);
}

http::Response RestApi::carry_out(const http::Request& request, const Operation& operation, const RestInput& read,
                                  const RequestConditions& conditions, const ApiCaller& caller) const {
    // What the answer consists of is gone with it, at once.
    json::monotonic_resource memory(first_piece_of_answer);
    auto done = call_operation(context_, operation, read.input, caller.caller, conditions.alongside(), &memory);
    if (!done && !prefers_options(request)) done = in_words_of_members(context_.operations, operation, done.error());
    if (!done && conditions.precondition_failed()) return problem(done.error(), 412);
    // Where nobody has to sign in, something else is forbidden.
    if (!done && operation.permission == Permission::anyone) return problem(done.error());
    if (!done) {
        auto refused = refusal(done.error(), caller);
        if (operation.talk && refused.status == 429)
            refused.headers.set("Retry-After", fmt::to_string(retry_of_talks.count()));
        return refused;
    }
    auto out = response_of(operation, request, read.shape, *std::move(done));
    if (conditions.was_replayed()) out.headers.set("Idempotency-Replayed", "true");
    return out;
}

/// A page of a list that need not become records first; nothing: it has to.
std::optional<http::Response> RestApi::page_of_rows(const http::Request& request, const Operation& operation,
                                                    const RestInput& read, const ApiCaller& caller) const {
    const auto* list = read.shape.paged && read.shape.fields.empty() ? list_rows_of(operation) : nullptr;
    if (!list) return std::nullopt;
    std::optional<sql::Rows> rows;
    Alongside quick;
    quick.instead = [&](Call& call, const json::object& input) -> Result<json::value> {
        auto found = list->read(call, input);
        if (!found) return found.error();
        rows = *std::move(found);
        return json::value();
    };
    if (auto done = call_operation(context_, operation, read.input, caller.caller, quick); !done)
        return refusal(done.error(), caller);
    if (!rows) return std::nullopt;
    auto page = text_of_page(list->entity(), *std::move(rows), read.shape.limit);
    auto out = http::response(200, "application/json", std::move(page.text));
    if (!page.next.empty()) out.headers.set("Link", link_to_next(request, page.next));
    return out;
}

/// A record that need not become an object first; nothing: it has to.
std::optional<http::Response> RestApi::record_as_text(const http::Request& request, const Operation& operation,
                                                      const RestInput& read, const ApiCaller& caller) const {
    const auto* record = read.shape.fields.empty() ? record_text_of(operation) : nullptr;
    if (!record) return std::nullopt;
    std::string text;
    Alongside quick;
    quick.instead = [&](Call& call, const json::object& input) -> Result<json::value> {
        auto written = record->write(call, input);
        if (!written) return written.error();
        text = *std::move(written);
        return json::value();
    };
    if (auto done = call_operation(context_, operation, read.input, caller.caller, quick); !done)
        return refusal(done.error(), caller);
    auto out = http::response(200, "application/json", std::move(text));
    tag(request, out);
    return out;
}

/// What GET shows at this address.
RequestConditions::Shown RestApi::shown_at(std::span<const std::string> segments) const {
    const auto found = router_.find("GET", segments);
    return {found.operation, found.parameters};
}

http::Response RestApi::response_of(const Operation& operation, const http::Request& request, const AnswerShape& shape,
                                    json::value answer) {
    // A part of a record is another representation, and none by which the whole could be changed.
    const bool is_whole = answer.is_object() && shape.fields.empty();
    const auto id = id_of(answer);
    auto body = shaped_answer(std::move(answer), shape);
    if (!body) return problem(body.error());
    auto out = http::response(200, "application/json", to_text(*body));
    if (operation.name.ends_with(":create") && id) {
        out.status = 201;
        out.headers.set("Location",
                        fmt::format("{}{}/{}", root, operation.route.substr(operation.route.find('/')), *id));
    }
    if (is_whole && (request.method == "GET" || request.method == "HEAD")) tag(request, out);
    if (const auto* next = body->is_object() && shape.paged ? body->get_object().if_contains("next") : nullptr;
        next && next->is_string()) {
        out.headers.set("Link", link_to_next(request, next->get_string()));
    }
    return out;
}

http::Response RestApi::about(const http::Request& request, const ApiCaller& caller) const {
    if (request.method != "GET" && request.method != "HEAD") {
        auto out = problem(405, "What answers here is read with GET.");
        out.headers.set("Allow", "GET, HEAD");
        return out;
    }
    if (caller.by == ApiCaller::By::nothing) return unauthenticated(who_is_missing);
    return http::response(200, "application/json",
                          to_text(json::value{{"name", "MultiFlexi"},
                                              {"version", MULTIFLEXI_VERSION},
                                              {"time_zone", context_.zone},
                                              {"login", caller.caller.actor.login}}));
}

http::Response RestApi::content(const http::Request& request, std::span<const std::string> segments,
                                const ApiCaller& caller) {
    if (request.method != "GET" && request.method != "HEAD") {
        auto out = problem(405, "Content is read with GET.");
        out.headers.set("Allow", "GET, HEAD");
        return out;
    }
    const auto& rights = caller.caller.rights;
    if (!rights.may(Permission::view))
        return refusal({ErrorCode::forbidden, "Reading outputs and artifacts needs a role in the company."}, caller);
    return content_response(context_.database, Scope::of(rights, Permission::view), request, segments);
}

}  // namespace mf
