// SPDX-License-Identifier: MIT
#include "api/compatible/endpoint.h"
#include "base/text.h"
#include "base/time_text.h"

#include <fmt/format.h>
#include <set>

namespace mf::compatible {
namespace {

/// By one request, each in a transaction of its own, so that it comes to an end and holds nobody up; the answer says
/// whether there are more, so that it can be sent again.
constexpr std::size_t most_removed = 1'000;
constexpr std::int64_t jobs_at_once = 1'000;

Result<Answer> delete_job(Exchange& exchange) {
    const auto removed = exchange.record("job:delete", {{"id", exchange.id()}});
    if (!removed) return removed.error();
    return Answer{.body = {{"success", true}, {"deleted", 1}, {"id", exchange.id()}}};
}

/// Which jobs are meant: those that have ended, of a run template, planned within the times.
struct Meant {
    std::optional<std::int64_t> run_template;
    std::optional<Timestamp> from, to;
    bool dry_run = false;
};

/// What is not understood or left empty is not passed over here: more would be removed than was meant.
Result<void> only_known_words(const http::Request& request) {
    constexpr std::string_view words[] = {"runtemplate_id", "from", "to", "dry_run"};
    Error error;
    const auto complain = [&](std::string_view name, std::string sentence) {
        error.message += (error.message.empty() ? "" : " ") + sentence;
        error.fields.push_back({std::string(name), std::move(sentence)});
    };
    std::set<std::string_view> seen;
    for (const auto& [name, value] : request.query) {
        if (std::ranges::find(words, name) == std::end(words))
            complain(name, fmt::format("{} is not known; there are runtemplate_id, from, to and dry_run.", name));
        else if (value.empty() && name != "dry_run")
            complain(name, fmt::format("{} has no value.", name));
        else if (!seen.insert(name).second)
            complain(name, fmt::format("{} is there twice.", name));
    }
    if (!trim(request.body).empty()) complain("body", "Say in the query which jobs are meant, not in a body.");
    if (error.fields.empty()) return {};
    error.message += " Nothing was removed.";
    return error;
}

Result<Meant> meant_by(const Exchange& exchange) {
    if (auto known = only_known_words(exchange.request()); !known) return known.error();
    constexpr Taken wanted[] = {{"runtemplate_id", "", Takes::number}, {"dry_run", "", Takes::flag}};
    const auto given = taken(exchange, wanted);
    if (!given) return given.error();
    Meant out;
    if (const auto* id = given->if_contains("runtemplate_id")) out.run_template = id->as_int64();
    if (const auto* dry = given->if_contains("dry_run"))
        out.dry_run = dry->as_bool();
    else
        out.dry_run = exchange.request().query_value("dry_run").has_value();
    for (const auto& [name, moment] : {std::pair("from", &out.from), std::pair("to", &out.to)}) {
        const auto text = exchange.query(name);
        if (!text) continue;
        const auto parsed = parse_time(*text, exchange.now(), exchange.zone());
        if (!parsed) return parsed.error();
        *moment = *parsed;
    }
    if (!out.run_template && !out.from && !out.to)
        return invalid("Say which jobs are to be removed: runtemplate_id, from or to.");
    return out;
}

bool is_meant(const Exchange& exchange, const json::object& job, const Meant& meant) {
    if (job.at("end").is_null()) return false;
    if (!exchange.caller().rights.may(Permission::manage, Id<Company>{job.at("company_id").as_int64()})) return false;
    const auto planned = parse_time(job.at("schedule").as_string(), exchange.now(), Zone::utc());
    return planned && (!meant.from || *planned >= *meant.from) && (!meant.to || *planned < *meant.to);
}

struct JobsMeant {
    std::vector<std::int64_t> ids;
    bool more = false;  ///< than one request removes
};
Result<JobsMeant> jobs_meant(const Exchange& exchange, const Meant& meant) {
    JobsMeant out;
    json::object input{{"limit", jobs_at_once}, {"after", 0}};
    if (meant.run_template) input["runtemplate_id"] = *meant.run_template;
    for (;;) {
        const auto page = exchange.call("job:list", input);
        if (!page) return page.error();
        const auto& jobs = page->as_array();
        for (const auto& job : jobs) {
            if (!is_meant(exchange, job.as_object(), meant)) continue;
            out.more = out.ids.size() == most_removed;
            if (out.more) return out;
            out.ids.push_back(job.at("id").as_int64());
        }
        if (std::ssize(jobs) < jobs_at_once) break;
        input["after"] = jobs.back().at("id").as_int64();
    }
    return out;
}

Result<Answer> delete_jobs(Exchange& exchange) {
    const auto meant = meant_by(exchange);
    if (!meant) return meant.error();
    if (!exchange.caller().rights.may(Permission::manage))
        return Error{ErrorCode::forbidden, "Removing jobs needs the role manager in their company."};
    const auto found = jobs_meant(exchange, *meant);
    if (!found) return found.error();
    std::int64_t deleted = 0;
    for (const auto id : found->ids) {
        if (meant->dry_run) break;
        const auto removed = exchange.call("job:delete", {{"id", id}});
        // Somebody else was quicker.
        if (!removed && removed.error().code == ErrorCode::not_found) continue;
        if (!removed) return removed.error();
        ++deleted;
    }
    return Answer{.body = {{"dry_run", meant->dry_run},
                           {"matched", found->ids.size()},
                           {"deleted", deleted},
                           {"more", found->more},
                           {"job_ids", json::array(found->ids.begin(), found->ids.end())}}};
}

constexpr Endpoint job_removal_table[] = {
    {"DELETE", "job/{id}", Who::accounts, "Job", delete_job},
    {"DELETE", "jobs", Who::accounts, "Job", delete_jobs},
};

}  // namespace

std::span<const Endpoint> job_removal_endpoints() { return job_removal_table; }

}  // namespace mf::compatible
