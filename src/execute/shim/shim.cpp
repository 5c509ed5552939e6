// SPDX-License-Identifier: MIT
#include "execute/shim/shim.h"

#include "base/fault_point.h"
#include "base/uptime.h"
#include "domain/secret_mask.h"
#include "execute/process_table.h"
#include "execute/shim/spool.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace mf {
namespace {

constexpr int between_attempts = 200;   // ms, while the disk is full
constexpr int between_locks = 10;       // ms, while another shim has the file
constexpr long most_growth = 2 * 1024;  // KiB of memory, of a shim that takes another job
/// So much waits for the server beyond what it would keep anyhow; of a job without a limit of output, so much at all.
constexpr std::uint64_t most_ahead = 1 << 20;
constexpr std::uint64_t most_of_unlimited = 256 << 20;

/// Nobody sets it, see SpoolHeader::begin.
class UptimeClock final : public Clock {
public:
    Timestamp now() const override { return Timestamp(uptime()); }
    bool wait_until(std::optional<Timestamp>, Nudge& nudge, std::stop_token) override { return nudge.consume(); }
};

/// Wakes the server for one spool file.
class ServerBell {
public:
    ServerBell(int pipe, std::uint32_t number) : pipe_(pipe), number_(number) {}

    /// False: so much waits for the server that nothing can be added now.
    bool ring() const {
        // Without a reader: the next server reads everything that is here when it comes.
        return ::write(pipe_, &number_, sizeof number_) >= 0 || errno != EAGAIN;
    }
    void ring_surely() const {
        pollfd room{pipe_, POLLOUT, 0};
        while (!ring()) ::poll(&room, 1, between_attempts);
    }

private:
    const int pipe_;
    const std::uint32_t number_;
};

/// Keeps what the process tells. What cannot be written now waits here, and the process with it.
class Keeper final : public ProcessListener {
public:
    Keeper(const Spool& spool, const ShimRequest& request, const ServerBell& bell)
        : spool_(spool),
          bell_(bell),
          secrets_(request.secrets),
          limit_(static_cast<std::uint64_t>(request.output_limit)),
          most_backlog_(limit_ > 0 ? limit_ + most_ahead : most_of_unlimited) {}

    void started(const ProcessIdentity&) override {}
    Flow wrote(const OutputChunk& chunk) override {
        if (!secrets_.empty()) {
            // Made when it is needed: many jobs print nothing.
            mask_ = SecretMask(secrets_);
            for (auto& stream : streams_) stream.emplace(mask_);
            for (auto& secret : secrets_) wipe(secret);
            secrets_.clear();
        }
        std::string_view bytes = chunk.bytes;
        std::string masked;
        if (mask_.active()) {
            streams_[static_cast<std::size_t>(chunk.stream)]->feed(bytes, masked);
            bytes = masked;
        }
        keep(chunk.stream, chunk.read_at, bytes);
        return waiting_.empty() ? Flow::more : Flow::pause;
    }
    void ended(const ProcessEnd& end) override {
        if (mask_.active())
            for (const auto stream : {OutputStream::out, OutputStream::err}) {
                std::string rest;
                streams_[static_cast<std::size_t>(stream)]->finish(rest);
                keep(stream, end.ended_at, rest);
            }
        end_ = end;
    }

    /// Tries to write what waits. True: nothing waits any more.
    bool try_again() {
        auto all = std::exchange(waiting_, {});
        for (const auto& piece : all) keep(piece.stream, piece.read_at, piece.bytes);
        return waiting_.empty();
    }
    bool waits() const { return !waiting_.empty(); }
    /// Everything is known and kept.
    const std::optional<ProcessEnd>& end() const {
        static const std::optional<ProcessEnd> none;
        return waiting_.empty() ? end_ : none;
    }

private:
    struct Piece {
        OutputStream stream;
        Timestamp read_at;
        std::string bytes;
    };

