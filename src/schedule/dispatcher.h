// SPDX-License-Identifier: MIT
#pragma once

#include "base/attachment.h"
#include "base/clock.h"
#include "schedule/finisher.h"
#include "schedule/held_lease.h"

#include <thread>
#include <unordered_map>
#include <unordered_set>

namespace mf {

/// Claims due jobs while slots are free, starts them, and ends those that somebody wants to end.
///
///   dispatcher thread: claims, sees cancel requests   starters: assemble the environment, start the process
///   executor: hears of processes                      finisher: brings in artifacts      recorder: writes
class Dispatcher {
public:
    struct Options {
        std::string node;       ///< name of this server in the database; one server each
        TextList labels = {};   ///< of this node; see base/labels.h
        int slots = 16;         ///< jobs that run at the same time
        int unrecorded = 1000;  ///< these, and those that have ended and wait for the database
        /// Where work directories are made: a directory that nothing but this node of this installation uses.
        std::filesystem::path work_base;
        JobSurroundings surroundings;  ///< what jobs get of the server's environment
        /// How often it looks at the database without having been told to.
        std::chrono::milliseconds look_anyway{15'000};
        /// By which the node has its jobs; it claims and starts none without. Null: no other server can have them.
        const HeldLease* lease = nullptr;
        /// What becomes of jobs that an earlier run has claimed and of which nothing began here.
        enum class Unbegun {
            give_back,  ///< that run has ended: they go back into the queue
            lost        ///< perhaps it lives elsewhere and begins them
        } unbegun = Unbegun::give_back;
        /// Told when ends of jobs were recorded; it must outlive the dispatcher. Null: nobody.
        Nudge* ended = nullptr;
        /// Whom providers of credentials are asked through; it must outlive the dispatcher. Null: nobody is asked, as
        /// if every credential were plain data.
        CredentialAccess* credentials = nullptr;
        /// How long after its time a job that somebody launched may wait for a credential that is unavailable.
        std::chrono::milliseconds patience_for_credentials{3'600'000};
        /// How long the end waits for jobs that were told to end.
        std::chrono::milliseconds last_patience{60'000};
        /// How long stop() waits for the records of jobs that have ended.
        std::chrono::milliseconds record_patience{10'000};
    };
    /// Everything must outlive the dispatcher, and the recorder must outlive `native`, which calls the listeners.
    /// `queue` wakes it when a job may be due, `cancel` when one shall end.
    Dispatcher(Database& database, Clock& clock, const Vault& vault, Executor& native, Recorder& recorder,
               Options options, Nudge& queue, Nudge& cancel);
    /// See stop(). Jobs that it gave up waiting for are recorded, without their files, when their processes end.
    ~Dispatcher();

    /// Takes up the jobs that an earlier run of this node began, wherever they stand, then starts claiming.
    void start();
    /// What becomes of jobs that still run when the patience is over.
    enum class Running {
        leave,  ///< they run on; the next run of this node takes them up
        end     ///< they are told to end, and recorded
    };
    /// The three steps of the end, in this order; each is done once, whatever is called.
    void stop(std::chrono::milliseconds patience, Running running = Running::end);
    /// Claims nothing more and gives back what was not started.
    void stop_claiming();
    /// Running jobs may end by themselves until `patience` is over. A process that survives SIGKILL is not waited for
    /// longer than the last patience.
    void let_jobs_end(std::chrono::milliseconds patience, Running running);
    /// Returns when all that have ended are recorded, or at that time: a database that refuses must not keep the server
    /// for ever. Their ends are in the spool until they are recorded, so the next start does what is missing.
    void wait_for_records(std::chrono::steady_clock::time_point until);

    /// Ends the processes of jobs that are not ours any more: somebody has declared them lost, or has taken them over.
    void end_disowned();

    std::size_t running() const;

private:
    void run(std::stop_token stop);
    std::size_t claim(Timestamp now);
    void rest_between_claims(std::stop_token stop);
    void stop_cancelled();
    void start_jobs(std::stop_token stop);
    std::vector<ClaimedJob> take_to_start(std::stop_token stop);
    void start_together(std::vector<ClaimedJob> jobs, std::stop_token stop);
    /// Throws only before the process exists.
    std::optional<std::chrono::milliseconds> last_moment(const ClaimedJob& claimed) const;
    void start_job(const JobPreparation& preparation, const ClaimedJob& claimed,
                   const JobPreparation::Provided& provided = {});
    /// A job whose credentials have to be asked for, with what was read for it.
    struct Asking {
        ClaimedJob claimed;
        std::shared_ptr<const JobPreparation> preparation;
        std::vector<CredentialQuestion> questions;
    };
    /// True: it is with the askers now, or blocked.
    bool is_asked_for(const std::shared_ptr<const JobPreparation>& preparation, const ClaimedJob& claimed);
    void ask_for_credentials(std::stop_token stop);
    void ask_and_start(const Asking& asking, std::stop_token stop);
    void wait_for_credential(const ClaimedJob& claimed, const CredentialQuestion& question,
                             const Availability& availability, std::stop_token stop);
    void note_availability(std::int64_t credential, const Availability& availability);
    /// The same errors of a start, for whoever starts.
    void start_guarded(const JobPreparation& preparation, const ClaimedJob& claimed,
                       const JobPreparation::Provided& provided, std::stop_token stop);
    void tell_what_was_missed(const JobRun& run, const JobHandle& handle);
    std::shared_ptr<JobRun> make_run(const ClaimedJob& claimed, PreparedJob prepared, WorkDirectory directory);
    void fail_start(const ClaimedJob& claimed, const std::exception& error);
    /// The system is short of something: back into the queue, and nothing is claimed for a moment.
    void postpone(const ClaimedJob& claimed, const std::exception& error, std::stop_token stop);
    /// Keeps claimed jobs whose start the database holds up, and waits a moment.
    void keep_for_later(std::vector<ClaimedJob> jobs, std::stop_token stop);
    Timestamp rests_until() const;
    void block(const ClaimedJob& claimed, const BlockedJob& blocked);
    /// Records the end of a job that never had a process.
    void end_unstarted(JobEnd end);
    bool has_free_slot() const;
    void finished(std::shared_ptr<JobRun> run);
    void recorded(Id<Job> id);
    /// Tells that a job is recorded; may be called when this is gone.
    std::function<void(Id<Job>)> when_recorded() const;
    std::function<void()> when_recorded(Id<Job> id) const;
    /// Gives back what this node has claimed and nothing of it began: the server died before, or the connection was
    /// lost while it was claimed.
    /// False: the jobs of that name are somebody else's now.
    bool give_back_strays();
    /// Returns the names of their work directories.
    std::unordered_set<std::string> take_up_jobs();
    void take_up(const Job& job, const Executor::Survivor& survivor);
    void record_lost(const Job& job, std::string_view reason);
    JobEnd end_of_lost(Session& session, const Job& job, std::string_view reason) const;
    void end_unwanted(const Executor::Survivor& survivor);
    void leave_jobs(std::unique_lock<std::mutex>& lock);
    void end_jobs(std::unique_lock<std::mutex>& lock);
    void remove_left_content();
    void remove_old_directories(const std::unordered_set<std::string>& in_use);

    /// Each may wait for another machine: so many slow ones keep the jobs of others from nothing but their own start.
    static constexpr std::size_t asker_threads = 4;
    static constexpr std::size_t starter_threads = 2;  // a start waits for the kernel (exec), so two overlap
    static constexpr std::chrono::seconds rest_of_a_shortage{1};

    struct State {
        std::deque<ClaimedJob> to_start;
        std::deque<Asking> to_ask;
        std::unordered_map<std::int64_t, std::shared_ptr<JobRun>> running;        ///< by job
        std::unordered_set<std::int64_t> to_cancel;                               ///< jobs without a handle as yet
        int occupied = 0;                                                         ///< slots: claimed, not yet ended
        std::unordered_set<std::int64_t> in_flight;                               ///< jobs: claimed, not yet recorded
        std::unordered_map<std::int64_t, JobHandle> to_forget;                    ///< jobs: ended, not yet recorded
        Timestamp rests_until{};                                                  ///< no claims: something is short
        bool all_recorded() const { return in_flight.size() <= running.size(); }  ///< of those that have ended
    };

    Database& database_;
    Clock& clock_;
    const Vault& vault_;
    Executor& native_;
    Recorder& recorder_;
    const Options options_;
    Nudge& queue_;
    Nudge& cancel_;
    mutable std::mutex mutex_;              // guards state_
    std::condition_variable_any to_start_;  // something waits for a starter
    std::condition_variable_any to_ask_;    // something waits for an asker
    std::condition_variable_any slot_freed_;
    std::condition_variable_any drained_;  // a job has ended, or is recorded
    State state_;
    /// What others call: they may do so after a stop() that gave up.
    const std::shared_ptr<Attachment<Dispatcher>> link_ = std::make_shared<Attachment<Dispatcher>>(*this);
    OutsideResults outside_results_;
    Finisher finisher_;
    std::vector<std::jthread> starters_;
    std::vector<std::jthread> askers_;
    std::chrono::steady_clock::time_point last_claim_{};  // of the dispatcher's thread
    bool claim_is_uncertain_ = false;                     // of the dispatcher's thread, and of start() before it
    bool stopped_ = false;                                // of whoever owns this
    std::jthread thread_;
};

}  // namespace mf
