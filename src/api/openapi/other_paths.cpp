// SPDX-License-Identifier: MIT
#include "api/openapi/other_paths.h"

#include "api/openapi/parts.h"

#include <fmt/format.h>
#include <initializer_list>

namespace mf::openapi {
namespace {

json::object described(std::string_view id, std::string_view tag, std::string_view summary, std::string_view more) {
    return {{"operationId", id}, {"summary", summary}, {"description", more}, {"tags", {tag}}};
}

void add_problems(json::object& responses, std::initializer_list<int> statuses) {
    for (const int status : statuses) responses[fmt::to_string(status)] = reference("responses", response_name(status));
    responses["default"] = reference("responses", response_name(0));
}

json::object with_headers(json::object response, std::initializer_list<std::string_view> names) {
    json::object headers;
    for (const auto name : names) headers[name] = reference("headers", name);
    response["headers"] = std::move(headers);
    return response;
}

json::object parameter_of(std::string_view name, std::string_view in, std::string_view words, json::object schema) {
    json::object out{{"name", name}, {"in", in}, {"description", words}};
    if (in == "path") out["required"] = true;
    out["schema"] = std::move(schema);
    return out;
}

json::object sign_in() {
    auto out =
        described("session:create", "session", "Sign in.",
                  "Begins a session, whose token is in the answer and in a cookie. An account that asks for a code "
                  "is refused with the header `MultiFlexi-Second-Factor` until `code` is sent as well.");
    out["security"] = json::array();
    const json::object text{{"type", "string"}, {"minLength", 1}};
    const json::object secret{{"type", "string"}, {"minLength", 1}, {"format", "password"}};
    out["requestBody"] = {
        {"required", true},
        {"content",
         {{"application/json",
           {{"schema",
             {{"type", "object"},
              {"properties",
               {{"login", text},
                {"password", secret},
                {"code", {{"type", "string"}, {"description", "Of an authenticator program, or for recovery."}}}}},
              {"required", {"login", "password"}}}},
            {"example", {{"login", "anna"}, {"password", "correct horse battery"}}}}}}}};
    auto done = response_with("Signed in.", "application/json",
                              {{"type", "object"},
                               {"properties",
                                {{"user_id", {{"type", "integer"}}},
                                 {"expires_at", {{"type", "string"}, {"format", "date-time"}}},
                                 {"token", {{"type", "string"}, {"description", "For Authorization: Bearer."}}}}},
                               {"required", {"user_id", "expires_at", "token"}}});
    done["content"].at("application/json").as_object()["example"] = {
        {"user_id", 1}, {"expires_at", "2026-12-07T02:00:00Z"}, {"token", "mfs_Vb1d0Zq3"}};
    json::object responses{{"200", with_headers(std::move(done), {"Set-Cookie"})}};
    add_problems(responses, {400, 401, 403, 429});
    out["responses"] = std::move(responses);
    return out;
}

json::object sign_out() {
    auto out =
        described("session:delete", "session", "Sign out.", "Ends the session by whose token or cookie one asks.");
    json::object responses{{"204", with_headers({{"description", "The session has ended."}}, {"Set-Cookie"})}};
    add_problems(responses, {401, 429});
    out["responses"] = std::move(responses);
    out["security"] = json::array{{{"session", json::array()}}, {{"token", json::array()}}};
    return out;
}

json::object leave_for_provider() {
    auto out = described("session:openid", "session", "Sign in at another provider.",
                         "For browsers: leads to the provider of OpenID Connect that this installation trusts.");
    out["security"] = json::array();
    json::object responses{{"302", with_headers({{"description", "To the provider."}}, {"Location", "Set-Cookie"})}};
    add_problems(responses, {404, 429});
    out["responses"] = std::move(responses);
    return out;
}

json::object come_back() {
    auto out = described("session:openid-return", "session", "Come back from another provider.",
                         "Where the provider sends the browser, which has a session then.");
    out["security"] = json::array();
    const json::object text{{"type", "string"}};
    out["parameters"] = {
        parameter_of("state", "query", "What was sent along to the provider.", text),
        parameter_of("code", "query", "What the provider proves the sign-in with.", text),
        parameter_of("error", "query", "Why the provider signed nobody in (RFC 6749, section 4.1.2.1).", text)};
    json::object responses{{"302", with_headers({{"description", "Signed in."}}, {"Location", "Set-Cookie"})}};
    add_problems(responses, {403, 404, 429});
    out["responses"] = std::move(responses);
    return out;
}

json::object output_of_job(std::string_view stream) {
    auto out =
        described(fmt::format("job:{}", stream), "jobs", fmt::format("Read what a job wrote to {}.", stream),
                  "All that is recorded up to now, as it was written, or one range of bytes (RFC 9110, section 14). "
                  "Needs the permission `view` in the company.");
    out["parameters"] = {
        parameter_of("id", "path", "Number of the job", {{"type", "integer"}}),
        parameter_of("Range", "header", "One range of bytes, such as bytes=0-499.", {{"type", "string"}})};
    json::object responses{
        {"200", with_headers(response_with("What was written.", "text/plain; charset=utf-8", {{"type", "string"}}),
                             {"Accept-Ranges"})},
        {"206", with_headers(response_with("The range.", "text/plain; charset=utf-8", {{"type", "string"}}),
                             {"Accept-Ranges", "Content-Range"})}};
    for (const auto* status : {"200", "206"})
        responses[status].at("content").at("text/plain; charset=utf-8").as_object()["example"] = "10 orders imported\n";
    add_problems(responses, {400, 401, 403, 404, 416, 429});
    out["responses"] = std::move(responses);
    out["x-permission"] = "view";
    return out;
}

json::object content_of_artifact() {
    auto out =
        described("artifact:content", "artifacts", "Read the content of an artifact.",
                  "Whole, or one range of bytes (RFC 9110, section 14). Needs the permission `view` in the company.");
    out["parameters"] = {
        parameter_of("id", "path", "Number of the artifact", {{"type", "integer"}}),
        parameter_of("Range", "header", "One range of bytes, such as bytes=0-499.", {{"type", "string"}}),
        parameter_of("If-Range", "header", "The range only when it has this tag; otherwise all of it.",
                     {{"type", "string"}}),
        reference("parameters", "If-None-Match")};
    // Of the type that the artifact has.
    const json::object content{{"*/*", json::object()}};
    json::object responses{{"200", with_headers({{"description", "The content."}, {"content", content}},
                                                {"ETag", "Accept-Ranges", "Content-Disposition"})},
                           {"206", with_headers({{"description", "The range."}, {"content", content}},
                                                {"ETag", "Accept-Ranges", "Content-Disposition", "Content-Range"})}};
    add_problems(responses, {304, 400, 401, 403, 404, 416, 429});
    out["responses"] = std::move(responses);
    out["x-permission"] = "view";
    return out;
}

/// What both streams of events have in common.
json::object event_stream(std::string_view id, std::string_view tag, std::string_view summary, std::string_view more) {
    auto out = described(id, tag, summary, more);
    out["x-permission"] = "view";
    return out;
}

json::object position_parameter(std::string_view name, std::string_view in) {
    return parameter_of(name, in,
                        in == "header" ? "The id of the last event that is known: what came after it is told."
                                       : "The same, for whoever cannot send headers; the header counts more.",
                        {{"type", "string"}});
}

json::object stream_response() {
    auto out = response_with("Events, until one of the two ends it (HTML Standard, section 9.2).", "text/event-stream",
                             {{"type", "string"}});
    return out;
}

json::object events_of_jobs() {
    auto out =
        event_stream("events:stream", "events", "Watch what happens to jobs.",
                     "Server-sent events with the types `job.queued`, `job.started`, `job.ended` and others, each "
                     "with an id; `reset` says that some have gone and lists are to be read anew. Needs the "
                     "permission `view` in the company of each job, at the moment of each event.");
    const auto list_of = [](std::string_view type) -> json::object {
        return {{"type", "array"}, {"items", {{"type", type}}}};
    };
    json::array parameters{parameter_of("types", "query", "Only events of these types.", list_of("string")),
                           parameter_of("job_id", "query", "Only of these jobs.", list_of("integer")),
                           parameter_of("runtemplate_id", "query", "Only of these run templates.", list_of("integer")),
                           parameter_of("company_id", "query", "Only of these companies.", list_of("integer"))};
    for (auto& parameter : parameters) {
        parameter.as_object()["style"] = "form";
        parameter.as_object()["explode"] = false;
    }
    parameters.push_back(position_parameter("last_event_id", "query"));
    parameters.push_back(position_parameter("Last-Event-ID", "header"));
    out["parameters"] = std::move(parameters);
    json::object responses{{"200", stream_response()}};
    add_problems(responses, {400, 401, 403, 404, 429});
    out["responses"] = std::move(responses);
    return out;
}

json::object events_of_job() {
    auto out = event_stream("job:events", "jobs", "Watch what a job prints, and how it ends.",
                            "Server-sent events; each piece of output has an id. Needs the permission `view` in the "
                            "company.");
    out["parameters"] = {parameter_of("id", "path", "Number of the job", {{"type", "integer"}}),
                         position_parameter("last_event_id", "query"), position_parameter("Last-Event-ID", "header")};
    json::object responses{{"200", stream_response()},
                           {"204", {{"description", "The job has ended, and all of it is known."}}}};
    add_problems(responses, {400, 401, 403, 404, 429});
    out["responses"] = std::move(responses);
    return out;
}

json::object about_server() {
    auto out = described("about:get", "description", "Ask who answers.",
                         "The version and time zone of the server, and as whom one asks. Browsers are sent to the page "
                         "`/api/v1/docs` instead.");
    auto done = response_with("The server.", "application/json",
                              {{"type", "object"},
                               {"properties",
                                {{"name", {{"type", "string"}}},
                                 {"version", {{"type", "string"}}},
                                 {"time_zone", {{"type", "string"}, {"description", "Of times without an offset."}}},
                                 {"login", {{"type", "string"}}}}},
                               {"required", {"name", "version", "time_zone", "login"}}});
    done["content"].at("application/json").as_object()["example"] = {
        {"name", "MultiFlexi"}, {"version", MULTIFLEXI_VERSION}, {"time_zone", "Europe/Prague"}, {"login", "anna"}};
    json::object responses{{"200", std::move(done)}};
    add_problems(responses, {401, 429});
    out["responses"] = std::move(responses);
    return out;
}

json::object this_description() {
    auto out = described("openapi:get", "description", "Read this description.",
                         "OpenAPI 3.1. `/api/v1/docs` shows it to people. Nobody has to be signed in.");
    out["security"] = json::array();
    out["parameters"] = {reference("parameters", "If-None-Match")};
    json::object responses{
        {"200", with_headers(response_with("The description.", "application/json", {{"type", "object"}}), {"ETag"})}};
    add_problems(responses, {304, 429});
    out["responses"] = std::move(responses);
    return out;
}

}  // namespace

json::object other_paths() {
    return {{"/session", {{"post", sign_in()}, {"delete", sign_out()}}},
            {"/session/openid", {{"get", leave_for_provider()}}},
            {"/session/openid/return", {{"get", come_back()}}},
            {"/jobs/{id}/stdout", {{"get", output_of_job("stdout")}}},
            {"/jobs/{id}/stderr", {{"get", output_of_job("stderr")}}},
            {"/artifacts/{id}/content", {{"get", content_of_artifact()}}},
            {"/events", {{"get", events_of_jobs()}}},
            {"/jobs/{id}/events", {{"get", events_of_job()}}},
            {"/", {{"get", about_server()}}},
            {"/openapi.json", {{"get", this_description()}}}};
}

}  // namespace mf::openapi
