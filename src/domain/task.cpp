// SPDX-License-Identifier: MIT
#include "domain/task.h"

#include "domain/retry.h"
#include "domain/schedule_rule.h"

namespace mf {
namespace {

/// No schedule that comes due again leaves more between two slots; the end of a window that no slot ends.
constexpr std::chrono::days longest_window{366 * 8};

}  // namespace

template <>
const Entity& entity_of<Task>() {
    using T = Task;
    static constexpr auto fields = fields_of<T>(
        field<&T::id>("id", {.key = true, .read_only = true, .listed = true}),
        field<&T::runtemplate_id>("runtemplate_id", {.references = "runtemplate", .listed = true}),
        field<&T::company_id>("company_id", {.references = "company", .tenant = true}),
        field<&T::window_start>("window_start", {.label = "From", .listed = true}),
        field<&T::window_end>("window_end", {.label = "To", .listed = true}),
        field<&T::deadline>("deadline", {.label = "Deadline", .listed = true}),
        field<&T::state>("state", {.label = "State", .max_length = 16, .listed = true}),
        field<&T::fulfilled_by_job_id>("fulfilled_by_job_id", {.listed = true}),
        field<&T::fulfilled_at>("fulfilled_at", {.listed = true}), field<&T::attempts>("attempts", {.listed = true}),
        field<&T::cause>("cause", {.max_length = 1024}), field<&T::created_at>("created_at", {.read_only = true}));
    static constexpr Entity entity{"task", "Expected run", fields};
    return entity;
}

TaskWindow window_of(const Schedule& schedule, const RunTemplate& run_template, Timestamp slot) {
    TaskWindow out{.start = slot, .end = schedule.next_slot(slot).value_or(slot + longest_window), .deadline = slot};
    if (!run_template.deadline_offset || run_template.deadline_offset->empty())
        out.deadline = out.end;
    else if (const auto deadline = parse_deadline(*run_template.deadline_offset))
        out.deadline = deadline->of(slot, schedule.zone());
    return out;
}

}  // namespace mf