    void keep(OutputStream stream, Timestamp read_at, std::string_view bytes) {
        while (!bytes.empty() && waiting_.empty()) {
            auto frame = bytes.substr(0, most_of_a_frame);
            if (limit_ > 0) {
                // One byte more than the server keeps, by which it sees that there was more.
                const auto room = limit_ + 1 - spool_.header().payload.load();
                if (room == 0) return;
                frame = frame.substr(0, room);
            }
            if (!has_room() || !write(stream, read_at, frame)) break;
            wake_server();
            bytes.remove_prefix(frame.size());
        }
        if (!bytes.empty()) waiting_.push_back({stream, read_at, std::string(bytes)});
    }
    bool write(OutputStream stream, Timestamp read_at, std::string_view frame) const {
        if (spool_.append(stream, read_at, frame)) return true;
        spool_.reclaim();
        return spool_.append(stream, read_at, frame);
    }
    bool has_room() {
        SpoolHeader& header = spool_.header();
        const auto is_room = [&] { return header.written.load() - header.durable.load() < most_backlog_; };
        if (is_room()) return true;
        header.held = 1;
        if (!is_room()) return false;
        header.held = 0;
        return true;
    }
    void wake_server() {
        auto& armed = spool_.header().armed;
        if (armed.exchange(0) == 0) return;
        if (!bell_.ring()) armed = 1;
    }

