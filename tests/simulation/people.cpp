// SPDX-License-Identifier: MIT
// What people do with a simulated fleet, and what happens to it.
#include "service/launch.h"
#include "service/planning.h"
#include "simulation/simulation.h"
#include "store/queries/job_queue.h"
#include "support/world.h"

#include <fmt/format.h>

namespace mf::simulation {
namespace {

using namespace std::chrono_literals;

}  // namespace

void Simulation::day_of_people() {
    auto& random = stage_.random;
    for (auto n = random.between(0, 3); n > 0; --n) stage_.later(some_time_today(), [this] { launch_a_job(); });
    for (auto n = random.between(0, 2); n > 0; --n) stage_.later(some_time_today(), [this] { cancel_a_job(); });
    if (random.one_in(4)) stage_.later(some_time_today(), [this] { change_a_plan(); });
    if (random.one_in(4)) stage_.later(some_time_today(), [this] { change_an_overlap(); });
    if (random.one_in(10)) stage_.later(some_time_today(), [this] { switch_a_company(); });
}

void Simulation::day_of_trouble() {
    auto& random = stage_.random;
    if (fault_rate_ == 0) return;
    const auto on_some_node = [&](std::int64_t one_in, std::function<void(Node&)> trouble) {
        if (random.one_in(one_in))
            stage_.later(some_time_today(), [this, trouble = std::move(trouble)] { trouble(some_node()); });
    };
    on_some_node(2, [](Node& node) { node.kill(); });
    on_some_node(4, [](Node& node) { node.drain(); });
    on_some_node(6, [](Node& node) { node.fail_machine(); });
    on_some_node(4, [this](Node& node) { node.pause(stage_.now + stage_.random.span(1s, stage_.evidence.lease * 2)); });
    on_some_node(4,
                 [this](Node& node) { node.cut_off(stage_.now + stage_.random.span(1s, stage_.evidence.lease * 2)); });
    on_some_node(3, [](Node& node) { node.kill_shim(); });
    if (random.one_in(8)) stage_.later(some_time_today(), [this] { fail_for_everybody(); });
    on_some_node(8, [this](Node& node) { node.step_clock(stage_.random.span(-3h, 3h)); });
    on_some_node(2, [this](Node& node) {  // woken for nothing
        node.wake_planner(stage_.now);
        node.wake_queue(stage_.now);
    });
}

/// The database is down, or the machine that all of them are guests of stands still.
void Simulation::fail_for_everybody() {
    const auto end = stage_.now + stage_.random.span(1min, stage_.evidence.lease * 2);
    log("the database fails");
    const bool stands_still = stage_.random.one_in(2);
    for (auto& node : nodes_) stands_still ? node->pause(end) : node->cut_off(end);
    is_out_ = true;
    // Shorter ones may pass between two looks of a watcher.
    const bool was_long = end - stage_.now >= stage_.evidence.lease / 2;
    stage_.later(end, [this, end, was_long] {
        is_out_ = false;
        if (was_long) stage_.evidence.ends_of_outages.push_back(end);
    });
}

void Simulation::launch_a_job() {
    const Id<RunTemplate> id{stage_.random.between(1, std::ssize(tables_))};
    ask([&](Call& call) {
        const auto job = launch(call, {.run_template = id});
        log(job ? fmt::format("somebody launches job {}", job->id.value)
                : fmt::format("somebody may not launch run template {}", id.value));
    });
}

void Simulation::cancel_a_job() {
    std::optional<Timestamp> when;
    ask([&](Call& call) {
        // Somebody who looks at the newest ones cancels one that has not ended.
        const auto rows = call.session.sql.query(
            R"(SELECT "id" FROM "job" WHERE "state" IN ('pending', 'claimed', 'running') ORDER BY "id" DESC LIMIT 3)");
        if (rows.empty()) return;
        const auto id = std::get<std::int64_t>(stage_.random.among(rows)[0]);
        const auto asked = request_cancel(call.session, call.scope, {id}, "Not wanted.", stage_.now);
        log(fmt::format("somebody cancels job {}{}", id, asked ? "" : ", which has ended"));
    });
    for (auto& node : nodes_)
        if (!stage_.random.one_in(10)) node->wake_cancels(stage_.now + stage_.random.span(0ms, 1s));
}

void Simulation::change_a_plan() {
    auto& random = stage_.random;
    const auto id = random.between(1, std::ssize(tables_));
    if (!stage_.evidence.policies.at(id).plan_changes) return;
    ask([&](Call& call) {
        auto run_templates = call.repository<RunTemplate>();
        const auto before = testing::must(run_templates.find({id}));
        auto after = before;
        auto table = tables_.at(id);
        if (!before.active || random.one_in(3)) {
            after.active = !before.active;
        } else if (random.one_in(2)) {
            table = invent_timetable();
            apply(table, after);
        }
        testing::must(run_templates.update(before, after).transform([&] { return 0; }));
        end_plan(id);
        replan(call, {.equals = {{"id", id}}});
        tables_[id] = table;
        if (after.active && testing::must(call.repository<Company>().find(after.company_id)).enabled)
            note_plan(after, table);
        log(fmt::format("somebody changes run template {}: {}", id,
                        !after.active ? "off" : after.interv + " " + after.cron + after.anchor));
    });
}

void Simulation::change_an_overlap() {
    const auto id = stage_.random.between(1, std::ssize(tables_));
    auto& policy = stage_.evidence.policies.at(id);
    if (!policy.overlap_changes) return;
    static constexpr Overlap overlaps[]{Overlap::coalesce, Overlap::skip, Overlap::queue, Overlap::parallel};
    ask([&](Call& call) {
        auto run_templates = call.repository<RunTemplate>();
        const auto before = testing::must(run_templates.find({id}));
        auto after = before;
        after.overlap = stage_.random.among(overlaps);
        testing::must(run_templates.update(before, after).transform([&] { return 0; }));
        if (before.overlap != after.overlap) apply_overlap(call.session, after);
        policy.alone.emplace_back(stage_.now, after.overlap != Overlap::parallel);
        log(fmt::format("somebody gives run template {} the overlap policy {}", id, name_of(after.overlap)));
    });
}

void Simulation::switch_a_company() {
    const auto id = stage_.random.among(companies_);
    if (id == companies_.front()) return;  // its plans are to be checked strictly
    ask([&](Call& call) {
        auto companies = call.repository<Company>();
        const auto before = testing::must(companies.find(id));
        auto after = before;
        after.enabled = !before.enabled;
        testing::must(companies.update(before, after).transform([&] { return 0; }));
        replan(call, {.equals = {{"company_id", id.value}}});
        for (const auto& each : call.repository<RunTemplate>().list({.equals = {{"company_id", id.value}}})) {
            end_plan(each.id.value);
            if (after.enabled && each.active) note_plan(each, tables_.at(each.id.value));
        }
        log(fmt::format("somebody switches company {} {}", id.value, after.enabled ? "on" : "off"));
    });
}

}  // namespace mf::simulation
