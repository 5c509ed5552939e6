// SPDX-License-Identifier: MIT
#include "store/queries/node_lease.h"

#include "base/time_text.h"
#include "store/queries/job_output.h"
#include "store/queries/job_record.h"

#include <fmt/format.h>

namespace mf {
namespace {

constexpr std::int64_t exit_code_of_lost = 255;

Timestamp moment(const Value& value) { return Timestamp{std::chrono::milliseconds{std::get<std::int64_t>(value)}}; }

/// For the end of a statement that reads: nobody else changes the rows before this transaction ends.
std::string_view for_update(Session& session) {
    return session.sql.dialect() == sql::Dialect::sqlite ? "" : " FOR UPDATE";
}

std::optional<Node> locked_node(Session& session, const std::string& name) {
    const auto rows = session.sql.query(
        fmt::format(R"(SELECT {} FROM "node" WHERE "name" = ?{})", column_list(entity_of<Node>()), for_update(session)),
        {name});
    if (rows.empty()) return std::nullopt;
    Node found;
    fill(entity_of<Node>(), rows[0], &found);
    return found;
}

bool is_same_process(const Node& a, const Node& b) {
    return std::tie(a.pid, a.process_start, a.boot, a.host) == std::tie(b.pid, b.process_start, b.boot, b.host);
}

constexpr std::string_view holder_columns =
    R"(n."incarnation", n."seen_at", n."lease_until", n."stopped_at", n."host")";

/// From the name on, in the order of holder_columns.
JobHolder holder_in(std::span<const Value> row) {
    JobHolder out{.node = std::get<std::string>(row[0])};
    if (is_null(row[1])) {
        out.known = false;
        return out;
    }
    out.incarnation = std::get<std::int64_t>(row[1]);
    out.seen_at = moment(row[2]);
    out.lease_until = moment(row[3]);
    if (!is_null(row[4])) out.stopped_at = moment(row[4]);
    out.host = std::get<std::string>(row[5]);
    return out;
}

JobHolder locked_holder(Session& session, const std::string& node) {
    const auto rows = session.sql.query(
        fmt::format(R"(SELECT n."name", {} FROM "node" n WHERE n."name" = ?{})", holder_columns, for_update(session)),
        {node});
    return rows.empty() ? JobHolder{.node = node, .known = false} : holder_in(rows[0]);
}

std::string why_lost(const JobHolder& holder) {
    constexpr std::string_view unknown = "What became of the job is not known.";
    if (!holder.known)
        return fmt::format("Its node {} is not known to the database any more. {}", holder.node, unknown);
    if (holder.stopped_at)
        return fmt::format("Its node {} ({}) was stopped at {} UTC and has not come back. {}", holder.node, holder.host,
                           format_local(*holder.stopped_at, Zone::utc()), unknown);
    return fmt::format("Its node {} ({}) has not been heard of since {} UTC. {}", holder.node, holder.host,
                       format_local(holder.seen_at, Zone::utc()), unknown);
}

}  // namespace

std::optional<Node> find_node(Session& session, std::string_view name) {
    return Repository<Node>(session, Scope::everything()).first({.equals = {{"name", std::string(name)}}});
}

std::optional<NodeIdentity> take_node(Session& session, const Node& self, const std::optional<Node>& before,
                                      Timestamp now, std::chrono::milliseconds lease) {
    const auto found = locked_node(session, self.name);
    if (found.has_value() != before.has_value()) return std::nullopt;
    if (found && (found->incarnation != before->incarnation || found->seen_at != before->seen_at)) return std::nullopt;
    Node after = self;
    after.started_at = after.seen_at = now;
    after.lease_until = now + lease;
    after.stopped_at.reset();
    Repository<Node> nodes(session, Scope::everything());
    if (found) {
        after.id = found->id;
        after.draining = found->draining;
        after.incarnation = found->incarnation + 1;
        // It has only got a new lease.
        if (is_same_process(*found, self)) after.started_at = found->started_at;
        if (auto updated = nodes.update(*found, after); !updated)
            throw sql::DatabaseError(sql::DatabaseError::Kind::other, updated.error().message);
    } else {
        // The time, so that a number does not come again when the row was removed meanwhile.
        after.id = {};
        after.draining = false;
        after.incarnation = ms(now);
        // Somebody else inserts it at this moment: to be looked at anew.
        if (auto inserted = nodes.insert(after); !inserted)
            throw sql::DatabaseError(sql::DatabaseError::Kind::busy, inserted.error().message);
    }
    return NodeIdentity{after.name, after.incarnation};
}

void settle_node(Session& session, const NodeIdentity& us, const std::string& boot) {
    session.sql.execute(R"(UPDATE "node" SET "boot" = ? WHERE "name" = ? AND "incarnation" = ?)",
                        {boot, us.name, us.incarnation});
}

Renewal renew_lease(Session& session, const NodeIdentity& us, Timestamp now, std::chrono::milliseconds lease,
                    std::chrono::milliseconds clock_offset) {
    const auto renewed = session.sql.execute(
        R"(UPDATE "node" SET "seen_at" = ?, "lease_until" = ?, "clock_offset" = ?
           WHERE "name" = ? AND "incarnation" = ? AND "seen_at" <= ? AND "lease_until" > ?)",
        {ms(now), ms(now + lease), std::int64_t{clock_offset.count()}, us.name, us.incarnation, ms(now), ms(now)});
    if (renewed) return Renewal::renewed;
    const auto found = session.sql.query(R"(SELECT "incarnation" FROM "node" WHERE "name" = ?)", {us.name});
    if (found.empty()) return Renewal::gone;
    return found[0][0] == Value{us.incarnation} ? Renewal::missed : Renewal::taken;
}

