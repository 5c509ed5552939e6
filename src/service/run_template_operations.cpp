// SPDX-License-Identifier: MIT
#include "service/run_template_operations.h"

#include "domain/schedule_preview.h"
#include "domain/schedule_rule.h"
#include "service/application_operations.h"
#include "service/audit.h"
#include "service/company_operations.h"
#include "service/configuration.h"
#include "service/import_effects.h"
#include "service/launch.h"
#include "service/list_filter.h"
#include "service/planning.h"
#include "service/run_template_input.h"
#include "service/run_template_warnings.h"
#include "store/queries/job_queue.h"
#include "store/queries/lane.h"

#include <fmt/format.h>

namespace mf {

struct RunTemplateFilter {
    std::optional<std::int64_t> limit, offset, after, company_id, app_id;
    std::optional<ListOrder> order;
    std::optional<std::string> company, app_uuid;
    std::optional<bool> active;
};

struct RunTemplateLookup {
    std::optional<std::int64_t> id;
    std::optional<std::string> name;
};

struct ScheduleInput {
    std::int64_t id = 0;
    std::optional<std::string> schedule_time;
    std::optional<ExecutorKind> executor;
    std::optional<TextMap> config, env;
};

struct StaleInput {
    std::optional<std::int64_t> tolerance_hours;
};

struct NextInput {
    std::int64_t id = 0;
    std::optional<std::int64_t> count;
    std::optional<std::string> zone;
};

template <>
const Entity& entity_of<RunTemplateFilter>() {
    using F = RunTemplateFilter;
    static constexpr auto fields =
        fields_of<F>(limit_field<&F::limit>(), offset_field<&F::offset>(), after_field<&F::after>(),
                     field<&F::company_id>("company_id", {.help = "Only of this company"}),
                     field<&F::app_id>("app_id", {.help = "Only of this application"}), order_field<&F::order>(),
                     field<&F::company>("company", {.help = "Only of this company: number or code"}),
                     field<&F::app_uuid>("app_uuid", {.help = "Only of the application with this UUID"}),
                     field<&F::active>("active", {.help = "Only active, or only inactive ones"}));
    static constexpr Entity entity{"runtemplate_filter", "Run templates", fields};
    return entity;
}

template <>
const Entity& entity_of<RunTemplateLookup>() {
    using L = RunTemplateLookup;
    static constexpr auto fields = fields_of<L>(field<&L::id>("id", {.help = "Number of the run template"}),
                                                field<&L::name>("name", {.help = "Name of the run template"}));
    static constexpr Entity entity{"runtemplate_lookup", "Run template", fields};
    return entity;
}

template <>
const Entity& entity_of<ScheduleInput>() {
    using I = ScheduleInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::id>("id", {.help = "Number of the run template", .required = true}),
        field<&I::schedule_time>("schedule_time", {.help = "now, a time, or a phrase such as '+5 minutes'"}),
        field<&I::executor>("executor", {.help = "Where this job runs"}),
        field<&I::config>("config", {.help = "Value for this run only, KEY=VALUE", .max_length = 4194304}),
        field<&I::env>("env",
                       {.help = "Variable for this run only, KEY=VALUE; wins over --config", .max_length = 4194304}));
    static constexpr Entity entity{"runtemplate_schedule", "Launch", fields};
    return entity;
}

template <>
const Entity& entity_of<StaleInput>() {
    static constexpr auto fields = fields_of<StaleInput>(
        field<&StaleInput::tolerance_hours>("tolerance_hours", {.help = "Hours a planned run may be overdue (6)"}));
    static constexpr Entity entity{"runtemplate_stale", "Stale run templates", fields};
    return entity;
}

template <>
const Entity& entity_of<NextInput>() {
    using I = NextInput;
    static constexpr auto fields =
        fields_of<I>(field<&I::id>("id", {.help = "Number of the run template", .required = true}),
                     field<&I::count>("count", {.help = "How many runs (10)"}),
                     field<&I::zone>("zone", {.help = "Show times in this zone"}));
    static constexpr Entity entity{"runtemplate_next", "Coming runs", fields};
    return entity;
}

