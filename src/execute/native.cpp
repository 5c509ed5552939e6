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

/// Forgets a request, however its sending ends.
struct Wiped {
    std::string& bytes;
    ~Wiped() { wipe(bytes); }
};

void tell_shim(const Descriptor& shim, const ShimWord& word) {
    siginfo_t signal{};
    signal.si_signo = shim_signal();
    signal.si_code = SI_QUEUE;
    signal.si_value.sival_int = word.packed();
    if (::syscall(SYS_pidfd_send_signal, shim.get(), shim_signal(), &signal, 0) != 0 && errno != ESRCH)
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
    for (auto free = state->free.end(); free != state->free.begin();) {
        const auto number = *--free;
        const Slot& slot = state->slots.at(number);
        // A shim that we have let go, and that stands still: no other can have its file.
        if (!slot.shim && slot.spool.is_locked()) continue;
        state->free.erase(free);
        return number;
    }
    std::uint32_t number = 0;
    while (state->slots.contains(number)) ++number;
    auto spool = Spool::open(options_.spool / std::to_string(number));
    if (!spool) return spool.error();
    if (spool->phase() != SpoolPhase::free)
        return Error{ErrorCode::unavailable, fmt::format("The spool file {} is in use.", number)};
    state->slots.emplace(number, Slot{*std::move(spool)});
    return number;
}

const Spool& NativeExecutor::Core::spool_of(std::uint32_t number) { return state_.lock()->slots.at(number).spool; }

/// The file of a job that was not started. Others first: this one may have something that stands in the way.
void NativeExecutor::Core::put_back(std::uint32_t number) {
    auto state = state_.lock();
    state->free.insert(state->free.begin(), number);
}

void NativeExecutor::Core::give_file_back(State& state, std::uint32_t number) {
    state.slots.at(number).free_since = Steady::now();
    state.free.push_back(number);
}

Result<Executor::Started> NativeExecutor::Core::start(const JobPlan& plan, std::shared_ptr<ProcessListener> listener) {
    auto number = take_file();
    if (!number) return number.error();
    fault_point("before-spawn");
    auto shim = request(*number, plan);
    if (!shim) {
        put_back(*number);
        if (!spool_of(*number).is_locked()) return shim.error();
        number = take_file();
        if (!number) return number.error();
        shim = request(*number, plan);
        if (!shim) {
            put_back(*number);
            return shim.error();
        }
    }
    fault_point("after-spawn");
    const Spool& spool = spool_of(*number);
    const auto job = std::make_shared<Job>(*number, spool, 0, *std::move(shim), std::move(listener));
    Started started{handle_of(*number, job->ticket), std::nullopt};
    const SpoolHeader& header = spool.header();
    if (header.process_pid != 0) {
        started.pid = static_cast<pid_t>(header.process_pid);
        job->listener->started({*started.pid, header.process_start_time});
    }
    listen(job);
    return started;
}

/// The shim that has taken the job; none: it lives no more. After an error nothing was started, nor will be.
Result<std::shared_ptr<const NativeExecutor::Core::Shim>> NativeExecutor::Core::request(std::uint32_t number,
                                                                                        const JobPlan& plan) {
    std::string bytes = pack(ShimRequest{.command = {.argv = plan.argv,
                                                     .environment = plan.environment,
                                                     .directory = plan.work_directory,
                                                     .limit = plan.limit,
                                                     .grace = plan.grace,
                                                     .resources = plan.resources,
                                                     .mark = mark_of(plan),
                                                     .own_directory = plan.work_directory},
                                         .secrets = plan.secrets,
                                         .output_limit = plan.output_limit,
                                         .start_until = plan.start_until});
    const Spool& spool = spool_of(number);
    const auto prepare = [&] { return spool.prepare(plan.job_id, boot_, plan.work_directory, plan.memo); };
    const Wiped wiped{bytes};
    auto shim = state_.lock()->slots.at(number).shim;
    if (shim && shim->socket) {
        const auto ticket = prepare();
        if (!ticket) return ticket.error();
        if (!ask(spool, *ticket, shim->socket.get(), bytes)) return shim;
        // It has ended, or stands still. When its socket is closed it ends as soon as it can, and makes room for
        // another.
        shim.reset();
        let_go(state_.lock()->slots.at(number));
        if (spool.is_locked()) return Error{ErrorCode::unavailable, "The process that was to start it stands still."};
    }
    const auto ticket = prepare();
    if (!ticket) return ticket.error();
    auto socket = link_->make({number, *ticket});
    if (!socket) {
        spool.release(*ticket);
        return socket.error();
    }
    if (auto problem = ask(spool, *ticket, socket->get(), bytes)) return *std::move(problem);
    return hold(number, open_shim(spool), *std::move(socket));
}

