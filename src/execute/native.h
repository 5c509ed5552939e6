// SPDX-License-Identifier: MIT
#pragma once

#include "execute/executor.h"

namespace mf {

/// Runs jobs as processes of this machine, under this program's user.
///
/// A handle is "boot:pid:start time:session:key". The first three name the process for ever, the last two find it in
/// the supervisor of the run that made them.
class NativeExecutor final : public Executor {
public:
    /// The supervisor must outlive the executor.
    explicit NativeExecutor(Supervisor& supervisor);

    Result<Started> start(const JobPlan& plan, std::shared_ptr<ProcessListener> listener) override;
    void stop(const JobHandle& handle, StopReason reason) override;
    void resume_output(const JobHandle& handle) override;
    /// A recovered process goes on without its output being read; its exit code will be 255, unknown.
    Result<JobHandle> recover(const JobHandle& handle, const JobPlan& plan,
                              std::shared_ptr<ProcessListener> listener) override;

private:
    JobHandle handle_for(const ProcessIdentity& process, Supervisor::Key key) const;
    std::optional<Supervisor::Key> key_of(const JobHandle& handle) const;

    Supervisor& supervisor_;
    std::string boot_;     // of the machine: process numbers and start times begin anew with each
    std::string session_;  // of this run
};

}  // namespace mf
