// SPDX-License-Identifier: MIT
#include "execute/native.h"

#include "base/fault_point.h"
#include "base/log.h"
#include "base/text.h"
#include "execute/native_core.h"
#include "execute/work_directory.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

// How jobs are started, and what others ask of them.

namespace mf {

namespace {

using namespace std::chrono_literals;

/// Nobody has to take a request within a time, but a request that nobody has taken can be taken back.
constexpr auto patience_of_requests = 5s;
constexpr auto between_looks = 200ms;  // whether the shim that starts a job still lives

std::string mark_of(const JobPlan& plan) {
    const auto found = plan.environment.find(std::string(work_directory_variable));
    return found == plan.environment.end() ? std::string() : found->first + "=" + found->second;
}

JobHandle handle_of(std::uint32_t number, std::uint32_t ticket) { return fmt::format("{}/{}", number, ticket); }

struct HandleParts {
    std::uint32_t number, ticket;
};
std::optional<HandleParts> parts_of(const JobHandle& handle) {
    const auto words = split(handle, '/');
    const auto number = words.size() == 2 ? to_integer(words[0]) : std::nullopt;
    const auto ticket = words.size() == 2 ? to_integer(words[1]) : std::nullopt;
    if (!number || !ticket) return std::nullopt;
    return HandleParts{static_cast<std::uint32_t>(*number), static_cast<std::uint32_t>(*ticket)};
}

void tell_shim(const Descriptor& shim, int what) {
    if (!shim) return;
    siginfo_t order{};
    order.si_signo = shim_signal();
    order.si_code = SI_QUEUE;
    order.si_value.sival_int = what;
    if (::syscall(SYS_pidfd_send_signal, shim.get(), shim_signal(), &order, 0) != 0 && errno != ESRCH)
        log::error("cannot reach the shim of a job", {{"error", std::strerror(errno)}});
}

}  // namespace

std::filesystem::path shim_program() {
    std::error_code unknown;
    const auto ours = std::filesystem::read_symlink("/proc/self/exe", unknown);
    return ours.parent_path() / "multiflexi-shim";
}

Result<std::unique_ptr<NativeExecutor>> NativeExecutor::open(const Clock& clock, Options options) {
    auto core = std::make_unique<Core>(clock, std::move(options));
    if (auto opened = core->open(); !opened) return opened.error();
    return std::unique_ptr<NativeExecutor>(new NativeExecutor(std::move(core)));
}
NativeExecutor::NativeExecutor(std::unique_ptr<Core> core) : core_(std::move(core)) {}
NativeExecutor::~NativeExecutor() = default;

Result<Executor::Started> NativeExecutor::start(const JobPlan& plan, std::shared_ptr<ProcessListener> listener) {
    return core_->start(plan, std::move(listener));
}
void NativeExecutor::stop(const JobHandle& handle, StopReason reason) { core_->stop(handle, reason); }
void NativeExecutor::resume_output(const JobHandle& handle) { core_->resume_output(handle); }
void NativeExecutor::kept(const JobHandle& handle, std::uint64_t bytes) { core_->kept(handle, bytes); }
void NativeExecutor::forget(const JobHandle& handle) { core_->forget(handle); }
void NativeExecutor::leave() { core_->leave(); }
std::vector<Executor::Survivor> NativeExecutor::survivors() { return core_->survivors(); }
Result<void> NativeExecutor::recover(const JobHandle& handle, std::uint64_t from_byte,
                                     std::shared_ptr<ProcessListener> listener) {
    return core_->recover(handle, from_byte, std::move(listener));
}

Result<std::uint32_t> NativeExecutor::Core::take_file() {
    auto state = state_.lock();
    if (!state->free.empty()) {
        const auto number = state->free.back();
        state->free.pop_back();
        return number;
    }
    std::uint32_t number = 0;
    while (state->slots.contains(number)) ++number;
    auto spool = Spool::open(options_.spool / std::to_string(number));
    if (!spool) return spool.error();
    state->slots.emplace(number, Slot{*std::move(spool), nullptr});
    return number;
}

const Spool& NativeExecutor::Core::spool_of(std::uint32_t number) { return state_.lock()->slots.at(number).spool; }

void NativeExecutor::Core::give_file_back(std::uint32_t number) { state_.lock()->free.push_back(number); }

Result<Executor::Started> NativeExecutor::Core::start(const JobPlan& plan, std::shared_ptr<ProcessListener> listener) {
    const auto number = take_file();
    if (!number) return number.error();
    const Spool& spool = spool_of(*number);
    const auto ticket = spool.prepare(plan.job_id, boot_, plan.work_directory, plan.memo);
    if (!ticket) {
        give_file_back(*number);
        return ticket.error();
    }
    std::string request = pack(ShimRequest{.spool = *number,
                                           .ticket = *ticket,
                                           .command = {.argv = plan.argv,
                                                       .environment = plan.environment,
                                                       .directory = plan.work_directory,
                                                       .limit = plan.limit,
                                                       .grace = plan.grace,
                                                       .resources = plan.resources,
                                                       .mark = mark_of(plan),
                                                       .own_directory = plan.work_directory},
                                           .usual_open_files = options_.usual_open_files,
                                           .secrets = plan.secrets,
                                           .output_limit = plan.output_limit});
    fault_point("before-spawn");
    const auto sent = link_->send({static_cast<std::uint32_t>(request.size()), *number, *ticket}, request);
    wipe(request);
    if (!sent && spool.step(*ticket, SpoolPhase::requested, SpoolPhase::free)) {
        give_file_back(*number);
        return sent.error();
    }
    if (auto problem = wait_for_start(spool, *ticket)) {
        give_file_back(*number);
        return *std::move(problem);
    }
    fault_point("after-spawn");
    const auto job = std::make_shared<Job>(*number, spool, 0, std::move(listener));
    job->shim = open_shim(spool);
    Started started{handle_of(*number, *ticket), std::nullopt};
    const SpoolHeader& header = spool.header();
    if (header.process_pid != 0) {
        started.pid = static_cast<pid_t>(header.process_pid);
        job->listener->started({*started.pid, header.process_start_time});
    }
    listen(job);
    return started;
}

/// None: there is a job now, running or ended. Otherwise nothing was started, nor will be.
std::optional<Error> NativeExecutor::Core::wait_for_start(const Spool& spool, std::uint32_t ticket) const {
    const auto last = Steady::now() + patience_of_requests;
    for (;;) {
        const auto phase = spool.phase();
        switch (phase) {
            case SpoolPhase::requested:
            case SpoolPhase::taken:
                if (Steady::now() >= last && spool.step(ticket, phase, SpoolPhase::free))
                    return Error{ErrorCode::unavailable, "No process took the job over."};
                spool.wait_while(phase, between_looks);
                break;
            case SpoolPhase::starting:
                spool.wait_while(phase, between_looks);
                // What it has started by then is not known: it began, and is lost.
                if (spool.phase() == phase && !open_shim(spool) && spool.phase() == phase) return std::nullopt;
                break;
            case SpoolPhase::refused: {
                Error refusal{ErrorCode::unavailable, get_text(spool.header().complaint)};
                spool.release(ticket);
                return refusal;
            }
            case SpoolPhase::free:
            case SpoolPhase::running:
            case SpoolPhase::ended: return std::nullopt;
        }
    }
}

Descriptor NativeExecutor::Core::open_shim(const Spool& spool) const {
    const SpoolHeader& header = spool.header();
    if (header.shim_pid <= 0 || get_text(header.boot) != boot_) return Descriptor();
    const auto pid = static_cast<pid_t>(header.shim_pid);
    Descriptor shim(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    // The descriptor names whoever had the number when it was opened; is that still the one we mean?
    if (!shim || !spool.lives_by_lock()) return Descriptor();
    return shim;
}

void NativeExecutor::Core::listen(const std::shared_ptr<Job>& job) {
    if (!job->shim) job->life = Life::over;
    state_.lock()->slots.at(job->number).job = job;
    if (job->shim) {
        epoll_event event{.events = EPOLLIN,
                          .data = {.u64 = std::uint64_t{job->ticket} << 32 | (std::uint64_t{job->number} + 2)}};
        if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, job->shim.get(), &event) != 0)
            throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }
    // What came before anybody listened.
    if (!job->shim || job->spool.header().armed.load() == 0) look_at(job->number);
}

