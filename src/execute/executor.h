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
/// Contains secrets: never written to disk or log as a whole.
struct JobPlan {
    std::int64_t job_id = 0;
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment;  ///< complete, MULTIFLEXI_TMP and TMPDIR included
    std::filesystem::path work_directory;            ///< exists, see work_directory.h
    std::string image = {};                          ///< of a container; empty for native jobs
    std::chrono::milliseconds limit{0};              ///< of wall-clock time; zero: none
    std::chrono::milliseconds grace{10'000};         ///< between the friendly and the hard way to end it
    ResourceLimits resources = {};
};

/// Names a started job to its executor, also after a restart of this program: keep it with the job, as text.
using JobHandle = std::string;

/// A place where jobs run. Implementations are thread-safe.
///
/// Exactly one ended() follows every start() that returned a handle and every successful recover().
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
    /// After a restart of this program: watches a job that an earlier run of it started. not_found: it has ended
    /// meanwhile. `plan` is what it was started with (its limit counts from now); argv and image are not needed.
    /// Returns the handle under which the job is known from now on.
    virtual Result<JobHandle> recover(const JobHandle& handle, const JobPlan& plan,
                                      std::shared_ptr<ProcessListener> listener) = 0;
};

}  // namespace mf