namespace {

Zone zone_of(const Call& call) {
    const auto zone = Zone::named(call.zone);
    return zone ? *zone : Zone::utc();
}

/// Remembers the UUIDs it has looked up, so that a long list asks once for each application.
class RecordMaker {
public:
    explicit RecordMaker(Call& call) : call_(call) {}
    json::object operator()(const RunTemplate& run_template) {
        auto out = to_json(run_template);
        const auto [known, is_new] = uuids_.try_emplace(run_template.app_id.value);
        if (is_new) {
            const auto rows =
                call_.sql().query(R"(SELECT "uuid" FROM "application" WHERE "id" = ?)", {run_template.app_id.value});
            if (!rows.empty()) known->second = std::get<std::string>(rows[0][0]);
        }
        out["app_uuid"] = known->second;
        return out;
    }

private:
    Call& call_;
    std::map<std::int64_t, std::string> uuids_;
};

Result<json::value> list_run_templates(Call& call, const RunTemplateFilter& filter) {
    auto query = query_of(filter);
    query.equals.push_back(only_live());
    if (filter.company_id) query.equals.emplace_back("company_id", *filter.company_id);
    if (filter.company) {
        const auto company = company_named(call, *filter.company);
        if (!company) return company.error();
        query.equals.emplace_back("company_id", company->id.value);
    }
    if (filter.app_id) query.equals.emplace_back("app_id", *filter.app_id);
    if (filter.app_uuid) {
        const auto application = find_application(call, {}, filter.app_uuid);
        if (!application) return application.error();
        query.equals.emplace_back("app_id", application->id.value);
    }
    if (filter.active) query.equals.emplace_back("active", *filter.active);
    json::array out;
    RecordMaker record(call);
    for (const RunTemplate& run_template : call.repository<RunTemplate>().list(query))
        out.push_back(record(run_template));
    return json::value(std::move(out));
}

Result<json::value> with_configuration(Call& call, const RunTemplate& run_template) {
    auto out = RecordMaker(call)(run_template);
    out["configuration"] = shown_configuration(call, run_template);
    add_requirements(call, run_template, out);
    return json::value(std::move(out));
}

/// The record of one that was saved, with what keeps it or its jobs from running, and which given values are secrets.
Result<json::value> saved(Call& call, const RunTemplate& run_template, const RunTemplateInput& input) {
    auto out = with_configuration(call, run_template);
    if (!out) return out;
    const auto given = input.config.value_or(TextMap{});
    out->as_object()["secret_fields"] = secret_names(call, run_template, std::span(&given, 1));
    if (const auto warnings = run_template_warnings(call, run_template, zone_of(call)); !warnings.empty())
        out->as_object()["warnings"] = json::array(warnings.begin(), warnings.end());
    return out;
}

Result<json::value> get_run_template(Call& call, const RunTemplateLookup& by) {
    const auto found = find_run_template(call, by.id, by.name);
    if (!found) return found.error();
    return with_configuration(call, *found);
}

Result<json::value> create_run_template(Call& call, const RunTemplateInput& input) {
    const auto application = find_application(call, input.app_id, input.app_uuid);
    if (!application)
        return input.app_uuid ? Error{ErrorCode::not_found,
                                      "Application with given UUID not found",
                                      {{"app_uuid", "is not known"}}}
                              : application.error();
    const auto company =
        input.company_id ? company_named(call, std::to_string(*input.company_id)) : company_named(call, *input.company);
    if (!company)
        return input.company_id ? company.error()
                                : Error{ErrorCode::not_found,
                                        fmt::format("Company not found for slug: {}", *input.company),
                                        {{"company", "is not known"}}};

    RunTemplate made{
        .app_id = application->id, .company_id = company->id, .created_at = call.now, .updated_at = call.now};
    if (auto applied = apply(input, made); !applied) return applied.error();
    plan_from_now(made,
                  {application->enabled, company->enabled, zone_of(call), call.now, pause_of(*company, call.now)});
    if (auto inserted = call.repository<RunTemplate>().insert(made); !inserted) return inserted.error();
    // The jitter depends on the id, which exists only now.
    if (made.jitter > 0 && made.next_slot) {
        const RunTemplate before = made;
        plan_from_now(made,
                      {application->enabled, company->enabled, zone_of(call), call.now, pause_of(*company, call.now)});
        if (auto updated = call.repository<RunTemplate>().update(before, made); !updated) return updated.error();
    }
    if (input.config)
        if (auto stored = store_configuration(call, made, *input.config, {}); !stored) return stored.error();
    assign_application(call, company->id, application->id);
    call.wake_server = true;
    auto details = told_fields(made);
    if (input.config) details["config"] = shown_configuration(call, made);
    audit(call, {.entity = "runtemplate",
                 .id = made.id.value,
                 .action = "create",
                 .company = made.company_id,
                 .details = std::move(details)});
    return saved(call, made, input);
}

Result<json::value> update_run_template(Call& call, const RunTemplateInput& input) {
    if (!input.id) return missing_input({"id"});
    const auto before = find_run_template(call, input.id);
    if (!before) return before.error();
    RunTemplate after = *before;
    if (input.app_id || input.app_uuid) {
        const auto application = find_application(call, input.app_id, input.app_uuid);
        if (!application) return application.error();
        after.app_id = application->id;
    }
    if (input.company_id || input.company) {
        const auto company = company_named(call, input.company_id ? std::to_string(*input.company_id) : *input.company);
        if (!company) return company.error();
        if (company->id != before->company_id)
            return Error{ErrorCode::conflict,
                         "A run template stays with its company; create a new one for the other company."};
    }
    if (auto applied = apply(input, after); !applied) return applied.error();
    auto changes = changed_fields(entity_of<RunTemplate>(), &*before, &after);
    after.updated_at = call.now;
    if (auto updated = call.repository<RunTemplate>().update(*before, after); !updated) return updated.error();
    if (input.config || input.unset) {
        const auto values_before = shown_configuration(call, *before);
        const auto given = input.config.value_or(TextMap{});
        if (auto stored = store_configuration(call, after, given, input.unset.value_or(TextList{})); !stored)
            return stored.error();
        std::vector<std::string> names;
        for (const auto& [name, value] : given) names.push_back(name);
        changes["config"] = changed_members(values_before, shown_configuration(call, after), names);
    }
    if (before->overlap != after.overlap) apply_overlap(call.session, after);
    if (before->runs_on != after.runs_on) change_lane(call.session, after);
    call.wake_server = true;
    if (before->app_id != after.app_id) {
        if (auto sealed = seal_new_secrets(call, after.app_id); !sealed) return sealed.error();
        // A job is of the application that it was made for, but its values are those of the run template.
        withdraw_queued(call.session, after.id, Withdraw::all,
                        "The application of the run template was changed before the job was started.", call.now);
    }
    if (!same_plan(*before, after) || before->app_id != after.app_id)
        replan(call, {.equals = {{"id", after.id.value}}});
    audit(call, {.entity = "runtemplate",
                 .id = after.id.value,
                 .action = "update",
                 .company = after.company_id,
                 .details = std::move(changes)});
    const auto now_stored = find_run_template(call, input.id);
    if (!now_stored) return now_stored.error();
    return saved(call, *now_stored, input);
}

Result<json::value> remove_run_template(Call& call, const Reference& input) {
    const auto before = find_run_template(call, input.id);
    if (!before) return before.error();
    retire_run_templates(call, {.equals = {{"id", input.id}}});
    return json::value{{"deleted", true}, {"id", input.id}};
}

Result<json::value> schedule(Call& call, const ScheduleInput& input) {
    const LaunchValues values{input.config.value_or(TextMap{}), input.env.value_or(TextMap{})};
    const auto job = launch(
        call, {.run_template = {input.id}, .when = input.schedule_time, .executor = input.executor, .values = values});
    if (!job) return job.error();
    const auto record = launched_record(call, *job, values);
    return json::value{{"runtemplate_id", input.id},
                       {"scheduled", record.at("schedule")},
                       {"executor", record.at("executor")},
                       {"job_id", job->id.value},
                       {"secret_fields", record.at("secret_fields")}};
}

Result<json::value> stale(Call& call, const StaleInput& input) {
    const auto tolerance = std::chrono::hours(input.tolerance_hours.value_or(6));
    const auto overdue = call.now - tolerance;
    json::array out;
    const auto text = fmt::format(
        R"(SELECT {} FROM "runtemplate" WHERE "next_launch" < ? AND {{scope}} ORDER BY "next_launch" LIMIT 10000)",
        column_list(entity_of<RunTemplate>()));
    for (const auto& row : call.sql().query(text, {std::int64_t{overdue.time_since_epoch().count()}})) {
        RunTemplate found;
        fill(entity_of<RunTemplate>(), row, &found);
        out.push_back(to_json(found));
    }
    return json::value{{"status", "success"},
                       {"message", fmt::format("{} stale run-template(s) found", out.size())},
                       {"count", out.size()},
                       {"stale", std::move(out)}};
}

Result<json::value> environment(Call& call, const Reference& input) {
    const auto found = find_run_template(call, input.id);
    if (!found) return found.error();
    return explain_environment(call, *found);
}

Result<json::value> next(Call& call, const NextInput& input) {
    const auto found = find_run_template(call, input.id);
    if (!found) return found.error();
    const auto schedule = schedule_of(*found, zone_of(call));
    if (!schedule) return schedule.error();
    const auto count = input.count.value_or(10);
    if (count < 1 || count > 1000)
        return Error{ErrorCode::invalid, fmt::format("--count must be from 1 to 1000, not {}.", count)};
    Zone shown_in = schedule->zone();
    if (input.zone) {
        const auto zone = Zone::named(*input.zone);
        if (!zone) return zone.error();
        shown_in = *zone;
    }
    auto out = to_json(preview(*schedule, call.now, static_cast<std::size_t>(count)), shown_in);
    out["runtemplate_id"] = found->id.value;
    out["active"] = found->active;
    out["fault"] = found->fault;
    out["zone"] = schedule->zone().name();
    out["shown_in"] = shown_in.name();
    out["description"] = schedule->describe();
    return json::value(std::move(out));
}

}  // namespace

