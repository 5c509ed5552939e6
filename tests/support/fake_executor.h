// SPDX-License-Identifier: MIT
#pragma once

#include "execute/executor.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stdexcept>

namespace mf::testing {

/// An executor whose processes exist only in the test, which says what they print and how they end. Thread-safe.
/// The wait functions give up after a minute with an exception.
class FakeExecutor final : public Executor {
public:
    std::optional<Error> refusal;  ///< set before the start: every start() fails
    std::vector<Survivor> left;    ///< set before the start: what survivors() tells and recover() finds

    /// Set before the start: what a process does before its start() returns.
    std::function<void(ProcessListener&)> on_start;

    Result<Started> start(const JobPlan& plan, std::shared_ptr<ProcessListener> listener) override {
        if (on_start) on_start(*listener);
        const std::lock_guard lock(mutex_);
        if (refusal) {
            ++refused_;
            changed_.notify_all();
            return *refusal;
        }
        runs_.push_back(
            {.handle = "fake:" + std::to_string(runs_.size()), .plan = plan, .listener = std::move(listener)});
        changed_.notify_all();
        return Started{runs_.back().handle, 4711};
    }
    void stop(const JobHandle& handle, StopReason reason) override {
        const std::lock_guard lock(mutex_);
        for (Run& run : runs_)
            if (run.handle == handle && run.stopped == StopReason::none) run.stopped = reason;
        changed_.notify_all();
    }
    void resume_output(const JobHandle& handle) override {
        const std::lock_guard lock(mutex_);
        for (Run& run : runs_)
            if (run.handle == handle) ++run.resumed;
        changed_.notify_all();
    }
    void kept(const JobHandle& handle, std::uint64_t bytes) override {
        const std::lock_guard lock(mutex_);
        for (Run& run : runs_)
            if (run.handle == handle) run.kept = bytes;
        changed_.notify_all();
    }
    void forget(const JobHandle& handle) override {
        const std::lock_guard lock(mutex_);
        forgotten_.push_back(handle);
        changed_.notify_all();
    }
    void leave() override {
        const std::lock_guard lock(mutex_);
        has_left_ = true;
    }
    std::vector<Survivor> survivors() override { return left; }
    Result<void> recover(const JobHandle& handle, std::uint64_t from_byte,
                         std::shared_ptr<ProcessListener> listener) override {
        if (std::ranges::find(left, handle, &Survivor::handle) == left.end())
            return Error{ErrorCode::not_found, "It has ended."};
        if (on_start) on_start(*listener);
        const std::lock_guard lock(mutex_);
        runs_.push_back({.handle = handle, .plan = {}, .listener = std::move(listener), .from_byte = from_byte});
        changed_.notify_all();
        return {};
    }

    /// Waits until so many starts were refused; from then on they succeed.
    void wait_for_refusals(int count) {
        std::unique_lock lock(mutex_);
        wait(lock, [&] { return refused_ >= count; });
        refusal.reset();
    }
    /// Waits until so many processes were started; the plan of the last of them.
    JobPlan wait_for_start(std::size_t count) {
        std::unique_lock lock(mutex_);
        wait(lock, [&] { return runs_.size() >= count; });
        return runs_[count - 1].plan;
    }
    StopReason wait_for_stop(std::size_t run) {
        std::unique_lock lock(mutex_);
        wait(lock, [&] { return runs_.at(run).stopped != StopReason::none; });
        return runs_[run].stopped;
    }
    void wait_for_resumes(std::size_t run, int count) {
        std::unique_lock lock(mutex_);
        wait(lock, [&] { return runs_.at(run).resumed >= count; });
    }
    int resumes(std::size_t run) {
        const std::lock_guard lock(mutex_);
        return runs_.at(run).resumed;
    }
    void wait_for_kept(std::size_t run, std::uint64_t bytes) {
        std::unique_lock lock(mutex_);
        wait(lock, [&] { return runs_.at(run).kept >= bytes; });
    }
    void wait_for_forgotten(const JobHandle& handle) {
        std::unique_lock lock(mutex_);
        wait(lock, [&] { return std::ranges::find(forgotten_, handle) != forgotten_.end(); });
    }
    std::uint64_t recovered_from(std::size_t run) {
        const std::lock_guard lock(mutex_);
        return runs_.at(run).from_byte;
    }
    bool has_left() {
        const std::lock_guard lock(mutex_);
        return has_left_;
    }
    std::size_t starts() {
        const std::lock_guard lock(mutex_);
        return runs_.size();
    }
    Flow print(std::size_t run, OutputStream stream, std::string_view bytes, Timestamp at = {}) {
        return listener(run)->wrote({.stream = stream, .bytes = bytes, .read_at = at});
    }
    void finish(std::size_t run, ProcessEnd end = {}) { listener(run)->ended(end); }

private:
    struct Run {
        JobHandle handle;
        JobPlan plan;
        std::shared_ptr<ProcessListener> listener;
        StopReason stopped = StopReason::none;
        int resumed = 0;
        std::uint64_t kept = 0;
        std::uint64_t from_byte = 0;  ///< of a recovered one
    };
    std::shared_ptr<ProcessListener> listener(std::size_t run) {
        const std::lock_guard lock(mutex_);
        return runs_.at(run).listener;
    }
    template <class Condition>
    void wait(std::unique_lock<std::mutex>& lock, Condition condition) {
        if (!changed_.wait_for(lock, std::chrono::minutes(1), condition))
            throw std::runtime_error("the executor was not asked for what the test expects");
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Run> runs_;
    std::vector<JobHandle> forgotten_;
    bool has_left_ = false;
    int refused_ = 0;
};

}  // namespace mf::testing