void NativeExecutor::Core::look_at(std::uint32_t number) {
    state_.lock()->to_look_at.push_back(number);
    nudge_.notify();
}

std::shared_ptr<NativeExecutor::Core::Job> NativeExecutor::Core::job_of(const JobHandle& handle) {
    const auto parts = parts_of(handle);
    if (!parts) return nullptr;
    auto state = state_.lock();
    const auto found = state->slots.find(parts->number);
    if (found == state->slots.end() || !found->second.job || found->second.job->ticket != parts->ticket) return nullptr;
    return found->second.job;
}

void NativeExecutor::Core::stop(const JobHandle& handle, StopReason reason) {
    if (const auto job = job_of(handle); job && reason != StopReason::none)
        tell_shim(job->shim, static_cast<int>(reason));
}

void NativeExecutor::Core::resume_output(const JobHandle& handle) {
    const auto job = job_of(handle);
    if (!job) return;
    state_.lock()->to_resume.push_back(job);
    nudge_.notify();
}

void NativeExecutor::Core::kept(const JobHandle& handle, std::uint64_t bytes) {
    const auto job = job_of(handle);
    if (!job) return;
    {
        auto marks = job->marks.lock();
        std::optional<std::uint64_t> position;
        while (!marks->pairs.empty() && marks->pairs.front().first <= bytes) {
            position = marks->pairs.front().second;
            marks->pairs.pop_front();
        }
        if (!position) return;
        job->spool.advance(*position, marks->freed);
    }
    if (job->spool.header().held.exchange(0) != 0) tell_shim(job->shim, 0);
}

