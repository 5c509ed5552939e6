// SPDX-License-Identifier: MIT
#include "execute/native_core.h"

#include "base/log.h"
#include "base/text.h"
#include "base/uptime.h"
#include "execute/work_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

// What an earlier run left, and the thread that hears of all jobs.

namespace mf {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_at_once = 4 << 20;  // bytes of one job before the others have their turn
constexpr std::size_t span_of_a_mark = 64 << 10;
constexpr auto patience_of_kill = 5s;
constexpr int between_kills = 20;  // ms
/// How long a shim waits for the next job.
constexpr auto patience_of_idle = 10s;

constexpr std::string_view rebooted =
    "The machine (or the container) was started anew while the job was running; what it did until then is not known.";
constexpr std::string_view shim_killed =
    "The process that watched it (multiflexi-shim) was killed, so how it ended is not known; what was left of its "
    "processes was ended.";
constexpr std::string_view foreign =
    "It was started by another version of the program, whose records cannot be read; it was told to end.";

}  // namespace

NativeExecutor::Core::Core(const Clock& clock, Options options)
    : clock_(clock), options_(std::move(options)), boot_(boot_identity()) {}

NativeExecutor::Core::~Core() { leave(); }

Result<void> NativeExecutor::Core::open() {
    const auto failure = [&](const std::filesystem::path& path) {
        return Error{ErrorCode::unavailable, fmt::format("{} cannot be made or used: {}. Let the user of the server "
                                                         "write there.",
                                                         path.string(), std::strerror(errno))};
    };
    if (::mkdir(options_.spool.c_str(), 0700) != 0 && errno != EEXIST) return failure(options_.spool);
    const auto pipe = options_.spool / "wake";
    if (::mkfifo(pipe.c_str(), 0600) != 0 && errno != EEXIST) return failure(pipe);
    // Also a writer: so it has one always, and never tells of a hang-up.
    wake_ = Descriptor(::open(pipe.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
    struct stat status {};
    if (!wake_ || ::fstat(wake_.get(), &status) != 0 || !S_ISFIFO(status.st_mode)) return failure(pipe);
    epoll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_) return failure("epoll");
    using Watched = std::pair<int, std::uint64_t>;
    for (const auto& [descriptor, source] :
         {Watched(nudge_.descriptor(), nudge_source), Watched(wake_.get(), wake_source)}) {
        epoll_event event{.events = EPOLLIN, .data = {.u64 = source}};
        if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) return failure("epoll");
    }
    auto link = ShimLink::open({.program = options_.program,
                                .spool = options_.spool,
                                .usual_open_files = options_.usual_open_files,
                                .wake = wake_.get()});
    if (!link) return link.error();
    link_ = *std::move(link);
    if (auto found = find_files(); !found) return found;
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
    return {};
}

/// What cannot be looked at may be a job that runs: then nothing is started.
Result<void> NativeExecutor::Core::find_files() {
    auto state = state_.lock();
    for (const auto& entry : std::filesystem::directory_iterator(options_.spool)) {
        const auto number = to_integer(entry.path().filename().string());
        if (!number) continue;
        auto spool = Spool::open(entry.path());
        if (!spool) return spool.error();
        if (spool->header().version != SpoolHeader::current_version && spool->phase() == SpoolPhase::free) {
            std::filesystem::remove(entry.path());
            continue;
        }
        const auto where = static_cast<std::uint32_t>(*number);
        if (!settle(*spool)) state->free.push_back(where);
        state->slots.emplace(where, Slot{*std::move(spool)});
    }
    return {};
}

/// Waits until it is certain whether a job of an earlier run began; takes back what did not. False: the file is free.
bool NativeExecutor::Core::settle(const Spool& spool) const {
    const SpoolHeader& header = spool.header();
    if (header.version != SpoolHeader::current_version) return true;
    const auto ticket = spool.ticket();
    const bool ours = get_text(header.boot) == boot_;
    const auto last = Steady::now() + patience_of_kill;
    for (;;) {
        const auto phase = spool.phase();
        switch (phase) {
            case SpoolPhase::free: return false;
            case SpoolPhase::refused: spool.release(ticket); return false;
            case SpoolPhase::requested:
                if (spool.step(ticket, phase, SpoolPhase::free)) return false;
                break;
            case SpoolPhase::taken:
                // A shim that lives says in a moment who it is.
                if (ours && Steady::now() < last)
                    spool.wait_while(phase, 100ms);
                else if (spool.step(ticket, phase, SpoolPhase::free))
                    return false;
                break;
            case SpoolPhase::starting:
                if ((!lives(spool) && spool.phase() == phase) || Steady::now() >= last) return true;
                spool.wait_while(phase, 100ms);
                break;
            case SpoolPhase::running:
            case SpoolPhase::ended: return true;
        }
    }
}

