// SPDX-License-Identifier: MIT
#include "app/node_claim.h"

#include "base/lock_file.h"
#include "base/text.h"
#include "base/uptime.h"
#include "execute/process_table.h"
#include "store/sql/clock.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

namespace mf {
namespace {

using namespace std::chrono_literals;

/// How long the jobs of a node that has stopped in an orderly way remain its own: a restart of the machine, an upgrade.
constexpr auto absence_after_stop = 15min;
constexpr auto longest_between_heartbeats = 30s;

std::string host_name() {
    utsname system{};
    return ::uname(&system) == 0 ? to_utf8(system.nodename) : std::string("unknown");
}

}  // namespace

ServerProcess ServerProcess::ours() {
    return {::getpid(), static_cast<std::int64_t>(start_time_of(::getpid()).value_or(0)), boot_identity(), host_name()};
}

std::optional<bool> ServerProcess::lives() const {
    if (boot != boot_identity()) return std::nullopt;
    const auto number = static_cast<pid_t>(pid);
    if (number <= 0 || (::kill(number, 0) != 0 && errno == ESRCH)) return false;
    // Processes of other users can be hidden (man 5 proc, hidepid).
    const auto entry = read_process(number);
    if (!entry) return std::nullopt;
    return !entry->is_dead() && static_cast<std::int64_t>(entry->identity.start_time) == start;
}

namespace {

ServerProcess process_of(const Node& node) { return {node.pid, node.process_start, node.boot, node.host}; }

}  // namespace

bool NodeClaim::is_ours(const Node& node) const {
    auto process = process_of(node);
    if (process.boot.empty()) process.boot = us_.boot;  // not settled yet
    return process == us_;
}

NodeClaim::NodeClaim(Database& database, Request request, HeldLease& held)
    : database_(&database), held_(&held), request_(std::move(request)) {}

std::chrono::milliseconds NodeClaim::between_heartbeats(std::chrono::milliseconds lease) {
    return std::min<std::chrono::milliseconds>(lease / 6, longest_between_heartbeats);
}

/// The time of the database; remembers how far the clock of this machine is from it.
Timestamp NodeClaim::look_at_clocks(Session& session, const Clock& clock) {
    const auto ours = clock.now();
    const auto now = sql::current_time(session.sql);
    clock_offset_ = ours - now;
    return now;
}

/// False: the row has changed meanwhile.
bool NodeClaim::replace(const std::optional<Node>& found, const Clock& clock) {
    const auto begin = uptime();
    const auto taken = database_->write([&](Session& session) {
        const auto now = look_at_clocks(session, clock);
        const Node self{.name = request_.name,
                        .roles = request_.roles,
                        .labels = request_.labels,
                        .slots = request_.slots,
                        .pid = us_.pid,
                        .process_start = us_.start,
                        .boot = is_settled_ ? us_.boot : "",
                        .host = us_.host,
                        .version = MULTIFLEXI_VERSION,
                        .environment = request_.environment,
                        .clock_offset = clock_offset_.count()};
        return take_node(session, self, found, now, request_.lease);
    });
    if (!taken) return false;
    identity_ = *taken;
    held_->renewed(identity_, begin + request_.lease);
    return true;
}

Result<NodeClaim> NodeClaim::take(Database& database, Request request, HeldLease& held, Clock& clock,
                                  std::stop_token stop) {
    NodeClaim claim(database, std::move(request), held);
    std::optional<Node> waits_for;
    Nudge nobody;
    const std::stop_callback on_stop(stop, [&] { nobody.notify(); });
    for (;;) {
        std::optional<Node> found;
        Timestamp now{};
        database.read([&](Session& session) {
            found = find_node(session, claim.request_.name);
            now = sql::current_time(session.sql);
        });
        // None: nobody here knows. One of this process is of an attempt whose answer was lost.
        std::optional<bool> lives = false;
        const bool has_holder = found && !found->stopped_at && !claim.is_ours(*found);
        if (has_holder) lives = process_of(*found).lives();
        if (!lives && claim.request_.unknown == Unknown::dead) lives = false;
        const auto refusal = [&] {
            return Error{ErrorCode::conflict,
                         fmt::format("A server of the node '{}' runs already on this database: process {} on {}. Stop "
                                     "it, or set MULTIFLEXI_NODE to another name.",
                                     claim.request_.name, found->pid, found->host)};
        };
        if (lives.value_or(false)) return refusal();
        if (!lives && waits_for &&
            (waits_for->incarnation != found->incarnation || waits_for->seen_at != found->seen_at))
            return refusal();
        if (!lives && holds_lease(found->seen_at, found->lease_until, now)) {
            if (!waits_for) {
                waits_for = found;
                const auto wait = found->lease_until - now;
                log::warning(
                    "waiting: a server of this node may live on another machine; it starts unless that one says so",
                    {{"node", claim.request_.name},
                     {"host", found->host},
                     {"pid", found->pid},
                     {"seconds", std::chrono::ceil<std::chrono::seconds>(wait).count()}});
                ::sd_notify(
                    0, fmt::format("STATUS=Waiting whether another server uses the name {}\nEXTEND_TIMEOUT_USEC={}",
                                   claim.request_.name, std::chrono::microseconds(wait + 10s).count())
                           .c_str());
            }
            if (stop.stop_requested())
                return Error{ErrorCode::unavailable, "The server was told to end before it had started."};
            clock.wait_until(clock.now() + std::min<std::chrono::milliseconds>(found->lease_until - now, 1s), nobody,
                             stop);
            continue;
        }
        // What one elsewhere has claimed may run there, even if it has stopped: its shims are not here. A row without a
        // boot is of a server that did not come so far as to take care of what it did not know, one without a process
        // was restored from a backup.
        const bool was_here =
            found && found->pid != 0 && (found->boot == claim.us_.boot || claim.request_.unknown == Unknown::dead);
        claim.before_ = was_here && lives ? Before::ended : Before::unknown;
        claim.is_settled_ = claim.before_ == Before::ended;
        if (!claim.replace(found, clock)) continue;
        return claim;
    }
}

Result<NodeClaim::Beat> NodeClaim::beat(const Clock& clock) {
    const auto begin = uptime();
    const auto renewal = database_->write([&](Session& session) {
        const auto now = look_at_clocks(session, clock);
        return renew_lease(session, identity_, now, request_.lease, clock_offset_);
    });
    if (renewal == Renewal::renewed) {
        held_->renewed(identity_, begin + request_.lease);
        return Beat::renewed;
    }
    for (;;) {
        const auto found = database_->read([&](Session& session) { return find_node(session, request_.name); });
        if (found && !is_ours(*found))
            return Error{ErrorCode::conflict,
                         fmt::format("process {} on {} has taken the name of this node", found->pid, found->host)};
        if (replace(found, clock)) return Beat::regained;
    }
}

void NodeClaim::settle() {
    if (is_settled_) return;
    database_->write([&](Session& session) { settle_node(session, identity_, us_.boot); });
    is_settled_ = true;
}

void NodeClaim::release() {
    database_->write([&](Session& session) {
        stop_node(session, identity_, sql::current_time(session.sql),
                  std::max<std::chrono::milliseconds>(request_.lease, absence_after_stop));
    });
}

Result<Descriptor> lock_node(const Settings& settings, const Roles& roles) {
    const auto name = fmt::format("{}-{}.lock", roles.executor ? "node" : leading_role(roles), settings.node);
    auto file = settings.data_directory / name;
    if (settings.db_connection == DatabaseKind::sqlite) {
        // Whatever links lead to it: the lock must be the same for all who use the file.
        std::error_code problem;
        const auto database = std::filesystem::canonical(settings.db_database, problem);
        file = (problem ? std::filesystem::path(settings.db_database) : database).string() + "." + name;
    }
    auto lock = lock_file(file);
    if (lock || lock.error().code != ErrorCode::conflict) return lock;
    return Error{
        ErrorCode::conflict,
        fmt::format(
            "{} for the node '{}' runs already ({} is locked). Stop it, or set MULTIFLEXI_NODE to another name.",
            roles.executor    ? "An executor"
            : roles.scheduler ? "A scheduler"
            : roles.web       ? "A web server"
                              : "A server of events",
            settings.node, file.string())};
}

}  // namespace mf
