// SPDX-License-Identifier: MIT
#include "api/openapi/parts.h"

#include "api/rest_input.h"

#include <fmt/format.h>
#include <stdexcept>

namespace mf::openapi {
namespace {

struct SharedResponse {
    int status;
    std::string_view name, description, code, sentence;
};

// The sentences are examples.
constexpr SharedResponse shared_problems[] = {
    {400, "Invalid", "The input is wrong; `errors` has every complaint at once.", "invalid",
     "limit: must be a number from 1 to 1000."},
    {401, "Unauthenticated", "Nobody has signed in, or what was shown is good for nothing.", "unauthenticated",
     "Sign in, or show an API token (Authorization: Bearer)."},
    {403, "Forbidden", "The permission is missing; the sentence says which role would have it.", "forbidden",
     "'job:cancel' needs the role operator in the company. A manager of the company can give it (user-company "
     "assign)."},
    {404, "NotFound", "There is nothing of that kind for the one who asks.", "not-found", "There is no job 120."},
    {409, "Conflict", "What there is, or what happens now, stands against it.", "conflict",
     "Job 120 has ended already."},
    {412, "PreconditionFailed", "It was changed since it was read: the tag of If-Match is not the present one.",
     "precondition-failed", "It was changed since you have read it. Read it again and decide anew."},
    {416, "RangeNotSatisfiable", "The range lies outside of the content.", "range-not-satisfiable",
     "There are 12 bytes; the range lies outside."},
    {429, "Limited", "Too many requests, or too many attempts with a wrong password.", "limited",
     "Too many attempts. Wait a minute before the next one."},
    {0, "Other",
     "Any other problem: 408, 413, 414 and 431 for requests beyond the limits of the server, 405 with `Allow`, 500 for "
     "a fault of the server, and 503 when its database or another machine cannot be reached now.",
     "unavailable", "The database cannot be reached. Try again later."},
};

json::object header(std::string_view description, json::object schema) {
    return {{"description", description}, {"schema", std::move(schema)}};
}
/// One that is always there.
json::object sure_header(std::string_view description, json::object schema) {
    return {{"description", description}, {"required", true}, {"schema", std::move(schema)}};
}

json::object parameter(std::string_view name, std::string_view in, std::string_view description, json::object schema) {
    return {{"name", name}, {"in", in}, {"description", description}, {"schema", std::move(schema)}};
}

}  // namespace

json::object reference(std::string_view kind, std::string_view name) {
    return {{"$ref", fmt::format("#/components/{}/{}", kind, name)}};
}

json::object response_with(std::string_view description, std::string_view media_type, json::object schema) {
    return {{"description", description}, {"content", {{media_type, {{"schema", std::move(schema)}}}}}};
}

std::string_view response_name(int status) {
    if (status == 304) return "NotModified";
    for (const auto& shared : shared_problems)
        if (shared.status == status) return shared.name;
    throw std::logic_error(fmt::format("the description has no response {}", status));
}

json::object shared_responses() {
    json::object out;
    for (const auto& shared : shared_problems) {
        auto response = response_with(shared.description, "application/problem+json", reference("schemas", "Problem"));
        const int status = shared.status == 0 ? 503 : shared.status;
        response["content"].at("application/problem+json").as_object()["example"] = {
            {"type", fmt::format("urn:multiflexi:problem:{}", shared.code)},
            {"title", http::reason_phrase(status)},
            {"status", status},
            {"detail", shared.sentence},
            {"code", shared.code}};
        if (shared.status == 429)
            response["headers"] = {{"Retry-After", reference("headers", "Retry-After")},
                                   {"RateLimit", reference("headers", "RateLimit")},
                                   {"RateLimit-Policy", reference("headers", "RateLimit-Policy")}};
        if (status == 401) response["headers"] = {{"WWW-Authenticate", reference("headers", "WWW-Authenticate")}};
        if (status == 416) response["headers"] = {{"Content-Range", reference("headers", "Content-Range")}};
        out[shared.name] = std::move(response);
    }
    out[response_name(304)] = {{"description", "What the client has is still right."},
                               {"headers", {{"ETag", reference("headers", "ETag")}}}};
    return out;
}

json::object shared_parameters() {
    auto fields = parameter("fields", "query",
                            "Only these members of each record, separated by commas. The answer has no ETag then.",
                            {{"type", "array"}, {"items", {{"type", "string"}}}});
    fields["style"] = "form";
    fields["explode"] = false;
    return {
        {"fields", std::move(fields)},
        {"limit", parameter("limit", "query", "At most so many records.",
                            {{"type", "integer"}, {"minimum", 1}, {"maximum", longest_page}, {"default", usual_page}})},
        {"cursor", parameter("cursor", "query", "Where to go on: the `next` of the page before.",
                             {{"type", "string"}, {"pattern", "^k-?[0-9]+$"}})},
        {"If-Match", parameter("If-Match", "header",
                               "Do it only when what GET shows there still has this tag (RFC 9110, section 13.1.1).",
                               {{"type", "string"}})},
        {"If-None-Match",
         parameter("If-None-Match", "header", "Send it only when it has another tag (RFC 9110, section 13.1.2).",
                   {{"type", "string"}})},
        {"Idempotency-Key",
         parameter(
             "Idempotency-Key", "header",
             "A word of your choice, such as a UUID, for this one thing that is to be done: the same request with "
             "it is done once, and gets the same answer again within 24 hours.",
             {{"type", "string"}, {"minLength", 1}, {"maxLength", 255}})},
    };
}

json::object shared_headers() {
    const json::object text{{"type", "string"}};
    return {
        {"ETag", sure_header("The tag of what was sent, for If-Match and If-None-Match.", text)},
        {"Link", header("The address of the next page, rel=\"next\"; not on the last one (RFC 8288).", text)},
        {"Location", sure_header("Where to go on, or where what was made can be read.",
                                 {{"type", "string"}, {"format", "uri-reference"}})},
        {"Idempotency-Replayed", header("true: the answer is that of the first request with this key.",
                                        {{"type", "string"}, {"enum", {"true"}}})},
        {"Retry-After", sure_header("Seconds to wait.", {{"type", "integer"}})},
        {"RateLimit", header("What is left of the share of the one who asks "
                             "(draft-ietf-httpapi-ratelimit-headers-10). Every answer has it when there is a limit.",
                             text)},
        {"RateLimit-Policy", header("The share itself.", text)},
        {"Set-Cookie", sure_header("The cookie of the session, which scripts of pages cannot read.", text)},
        {"WWW-Authenticate", sure_header("What may be shown instead (RFC 9110, section 11.6.1).", text)},
        {"Content-Disposition", sure_header("The name of the file to save (RFC 6266).", text)},
        {"Content-Range", sure_header("Which bytes of how many (RFC 9110, section 14.4).", text)},
        {"Accept-Ranges", sure_header("Parts of it can be asked for.", {{"type", "string"}, {"enum", {"bytes"}}})},
    };
}

json::object security_schemes() {
    return {{"token",
             {{"type", "http"},
              {"scheme", "bearer"},
              {"description", "An API token (`POST /tokens`), bounded by its companies and permissions."}}},
            {"password",
             {{"type", "http"},
              {"scheme", "basic"},
              {"description", "Login and password; not for accounts that ask for a code as well."}}},
            {"session",
             {{"type", "apiKey"},
              {"in", "cookie"},
              {"name", "multiflexi"},
              {"description",
               "The cookie that `POST /session` sets, over TLS with the prefix `__Host-`. A request that "
               "changes something must come from a page of this server."}}}};
}

json::object problem_schema() {
    const json::object text{{"type", "string"}};
    return {{"type", "object"},
            {"title", "Problem"},
            {"description", "What went wrong (RFC 9457)."},
            {"properties",
             {{"type", {{"type", "string"}, {"format", "uri"}, {"description", "The kind."}}},
              {"title", {{"type", "string"}, {"description", "What HTTP calls the status."}}},
              {"status", {{"type", "integer"}, {"minimum", 400}, {"maximum", 599}}},
              {"detail", {{"type", "string"}, {"description", "A sentence for people: what was wrong, what to do."}}},
              {"code", {{"type", "string"}, {"description", "A word for programs."}}},
              {"errors",
               {{"type", "array"},
                {"description", "Every complaint about the input."},
                {"items",
                 {{"type", "object"},
                  {"properties", {{"field", text}, {"message", text}, {"code", text}, {"value", text}, {"file", text}}},
                  {"required", {"field", "message"}}}}}}}},
            {"required", {"type", "title", "status", "detail", "code"}}};
}

}  // namespace mf::openapi
