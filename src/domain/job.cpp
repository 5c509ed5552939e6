// SPDX-License-Identifier: MIT
#include "domain/job.h"

namespace mf {

template <>
const Entity& entity_of<Job>() {
    using J = Job;
    static constexpr auto fields = fields_of<J>(
        field<&J::id>("id", {.key = true, .read_only = true, .listed = true}),
        field<&J::app_id>("app_id", {.references = "application", .listed = true}),
        field<&J::company_id>("company_id", {.references = "company", .tenant = true, .listed = true}),
        field<&J::runtemplate_id>("runtemplate_id", {.references = "runtemplate", .listed = true}),
        field<&J::state>("state", {.label = "State", .max_length = 16, .listed = true}),
        field<&J::slot>("slot", {.read_only = true}),
        field<&J::schedule>("schedule", {.label = "Planned", .listed = true}),
        field<&J::schedule_type>("schedule_type", {.max_length = 16}),
        field<&J::executor>("executor", {.max_length = 32}),
        field<&J::launched_by>("launched_by", {.references = "user"}), field<&J::attempt>("attempt"),
        field<&J::retry_of>("retry_of", {.read_only = true}),
        field<&J::task_id>("task_id", {.references = "task", .read_only = true}),
        field<&J::begin>("begin", {.listed = true}), field<&J::end>("end", {.listed = true}),
        field<&J::exitcode>("exitcode", {.label = "Exit code", .listed = true}),
        field<&J::reason>("reason", {.max_length = 65535}), field<&J::command>("command", {.max_length = 65535}),
        field<&J::pid>("pid"), field<&J::handle>("handle"), field<&J::claimed_by>("claimed_by", {.max_length = 128}),
        field<&J::fence>("fence"), field<&J::exclusive>("exclusive"),
        field<&J::cancel_requested_at>("cancel_requested_at"),
        field<&J::app_version>("app_version", {.max_length = 64}), field<&J::stdout_size>("stdout_size"),
        field<&J::stderr_size>("stderr_size"), field<&J::cpu_ms>("cpu_ms"), field<&J::max_rss_kib>("max_rss_kib"),
        field<&J::created_at>("created_at", {.read_only = true}));
    static constexpr Entity entity{"job", "Job", fields};
    return entity;
}

template <>
const Entity& entity_of<Artifact>() {
    using A = Artifact;
    static constexpr auto fields = fields_of<A>(
        field<&A::id>("id", {.key = true, .read_only = true, .listed = true}),
        field<&A::job_id>("job_id", {.references = "job", .listed = true}),
        field<&A::company_id>("company_id", {.references = "company", .tenant = true}),
        field<&A::kind>("kind", {.max_length = 16}),
        field<&A::filename>("filename", {.max_length = 4096, .listed = true}),
        field<&A::content_type>("content_type", {.listed = true}), field<&A::size>("size", {.listed = true}),
        field<&A::sha256>("sha256", {.max_length = 64}), field<&A::note>("note", {.max_length = 65535}),
        field<&A::created_at>("created_at", {.read_only = true, .listed = true}));
    static constexpr Entity entity{"artifacts", "Artifact", fields};
    return entity;
}

template <>
const Entity& entity_of<QueueEntry>() {
    using Q = QueueEntry;
    static constexpr auto fields = fields_of<Q>(
        field<&Q::id>("id", {.key = true, .read_only = true, .listed = true}),
        field<&Q::job_id>("job_id", {.references = "job", .listed = true}),
        field<&Q::runtemplate_id>("runtemplate_id", {.references = "runtemplate", .listed = true}),
        field<&Q::company_id>("company_id", {.references = "company", .tenant = true, .listed = true}),
        field<&Q::after>("after", {.listed = true}), field<&Q::waiting>("waiting"), field<&Q::lane_id>("lane_id"));
    static constexpr Entity entity{"schedule", "Queue entry", fields};
    return entity;
}

Timestamp time_of_state(const Job& job) {
    switch (job.state) {
        case JobState::pending: return job.created_at;
        // Nobody notes when it was claimed; before it was due nobody could.
        case JobState::claimed: return std::max(job.created_at, job.schedule);
        default: return job.begin.value_or(job.created_at);
    }
}

}  // namespace mf
