// SPDX-License-Identifier: MIT
#include "execute/supervisor_loop.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>

namespace mf {

namespace {

// The user data of an epoll event: key or number, and what it concerns.
enum Source : std::uint64_t { exit_source, out_source, err_source, survivor_source, orphan_source, order_source };
constexpr int source_bits = 3;
constexpr std::uint64_t tag(std::uint64_t key, Source source) { return key << source_bits | source; }

void watch(const Descriptor& epoll, const Descriptor& fd, std::uint32_t events, std::uint64_t data) {
    epoll_event event{.events = events, .data = {.u64 = data}};
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0)
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

constexpr std::size_t buffer_size = 256 * 1024;
constexpr std::size_t usual_pipe = 64 * 1024;
constexpr int large_pipe = 1024 * 1024;
// An ordinary user may have 64 MiB in pipes (/proc/sys/fs/pipe-user-pages-soft); above that new pipes get one page.
constexpr int most_enlarged = 16;

}  // namespace

Supervisor::Loop::Loop(const Clock& clock, Options options)
    : clock_(clock),
      options_(options),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      buffer_(std::make_unique_for_overwrite<char[]>(buffer_size)) {
    if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    epoll_event event{.events = EPOLLIN, .data = {.u64 = tag(0, order_source)}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, nudge_.descriptor(), &event) != 0)
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    if (options_.driven == Options::Driven::by_own_thread)
        thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
}

Supervisor::Loop::~Loop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    nudge_.notify();
    thread_.join();
}

Supervisor::Started Supervisor::Loop::start(const ProcessCommand& command, std::shared_ptr<ProcessListener> listener) {
    const Key key = ++last_key_;
    ++running_;
    auto outcome = spawn(command, options_.usual_open_files);
    if (auto* failure = std::get_if<StartFailure>(&outcome)) {
        if (failure->is_shortage) {
            --running_;
            return {key, std::nullopt, std::move(failure->message)};
        }
        order(FailedOrder{std::move(listener), std::move(*failure)});
        return {key, std::nullopt};
    }
    auto& spawned = std::get<Spawned>(outcome);
    Process process{.key = key, .identity = spawned.identity, .pidfd = std::move(spawned.pidfd)};
    process.streams[0].fd = std::move(spawned.out);
    process.streams[1].fd = std::move(spawned.err);
    process.listener = std::move(listener);
    process.grace = command.grace;
    process.mark = command.mark;
    process.own_directory = command.own_directory;
    process.our_peak_memory = spawned.our_peak_memory;
    if (command.limit.count() > 0) process.deadline = Steady::now() + command.limit;
    const Started started{key, process.identity};
    order(StartOrder{std::move(process)});
    return started;
}

std::optional<Supervisor::Key> Supervisor::Loop::adopt(const Adoption& adoption,
                                                       std::shared_ptr<ProcessListener> listener) {
    Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, adoption.process.pid, 0)));
    const auto entry = read_process(adoption.process.pid);
    if (!pidfd || !entry || entry->identity != adoption.process || entry->is_dead()) return std::nullopt;
    const Key key = ++last_key_;
    ++running_;
    Process process{.key = key, .identity = adoption.process, .pidfd = std::move(pidfd)};
    process.listener = std::move(listener);
    process.grace = adoption.grace;
    process.mark = adoption.mark;
    process.own_directory = adoption.own_directory;
    process.is_child = false;
    if (adoption.limit.count() > 0) process.deadline = Steady::now() + adoption.limit;
    order(StartOrder{std::move(process)});
    return key;
}

void Supervisor::Loop::order(Order order) {
    bool first = false;
    {
        auto orders = orders_.lock();
        first = orders->empty();
        orders->push_back(std::move(order));
    }
    if (first) nudge_.notify();  // otherwise a notification is on its way
}

void Supervisor::Loop::run(std::stop_token stop) {
    while (!stop.stop_requested() || !abandon_at_ || !processes_.empty()) {
        turn(milliseconds_to_next());
        if (stop.stop_requested() && !abandon_at_) {
            begin_shutdown();
            expire();
            work_trees();
        }
        if (abandon_at_ && Steady::now() >= *abandon_at_) abandon_all();
    }
}

void Supervisor::Loop::turn(int patience) {
    std::array<epoll_event, 64> events;
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience);
    for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        handle(event.data.u64, event.events);
    }
    expire();
    work_trees();
}

void Supervisor::Loop::begin_shutdown() {
    take_orders();
    abandon_at_ = Steady::now() + options_.shutdown_grace + std::chrono::seconds(5);
    std::vector<Key> keys;
    for (const auto& [key, process] : processes_) keys.push_back(key);
    for (const Key key : keys) {
        ResumeOrder resume_order{key};
        carry_out(resume_order);
        if (const auto found = processes_.find(key); found != processes_.end())
            terminate(found->second, StopReason::shutdown);
    }
}

int Supervisor::Loop::milliseconds_to_next() const {
    if (!tree_work_.empty()) return 0;
    std::optional<Steady::time_point> next = abandon_at_;
    const auto consider = [&](Steady::time_point moment) { next = next ? std::min(*next, moment) : moment; };
    if (!deadlines_.empty()) consider(deadlines_.begin()->first);
    if (sweep_at_) consider(*sweep_at_);
    if (!next) return -1;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - Steady::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(wait, 0, 3'600'000));
}