void NativeExecutor::Core::leave() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    nudge_.notify();
    thread_.join();
    link_.reset();
    for (auto& [number, slot] : state_.lock()->slots)
        if (!slot.job) let_go(slot);
}

void NativeExecutor::Core::run(std::stop_token stop) {
    std::array<epoll_event, 64> events;
    while (!stop.stop_requested()) {
        const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience());
        for (int i = 0; i < count && !stop.stop_requested(); ++i) {
            const std::uint64_t source = events[static_cast<std::size_t>(i)].data.u64;
            if (source == wake_source) {
                read_wakes();
            } else if (source != nudge_source) {
                shim_ended(static_cast<std::uint32_t>(source - first_shim), static_cast<std::uint32_t>(source >> 32));
            } else {
                nudge_.consume();
                std::vector<std::shared_ptr<Job>> jobs;
                {
                    auto state = state_.lock();
                    for (auto& job : std::exchange(state->to_resume, {})) {
                        job->paused = false;
                        jobs.push_back(std::move(job));
                    }
                    for (const auto number : std::exchange(state->to_look_at, {}))
                        if (const auto found = state->slots.find(number); found != state->slots.end())
                            jobs.push_back(found->second.job);
                }
                for (const auto& job : jobs) look(job);
            }
        }
        if (stop.stop_requested()) return;
        kill_rest();
        let_idle_go();
    }
}

int NativeExecutor::Core::patience() const {
    if (!dying_.empty()) return between_kills;
    if (!idle_look_) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*idle_look_ - Steady::now()).count();
    return static_cast<int>(std::max<std::int64_t>(left, 0));
}

void NativeExecutor::Core::shim_ended(std::uint32_t number, std::uint32_t serial) {
    std::shared_ptr<Job> job;
    {
        auto state = state_.lock();
        const auto found = state->slots.find(number);
        if (found == state->slots.end()) return;
        Slot& slot = found->second;
        if (!slot.shim || slot.shim->serial != serial) return;
        if (slot.job && slot.job->shim == slot.shim) job = slot.job;
        let_go(slot);
    }
    if (!job) return;
    job->life = Life::over;
    look(job);
}

/// A shim without a job is let go when none has come for it for a while.
void NativeExecutor::Core::let_idle_go() {
    const auto now = Steady::now();
    if (!idle_look_ || now < *idle_look_) return;
    idle_look_.reset();
    auto state = state_.lock();
    for (const auto number : state->free)
        if (auto& slot = state->slots.at(number); now - slot.free_since >= patience_of_idle) let_go(slot);
    for (const auto& [number, slot] : state->slots)
        if (slot.shim && !slot.job) idle_look_ = now + patience_of_idle;
}

void NativeExecutor::Core::read_wakes() {
    std::array<std::uint32_t, 256> numbers;
    const auto size = ::read(wake_.get(), numbers.data(), sizeof numbers);
    for (std::size_t i = 0; size > 0 && i < static_cast<std::size_t>(size) / sizeof numbers[0]; ++i) {
        std::shared_ptr<Job> job;
        {
            auto state = state_.lock();
            if (const auto found = state->slots.find(numbers[i]); found != state->slots.end()) job = found->second.job;
        }
        look(job);
    }
}

void NativeExecutor::Core::look(const std::shared_ptr<Job>& job) {
    if (!job || job->kills_until || job->has_ended) return;
    const auto is_over = [&] { return job->life == Life::over || job->is_decided(); };
    while (!job->is_foreign) {
        // What was written before the end is there when the end is.
        const bool all = is_over();
        if (!deliver(*job)) return;
        if (all) break;
        job->spool.header().armed = 1;
        if (!job->reader.has_more() && !is_over()) return;
    }
    if (!job->is_foreign || job->life == Life::over) end(job);
}