    const Spool& spool_;
    const ServerBell& bell_;
    std::vector<std::string> secrets_;
    const std::uint64_t limit_, most_backlog_;
    SecretMask mask_;
    std::array<std::optional<SecretMaskStream>, 2> streams_;
    std::vector<Piece> waiting_;
    std::optional<ProcessEnd> end_;
};

bool read_all(int socket, void* to, std::size_t size) {
    auto* next = static_cast<char*>(to);
    while (size > 0) {
        const auto got = ::read(socket, next, size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        next += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

void wipe_command(ProcessCommand& command) {
    for (auto& word : command.argv) wipe(word);
    for (auto& [name, value] : command.environment) wipe(value);
}

class Shim {
public:
    Shim(const Spool& spool, std::uint32_t number, Descriptor server, const ShimSurroundings& surroundings)
        : spool_(spool),
          bell_(surroundings.wake, number),
          server_(std::move(server)),
          signals_(surroundings.signals),
          identity_{::getpid(), start_time_of(::getpid()).value_or(0)},
          supervisor_(clock_, {.usual_open_files = surroundings.usual_open_files,
                               .driven = Supervisor::Options::Driven::by_caller}) {}

    void live() {
        std::string problem;
        while (!spool_.lock()) {
            if (errno != EAGAIN && errno != EACCES) {
                problem = fmt::format("The spool file cannot be locked: {}.", std::strerror(errno));
                break;
            }
            // One of an earlier server that has not yet seen its end, or stands still.
            pollfd server{server_.get(), 0, 0};
            if (::poll(&server, 1, between_locks) != 0) return;
        }
        while (server_ && take_request()) {
            if (problem.empty())
                serve();
            else
                refuse(SpoolPhase::requested, problem);
            wipe(request_);
        }
    }

private:
    /// Waits for one. False: there is none to come.
    bool take_request() {
        for (;;) {
            pollfd watched[] = {{server_.get(), POLLIN, 0}, {signals_, POLLIN, 0}};
            if (::poll(watched, 2, -1) < 0) continue;
            // What is said of a job that has ended is too late; what is said to the shim is not.
            if (watched[1].revents != 0 && read_signals({}).ends) return false;
            if (watched[0].revents != 0) break;
        }
        if (!read_all(server_.get(), &head_, sizeof head_)) return false;
        request_.resize(head_.size);
        return read_all(server_.get(), request_.data(), request_.size());
    }

    void serve() {
        if (!step(SpoolPhase::requested, SpoolPhase::taken)) return;
        SpoolHeader& header = spool_.header();
        header.shim_start_time = identity_.start_time;
        header.shim_pid = identity_.pid;
        if (!step(SpoolPhase::taken, SpoolPhase::starting)) return;
        header.begin = clock_.now().time_since_epoch().count();
        auto request = unpack_request(request_);
        wipe(request_);
        if (!request)
            return end({.exit_code = 126,
                        .start_error = "What the server asked for could not be understood.",
                        .ended_at = clock_.now()});
        fault_point("shim-before-spawn");
        const auto keeper = std::make_shared<Keeper>(spool_, *request, bell_);
        for (auto& secret : request->secrets) wipe(secret);
        if (request->start_until && uptime() >= *request->start_until) {
            wipe_command(request->command);
            return refuse(SpoolPhase::starting, "The time in which it could be started is over.");
        }
        const auto started = supervisor_.start(request->command, keeper);
        wipe_command(request->command);
        fault_point("shim-after-spawn");
        if (!started.shortage.empty()) return refuse(SpoolPhase::starting, started.shortage);
        if (started.process) {
            header.process_start_time = started.process->start_time;
            header.process_pid = started.process->pid;
            step(SpoolPhase::starting, SpoolPhase::running);
        }
        watch(started.key, *keeper);
        fault_point("shim-before-end");
        end(*keeper->end());
    }

    void watch(Supervisor::Key key, Keeper& keeper) {
        for (;;) {
            supervisor_.work();
            if (keeper.end()) return;
            int patience = supervisor_.patience();
            if (keeper.waits()) patience = patience < 0 ? between_attempts : std::min(patience, between_attempts);
            pollfd watched[] = {{supervisor_.descriptor(), POLLIN, 0}, {signals_, POLLIN, 0}};
            const int count = ::poll(watched, 2, patience);
            const bool room = watched[1].revents != 0 && read_signals(key).room;
            if (keeper.waits() && (room || count == 0) && keeper.try_again()) supervisor_.resume(key);
        }
    }

    struct Heard {
        bool room = false;  ///< in the spool, again
        bool ends = false;  ///< this process
    };
    /// What has been said, to be done to this job if there is one.
    Heard read_signals(std::optional<Supervisor::Key> job) {
        Heard heard;
        signalfd_siginfo signal{};
        while (::read(signals_, &signal, sizeof signal) == sizeof signal) {
            const bool is_word = static_cast<int>(signal.ssi_signo) == shim_signal();
            const auto word = is_word ? ShimWord::unpack(signal.ssi_int) : ShimWord{head_.ticket, StopReason::shutdown};
            if (!is_word) {
                heard.ends = true;
                server_.reset();
            }
            if (!job || word.ticket != head_.ticket) continue;
            if (word.reason == StopReason::none)
                heard.room = true;
            else
                supervisor_.stop(*job, word.reason);
        }
        return heard;
    }

    void end(const ProcessEnd& end) {
        // Before the server may ask for the next one.
        if (!is_as_new()) server_.reset();
        spool_.tell_end(end);
        if (!step(SpoolPhase::running, SpoolPhase::ended)) step(SpoolPhase::starting, SpoolPhase::ended);
        bell_.ring_surely();
    }
    void refuse(SpoolPhase from, std::string_view why) {
        put_text(spool_.header().complaint, why);
        step(from, SpoolPhase::refused);
        bell_.ring_surely();
    }
    bool step(SpoolPhase from, SpoolPhase to) const { return spool_.step(head_.ticket, from, to); }

    /// Has no children, which it would take for those of the next job; has not grown, as the kernel counts the memory
    /// of who starts a process as the process's own.
    bool is_as_new() const {
        siginfo_t child{};
        return ::waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD &&
               peak_memory() - memory_at_first_ < most_growth;
    }
    static long peak_memory() {
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;
    }

    const Spool& spool_;
    const ServerBell bell_;
    Descriptor server_;
    const int signals_;
    const ProcessIdentity identity_;
    const long memory_at_first_ = peak_memory();
    const UptimeClock clock_{};
    Supervisor supervisor_;
    RequestHead head_{};
    std::string request_;
};

}  // namespace

void run_shim(std::uint32_t number, Descriptor server, const ShimSurroundings& surroundings) {
    ::setsid();
    // The maker of shims does not wait for them; a shim waits for its job.
    std::signal(SIGCHLD, SIG_DFL);
    if (const auto spool = Spool::attach(surroundings.spool / std::to_string(number)))
        Shim(*spool, number, std::move(server), surroundings).live();
}

}  // namespace mf
