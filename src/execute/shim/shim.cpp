// SPDX-License-Identifier: MIT
#include "execute/shim/shim.h"

#include "base/fault_point.h"
#include "base/uptime.h"
#include "domain/secret_mask.h"
#include "execute/process_table.h"
#include "execute/shim/spool.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace mf {
namespace {

constexpr int between_attempts = 200;  // ms, while the disk is full
/// So much waits for the server beyond what it would keep anyhow; of a job without a limit of output, so much at all.
constexpr std::uint64_t most_ahead = 1 << 20;
constexpr std::uint64_t most_of_unlimited = 256 << 20;

/// Nobody sets it, see SpoolHeader::begin.
class UptimeClock final : public Clock {
public:
    Timestamp now() const override { return Timestamp(uptime()); }
    bool wait_until(std::optional<Timestamp>, Nudge& nudge, std::stop_token) override { return nudge.consume(); }
};

/// Keeps what the process tells. What cannot be written now waits here, and the process with it.
class Keeper final : public ProcessListener {
public:
    Keeper(const Spool& spool, const ShimRequest& request, int wake)
        : spool_(spool),
          number_(request.spool),
          wake_(wake),
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
        // Without a reader: the next server reads everything that is here when it comes.
        if (::write(wake_, &number_, sizeof number_) < 0 && errno == EAGAIN) armed = 1;
    }

    const Spool& spool_;
    const std::uint32_t number_;
    const int wake_;
    std::vector<std::string> secrets_;
    const std::uint64_t limit_, most_backlog_;
    SecretMask mask_;
    std::array<std::optional<SecretMaskStream>, 2> streams_;
    std::vector<Piece> waiting_;
    std::optional<ProcessEnd> end_;
};

void wipe_command(Command& command) {
    for (auto& word : command.argv) wipe(word);
    for (auto& [name, value] : command.environment) wipe(value);
}

/// The orders that have come; true: there is room again.
bool take_orders(int signals, Supervisor& supervisor, Supervisor::Key key) {
    bool room = false;
    signalfd_siginfo order{};
    while (::read(signals, &order, sizeof order) == sizeof order) {
        const auto reason = static_cast<int>(order.ssi_signo) == shim_signal() ? static_cast<StopReason>(order.ssi_int)
                                                                               : StopReason::shutdown;
        if (reason == StopReason::none)
            room = true;
        else
            supervisor.stop(key, reason);
    }
    return room;
}

void watch(const Spool& spool, std::uint32_t ticket, Supervisor& supervisor, Supervisor::Key key, Keeper& keeper,
           int signals) {
    for (;;) {
        supervisor.work();
        if (const auto& end = keeper.end()) {
            fault_point("shim-before-end");
            spool.tell_end(*end);
            if (!spool.step(ticket, SpoolPhase::running, SpoolPhase::ended))
                spool.step(ticket, SpoolPhase::starting, SpoolPhase::ended);
            return;
        }
        int patience = supervisor.patience();
        if (keeper.waits()) patience = patience < 0 ? between_attempts : std::min(patience, between_attempts);
        pollfd watched[] = {{supervisor.descriptor(), POLLIN, 0}, {signals, POLLIN, 0}};
        const int count = ::poll(watched, 2, patience);
        const bool room = watched[1].revents != 0 && take_orders(signals, supervisor, key);
        if (keeper.waits() && (room || count == 0) && keeper.try_again()) supervisor.resume(key);
    }
}

}  // namespace

int run_shim(const RequestHead& head, std::string& request_bytes, const ShimSurroundings& surroundings) {
    ::setsid();
    // The maker of shims does not wait for them; a shim waits for its job.
    std::signal(SIGCHLD, SIG_DFL);
    const auto spool = Spool::attach(surroundings.spool / std::to_string(head.spool));
    if (!spool || !spool->step(head.ticket, SpoolPhase::requested, SpoolPhase::taken)) {
        wipe(request_bytes);
        return 1;
    }
    SpoolHeader& header = spool->header();
    header.shim_start_time = start_time_of(::getpid()).value_or(0);
    header.shim_pid = ::getpid();
    if (!spool->lock()) {
        put_text(header.complaint, fmt::format("The spool file cannot be locked: {}.", std::strerror(errno)));
        spool->step(head.ticket, SpoolPhase::taken, SpoolPhase::refused);
        wipe(request_bytes);
        return 0;
    }
    if (!spool->step(head.ticket, SpoolPhase::taken, SpoolPhase::starting)) {
        wipe(request_bytes);
        return 1;
    }
    const UptimeClock clock;
    header.begin = clock.now().time_since_epoch().count();
    auto request = unpack_request(request_bytes);
    wipe(request_bytes);
    if (!request) {
        spool->tell_end({.exit_code = 126,
                         .start_error = "What the server asked for could not be understood.",
                         .ended_at = clock.now()});
        spool->step(head.ticket, SpoolPhase::starting, SpoolPhase::ended);
        return 0;
    }
    fault_point("shim-before-spawn");
    Supervisor supervisor(
        clock, {.usual_open_files = request->usual_open_files, .driven = Supervisor::Options::Driven::by_caller});
    const auto keeper = std::make_shared<Keeper>(*spool, *request, surroundings.wake);
    for (auto& secret : request->secrets) wipe(secret);
    const auto started = supervisor.start(request->command, keeper);
    wipe_command(request->command);
    fault_point("shim-after-spawn");
    if (!started.shortage.empty()) {
        put_text(header.complaint, started.shortage);
        spool->step(head.ticket, SpoolPhase::starting, SpoolPhase::refused);
        return 0;
    }
    if (started.process) {
        header.process_start_time = started.process->start_time;
        header.process_pid = started.process->pid;
        spool->step(head.ticket, SpoolPhase::starting, SpoolPhase::running);
    }
    watch(*spool, head.ticket, supervisor, started.key, *keeper, surroundings.signals);
    return 0;
}

}  // namespace mf
