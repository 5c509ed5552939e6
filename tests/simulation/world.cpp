// SPDX-License-Identifier: MIT
// What a simulated fleet is made of.
#include "support/world.h"
#include "service/planning.h"
#include "simulation/simulation.h"

#include <fmt/format.h>

namespace mf::simulation {
using namespace std::chrono_literals;

void apply(const Timetable& table, RunTemplate& to) {
    to.interv = table.interv;
    to.cron = table.cron;
    to.anchor = table.anchor;
    to.zone = table.zone;
    to.delay = table.delay.count();
    to.jitter = table.jitter.count();
}

Timetable Simulation::invent_timetable() {
    auto& random = stage_.random;
    static constexpr const char* names[]{"", "Europe/Prague", "America/New_York", "Asia/Kolkata", "UTC"};
    Timetable out{.zone = random.among(names)};
    const auto minute = static_cast<int>(random.between(0, 11)) * 5, hour = static_cast<int>(random.between(0, 23));
    std::vector<int> all_hours;
    for (int i = 0; i < 24; ++i) all_hours.push_back(i);
    switch (random.between(0, 6)) {
        case 0:
            out.kind = Timetable::Kind::passing;
            out.hours = all_hours;
            out.minutes = {minute};
            out.interv = "h";
            out.anchor = fmt::format(":{:02}", minute);
            break;
        case 1:
            out.kind = Timetable::Kind::passing;
            out.hours = {8, 9, 10};
            out.minutes = {0, 20, 40};
            out.weekdays = {1, 2, 3, 4, 5};
            out.interv = "c";
            out.cron = "*/20 8-10 * * 1-5";
            break;
        case 2:
            out.hours = {2, 14};
            out.minutes = {30};
            out.interv = "c";
            out.cron = "30 2,14 * * *";
            break;
        case 3:
            out.hours = {hour};
            out.minutes = {minute};
            out.weekdays = {1};
            out.interv = "w";
            out.anchor = fmt::format("mon {:02}:{:02}", hour, minute);
            break;
        case 4:
            out.hours = {hour};
            out.minutes = {minute};
            out.day_of_month = random.one_in(2) ? 31 : 1;
            out.interv = "m";
            out.anchor = fmt::format("{} {:02}:{:02}", out.day_of_month, hour, minute);
            break;
        default:
            out.hours = {hour};
            out.minutes = {minute};
            out.interv = "d";
            out.anchor = fmt::format("{:02}:{:02}", hour, minute);
            break;
    }
    if (random.one_in(3)) out.delay = std::chrono::seconds(random.between(1, 7200));
    if (random.one_in(3)) out.jitter = std::chrono::seconds(random.between(1, 1800));
    return out;
}

RunTemplate Simulation::invent_run_template(int number) {
    auto& random = stage_.random;
    static constexpr Overlap overlaps[]{Overlap::coalesce, Overlap::skip, Overlap::queue, Overlap::parallel};
    static constexpr CatchUp catch_ups[]{CatchUp::none, CatchUp::last, CatchUp::all};
    static constexpr RetryBackoff backoffs[]{RetryBackoff::none, RetryBackoff::fixed, RetryBackoff::linear,
                                             RetryBackoff::exponential};
    // Shorter than the window of some, longer than that of others.
    const auto deadline = random.one_in(3) ? std::optional(fmt::format("+{}h", random.between(1, 12))) : std::nullopt;
    return {.app_id = random.among(applications_),
            .company_id = random.among(companies_),
            .name = fmt::format("Run {}", number),
            .catch_up = random.among(catch_ups),
            .catch_up_limit = random.one_in(2) ? 1000 : random.between(1, 5),
            .overlap = random.among(overlaps),
            .runs_on = random.one_in(5) ? "special" : "",
            .time_limit = random.one_in(3) ? 3600 : 86400,
            .deadline_offset = deadline,
            .max_attempts = random.between(1, 3),
            .retry_backoff = random.among(backoffs),
            .retry_min_gap = random.between(0, 900),
            .allow_late = random.one_in(2),
            .created_at = stage_.now,
            .updated_at = stage_.now};
}

void Simulation::note_plan(const RunTemplate& run_template, const Timetable& table) {
    tables_[run_template.id.value] = table;
    stage_.evidence.plans.push_back(
        {.run_template = run_template.id.value, .table = table, .from = stage_.now, .first_moment = stage_.moment});
}

void Simulation::end_plan(std::int64_t run_template) {
    for (auto& plan : stage_.evidence.plans)
        if (plan.run_template == run_template) plan.last_moment = std::min(plan.last_moment, stage_.moment);
}

void Simulation::make_world() {
    auto& random = stage_.random;
    ask([&](Call& call) {
        User user{.login = "person", .created_at = stage_.now};
        testing::must(call.repository<User>().insert(user).transform([&] { return 0; }));
        stage_.user = user.id;
    });
    ask([&](Call& call) {
        for (int i = 0; i < 2; ++i) {
            const auto limit = random.one_in(3) ? std::optional(random.between(1, 3)) : std::nullopt;
            Application application{.uuid = fmt::format("0b2a55d4-8d64-4f5c-9e1e-d6e4c7c8f0a{}", i),
                                    .name = fmt::format("Application {}", i),
                                    .version = "1.0",
                                    .executable = "/bin/true",
                                    .enabled = true,
                                    .max_parallel = limit,
                                    .created_at = stage_.now,
                                    .updated_at = stage_.now};
            testing::must(call.repository<Application>().insert(application).transform([&] { return 0; }));
            applications_.push_back(application.id);
            if (limit) stage_.evidence.limits_of_applications[application.id.value] = *limit;
            // One exit code that a repetition does not cure.
            ApplicationExitCode code{.application_id = application.id, .exit_code = 3, .retry = false};
            testing::must(call.repository<ApplicationExitCode>().insert(code).transform([&] { return 0; }));
        }
        for (int i = 0; i < 3; ++i) {
            const auto name = fmt::format("company{}", i);
            const auto limit = random.one_in(3) ? std::optional(random.between(1, 2)) : std::nullopt;
            Company company{
                .name = name, .code = name, .max_parallel = limit, .created_at = stage_.now, .updated_at = stage_.now};
            testing::must(call.repository<Company>().insert(company).transform([&] { return 0; }));
            companies_.push_back(company.id);
            if (limit) stage_.evidence.limits_of_companies[company.id.value] = *limit;
        }
    });
    const auto number = random.between(6, 10);
    for (int i = 0; i < number; ++i) {
        const auto table = invent_timetable();
        ask([&](Call& call) {
            auto made = invent_run_template(i);
            apply(table, made);
            testing::must(call.repository<RunTemplate>().insert(made).transform([&] { return 0; }));
            // The jitter depends on the id, which exists only now.
            const RunTemplate before = made;
            plan_from_now(made, {.server_zone = stage_.server_zone, .now = stage_.now});
            testing::must(call.repository<RunTemplate>().update(before, made).transform([&] { return 0; }));
            note_plan(made, table);
            const bool overlap_changes = random.one_in(4);
            stage_.evidence.policies[made.id.value] = {
                .alone = {{Timestamp::min(), made.overlap != Overlap::parallel}},
                .takes_every_slot = !overlap_changes && made.catch_up == CatchUp::all && made.catch_up_limit == 1000 &&
                                    (made.overlap == Overlap::queue || made.overlap == Overlap::parallel),
                .max_attempts = made.max_attempts,
                .least_gap = std::chrono::seconds(made.retry_min_gap),
                .growth = made.retry_backoff == RetryBackoff::linear        ? Evidence::Policy::Growth::linear
                          : made.retry_backoff == RetryBackoff::exponential ? Evidence::Policy::Growth::doubling
                                                                            : Evidence::Policy::Growth::none,
                .allows_late = made.allow_late,
                .needs_label = !made.runs_on.empty(),
                .plan_changes = random.one_in(3) || made.company_id != companies_.front(),
                .overlap_changes = overlap_changes,
                .deadline = made.deadline_offset
                                ? std::optional(std::chrono::hours(std::stoi(made.deadline_offset->substr(1))))
                                : std::nullopt};
        });
    }
    make_nodes();
}

void Simulation::make_nodes() {
    auto& random = stage_.random;
    fault_rate_ = options_.sabotage ? 30 : random.one_in(5) ? 0 : random.between(40, 400);
    static constexpr std::chrono::hours leases[]{2h, 3h, 4h};
    stage_.evidence.lease = random.among(leases);
    const auto add = [&](Node::Options options) {
        options.machine = static_cast<int>(std::ssize(nodes_));
        options.slots = static_cast<int>(random.between(1, 4));
        options.skew = random.span(-2s, 2s);
        options.sabotage = options_.sabotage;
        stage_.evidence.labelled_machines.push_back(!options.labels.empty());
        stage_.evidence.names_of_machines.push_back(options.name);
        nodes_.push_back(std::make_unique<Node>(stage_, *database_, std::move(options)));
        nodes_.back()->faults().set_rate(fault_rate_);
    };
    // Mistakes are looked for where they do most harm.
    const auto nodes = random.between(options_.sabotage ? 2 : 1, 3);
    for (int i = 0; i < nodes; ++i)
        add({.name = fmt::format("node{}", i),
             .plans = i == 0 || random.one_in(2),
             .labels = i == 0 || random.one_in(3) ? TextList{"special"} : TextList{}});
    // A second machine with the name of the first, as after a move, or by mistake.
    if (fault_rate_ != 0 && random.one_in(options_.sabotage ? 1 : 3))
        add({.name = "node0", .plans = true, .labels = {"special"}});
}

}  // namespace mf::simulation