void stop_node(Session& session, const NodeIdentity& us, Timestamp now, std::chrono::milliseconds absence) {
    session.sql.execute(
        R"(UPDATE "node" SET "stopped_at" = ?, "seen_at" = ?, "lease_until" = ? WHERE "name" = ? AND "incarnation" = ?)",
        {ms(now), ms(now), ms(now + absence), us.name, us.incarnation});
}

bool holds_name(Session& session, const NodeIdentity& us) {
    const auto rows = session.sql.query(
        fmt::format(R"(SELECT "id" FROM "node" WHERE "name" = ? AND "incarnation" = ?{})", for_update(session)),
        {us.name, us.incarnation});
    return !rows.empty();
}

bool may_claim(Session& session, const NodeIdentity& us) {
    const auto rows = session.sql.query(
        fmt::format(R"(SELECT "id" FROM "node" WHERE "name" = ? AND "incarnation" = ? AND "draining" = ?{})",
                    for_update(session)),
        {us.name, us.incarnation, false});
    return !rows.empty();
}

std::vector<JobHolder> job_holders(Session& session) {
    std::vector<JobHolder> out;
    for (const auto& row : session.sql.query(fmt::format(
             R"(SELECT h."name", {} FROM (SELECT DISTINCT "claimed_by" AS "name" FROM "job"
                    WHERE "state" IN ('claimed', 'running') AND "claimed_by" IS NOT NULL) h
                LEFT JOIN "node" n ON n."name" = h."name" ORDER BY h."name")",
             holder_columns)))
        out.push_back(holder_in(row));
    return out;
}

std::size_t declare_lost(Session& session, const JobHolder& holder, Timestamp now, std::size_t most) {
    // Locked: a server that renews its lease at this moment finds it either renewed, or its jobs lost.
    if (locked_holder(session, holder.node) != holder) return 0;
    if (holder.known && holds_lease(holder.seen_at, holder.lease_until, now)) return 0;
    // Locked: nobody adds output between the look at its size and the end.
    const auto jobs = session.sql.query(
        fmt::format(
            R"(SELECT "id", "fence", "begin" FROM "job" WHERE "state" IN ('claimed', 'running') AND "claimed_by" = ?
               ORDER BY "id" LIMIT ?{})",
            for_update(session)),
        {holder.node, static_cast<std::int64_t>(most)});
    std::vector<JobEnd> ends;
    for (const auto& row : jobs) {
        const Id<Job> job{std::get<std::int64_t>(row[0])};
        const auto sizes = recorded_sizes(session, job);
        ends.push_back({.job = job,
                        .fence = std::get<std::int64_t>(row[1]),
                        .state = JobState::lost,
                        .end = is_null(row[2]) ? now : std::max(now, moment(row[2])),
                        .exitcode = exit_code_of_lost,
                        .reason = why_lost(holder),
                        .stdout_size = sizes.standard_output,
                        .stderr_size = sizes.standard_error});
    }
    const auto lost = record_ends(session, std::move(ends));
    return static_cast<std::size_t>(std::ranges::count(lost, true));
}

}  // namespace mf
