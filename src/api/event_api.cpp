// SPDX-License-Identifier: MIT
#include "api/event_api.h"

#include "api/problem.h"
#include "base/text.h"

#include <fmt/format.h>

namespace mf {
namespace {

AccessProof proof_of(const http::Request& request, const ApiCaller& caller, Database& database) {
    if (caller.by == ApiCaller::By::session) return AccessProof::of_session(caller.session_token);
    if (caller.by == ApiCaller::By::password) return AccessProof::of_password(database, caller.caller.actor.user);
    const auto shown = request.header("Authorization");
    return AccessProof::of_token(trim(shown.substr(std::min(shown.find(' '), shown.size()))));
}

http::Response stream_of(std::shared_ptr<http::EventStream> events) {
    http::Response out;
    out.events = std::move(events);
    out.headers.set("Cache-Control", "no-store");
    // Of nginx: hand on what comes at once.
    out.headers.set("X-Accel-Buffering", "no");
    return out;
}

http::Response head_of_stream() {
    http::Response out;
    out.headers.set("Content-Type", "text/event-stream");
    out.headers.set("Cache-Control", "no-store");
    return out;
}

}  // namespace

bool EventApi::is_path(std::span<const std::string> segments) {
    return (segments.size() == 1 && segments[0] == "events") ||
           (segments.size() == 3 && segments[0] == "jobs" && segments[2] == "events");
}

http::Response EventApi::answer(const http::Request& request, std::span<const std::string> segments,
                                const ApiCaller& caller) {
    if (request.method != "GET" && request.method != "HEAD") {
        auto out =
            request.method == "OPTIONS" ? http::Response{.status = 204} : problem(405, "Events are read with GET.");
        out.headers.set("Allow", "GET, HEAD");
        return out;
    }
    if (caller.by == ApiCaller::By::nothing)
        return unauthenticated("Sign in, or show an API token (Authorization: Bearer).");
    const auto& rights = caller.caller.rights;
    if (!rights.may(Permission::view))
        return problem(Error{ErrorCode::forbidden, "Watching jobs needs a role in the company."});
    if (segments.size() == 3) return answer_about_job(request, segments[1], caller);
    auto wanted = read_changes_wanted(request);
    if (!wanted) return problem(wanted.error());
    for (const auto company : wanted->companies)
        if (!rights.may(Permission::view, {company}))
            return problem(Error{ErrorCode::not_found, fmt::format("There is no company {}.", company)});
    if (request.method == "HEAD") return head_of_stream();
    return stream_of(changes_.open(*std::move(wanted), proof_of(request, caller, database_)));
}

http::Response EventApi::answer_about_job(const http::Request& request, std::string_view id, const ApiCaller& caller) {
    const auto number = to_integer(id);
    if (!number) return problem(400, fmt::format("'{}' is no number.", to_utf8(id)));
    const auto known = read_output_position(request);
    if (!known) return problem(known.error());
    const auto jobs = look_at_jobs(database_, {*number});
    const auto job = jobs.find(*number);
    if (job == jobs.end() || !caller.caller.rights.may(Permission::view, job->second.company))
        return problem(404, "No job found with given identifier");
    // By this status a browser knows that it need not come back (HTML Standard, section 9.2.2).
    if (known->state && has_ended(*known->state) && known->state == job->second.state) return {.status = 204};
    if (request.method == "HEAD") return head_of_stream();
    return stream_of(output_.open({*number}, *known, proof_of(request, caller, database_)));
}

}  // namespace mf
