// SPDX-License-Identifier: MIT
#include "mcp/resources.h"

#include "base/text.h"
#include "mcp/tool_answer.h"

#include <fmt/format.h>

namespace mf::mcp {
namespace {

constexpr std::string_view scheme = "multiflexi://";
constexpr std::string_view next_companies = "companies-after-";
constexpr std::int64_t companies_per_page = 100;
constexpr std::int64_t latest_jobs = 25;
constexpr std::string_view json_media = "application/json";
constexpr std::string_view text_media = "text/plain";

struct ResourceKind {
    std::string_view path;  ///< below the scheme; "{id}" is a number
    std::string_view name;
    std::string_view title;
    std::string_view description;
    std::string_view media;
    std::string_view operation;
};
constexpr ResourceKind kinds[] = {
    {"companies", "companies", "Companies", "The companies of this installation.", json_media, "company:list"},
    {"companies/{id}", "company", "Company", "One company.", json_media, "company:get"},
    {"jobs/{id}", "job", "Job", "One job: its state, exit code, times and environment.", json_media, "job:get"},
    {"jobs/{id}/output", "job-output", "Output of a job",
     "The end of what a job printed, standard output and error as they came.", text_media, "job:tail"},
    {"runtemplates/{id}", "run-template", "Run template", "One run template with its schedule and its values.",
     json_media, "runtemplate:get"},
};

struct FoundResource {
    const ResourceKind* kind;
    std::optional<std::int64_t> id;
};

std::optional<FoundResource> find_resource(std::string_view uri) {
    if (!uri.starts_with(scheme)) return std::nullopt;
    const auto parts = split(uri.substr(scheme.size()), '/');
    for (const auto& kind : kinds) {
        const auto wanted = split(kind.path, '/');
        if (wanted.size() != parts.size()) continue;
        FoundResource out{&kind, {}};
        bool fits = true;
        for (std::size_t i = 0; fits && i < parts.size(); ++i) {
            if (wanted[i] != "{id}") {
                fits = wanted[i] == parts[i];
                continue;
            }
            const auto number = to_integer(parts[i]);
            // One address for each thing: no sign, no zeros in front.
            fits = number && *number > 0 && parts[i] == fmt::to_string(*number);
            if (fits) out.id = *number;
        }
        if (fits) return out;
    }
    return std::nullopt;
}

json::object described_resource(Revision revision, std::string uri, std::string name, std::string title,
                                std::string description, std::string_view media) {
    json::object out{{"uri", std::move(uri)}, {"name", std::move(name)}};
    if (has_titles(revision)) out["title"] = std::move(title);
    out["description"] = std::move(description);
    out["mimeType"] = media;
    return out;
}

std::string word_of(const json::object& record, std::string_view name) {
    const auto* value = record.if_contains(name);
    if (!value || value->is_null()) return {};
    return value->is_string() ? std::string(value->get_string()) : to_text(*value);
}

void add_job_resources(json::array& out, Revision revision, const json::object& job) {
    const auto id = word_of(job, "id"), code = word_of(job, "exitcode");
    const auto standing = fmt::format("{}{}, planned for {}, run template {}.", word_of(job, "state"),
                                      code.empty() ? "" : ", exit code " + code, word_of(job, "schedule"),
                                      word_of(job, "runtemplate_id"));
    out.push_back(described_resource(revision, fmt::format("{}jobs/{}", scheme, id), "job-" + id, "Job " + id, standing,
                                     json_media));
    out.push_back(described_resource(revision, fmt::format("{}jobs/{}/output", scheme, id), "job-output-" + id,
                                     "Output of job " + id, standing, text_media));
}

RpcError failed_resource(const std::string& uri, const Error& error) {
    const bool is_missing = error.code == ErrorCode::not_found;
    return {is_missing ? RpcError::no_such_resource : RpcError::internal, sentences_of(error), {{"uri", uri}}};
}

/// What the text of an output does not tell: that it begins in the middle, and whether more will come.
std::string output_text(const json::object& tail) {
    std::string out;
    const auto& skipped = tail.at("skipped").as_int64();
    if (skipped > 0) out += fmt::format("[The first {} bytes are left out.]\n", skipped);
    out += std::string_view(tail.at("output").as_string());
    return out;
}

}  // namespace

RpcResult list_resources(const Request& request, Revision revision, const json::object& params) {
    json::object wanted{{"limit", companies_per_page + 1}};
    const bool is_first = !params.contains("cursor");
    if (!is_first) {
        const auto cursor = text_param(params, "cursor").value_or("");
        const auto after =
            cursor.starts_with(next_companies) ? to_integer(cursor.substr(next_companies.size())) : std::nullopt;
        if (!after) return invalid_params("This cursor was not given by this server.");
        wanted["after"] = *after;
    }
    json::object out;
    json::array resources;
    if (request.caller.rights.may(Permission::view)) {
        auto companies = request.perform("company:list", wanted);
        if (!companies) return RpcError{RpcError::internal, sentences_of(companies.error()), nullptr};
        auto& found = companies->as_array();
        const bool more = std::ssize(found) > companies_per_page;
        if (more) found.resize(companies_per_page);
        if (is_first) {
            const auto& all = kinds[0];
            resources.push_back(described_resource(revision, std::string(scheme) + std::string(all.path),
                                                   std::string(all.name), std::string(all.title),
                                                   std::string(all.description), all.media));
        }
        for (const auto& each : found) {
            const auto& company = each.as_object();
            const auto id = word_of(company, "id");
            resources.push_back(described_resource(
                revision, fmt::format("{}companies/{}", scheme, id), "company-" + id, word_of(company, "name"),
                fmt::format("The company '{}'.", word_of(company, "code")), json_media));
        }
        if (more) out["nextCursor"] = fmt::format("{}{}", next_companies, word_of(found.back().as_object(), "id"));
        if (is_first) {
            const auto jobs = request.perform("job:list", {{"limit", latest_jobs}, {"order", "D"}});
            if (!jobs) return RpcError{RpcError::internal, sentences_of(jobs.error()), nullptr};
            for (const auto& job : jobs->as_array()) add_job_resources(resources, revision, job.as_object());
        }
    }
    out["resources"] = std::move(resources);
    return out;
}

json::object list_resource_templates(Revision revision) {
    json::array out;
    for (const auto& kind : kinds) {
        if (kind.path.find('{') == std::string_view::npos) continue;
        auto each = described_resource(revision, {}, std::string(kind.name), std::string(kind.title),
                                       std::string(kind.description), kind.media);
        each.erase("uri");
        each["uriTemplate"] = std::string(scheme) + std::string(kind.path);
        out.push_back(std::move(each));
    }
    return {{"resourceTemplates", std::move(out)}};
}

RpcResult resource_content(const Request& request, const std::string& uri) {
    const auto found = find_resource(uri);
    if (!found)
        return RpcError{RpcError::no_such_resource,
                        "There is no such resource. resources/list and resources/templates/list say which there are.",
                        {{"uri", uri}}};
    json::object input;
    if (found->id) input["id"] = *found->id;
    if (!found->id) input["limit"] = request.options.most_records;
    if (found->kind->operation == "job:get") input["output"] = false;
    if (found->kind->operation == "job:tail") input["bytes"] = static_cast<std::int64_t>(request.options.most_output);
    auto answer = request.perform(found->kind->operation, input);
    if (!answer) return failed_resource(uri, answer.error());
    json::object out{{"uri", uri}, {"mimeType", found->kind->media}};
    if (found->kind->media == text_media) {
        out["text"] = output_text(answer->as_object());
        return out;
    }
    const auto bounded = bounded_answer(
        *std::move(answer), {.most_text = request.options.most_text, .most_answer = request.options.most_answer});
    if (!bounded) return failed_resource(uri, bounded.error());
    out["text"] = to_text(bounded->content);
    return out;
}

RpcResult read_resource(const Request& request, const json::object& params) {
    const auto uri = text_param(params, "uri");
    if (!uri) return invalid_params("resources/read needs the text 'uri'.");
    auto content = resource_content(request, *uri);
    if (auto* good = std::get_if<json::object>(&content))
        return json::object{{"contents", json::array{std::move(*good)}}};
    return content;
}

}  // namespace mf::mcp
