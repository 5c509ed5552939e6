// SPDX-License-Identifier: MIT
#include "service/launch.h"

#include "base/time_text.h"
#include "service/audit.h"
#include "service/configuration.h"
#include "service/sealing.h"
#include "store/queries/event_firing.h"
#include "store/queries/job_queue.h"

#include <fmt/format.h>
#include <array>

namespace mf {
namespace {

using namespace std::chrono_literals;

/// The original tells jobs for now and jobs for later apart by this distance.
constexpr auto immediate = 5s;

/// By the way in, as clients tell jobs apart.
std::string_view usual_schedule_type(std::string_view entry, bool is_now) {
    if (entry == "api" || entry == "mcp") return "adhoc-api";
    if (entry == "web") return "adhoc-web";
    return is_now ? "adhoc-cli" : "CommandLine";
}

/// Of the company; never counts beyond `most`.
std::int64_t waiting_jobs(Call& call, Id<Company> company, std::int64_t most) {
    const auto rows = call.sql().query(
        R"(SELECT COUNT(*) FROM (SELECT 1 FROM "schedule" WHERE "company_id" = ? AND {scope} LIMIT ?) w)",
        {company.value, most});
    return std::get<std::int64_t>(rows[0][0]);
}

}  // namespace

std::string to_text(const LaunchValues& values) {
    return fmt::format(R"({{"config":{},"env":{}}})", to_json_text(values.config), to_json_text(values.env));
}

Result<LaunchValues> launch_values_from(std::string_view text) {
    LaunchValues out;
    const auto parsed = parse_json(text);
    if (!parsed) return parsed.error();
    const auto* object = parsed->if_object();
    if (!object || !object->contains("config") || !object->contains("env") ||
        !from_json_text(to_text(object->at("config")), out.config) ||
        !from_json_text(to_text(object->at("env")), out.env))
        return Error{ErrorCode::invalid, "The launch values of this job are damaged."};
    return out;
}

std::optional<std::string> full_queue(Call& call, const Company& company) {
    if (!company.max_queued || waiting_jobs(call, company.id, *company.max_queued) < *company.max_queued)
        return std::nullopt;
    return fmt::format(
        "The company '{}' has as many jobs waiting as it may ({}); launch again when some of them have "
        "begun, or raise the limit (company update --max_queued).",
        company.name, *company.max_queued);
}

Result<Job> launch(Call& call, const LaunchRequest& request) {
    const auto origin = call.repository<RunTemplate>().find(request.run_template);
    if (!origin || !origin->live) return Error{ErrorCode::not_found, "RunTemplate not found"};
    if (!origin->active) return Error{ErrorCode::conflict, "RunTemplate is not active. Scheduling forbidden."};
    const auto company = call.repository<Company>().find(origin->company_id);
    if (!company || !company->enabled)
        return Error{ErrorCode::conflict,
                     fmt::format("The company of run template {} is disabled; enable it first.", origin->id.value)};

    const auto zone = Zone::named(call.zone);
    Timestamp when = call.now;
    if (request.when) {
        const auto parsed = parse_time(*request.when, call.now, zone ? *zone : Zone::utc());
        if (!parsed) return parsed.error();
        when = *parsed;
    }
    if (const auto pause = pause_of(*company, call.now); pause && (!pause->until || when < *pause->until))
        return Error{ErrorCode::conflict, pause_sentence(*company)};
    if (auto sentence = full_queue(call, *company)) return Error{ErrorCode::conflict, *std::move(sentence)};
    const auto config = checked_values(call, origin->app_id, request.values.config);
    if (!config) return config.error();
    const auto env = checked_values(call, origin->app_id, request.values.env);
    if (!env) return env.error();
    const LaunchValues values{.config = *config, .env = *env};

    NewJob job{.run_template = *origin,
               .schedule = when,
               .schedule_type = request.schedule_type.value_or(
                   std::string(usual_schedule_type(call.actor.entry, when <= call.now + immediate))),
               .executor = request.executor.value_or(origin->executor),
               .launched_by = call.actor.user,
               .attempt = request.attempt,
               .retry_of = request.retry_of,
               .task = request.task};
    if (!values.empty()) {
        const auto key = settle_key(call);
        if (!key) return key.error();
        job.sealed_override = [&call, &values, key = *key](Id<Job> id) {
            return call.vault->seal(to_text(values), {"job_override", "sealed", id.value}, key);
        };
    }
    auto made = enqueue(call.session, call.scope, job, call.now);
    if (!made) return made;
    if (request.retry_of)
        for (const auto& input : input_artifacts(call.session, {request.retry_of->value}))
            note_input_artifact(call.session, {made->id, input.variable, input.artifact});
    call.wake_server = true;
    json::array overridden;
    for (const auto* map : {&values.config, &values.env})
        for (const auto& [name, value] : *map) overridden.emplace_back(name);
    audit(call, {.entity = "job",
                 .id = made->id.value,
                 .action = "create",
                 .company = made->company_id,
                 .details = {{"runtemplate_id", origin->id.value},
                             {"schedule_type", job.schedule_type},
                             {"overridden", overridden}}});
    return made;
}

json::object launched_record(Call& call, const Job& job, const LaunchValues& values) {
    auto record = to_json(job);
    record["secret_fields"] = json::array();
    if (values.empty()) return record;
    if (const auto origin = call.repository<RunTemplate>().find(job.runtemplate_id))
        record["secret_fields"] = secret_names(call, *origin, std::array{values.config, values.env});
    return record;
}

}  // namespace mf
