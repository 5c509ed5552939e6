// SPDX-License-Identifier: MIT
#include "api/compatible/compatible_api.h"

#include "api/problem.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

#include <fmt/format.h>

namespace mf::compatible {
namespace {

std::vector<std::string> segments_of(std::string_view path) {
    std::vector<std::string> out;
    for (const auto part : split(path, '/'))
        if (!part.empty()) out.emplace_back(part);
    return out;
}

/// The body that clients know of a missing or wrong sign-in; what was shown is not repeated.
http::Response not_signed_in(std::string_view sentence) {
    auto out = http::response(
        401, "application/json",
        to_text(json::value{{"message", sentence}, {"error", sentence}, {"token", nullptr}, {"success", false}}));
    ask_for_sign_in(out.headers);
    return out;
}

http::Response refused(const CallerRefusal& why) {
    if (why.status == 401) return not_signed_in("Invalid authentication token.");
    auto out = refusal(why.status, why.sentence);
    if (why.retry_after.count() > 0) out.headers.set("Retry-After", fmt::to_string(why.retry_after.count()));
    return out;
}

/// Who may read the same as a viewer of every company, and nothing else.
Rights rights_of_permitted_guests() {
    return Rights::unlimited().within({Permission::view, Permission::view_catalog}, std::nullopt);
}

/// "/multiflexi", however many slashes somebody has written around it.
Options with_tidy_prefix(Options options) {
    std::string prefix;
    for (const auto& segment : segments_of(options.prefix)) prefix += "/" + segment;
    options.prefix = std::move(prefix);
    return options;
}

bool begins_with(std::span<const std::string> segments, std::span<const std::string> start) {
    return segments.size() >= start.size() && std::equal(start.begin(), start.end(), segments.begin());
}

}  // namespace

http::Response refusal(int status, std::string_view sentence, std::span<const FieldError> fields) {
    json::object body{{"error", sentence}, {"success", false}};
    if (!fields.empty()) {
        json::array errors;
        for (const auto& field : fields) errors.push_back({{"field", field.field}, {"message", field.message}});
        body["errors"] = std::move(errors);
    }
    return http::response(status, "application/json", to_text(json::value(std::move(body))));
}

CompatibleApi::CompatibleApi(const ApiContext& context, Options options)
    : context_(context),
      options_(with_tidy_prefix(std::move(options))),
      endpoints_(all_endpoints()),
      prefix_(segments_of(options_.prefix)),
      callers_(context.database, context.sign_in, context.clock, context.rate_limiter) {}

std::optional<std::span<const std::string>> CompatibleApi::below_root(const http::Request& request) const {
    static const auto root_segments = segments_of(root);
    std::span<const std::string> segments = request.segments;
    if (!prefix_.empty() && begins_with(segments, prefix_) && !begins_with(segments, root_segments))
        segments = segments.subspan(prefix_.size());
    if (!begins_with(segments, root_segments)) return std::nullopt;
    return segments.subspan(root_segments.size());
}

bool CompatibleApi::serves(const http::Request& request) const { return below_root(request).has_value(); }

http::Response CompatibleApi::handle(const http::Request& request) {
    try {
        return answer(request);
    } catch (const std::exception& error) {
        log::error("a request could not be answered",
                   {{"method", request.method}, {"path", request.path}, {"reason", error.what()}});
        return refusal(500, "The server failed. Its log says why.");
    }
}

http::Response CompatibleApi::answer(const http::Request& request) {
    const auto segments = below_root(request).value_or(std::span<const std::string>());
    const auto found = find_endpoint(endpoints_, request.method, segments);
    auto who = recognise(request, found.endpoint);
    auto out = who.refusal ? refused(*who.refusal) : answer_to(request, segments, found, std::move(who.caller));
    announce(who.allowance, out.headers);
    if (!out.headers.has("Cache-Control")) out.headers.set("Cache-Control", "private, no-cache");
    out.headers.set("X-Content-Type-Options", "nosniff");
    out.headers.add("Vary", "Authorization, Cookie");
    return out;
}

http::Response CompatibleApi::answer_to(const http::Request& request, std::span<const std::string> segments,
                                        const FoundEndpoint& found, ApiCaller caller) {
    if (segments.empty() || (segments.size() == 1 && segments[0].empty())) {
        http::Response out{.status = 302};
        out.headers.set("Location", fmt::format("{}{}/index.html", options_.prefix, root));
        return out;
    }
    if (found.allowed.empty())
        return refusal(404, fmt::format("There is nothing at {}. See index.json for what there is.", request.path));
    if (found.endpoint) return run(request, found, std::move(caller));
    auto out =
        request.method == "OPTIONS"
            ? http::Response{.status = 204}
            : refusal(405, fmt::format("{} is not possible there; possible are {}.", request.method, found.allowed));
    out.headers.set("Allow", found.allowed);
    return out;
}

Recognised CompatibleApi::recognise(const http::Request& request, const Endpoint* endpoint) {
    if (!endpoint || endpoint->who == Who::everybody) return callers_.anybody(request);
    const auto token = endpoint->takes_token ? request.query_value("token").value_or("") : std::string_view();
    if (token.empty() || request.headers.has("Authorization")) return callers_.of(request);
    auto shown = http::Request{.method = request.method, .path = {}, .segments = {}};
    shown.client = request.client;
    shown.headers.set("Authorization", "Bearer " + std::string(token));
    return callers_.of(shown);
}

http::Response CompatibleApi::run(const http::Request& request, const FoundEndpoint& found, ApiCaller caller) {
    const Endpoint& endpoint = *found.endpoint;
    Exchange exchange(context_, options_, request);
    if (endpoint.who != Who::everybody && caller.by == ApiCaller::By::nothing) {
        const bool is_permitted = options_.anonymous_reads && endpoint.who != Who::accounts;
        if (!is_permitted && endpoint.who != Who::guests) return not_signed_in("Authorization token not found");
        if (is_permitted) caller.caller.rights = rights_of_permitted_guests();
    }
    exchange.set_caller(std::move(caller));
    exchange.set_form(found.form);
    std::vector<std::int64_t> ids;
    for (const auto word : found.ids) {
        const auto id = to_integer(word);
        if (!id) return refusal(400, fmt::format("The id of a record is a whole number, not '{}'.", word));
        ids.push_back(*id);
    }
    exchange.set_ids(std::move(ids));
    if (auto read = exchange.read_body(); !read) return refusal(400, read.error().message);
    auto answer = endpoint.answer(exchange);
    if (answer) return represent(*std::move(answer), found.form, options_.prefix + std::string(root));
    const auto& error = answer.error();
    // What an operation says about a missing thing names options of the command line; about one that a field of the
    // input names it says more than the clients know.
    if (error.code == ErrorCode::not_found && error.fields.empty() && !error.message.ends_with(" not found") &&
        !endpoint.noun.empty())
        return refusal(404, fmt::format("{} not found", endpoint.noun));
    auto refused = refusal(status_of(error.code), error.message, error.fields);
    if (refused.status == 429) refused.headers.set("Retry-After", "5");
    return refused;
}

}  // namespace mf::compatible