/// True: there is nothing more at the moment.
bool NativeExecutor::Core::deliver(Job& job) {
    std::size_t together = 0;
    while (!job.paused) {
        const auto piece = job.reader.next();
        if (!piece) {
            job.reader.rest();
            return true;
        }
        {
            auto marks = job.marks.lock();
            auto& pairs = marks->pairs;
            // The first one stays, so that what is kept always reaches it; the others need not be many.
            const bool extends = pairs.size() > 1 && piece->offset - pairs[pairs.size() - 2].first < span_of_a_mark;
            if (extends)
                pairs.back() = {piece->offset, piece->position};
            else
                pairs.emplace_back(piece->offset, piece->position);
        }
        OutputChunk chunk = piece->chunk;
        chunk.read_at = time_of_day(chunk.read_at);
        if (job.listener->wrote(chunk) == Flow::pause) job.paused = true;
        together += piece->chunk.bytes.size();
        if (together >= most_at_once && !job.paused) {
            look_at(job.number);
            return false;
        }
    }
    return false;
}

void NativeExecutor::Core::end(const std::shared_ptr<Job>& job) {
    if (!job->is_foreign && job->spool.phase() == SpoolPhase::refused)
        return tell(
            job, {.exit_code = 126, .start_error = get_text(job->spool.header().complaint), .ended_at = clock_.now()});
    if (!job->is_foreign && job->spool.phase() == SpoolPhase::ended) {
        auto end = job->spool.end();
        end.ended_at = time_of_day(end.ended_at);
        end.remark = job->reader.complaint();
        return tell(job, std::move(end));
    }
    const bool same_boot = get_text(job->spool.header().boot) == boot_;
    if (!same_boot || job->is_foreign)
        return tell(job, {.exit_code = 255,
                          .lost = std::string(same_boot ? foreign : rebooted),
                          .remark = job->reader.complaint(),
                          .ended_at = clock_.now()});
    job->kills_until = Steady::now() + patience_of_kill;
    dying_.push_back(job);
}

/// Its process dies with its shim; what that has started may live on.
void NativeExecutor::Core::kill_rest() {
    if (dying_.empty()) return;
    ProcessTable table;
    std::vector<std::pair<std::shared_ptr<Job>, std::size_t>> done;
    std::erase_if(dying_, [&](const std::shared_ptr<Job>& job) {
        const SpoolHeader& header = job->spool.header();
        ProcessIdentity leader{static_cast<pid_t>(header.process_pid), header.process_start_time};
        // Its number may be that of another group now, or it had none as yet: then only the other signs count.
        const auto now = leader.pid > 0 ? start_time_of(leader.pid) : std::nullopt;
        if (leader.pid <= 0 || (now && *now != leader.start_time)) leader = {-1, header.shim_start_time};
        const auto directory = get_text(header.directory);
        const auto mark = fmt::format("{}={}", work_directory_variable, directory);
        const auto left = table.tree_of({leader, mark, {}, {}, directory, {}});
        for (const auto& process : left) send_signal(process.identity, SIGKILL);
        const bool is_over = left.empty() || Steady::now() >= *job->kills_until;
        if (is_over) done.emplace_back(job, left.size());
        return is_over;
    });
    for (const auto& [job, left] : done)
        tell(job, {.exit_code = 255,
                   .left_behind = left,
                   .lost = std::string(shim_killed),
                   .remark = job->reader.complaint(),
                   .ended_at = clock_.now()});
}

void NativeExecutor::Core::tell(const std::shared_ptr<Job>& job, ProcessEnd end) {
    job->has_ended = true;
    if (end.left_behind > 0)
        log::error("processes of a job survive SIGKILL",
                   {{"job", job->spool.header().job}, {"count", end.left_behind}});
    if (!idle_look_) idle_look_ = Steady::now() + patience_of_idle;
    state_.lock()->slots.at(job->number).job.reset();
    job->listener->ended(end);
}

Timestamp NativeExecutor::Core::time_of_day(Timestamp in_spool) const {
    return clock_.now() - (uptime() - in_spool.time_since_epoch());
}

}  // namespace mf
