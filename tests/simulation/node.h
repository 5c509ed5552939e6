// SPDX-License-Identifier: MIT
#pragma once

#include "schedule/held_lease.h"
#include "schedule/planner.h"
#include "schedule/reaper.h"
#include "simulation/evidence.h"
#include "simulation/faults.h"
#include "store/queries/job_claim.h"
#include "store/queries/job_output.h"
#include "store/queries/job_record.h"

#include <set>

namespace mf::simulation {

/// What all nodes of a simulation share.
struct Stage {
    Timestamp now{};          ///< true time
    std::int64_t moment = 0;  ///< counts everything that happens
    Random random{0};
    Evidence evidence;
    Zone server_zone = Zone::utc();
    Id<User> user;
    bool is_planning = true;
    std::function<void(Timestamp at, std::function<void()>)> later;
    std::function<void(std::string)> log;
    /// Somebody may have to do something: he hears of it within a second.
    std::function<void()> wake_all;
    /// Lets somebody else do something in the middle of what a node is doing.
    std::function<void(int node)> interleave;
};

/// A server on a machine of its own: the program's own planning, claiming, recording and leases in the order in which
/// the Planner, the Dispatcher, the Recorder, NodeClaim and the Heartbeat do it (src/README.md), with simulated
/// processes that live on when the server dies, as under shims of their own.
class Node {
public:
    struct Options {
        int machine = 0;
        std::string name = {};  ///< of the node; that of two machines may be the same
        int slots = 2;
        bool plans = true;
        TextList labels = {};
        std::chrono::milliseconds skew{};  ///< of its clock
        const Sabotage* sabotage = nullptr;
    };
    Node(Stage& stage, sql::Connection& database, Options options);

    void start();
    /// The program ends at once; its processes and its disk stay.
    void kill();
    /// An orderly stop.
    void drain();
    /// The machine fails: the program and its processes end.
    void fail_machine();
    /// The machine is taken away. Its server does not start again; its processes end by themselves.
    void retire();
    /// Nothing of the program happens until then.
    void pause(Timestamp until);
    void go_on() { paused_until_ = stage_.now; }
    /// The database is out of its reach until then.
    void cut_off(Timestamp until);
    /// The shim of a job is killed, and the job's process with it.
    void kill_shim();
    void step_clock(std::chrono::milliseconds by);
    void wake_planner(Timestamp at);
    void wake_queue(Timestamp at);
    void wake_cancels(Timestamp at);
    /// At once, as somebody else's interleaved step; who stands still does nothing.
    void plan_now() { step_now(&Node::plan); }
    void claim_now() { step_now(&Node::claim); }
    void beat_now() {
        if (is_ready_) step_now(&Node::beat);
    }

    bool is_ready() const { return is_retired_ || (is_ready_ && !faults_.is_cut() && stage_.now >= paused_until_); }
    bool is_quiet() const { return is_retired_ || (is_ready_ && in_flight_.empty() && !unheard_ && !retried_); }
    Timestamp clock() const { return stage_.now + offset_; }
    const std::string& name() const { return name_; }
    Faults& faults() { return faults_; }

private:
    class NodeClock final : public Clock {
    public:
        explicit NodeClock(Node& node) : node_(node) {}
        Timestamp now() const override { return node_.look_at_clock(); }
        bool wait_until(std::optional<Timestamp>, Nudge&, std::stop_token) override { return false; }

    private:
        Node& node_;
    };
    struct Running {
        std::size_t run = 0;  ///< in the evidence
        std::int64_t fence = 0;
        int recorded = 0;  ///< pieces handed to the recorder
        bool has_ended = false;
    };
    struct Batch {
        std::vector<JobStart> starts;
        std::vector<PackedPiece> output;
        std::vector<JobEnd> ends;
        bool empty() const { return starts.empty() && output.empty() && ends.empty(); }
    };

    void step(const std::function<void()>& work);
    void step_now(void (Node::*what)()) {
        if (stage_.now >= paused_until_) step([&] { (this->*what)(); });
    }
    void later(Timestamp at, std::function<void()> work);
    void forget_everything();
    Timestamp next_try(std::chrono::milliseconds usual);
    void hesitate(int as_often);
    void take_name();
    bool replace(const std::optional<mf::Node>& found, bool is_settled);
    void give_up(std::string_view why);
    void beat_later();
    void beat();
    bool renew();
    void end_disowned();
    void reap();
    void note_heard();
    void note_losses(bool own);
    void come_up();
    JobEnd end_of_lost(const Job& job) const;
    void take_up(const Job& job);
    void look_at_everything();
    Timestamp look_at_clock();
    void plan();
    void claim();
    bool give_back_strays();
    struct Claim {
        ClaimedJob what;
        Timestamp at{}, at_by_clock{};
    };
    void prepare_job(const Claim& claim);
    void postpone(const Claim& claim);
    void begin_job(const Claim& claim, Timestamp looked_at_lease);
    void process_ended(std::int64_t job);
    void end_process(std::size_t run, Evidence::Run::How how, int exit_code);
    void look_for_cancels();
    void wake_recorder(Timestamp at);
    void record();
    Batch take_batch();
    void write(const Batch& batch);
    void write_one_by_one(const Batch& batch);
    void let_go(const Batch& batch);
    JobEnd end_of(std::int64_t job, const Running& running) const;
    bool keeps(Step step) const {
        if (!options_.sabotage || options_.sabotage->omitted != step) return true;
        options_.sabotage->was_done = true;
        return false;
    }
    void log(std::string_view what) const;

    Stage& stage_;
    sql::Connection& shared_;
    const Options options_;
    const std::string name_;
    Faults faults_;
    NodeClock planner_clock_;
    Nudge nudge_;

    // The machine
    std::chrono::milliseconds offset_;
    std::map<std::int64_t, std::size_t> spool_;  // by job: what its shim keeps on the disk; the run of the evidence
    Timestamp paused_until_{};
    int boot_ = 1;
    bool is_retired_ = false;
    Timestamp watching_since_{};

    // The program: gone when it dies
    bool is_up_ = false;
    bool is_ready_ = false;  // has found what an earlier life left; claims nothing before
    int life_ = 0;
    std::unique_ptr<Database> database_;
    std::optional<Planner> planner_;
    std::optional<HeldLease> lease_;
    std::optional<Reaper> reaper_;
    std::optional<mf::Node> waits_for_;
    NodeIdentity identity_;
    bool has_declared_ = false;
    bool has_predecessor_ended_ = false;  // that is certain
    Evidence::Look* look_ = nullptr;
    std::set<std::int64_t> in_flight_;            // claimed and not recorded
    std::map<std::int64_t, ClaimedJob> waiting_;  // claimed, without a process
    std::map<std::int64_t, Running> running_;
    std::vector<JobStart> starts_;
    std::vector<JobEnd> ends_;
    std::vector<std::int64_t> ended_;  // processes whose end is to be recorded
    std::optional<Batch> retried_;
    bool unheard_ = false;  // a claim of which nobody knows whether it was made
    std::optional<Timestamp> plan_at_, claim_at_, record_at_, cancel_at_;
};

}  // namespace mf::simulation