void NativeExecutor::Core::forget(const JobHandle& handle) {
    const auto parts = parts_of(handle);
    if (!parts) return;
    auto state = state_.lock();
    const auto found = state->slots.find(parts->number);
    if (found == state->slots.end() || found->second.job || found->second.spool.ticket() != parts->ticket) return;
    if (found->second.spool.header().version != SpoolHeader::current_version) {
        std::filesystem::remove(options_.spool / std::to_string(parts->number));
        state->slots.erase(found);
        return;
    }
    if (found->second.spool.release(parts->ticket)) state->free.push_back(parts->number);
}

std::vector<Executor::Survivor> NativeExecutor::Core::survivors() {
    std::vector<Survivor> out;
    auto state = state_.lock();
    for (const auto& [number, slot] : state->slots) {
        const Spool& spool = slot.spool;
        const SpoolHeader& header = spool.header();
        if (spool.phase() == SpoolPhase::free || slot.job) continue;
        Survivor survivor{.handle = handle_of(number, spool.ticket()), .job_id = header.job, .begin = clock_.now()};
        if (header.version == SpoolHeader::current_version) {
            if (header.begin != 0 && get_text(header.boot) == boot_)
                survivor.begin = time_of_day(Timestamp(std::chrono::milliseconds(header.begin)));
            if (header.process_pid != 0) survivor.pid = static_cast<pid_t>(header.process_pid);
            survivor.work_directory = get_text(header.directory);
            survivor.memo = spool.memo();
        }
        out.push_back(std::move(survivor));
    }
    return out;
}

Result<void> NativeExecutor::Core::recover(const JobHandle& handle, std::uint64_t from_byte,
                                           std::shared_ptr<ProcessListener> listener) {
    const auto parts = parts_of(handle);
    if (!parts) return Error{ErrorCode::invalid, fmt::format("\"{}\" is not the handle of a native job.", handle)};
    const Spool* spool = nullptr;
    {
        auto state = state_.lock();
        const auto found = state->slots.find(parts->number);
        if (found != state->slots.end() && !found->second.job && found->second.spool.ticket() == parts->ticket &&
            found->second.spool.phase() != SpoolPhase::free)
            spool = &found->second.spool;
    }
    if (!spool) return Error{ErrorCode::not_found, "Nothing is left of the job."};
    const auto job = std::make_shared<Job>(parts->number, *spool, from_byte, std::move(listener));
    job->shim = open_shim(*spool);
    // One that we cannot read does not go on; this order every version understands.
    if (job->is_foreign && job->shim) ::syscall(SYS_pidfd_send_signal, job->shim.get(), SIGTERM, nullptr, 0);
    if (!job->is_foreign) spool->header().armed = 0;
    listen(job);
    if (job->shim) look_at(job->number);
    return {};
}

}  // namespace mf
