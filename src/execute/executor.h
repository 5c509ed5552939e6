// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "execute/process.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mf {

/// Everything needed to run a job, already resolved: placeholders expanded, credentials opened, image chosen.
/// Contains secrets: never written to disk or log as a whole (the memo is).
struct JobPlan {
    std::int64_t job_id = 0;
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment;  ///< complete, MULTIFLEXI_TMP and TMPDIR included
    std::filesystem::path work_directory;            ///< exists, see work_directory.h
    std::string image = {};                          ///< of a container; empty for native jobs
    std::chrono::milliseconds limit{0};              ///< of wall-clock time; zero: none
    std::chrono::milliseconds grace{10'000};         ///< between the friendly and the hard way to end it
    ResourceLimits resources = {};
    std::vector<std::string> secrets = {};  ///< masked in the output before it is kept or told of
    /// Bytes of both streams that somebody wants; what comes after one more need not be told of. 0: all.
    std::int64_t output_limit = 0;
    /// What a later run of this program has to know to take the job up: kept with the job, so without open secrets.
    std::string memo = {};
    /// A moment of uptime() after which nothing is started any more: others may believe then that it was. None: never.
    std::optional<std::chrono::milliseconds> start_until = {};
};

/// Names a started job to its executor, also after a restart of this program: keep it with the job, as text.
using JobHandle = std::string;

/// A place where jobs run, whether this program lives or not. Implementations are thread-safe.
///
/// Exactly one ended() follows every start() that returned a handle and every successful recover(), unless leave()
/// comes first. A job is known until it is forgotten: from survivors() a later run of this program learns of every job
/// that began and was not forgotten, so forget() comes when the end is durable and not before. started() is called
/// before start() returns; wrote() and ended() come from one thread.
class Executor {
public:
    virtual ~Executor() = default;

    struct Started {
        JobHandle handle;
        std::optional<pid_t> pid;  ///< of the local process; none if there is none, or if it could not be started
    };
    /// unavailable: not now, because the system is short of something; the same start may succeed later. Any other
    /// error: not here. A job that cannot be started at all is a job that ended: with a handle, and ended() with
    /// ProcessEnd::start_error. After an error the listener hears nothing.
    virtual Result<Started> start(const JobPlan& plan, std::shared_ptr<ProcessListener> listener) = 0;
    /// Asks the whole job to end. Without effect when it has ended, was told before, or is not known.
    virtual void stop(const JobHandle& handle, StopReason reason) = 0;
    /// Ends a pause that ProcessListener::wrote() asked for, see Supervisor::resume().
    virtual void resume_output(const JobHandle& handle) = 0;
    /// So many bytes of the output that was told of, from its beginning, are durable elsewhere: they need not be kept
    /// for a later run of this program.
    virtual void kept(const JobHandle& handle, std::uint64_t bytes) = 0;
    /// The end of the job is durable elsewhere.
    virtual void forget(const JobHandle& handle) = 0;
    /// Lets go of all jobs: when it returns no listener hears anything any more. They run on; a later run of this
    /// program takes them up. Nothing can be started afterwards.
    virtual void leave() = 0;

    /// A job that an earlier run of this program began.
    struct Survivor {
        JobHandle handle;
        std::int64_t job_id = 0;
        Timestamp begin{};  ///< when its process was started
        std::optional<pid_t> pid;
        std::filesystem::path work_directory;
        std::string memo;  ///< JobPlan::memo
    };
    /// Each of them is to be recovered or forgotten. To be asked before the first start.
    virtual std::vector<Survivor> survivors() = 0;
    /// Takes up a job of survivors(), which runs, or ended meanwhile: its output follows from this byte on (both
    /// streams, in the order in which it was told of), then its end. A job of which nobody knows the end any more ends
    /// with ProcessEnd::lost; what is left of its processes is killed before.
    virtual Result<void> recover(const JobHandle& handle, std::uint64_t from_byte,
                                 std::shared_ptr<ProcessListener> listener) = 0;
};

}  // namespace mf
