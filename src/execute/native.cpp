// SPDX-License-Identifier: MIT
#include "execute/native.h"

#include "base/digest.h"
#include "base/text.h"
#include "execute/process_table.h"
#include "execute/work_directory.h"

#include <fmt/format.h>

namespace mf {

namespace {

std::string mark_of(const JobPlan& plan) {
    const auto found = plan.environment.find(std::string(work_directory_variable));
    return found == plan.environment.end() ? std::string() : found->first + "=" + found->second;
}

}  // namespace

NativeExecutor::NativeExecutor(Supervisor& supervisor) : supervisor_(supervisor), session_(random_uuid()) {
    boot_ = trim(read_proc("sys/kernel/random/boot_id").value_or("unknown"));
}

JobHandle NativeExecutor::handle_for(const ProcessIdentity& process, Supervisor::Key key) const {
    return fmt::format("{}:{}:{}:{}:{}", boot_, process.pid, process.start_time, session_, key);
}

std::optional<Supervisor::Key> NativeExecutor::key_of(const JobHandle& handle) const {
    const auto parts = split(handle, ':');
    if (parts.size() != 5 || parts[3] != session_) return std::nullopt;
    const auto key = to_integer(parts[4]);
    if (!key) return std::nullopt;
    return static_cast<Supervisor::Key>(*key);
}

Result<Executor::Started> NativeExecutor::start(const JobPlan& plan, std::shared_ptr<ProcessListener> listener) {
    const auto started = supervisor_.start({.argv = plan.argv,
                                            .environment = plan.environment,
                                            .directory = plan.work_directory,
                                            .limit = plan.limit,
                                            .grace = plan.grace,
                                            .resources = plan.resources,
                                            .mark = mark_of(plan),
                                            .own_directory = plan.work_directory},
                                           std::move(listener));
    if (!started.shortage.empty()) return Error{ErrorCode::unavailable, started.shortage};
    Started result{handle_for(started.process.value_or(ProcessIdentity{}), started.key), std::nullopt};
    if (started.process) result.pid = started.process->pid;
    return result;
}

void NativeExecutor::stop(const JobHandle& handle, StopReason reason) {
    if (const auto key = key_of(handle)) supervisor_.stop(*key, reason);
}

void NativeExecutor::resume_output(const JobHandle& handle) {
    if (const auto key = key_of(handle)) supervisor_.resume(*key);
}

Result<JobHandle> NativeExecutor::recover(const JobHandle& handle, const JobPlan& plan,
                                          std::shared_ptr<ProcessListener> listener) {
    const auto parts = split(handle, ':');
    const auto pid = parts.size() == 5 ? to_integer(parts[1]) : std::nullopt;
    const auto start_time = parts.size() == 5 ? to_integer(parts[2]) : std::nullopt;
    if (!pid || !start_time)
        return Error{ErrorCode::invalid, fmt::format("\"{}\" is not the handle of a native job.", to_utf8(handle))};
    const Error gone{ErrorCode::not_found,
                     fmt::format("Process {} has ended while nobody watched it; its exit code is not known.", *pid)};
    if (parts[0] != boot_) return gone;
    const ProcessIdentity process{static_cast<pid_t>(*pid), static_cast<std::uint64_t>(*start_time)};
    const auto key = supervisor_.adopt({.process = process,
                                        .limit = plan.limit,
                                        .grace = plan.grace,
                                        .mark = mark_of(plan),
                                        .own_directory = plan.work_directory},
                                       std::move(listener));
    if (!key) return gone;
    return handle_for(process, *key);
}

}  // namespace mf
