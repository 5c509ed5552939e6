// SPDX-License-Identifier: MIT
#pragma once

#include "secure/vault.h"
#include "service/operation.h"
#include "simulation/node.h"

#include <queue>

namespace mf::simulation {

/// A fleet of nodes, their database and the people who use them, for some simulated days. Everything in it is decided
/// by the seed: two with the same seed do the same, to the last event.
class Simulation {
public:
    struct Options {
        std::uint64_t seed = 1;
        int days = 30;
        const Sabotage* sabotage = nullptr;
    };
    explicit Simulation(Options options);
    ~Simulation();

    /// Lets the days pass, then everything that has begun come to its end; throws Complaint (simulation/checker.h).
    void run();

    const Stage& stage() const { return stage_; }
    sql::Connection& database() { return *database_; }
    std::int64_t events() const { return events_; }
    /// A number that stands for everything that was logged.
    std::uint64_t fingerprint() const { return fingerprint_; }
    const std::vector<std::string>& history() const { return history_; }

private:
    struct Event {
        Timestamp at;
        std::int64_t number;
        std::function<void()> work;
        bool operator<(const Event& other) const { return at == other.at ? number > other.number : at > other.at; }
    };
    /// What one person does in one transaction.
    void ask(const std::function<void(Call&)>& work);
    void make_world();
    RunTemplate invent_run_template(int number);
    Timetable invent_timetable();
    void make_nodes();
    void note_plan(const RunTemplate& run_template, const Timetable& table);
    void end_plan(std::int64_t run_template);
    void begin_days();
    void day_of_people();
    void day_of_trouble();
    void launch_a_job();
    void cancel_a_job();
    void change_a_plan();
    void change_an_overlap();
    void switch_a_company();
    void fail_for_everybody();
    void leave_one_server_each();
    void run_until(Timestamp end);
    bool is_quiet();
    void log(std::string text);
    Timestamp some_time_today() { return stage_.now + stage_.random.span({}, std::chrono::hours(24)); }
    Node& some_node() { return *nodes_[static_cast<std::size_t>(stage_.random.between(0, std::ssize(nodes_) - 1))]; }

    const Options options_;
    std::unique_ptr<sql::Connection> database_;
    Stage stage_;
    Faults no_faults_;  // what people ask for is what the checker expects
    std::unique_ptr<Database> of_people_;
    Vault vault_;
    const Rights everybody_ = Rights::unlimited();
    Timestamp start_{};
    std::priority_queue<Event> events_to_come_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::vector<Id<Company>> companies_;
    std::vector<Id<Application>> applications_;
    std::map<std::int64_t, Timetable> tables_;  // by run template
    std::int64_t fault_rate_ = 0;
    int depth_ = 0;
    bool is_out_ = false;  // nobody reaches the database
    std::int64_t events_ = 0, events_before_day_ = 0, day_ = 0;
    std::int64_t next_number_ = 0;
    std::uint64_t fingerprint_ = 14695981039346656037U;
    std::vector<std::string> history_;
};

/// Writes a timetable into a run template.
void apply(const Timetable& table, RunTemplate& to);

}  // namespace mf::simulation