Result<RunTemplate> find_run_template(Call& call, std::optional<std::int64_t> id,
                                      const std::optional<std::string>& name) {
    if (!id && !name) return missing_input({"id", "name"});
    ListQuery query{.equals = {only_live()}};
    if (id) query.equals.emplace_back("id", *id);
    if (name) query.equals.emplace_back("name", *name);
    query.limit = 2;
    auto found = call.repository<RunTemplate>().list(query);
    if (found.size() == 1) return std::move(found.front());
    if (found.size() > 1)
        return Error{ErrorCode::conflict,
                     fmt::format("Several run templates have this name, {} and {} among them; say which by --id.",
                                 found[0].id.value, found[1].id.value)};
    return Error{ErrorCode::not_found, "No run template found with given identifier (RunTemplate not found)"};
}

void add_run_template_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations, {"runtemplate:list", "GET /runtemplates", "List run templates.", view}, list_run_templates);
    add(operations, {"runtemplate:get", "GET /runtemplates/{id}", "Show one run template with its values.", view},
        get_run_template);
    add(operations,
        {"runtemplate:create",
         "POST /runtemplates",
         "Configure an application for a company.",
         edit,
         changes,
         Discloses::nothing,
         {"name", "app_id|app_uuid", "company_id|company"}},
        create_run_template);
    add(operations,
        {"runtemplate:update", "PATCH /runtemplates/{id}", "Change a run template; a new plan counts at once.", edit,
         changes},
        update_run_template);
    add(operations,
        {"runtemplate:delete", "DELETE /runtemplates/{id}", "Remove a run template; the history of its jobs is kept.",
         edit, changes},
        remove_run_template);
    add(operations,
        {"runtemplate:schedule", "POST /runtemplates/{id}/jobs", "Launch a job of a run template.", run, changes},
        schedule);
    add(operations,
        {"runtemplate:stale", "GET /runtemplates/stale", "List run templates whose planned run is long overdue.", view},
        stale);
    add(operations,
        {"runtemplate:env", "GET /runtemplates/{id}/environment",
         "Show the environment its jobs get, and where each value comes from.", view},
        environment);
    add(operations, {"runtemplate:next", "GET /runtemplates/{id}/next", "Show the coming runs.", view}, next);
}

}  // namespace mf
