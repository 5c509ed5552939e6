// SPDX-License-Identifier: MIT
#include "mcp/http_transport.h"

#include "base/digest.h"
#include "base/text.h"

#include <fmt/format.h>

namespace mf::mcp {
namespace {

constexpr std::string_view session_header = "Mcp-Session-Id";
constexpr std::string_view revision_header = "MCP-Protocol-Version";
constexpr std::string_view json_type = "application/json";

/// A refusal before anything was read: an error of JSON-RPC without an id, as the transport allows.
http::Response refused_http(int status, std::string sentence) {
    return http::response(
        status, std::string(json_type),
        to_text(rpc_answer(nullptr, RpcError{RpcError::invalid_request, std::move(sentence), nullptr})));
}

http::Response not_that_method() {
    auto out = refused_http(405, "Messages are sent with POST, and DELETE ends a session; there is no stream to GET.");
    out.headers.set("Allow", "POST, DELETE, OPTIONS");
    return out;
}

/// The media type of a header without its parameters, in small letters.
std::string media_type(std::string_view header) { return lower(trim(header.substr(0, header.find(';')))); }

/// Whether an Accept header (RFC 9110, section 12.5.1) has room for JSON. What is refused by "q=0" is not looked at:
/// nobody who speaks this protocol can mean it.
bool accepts_json(const http::Headers& headers) {
    if (!headers.has("Accept")) return true;
    const auto list = headers.list("Accept");
    const auto ranges = split(list, ',');
    return std::ranges::any_of(ranges, [](std::string_view range) {
        const auto type = media_type(range);
        return type == json_type || type == "*/*" || type == "application/*";
    });
}

/// The token of "Authorization: Bearer …" (RFC 6750, section 2.1); empty: there is none.
std::string_view bearer_token(std::string_view header) {
    constexpr std::string_view scheme = "bearer ";
    if (header.size() <= scheme.size() || !equal_ignoring_case(header.substr(0, scheme.size()), scheme)) return {};
    return trim(header.substr(scheme.size()));
}

http::Response unauthorised(std::string sentence) {
    auto out = refused_http(401, std::move(sentence));
    out.headers.set("WWW-Authenticate", "Bearer realm=\"MultiFlexi\"");
    return out;
}

http::Response without_body(int status) {
    http::Response out;
    out.status = status;
    return out;
}

http::Response answer_of(const std::optional<std::string>& message) {
    if (!message) return without_body(202);
    // What could not be read as a request was answered without an id.
    const bool is_to_request = !message->starts_with(R"({"jsonrpc":"2.0","id":null)");
    return http::response(is_to_request ? 200 : 400, std::string(json_type), *message);
}

}  // namespace

HttpTransport::HttpTransport(const Operations& operations, HttpTransportOptions options, Recognise recognise,
                             HostOf host_of, Now now)
    : operations_(operations),
      options_(std::move(options)),
      recognise_(std::move(recognise)),
      host_of_(std::move(host_of)),
      now_(std::move(now)) {}

std::size_t HttpTransport::sessions() { return sessions_.lock()->size(); }

bool HttpTransport::is_allowed(std::string_view origin) const {
    return std::ranges::any_of(options_.origins,
                               [&](const std::string& known) { return equal_ignoring_case(known, origin); });
}

http::Response HttpTransport::answer(const http::Request& request) {
    const auto origin = request.header("Origin");
    const bool is_page = request.headers.has("Origin");
    if (is_page && !is_allowed(origin)) return refused_http(403, "Pages of this origin may not call.");
    auto out = answer_allowed(request);
    out.headers.set("Cache-Control", "no-store");
    if (is_page) {
        out.headers.set("Access-Control-Allow-Origin", std::string(origin));
        out.headers.set("Access-Control-Expose-Headers",
                        fmt::format("{}, RateLimit, RateLimit-Policy, Retry-After", session_header));
        out.headers.set("Vary", "Origin");
    }
    return out;
}

http::Response HttpTransport::answer_allowed(const http::Request& request) {
    if (request.method == "OPTIONS") {
        auto out = without_body(204);
        out.headers.set("Allow", "POST, DELETE, OPTIONS");
        out.headers.set("Access-Control-Allow-Methods", "POST, DELETE");
        out.headers.set("Access-Control-Allow-Headers",
                        fmt::format("Authorization, Content-Type, {}, {}", session_header, revision_header));
        out.headers.set("Access-Control-Max-Age", "600");
        return out;
    }
    if (request.method != "POST" && request.method != "DELETE") return not_that_method();
    const auto token = bearer_token(request.header("Authorization"));
    if (token.empty())
        return unauthorised("A token is needed: Authorization: Bearer mfx_... (multiflexi-cli token create).");
    const auto who = recognise_(token, request);
    auto out = answer_recognised(request, who.caller);
    for (const auto& [name, value] : who.headers) out.headers.set(name, value);
    return out;
}

http::Response HttpTransport::answer_recognised(const http::Request& request, const Result<Caller>& caller) {
    if (!caller && caller.error().code == ErrorCode::unavailable) return refused_http(503, caller.error().message);
    if (!caller && caller.error().code == ErrorCode::limited) return refused_http(429, caller.error().message);
    if (!caller) return unauthorised(caller.error().message);
    if (const auto revision = request.header(revision_header);
        request.headers.has(revision_header) && !enum_named<Revision>(revision))
        return refused_http(400, "The revision that MCP-Protocol-Version names is not spoken here.");
    if (request.method == "POST") return answer_message(request, *caller);

    const auto id = request.header(session_header);
    if (!find(id, *caller)) return refused_http(404, "There is no such session.");
    sessions_.lock()->erase(std::string(id));
    return without_body(204);
}

http::Response HttpTransport::answer_message(const http::Request& request, const Caller& caller) {
    if (media_type(request.header("Content-Type")) != json_type)
        return refused_http(415, "A message has the Content-Type application/json.");
    if (!accepts_json(request.headers)) return refused_http(406, "Answers have the type application/json.");
    if (!request.headers.has(session_header)) return begin(request, caller);
    const auto session = find(request.header(session_header), caller);
    // What the client has to begin anew after.
    if (!session) return refused_http(404, "There is no such session. Begin a new one with 'initialize'.");
    const auto host = host_of_(caller);
    return answer_of(session->answer_to(request.body, *host));
}

http::Response HttpTransport::begin(const http::Request& request, const Caller& caller) {
    auto session = std::make_shared<Session>(operations_, options_.session, pace_of(caller));
    const auto host = host_of_(caller);
    const auto message = session->answer_to(request.body, *host);
    if (!session->revision())
        return message ? http::response(400, std::string(json_type), *message)
                       : refused_http(400, "The header Mcp-Session-Id is missing.");
    auto out = answer_of(message);
    out.headers.set(session_header, keep(std::move(session), caller));
    return out;
}

std::shared_ptr<Pace> HttpTransport::pace_of(const Caller& caller) {
    auto paces = paces_.lock();
    auto& pace = (*paces)[caller.actor.user];
    if (!pace) pace = std::make_shared<Pace>(options_.session.calls_per_minute);
    return pace;
}

void HttpTransport::forget_idle(Sessions& sessions, Timestamp before) {
    std::erase_if(sessions, [&](const auto& each) { return each.second.used_at < before; });
}

std::shared_ptr<Session> HttpTransport::find(std::string_view id, const Caller& caller) {
    const auto now = now_();
    auto sessions = sessions_.lock();
    const auto found = sessions->find(id);
    if (found == sessions->end() || found->second.user != caller.actor.user) return nullptr;
    if (found->second.used_at < now - options_.idle_time) {
        sessions->erase(found);
        return nullptr;
    }
    found->second.used_at = now;
    return found->second.session;
}

std::string HttpTransport::keep(std::shared_ptr<Session> session, const Caller& caller) {
    auto id = random_uuid();
    const auto now = now_();
    auto sessions = sessions_.lock();
    forget_idle(*sessions, now - options_.idle_time);
    const auto forget_oldest = [&](auto&& counts, std::size_t most) {
        const auto number = static_cast<std::size_t>(std::ranges::count_if(*sessions, counts));
        if (number < most) return;
        auto oldest = sessions->end();
        for (auto each = sessions->begin(); each != sessions->end(); ++each)
            if (counts(*each) && (oldest == sessions->end() || each->second.used_at < oldest->second.used_at))
                oldest = each;
        if (oldest != sessions->end()) sessions->erase(oldest);
    };
    forget_oldest([&](const auto& each) { return each.second.user == caller.actor.user; }, options_.most_of_user);
    forget_oldest([](const auto&) { return true; }, options_.most_sessions);
    sessions->emplace(id, Open{std::move(session), caller.actor.user, now});
    return id;
}

}  // namespace mf::mcp
