// SPDX-License-Identifier: MIT
#include "api/openapi/document.h"

#include "api/openapi/answers.h"
#include "api/openapi/operation_object.h"
#include "api/openapi/other_paths.h"
#include "api/openapi/parts.h"

#include <algorithm>

namespace mf::openapi {
namespace {

constexpr std::string_view about_all =
    R"(Every operation of the command line has a route here, with the same input, the same
permissions and the same entries in the audit log.

**Lists** are answered page by page as `{"items": [...], "next": cursor}`: send the cursor back, or follow the header `Link`.

**Changes** of what somebody else may have changed meanwhile are made safe by `ETag` and `If-Match`, and a POST that may have
to be repeated by `Idempotency-Key`.

**Problems** are `application/problem+json` (RFC 9457), with every complaint about the input at once.

What one may not see is 404; what one may see, but not do, is 403.)";

struct Resource {
    std::string_view name, description;
};
constexpr Resource resources[] = {
    {"companies", "Whom jobs are run for, with their variables and people."},
    {"applications", "What can be run: programs with the definition of what they need to know."},
    {"company-applications", "Which applications a company uses."},
    {"runtemplates", "Applications as a company configures them, with their schedule."},
    {"jobs", "Single runs, with what they printed."},
    {"events", "What happens, as it happens."},
    {"tasks", "Expected runs: what each window of a schedule came to."},
    {"artifacts", "Files that jobs left behind."},
    {"queue", "Jobs that wait."},
    {"event-sources", "Databases whose changes start run templates."},
    {"event-rules", "What launches which run template after an event."},
    {"event-changes", "What event rules made of changes in event sources."},
    {"topics", "Labels with a colour."},
    {"credentials", "Secrets and settings that run templates use."},
    {"credential-types", "Kinds of credentials that a company has."},
    {"credential-prototypes", "What kinds of credentials can be made from."},
    {"users", "People, and what they may do."},
    {"tokens", "Keys for programs."},
    {"account", "One's own account."},
    {"erasure-requests", "Erasing what is known about people."},
    {"setup", "The first password, with a link that was made for it."},
    {"session", "Signing in and out."},
    {"nodes", "Servers of this installation."},
    {"search", "Finding things by name or number."},
    {"status", "The state of the installation."},
    {"audit", "Who changed what."},
    {"encryption", "The keys that secrets are sealed with."},
    {"prune", "Removing what is old."},
    {"telemetry", "Measures for other programs."},
    {"description", "What you read here, for programs."},
};

}  // namespace

json::object document(const Operations& operations) {
    auto schemas = answer_schemas(operations);
    schemas["Problem"] = problem_schema();
    json::object paths;
    for (const auto& operation : operations) {
        const auto route = route_of(operation);
        auto& path = paths[route.path];
        if (!path.is_object()) path.emplace_object();
        path.as_object()[route.method] = operation_object(operation, operations, schemas);
    }
    for (auto& [path, item] : other_paths()) paths[path] = std::move(item);
    json::array tags;
    for (const auto& [name, description] : resources)
        tags.push_back(json::object{{"name", name}, {"description", description}});
    json::array security;
    for (const auto& [name, scheme] : security_schemes()) security.push_back(json::object{{name, json::array()}});
    return {{"openapi", "3.1.0"},
            {"info",
             {{"title", "MultiFlexi"},
              {"summary", "Runs and watches the jobs of companies."},
              {"description", about_all},
              {"version", MULTIFLEXI_VERSION},
              {"license", {{"name", "MIT"}, {"identifier", "MIT"}}}}},
            {"servers", {{{"url", "/api/v1"}, {"description", "This server"}}}},
            {"security", std::move(security)},
            {"tags", std::move(tags)},
            {"paths", std::move(paths)},
            {"components",
             {{"schemas", std::move(schemas)},
              {"responses", shared_responses()},
              {"parameters", shared_parameters()},
              {"headers", shared_headers()},
              {"securitySchemes", security_schemes()}}}};
}

}  // namespace mf::openapi