void Supervisor::Loop::take_orders() {
    nudge_.consume();
    std::vector<Order> orders;
    orders_.lock()->swap(orders);
    for (auto& each : orders) std::visit([this](auto& order) { carry_out(order); }, each);
}

void Supervisor::Loop::handle(std::uint64_t data, std::uint32_t events) {
    const auto source = static_cast<Source>(data & ((1 << source_bits) - 1));
    const std::uint64_t key = data >> source_bits;
    if (source == order_source) return take_orders();
    if (source == orphan_source) {
        const auto orphan = orphans_.extract(static_cast<pid_t>(key));
        if (orphan) children::reap_orphan(orphan.mapped().first);
        return;
    }
    const auto found = processes_.find(key);
    if (found == processes_.end()) return;  // an earlier event of the same round ended it
    Process& process = found->second;
    switch (source) {
        case exit_source: return leader_exited(process);
        case survivor_source:
            if (process.alive > 0 && --process.alive == 0 && process.exited) tree_work_.push_back(key);
            return;
        case out_source:
        case err_source: {
            if (process.paused || process.phase == Phase::draining) return;
            const auto stream = source == out_source ? OutputStream::out : OutputStream::err;
            if (events & EPOLLIN) return read_output(process, stream);
            return close_stream(process.streams[static_cast<std::size_t>(stream)]);  // closed by all writers, and empty
        }
        default: return;
    }
}

void Supervisor::Loop::carry_out(StartOrder& order) {
    const Key key = order.process.key;
    Process& process = processes_.emplace(key, std::move(order.process)).first->second;
    if (process.deadline) deadlines_.insert({*process.deadline, key});
    watch(epoll_, process.pidfd, EPOLLIN, tag(key, exit_source));
    watch_output(process);
    process.listener->started(process.identity);
}

void Supervisor::Loop::carry_out(FailedOrder& order) {
    order.listener->ended(
        {.exit_code = order.failure.exit_code, .start_error = order.failure.message, .ended_at = clock_.now()});
    --running_;
}

void Supervisor::Loop::carry_out(StopOrder& order) {
    if (const auto found = processes_.find(order.key); found != processes_.end())
        terminate(found->second, order.reason);
}

void Supervisor::Loop::carry_out(ResumeOrder& order) {
    const auto found = processes_.find(order.key);
    if (found == processes_.end() || !found->second.paused) return;
    Process& process = found->second;
    process.paused = false;
    if (process.phase == Phase::draining)
        continue_drain(process);
    else
        watch_output(process);
}

void Supervisor::Loop::watch_output(Process& process) {
    for (std::uint64_t i = 0; i < process.streams.size(); ++i) {
        Stream& stream = process.streams[i];
        if (!stream.fd) continue;
        watch(epoll_, stream.fd, EPOLLIN, tag(process.key, i == 0 ? out_source : err_source));
        stream.watched = true;
    }
}

void Supervisor::Loop::unwatch_output(Process& process) {
    for (auto& stream : process.streams) unwatch(stream);
}

void Supervisor::Loop::unwatch(Stream& stream) {
    // Removed, not masked: a hang-up is reported whatever the mask says, and would spin. And not only closed: a child
    // that is being started holds a copy until its exec, for which epoll would go on reporting.
    if (stream.watched) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, stream.fd.get(), nullptr);
    stream.watched = false;
}

void Supervisor::Loop::read_output(Process& process, OutputStream which) {
    Stream& stream = process.streams[static_cast<std::size_t>(which)];
    const bool draining = process.phase == Phase::draining;
    // One read for each event: that is what keeps a chatty process from delaying the others.
    const auto size =
        ::read(stream.fd.get(), buffer_.get(), draining ? std::min(buffer_size, stream.left) : buffer_size);
    if (size <= 0) {
        // A job can open its own standard output and take bytes back; what is gone is not waited for.
        if (size == 0 || (errno != EAGAIN && errno != EINTR)) close_stream(stream);
        stream.left = 0;
        return;
    }
    const auto count = static_cast<std::size_t>(size);
    if (draining)
        stream.left -= count;
    else if (count >= usual_pipe)
        enlarge(stream);
    const auto flow = process.listener->wrote({which, {buffer_.get(), count}, clock_.now()});
    if (flow == Flow::more || abandon_at_) return;
    process.paused = true;
    if (!draining) unwatch_output(process);
}

void Supervisor::Loop::enlarge(Stream& stream) {
    // Few jobs print much; the others shall not cost a megabyte of kernel memory each.
    if (++stream.full_reads != 4 || enlarged_ >= most_enlarged) return;
    if (::fcntl(stream.fd.get(), F_SETPIPE_SZ, large_pipe) < 0) return;
    stream.enlarged = true;
    ++enlarged_;
}

void Supervisor::Loop::close_stream(Stream& stream) {
    unwatch(stream);
    if (stream.enlarged) --enlarged_;
    stream.enlarged = false;
    stream.fd.reset();
}

}  // namespace mf
