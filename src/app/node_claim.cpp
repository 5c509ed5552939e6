// SPDX-License-Identifier: MIT
#include "app/node_claim.h"

#include "base/lock_file.h"
#include "base/text.h"
#include "execute/process_table.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

namespace mf {
namespace {

using namespace std::chrono_literals;

std::int64_t ms(Timestamp moment) { return moment.time_since_epoch().count(); }

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

struct NodeClaim::Holder {
    ServerProcess process;
    Timestamp seen;
    bool operator==(const Holder&) const = default;
};

std::optional<NodeClaim::Holder> NodeClaim::holder(Session& session) const {
    const auto rows = session.sql.query(
        R"(SELECT "pid", "process_start", "boot", "host", "seen_at" FROM "node" WHERE "name" = ?)", {request_.row});
    if (rows.empty()) return std::nullopt;
    const auto& row = rows[0];
    return Holder{{std::get<std::int64_t>(row[0]), std::get<std::int64_t>(row[1]), std::get<std::string>(row[2]),
                   std::get<std::string>(row[3])},
                  Timestamp(std::chrono::milliseconds(std::get<std::int64_t>(row[4])))};
}

/// False: the row has changed meanwhile.
bool NodeClaim::replace(Session& session, const std::optional<Holder>& before, Timestamp now) const {
    // Guarded: of two servers that take over at the same moment one finds nothing to remove.
    if (before &&
        session.sql.execute(
            R"(DELETE FROM "node" WHERE "name" = ? AND "pid" = ? AND "process_start" = ? AND "boot" = ?
                         AND "seen_at" = ?)",
            {request_.row, before->process.pid, before->process.start, before->process.boot, ms(before->seen)}) == 0)
        return false;
    session.sql.execute(
        R"(INSERT INTO "node" ("name", "roles", "pid", "process_start", "boot", "host", "version", "environment",
                               "started_at", "seen_at")
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?))",
        {request_.row, request_.roles, us_.pid, us_.start, us_.boot, us_.host, std::string(MULTIFLEXI_VERSION),
         request_.environment, ms(now), ms(now)});
    return true;
}

Result<NodeClaim> NodeClaim::take(Database& database, Request request, Clock& clock, std::stop_token stop) {
    NodeClaim claim(database, std::move(request));
    std::optional<Holder> waits_for;
    Timestamp until{};
    Nudge nobody;
    const std::stop_callback on_stop(stop, [&] { nobody.notify(); });
    for (;;) {
        const auto now = clock.now();
        const auto found = database.read([&](Session& session) { return claim.holder(session); });
        auto lives = found ? found->process.lives() : std::optional(false);
        if (!lives && claim.request_.unknown == Unknown::dead) lives = false;
        const auto refusal = [&] {
            return Error{ErrorCode::conflict,
                         fmt::format("A server of the node '{}' runs already on this database: process {} on {}. Stop "
                                     "it, or set MULTIFLEXI_NODE to another name.",
                                     claim.request_.row, found->process.pid, found->process.host)};
        };
        if (lives.value_or(false)) return refusal();
        if (!lives && waits_for && *found != *waits_for) return refusal();
        if (!lives && !waits_for && now - found->seen < longest_silence) {
            waits_for = found;
            until = std::min(found->seen, now) + longest_silence;
            log::warning(
                "waiting: a server of this node may live on another machine; it starts unless that one says so",
                {{"node", claim.request_.row},
                 {"host", found->process.host},
                 {"pid", found->process.pid},
                 {"seconds", std::chrono::ceil<std::chrono::seconds>(until - now).count()}});
            ::sd_notify(0, fmt::format("STATUS=Waiting whether another server uses the name {}\nEXTEND_TIMEOUT_USEC={}",
                                       claim.request_.row, std::chrono::microseconds(longest_silence + 10s).count())
                               .c_str());
        }
        if (!lives && waits_for && now < until) {
            if (stop.stop_requested())
                return Error{ErrorCode::unavailable, "The server was told to end before it had started."};
            clock.wait_until(std::min(until, now + 1s), nobody, stop);
            continue;
        }
        try {
            if (database.write([&](Session& session) { return claim.replace(session, found, now); })) return claim;
        } catch (const sql::DatabaseError& error) {
            // Another server made the row in between; it is looked at.
            if (error.kind != sql::DatabaseError::Kind::unique_violation) throw;
        }
    }
}

Result<void> NodeClaim::beat(Timestamp now) {
    return database_->write([&](Session& session) -> Result<void> {
        const auto changed = session.sql.execute(
            R"(UPDATE "node" SET "seen_at" = ? WHERE "name" = ? AND "pid" = ? AND "process_start" = ? AND "boot" = ?)",
            {ms(now), request_.row, us_.pid, us_.start, us_.boot});
        if (changed) return {};
        const auto found = holder(session);
        if (!found) {
            replace(session, found, now);
            return {};
        }
        if (found->process == us_) return {};  // twice in the same millisecond
        return Error{ErrorCode::conflict, fmt::format("process {} on {} has taken the name of this node",
                                                      found->process.pid, found->process.host)};
    });
}

void NodeClaim::release() {
    database_->write([&](Session& session) {
        session.sql.execute(
            R"(DELETE FROM "node" WHERE "name" = ? AND "pid" = ? AND "process_start" = ? AND "boot" = ?)",
            {request_.row, us_.pid, us_.start, us_.boot});
    });
}

Result<Descriptor> lock_node(const Settings& settings, const Roles& roles) {
    const auto name = fmt::format("{}-{}.lock", roles.executor ? "node" : "scheduler", settings.node);
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
            roles.executor ? "An executor" : "A scheduler", settings.node, file.string())};
}

}  // namespace mf
