// SPDX-License-Identifier: MIT
#include "domain/run_template.h"

namespace mf {

template <>
const Entity& entity_of<RunTemplate>() {
    using R = RunTemplate;
    static constexpr auto fields = fields_of<R>(
        field<&R::id>("id", {.key = true, .read_only = true, .listed = true}),
        field<&R::app_id>("app_id", {.label = "Application", .references = "application", .listed = true}),
        field<&R::company_id>("company_id",
                              {.label = "Company", .references = "company", .tenant = true, .listed = true}),
        field<&R::name>("name", {.label = "Name", .required = true, .listed = true}),
        field<&R::interv>("interv", {.label = "Interval", .max_length = 16, .listed = true}),
        field<&R::cron>("cron", {.label = "Cron expression", .listed = true}),
        field<&R::anchor>("anchor", {.label = "At", .max_length = 32}),
        field<&R::zone>("zone", {.label = "Time zone", .max_length = 64}),
        field<&R::delay>("delay", {.label = "Delay", .help = "Seconds added to every planned time"}),
        field<&R::jitter>("jitter", {.label = "Jitter", .help = "Spreads starts over so many seconds"}),
        field<&R::catch_up>("catch_up", {.label = "Missed runs", .max_length = 16}),
        field<&R::catch_up_limit>("catch_up_limit"),
        field<&R::overlap>("overlap", {.label = "Overlapping runs", .max_length = 16}),
        field<&R::executor>("executor", {.label = "Executor", .max_length = 32, .listed = true}),
        field<&R::runs_on>("runs_on",
                           {.label = "Runs on", .help = "Labels that the node must have", .max_length = 512}),
        field<&R::active>("active", {.label = "Active", .listed = true}),
        field<&R::activated_at>("activated_at", {.read_only = true}),
        field<&R::next_slot>("next_slot", {.read_only = true}),
        field<&R::next_launch>("next_launch", {.read_only = true, .listed = true}),
        field<&R::last_schedule>("last_schedule", {.read_only = true}),
        field<&R::skipped_slots>("skipped_slots", {.read_only = true}),
        field<&R::fault>("fault", {.max_length = 1024, .read_only = true}),
        field<&R::time_limit>("time_limit", {.label = "Time limit", .help = "Seconds; 0 for none"}),
        field<&R::grace>("grace", {.help = "Seconds a job has to end after SIGTERM"}),
        field<&R::output_limit>("output_limit", {.help = "Bytes of output that are kept; 0 for all"}),
        field<&R::artifact_limit>("artifact_limit", {.help = "Bytes of all artifacts together"}),
        field<&R::artifact_count_limit>("artifact_count_limit"), field<&R::note>("note", {.max_length = 65535}),
        field<&R::deadline_offset>("deadline_offset", {.max_length = 32}), field<&R::max_attempts>("max_attempts"),
        field<&R::retry_backoff>("retry_backoff", {.max_length = 16}), field<&R::retry_min_gap>("retry_min_gap"),
        field<&R::allow_late>("allow_late"),
        field<&R::successfull_jobs_count>("successfull_jobs_count", {.read_only = true}),
        field<&R::failed_jobs_count>("failed_jobs_count", {.read_only = true}),
        field<&R::live>("live", {.read_only = true}), field<&R::created_at>("created_at", {.read_only = true}),
        field<&R::updated_at>("updated_at", {.read_only = true}));
    static constexpr Entity entity{"runtemplate", "Run template", fields};
    return entity;
}

template <>
const Entity& entity_of<Configuration>() {
    using C = Configuration;
    static constexpr auto fields = fields_of<C>(
        field<&C::id>("id", {.key = true}), field<&C::runtemplate_id>("runtemplate_id", {.references = "runtemplate"}),
        field<&C::company_id>("company_id", {.references = "company", .tenant = true}),
        field<&C::name>("name", {.max_length = 128}), field<&C::value>("value", {.max_length = 1048576}),
        field<&C::sealed>("sealed"), field<&C::orphaned>("orphaned"));
    static constexpr Entity entity{"configuration", "Configuration value", fields};
    return entity;
}

}  // namespace mf
