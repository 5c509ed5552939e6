// SPDX-License-Identifier: MIT
#pragma once

#include "execute/executor.h"

namespace mf {

/// Runs jobs as processes of this machine, under this program's user, each watched by a process of its own
/// (multiflexi-shim): the job, its time limit, its output and its end do not depend on this program.
///
/// A shim and this program meet in a spool file (execute/shim/spool.h). One thread reads all of them: it is woken by a
/// pipe when there is output that it waits for, and by the end of a shim.
class NativeExecutor final : public Executor {
public:
    struct Options {
        std::filesystem::path program;  ///< multiflexi-shim
        /// The directory of the spool files, of this executor alone, made when it is missing. In an existing
        /// directory.
        std::filesystem::path spool;
        std::optional<std::uint64_t> usual_open_files = {};  ///< see Supervisor::Options
        /// How long start() waits for who has to take the job over. A request that nobody has taken then is taken back;
        /// of one that is being started the listener hears the rest.
        std::chrono::milliseconds patience{5'000};
    };
    /// Starts what is needed and looks for the jobs of earlier runs. The error says what is missing. The clock must
    /// outlive the executor.
    static Result<std::unique_ptr<NativeExecutor>> open(const Clock& clock, Options options);
    /// As leave().
    ~NativeExecutor() override;

    Result<Started> start(const JobPlan& plan, std::shared_ptr<ProcessListener> listener) override;
    void stop(const JobHandle& handle, StopReason reason) override;
    void resume_output(const JobHandle& handle) override;
    void kept(const JobHandle& handle, std::uint64_t bytes) override;
    void forget(const JobHandle& handle) override;
    void leave() override;
    std::vector<Survivor> survivors() override;
    Result<void> recover(const JobHandle& handle, std::uint64_t from_byte,
                         std::shared_ptr<ProcessListener> listener) override;

private:
    class Core;
    explicit NativeExecutor(std::unique_ptr<Core> core);
    const std::unique_ptr<Core> core_;
};

/// Where the programs of this installation are: multiflexi-shim lies beside the program that runs.
std::filesystem::path shim_program();

}  // namespace mf