/// None: there is a job now, running or ended. Otherwise nothing was started, nor will be, and the file is free.
std::optional<Error> NativeExecutor::Core::ask(const Spool& spool, std::uint32_t ticket, int socket,
                                               std::string_view request) const {
    const auto sent = hand_over(socket, ticket, request);
    if (!sent && spool.step(ticket, SpoolPhase::requested, SpoolPhase::free)) return sent.error();
    const auto last = Steady::now() + options_.patience;
    for (;;) {
        const auto phase = spool.phase();
        switch (phase) {
            case SpoolPhase::requested:
            case SpoolPhase::taken:
                spool.wait_while(phase, between_looks);
                if (spool.phase() == phase && (is_closed(socket) || Steady::now() >= last) &&
                    spool.step(ticket, phase, SpoolPhase::free))
                    return Error{ErrorCode::unavailable, "No process took the job over."};
                break;
            case SpoolPhase::starting:
                spool.wait_while(phase, between_looks);
                // What it has started by then is not known. When it has ended, the job began, and is lost; as long as
                // it lives its listener hears what becomes of the job.
                if ((!lives(spool) || Steady::now() >= last) && spool.phase() == phase) return std::nullopt;
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

bool NativeExecutor::Core::lives(const Spool& spool) const {
    return spool.header().shim_pid > 0 && get_text(spool.header().boot) == boot_ && spool.lives_by_lock();
}

Descriptor NativeExecutor::Core::open_shim(const Spool& spool) const {
    while (lives(spool)) {
        Descriptor shim(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(spool.header().shim_pid), 0)));
        // The descriptor names whoever had the number when it was opened; is that still the one we mean?
        if (shim) return lives(spool) ? std::move(shim) : Descriptor();
        if (!is_shortage(errno)) break;
        log::warning("no descriptor for the shim of a job, will try again", {{"error", std::strerror(errno)}});
        spool.wait_while(spool.phase(), between_looks);
    }
    return Descriptor();
}

std::shared_ptr<const NativeExecutor::Core::Shim> NativeExecutor::Core::hold(std::uint32_t number, Descriptor pidfd,
                                                                             Descriptor socket) {
    std::uint32_t serial = 0;
    {
        auto state = state_.lock();
        let_go(state->slots.at(number));
        if (!pidfd) return nullptr;
        serial = ++state->shims;
    }
    epoll_event event{.events = EPOLLIN,
                      .data = {.u64 = std::uint64_t{serial} << 32 | (std::uint64_t{number} + first_shim)}};
    // It runs a job already, so there is no way back.
    while (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, pidfd.get(), &event) != 0) {
        if (!is_shortage(errno) && errno != ENOSPC)
            throw std::system_error(errno, std::generic_category(), "epoll_ctl");
        log::warning("the end of a shim cannot be watched, will try again", {{"error", std::strerror(errno)}});
        const Spool& spool = spool_of(number);
        spool.wait_while(spool.phase(), between_looks);
    }
    auto state = state_.lock();
    auto& shim = state->slots.at(number).shim;
    shim = std::make_shared<const Shim>(serial, std::move(pidfd), std::move(socket));
    return shim;
}

void NativeExecutor::Core::let_go(Slot& slot) const {
    if (slot.shim) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, slot.shim->pidfd.get(), nullptr);
    slot.shim.reset();
}

void NativeExecutor::Core::listen(const std::shared_ptr<Job>& job) {
    bool is_over = false;
    {
        auto state = state_.lock();
        Slot& slot = state->slots.at(job->number);
        is_over = !job->shim || slot.shim != job->shim;
        if (is_over) job->life = Life::over;
        slot.job = job;
    }
    // What came before anybody listened.
    if (is_over || job->is_foreign || job->spool.header().armed.load() == 0 || job->is_decided()) look_at(job->number);
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
    if (const auto job = job_of(handle); job && job->shim && reason != StopReason::none)
        tell_shim(job->shim->pidfd, {job->ticket, reason});
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
    if (job->spool.header().held.exchange(0) != 0 && job->shim)
        tell_shim(job->shim->pidfd, {job->ticket, StopReason::none});
}

void NativeExecutor::Core::forget(const JobHandle& handle) {
    const auto parts = parts_of(handle);
    if (!parts) return;
    auto state = state_.lock();
    const auto found = state->slots.find(parts->number);
    if (found == state->slots.end() || found->second.job || found->second.spool.ticket() != parts->ticket) return;
    if (found->second.spool.header().version != SpoolHeader::current_version) {
        std::filesystem::remove(options_.spool / std::to_string(parts->number));
        let_go(found->second);
        state->slots.erase(found);
        return;
    }
    if (found->second.spool.release(parts->ticket)) give_file_back(*state, parts->number);
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
    const auto job = std::make_shared<Job>(parts->number, *spool, from_byte,
                                           hold(parts->number, open_shim(*spool), Descriptor()), std::move(listener));
    // One that we cannot read does not go on; this order every version understands.
    if (job->is_foreign && job->shim) ::syscall(SYS_pidfd_send_signal, job->shim->pidfd.get(), SIGTERM, nullptr, 0);
    if (!job->is_foreign) spool->header().armed = 0;
    listen(job);
    return {};
}

}  // namespace mf
