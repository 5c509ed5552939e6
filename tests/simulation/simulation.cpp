// SPDX-License-Identifier: MIT
#include "simulation/simulation.h"

#include "simulation/checker.h"
#include "store/migration.h"
#include "support/world.h"

#include <fmt/format.h>

namespace mf::simulation {
namespace {

using namespace std::chrono_literals;

constexpr auto longest_quiet_time = 24h * 20;
/// Several times as many as usual: somebody tries the same again and again.
constexpr std::int64_t most_events_of_a_day = 4000;

}  // namespace

Simulation::Simulation(Options options)
    : options_(std::move(options)),
      database_(sql::open({.database = ":memory:"})),
      no_faults_(stage_.random, [](std::string_view) {}),
      of_people_(std::make_unique<Database>(
          sql::Address{},
          Database::Options{.open = faulty_sessions(*database_, no_faults_, stage_.now, options_.sabotage)})),
      vault_(testing::must(open_vault({.master_key = "key of the simulation"}))) {
    // Each transaction keeps the pages that it changes aside: with small ones that is a quarter of the work.
    database_->execute("PRAGMA page_size = 1024", {});
    testing::must(migrate(*of_people_, Timestamp{}).transform([] { return 0; }));
    stage_.random = Random(options_.seed);
    stage_.server_zone = testing::must(Zone::named("Europe/Prague"));
    // Somewhere in the year, so that changes of the clocks are met, too.
    stage_.now = Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)) +
                 std::chrono::days(stage_.random.between(0, 330)) + stage_.random.span(0ms, 24h);
    start_ = stage_.now;
    stage_.later = [this](Timestamp at, std::function<void()> work) {
        events_to_come_.push({std::max(at, stage_.now), ++next_number_, std::move(work)});
    };
    stage_.log = [this](std::string text) { log(std::move(text)); };
    stage_.wake_all = [this] {
        for (auto& node : nodes_) {
            if (stage_.random.one_in(50)) continue;  // a message that does not arrive
            const auto heard = stage_.now + stage_.random.span(0ms, 1s);
            node->wake_queue(heard);
            node->wake_planner(heard);
        }
    };
    stage_.interleave = [this](int number) {
        if (depth_ > 0 || !stage_.random.one_in(12)) return;
        ++depth_;
        Node& other = some_node();
        if (&other != nodes_[static_cast<std::size_t>(number)].get()) {
            if (stage_.random.one_in(4))
                other.beat_now();
            else
                stage_.random.one_in(2) ? other.plan_now() : other.claim_now();
        }
        --depth_;
    };
    make_world();
}

Simulation::~Simulation() {
    nodes_.clear();
    of_people_.reset();
    database_.reset();
}

void Simulation::log(std::string text) {
    const auto since = stage_.now - start_;
    const auto day = std::chrono::floor<std::chrono::days>(since);
    const auto second = (since - day) / 1s;
    auto line = fmt::format("{:3} {:02}:{:02}:{:02}.{:03} {}", day.count(), second / 3600, second / 60 % 60,
                            second % 60, since.count() % 1000, text);
    for (const char c : line) fingerprint_ = (fingerprint_ ^ static_cast<unsigned char>(c)) * 1099511628211U;
    history_.push_back(std::move(line));
}

void Simulation::ask(const std::function<void(Call&)>& work) {
    if (is_out_) return;
    ++stage_.moment;
    of_people_->write([&](Session& session) {
        Call call{.session = session,
                  .scope = Scope::everything(),
                  .rights = everybody_,
                  .actor = {stage_.user, "person"},
                  .now = stage_.now,
                  .vault = {session, vault_},
                  .zone = "Europe/Prague"};
        work(call);
    });
    stage_.wake_all();
}

void Simulation::run_until(Timestamp end) {
    while (!events_to_come_.empty() && events_to_come_.top().at <= end) {
        const auto event = events_to_come_.top();
        events_to_come_.pop();
        stage_.now = std::max(stage_.now, event.at);
        ++stage_.moment;
        ++events_;
        if (const auto day = (stage_.now - start_) / 24h; day != day_) {
            day_ = day;
            events_before_day_ = events_;
        }
        if (events_ - events_before_day_ > most_events_of_a_day)
            throw Complaint(fmt::format("after {} events of a day there is still no end of it", most_events_of_a_day));
        event.work();
    }
    stage_.now = std::max(stage_.now, end);
}

bool Simulation::is_quiet() {
    if (!std::ranges::all_of(nodes_, [](const auto& node) { return node->is_quiet(); })) return false;
    return std::get<std::int64_t>(database_->query(R"(SELECT COUNT(*) FROM "schedule")", {})[0][0]) == 0;
}

/// Of two servers with one name only one is started again.
void Simulation::leave_one_server_each() {
    std::map<std::string, Node*> stays;
    for (auto& node : nodes_) {
        const auto [other, is_first] = stays.emplace(node->name(), node.get());
        if (is_first) continue;
        auto& leaves = node->is_ready() ? *other->second : *node;
        if (&leaves != node.get()) other->second = node.get();
        leaves.retire();
    }
}

void Simulation::run() {
    for (auto& node : nodes_) node->start();
    for (int day = 0; day < options_.days; ++day) {
        day_of_people();
        day_of_trouble();
        run_until(start_ + std::chrono::days(day + 1));
        if (day % 10 == 9) check_between_transactions(*database_, stage_);
    }
    log("no more trouble");
    for (auto& node : nodes_) {
        node->faults().set_rate(0);
        node->go_on();
        node->start();
    }
    leave_one_server_each();
    // Who has come back may have to wait for a lease.
    for (const auto end = stage_.now + longest_quiet_time;
         stage_.now < end && !std::ranges::all_of(nodes_, [](const auto& node) { return node->is_ready(); });)
        run_until(stage_.now + 10min);
    // Planners make up for what they have missed, then plan nothing more.
    run_until(stage_.now + 1min);
    for (auto& node : nodes_) node->plan_now();
    stage_.is_planning = false;
    log("no more plans");
    for (const auto end = stage_.now + longest_quiet_time; !is_quiet() && stage_.now < end;) {
        run_until(stage_.now + 1h);
        // Whoever was killed by the last trouble starts again by himself.
    }
    check_history(*database_, stage_);
}

}  // namespace mf::simulation
