// SPDX-License-Identifier: MIT
#include "app/restore_guard.h"

#include "store/sql/clock.h"

#include <fmt/format.h>

namespace mf {
namespace {

using namespace std::chrono_literals;

/// A server of a version without leases says every 30 seconds that it lives.
constexpr auto alive_within = 2min;
/// Ids are given in steps of one, so this many jobs may have been made since the backup.
constexpr std::int64_t gap_of_jobs = 1'000'000;
constexpr std::size_t most_jobs_told = 10;

/// A sentence about jobs that have not ended; empty: there are none.
std::string unfinished_jobs(sql::Connection& connection) {
    std::string out;
    std::size_t number = 0;
    for (const auto& row : connection.query(
             R"(SELECT "id", "claimed_by" FROM "job" WHERE "state" IN ('claimed', 'running') ORDER BY "id")", {})) {
        if (++number > most_jobs_told) continue;
        const auto* node = std::get_if<std::string>(&row[1]);
        out += fmt::format("{}{}{}", out.empty() ? "" : ", ", std::get<std::int64_t>(row[0]),
                           node ? fmt::format(" (node {})", *node) : "");
    }
    if (number > most_jobs_told) out += fmt::format(" and {} more", number - most_jobs_told);
    return out;
}

}  // namespace

std::string where(const sql::Address& address) {
    if (address.dialect == sql::Dialect::sqlite) return address.database;
    if (address.host.starts_with('/')) return fmt::format("{} {}", address.host, address.database);
    return fmt::format("{}:{}/{}", address.host, address.port, address.database);
}

std::string living_servers(sql::Connection& connection, std::span<const SchemaTable> tables, Timestamp now) {
    const auto table = std::ranges::find(tables, "node", &SchemaTable::name);
    const bool leased = table != tables.end() && table->find("lease_until");
    const auto moment = leased ? sql::current_time(connection) : now - alive_within;
    std::string out;
    for (const auto& row : connection.query(
             leased ? R"(SELECT "name" FROM "node" WHERE "stopped_at" IS NULL AND "lease_until" > ? ORDER BY "name")"
                    : R"(SELECT "name" FROM "node" WHERE "seen_at" >= ? ORDER BY "name")",
             {std::int64_t{moment.time_since_epoch().count()}}))
        out += (out.empty() ? "" : ", ") + std::get<std::string>(row[0]);
    return out;
}

Result<void> may_be_filled(sql::Connection& to, std::span<const SchemaTable> tables, const sql::Address& address,
                           Replace replace, std::string_view remedy, Timestamp now) {
    if (const auto servers = living_servers(to, tables, now); !servers.empty())
        return Error{ErrorCode::conflict,
                     fmt::format("A server works with the database {}: {}. Nothing was changed; stop it first. After "
                                 "a crash wait until its lease is over (MULTIFLEXI_LEASE, two minutes unless set).",
                                 where(address), servers)};
    if (replace == Replace::all) return {};
    if (replace == Replace::finished) {
        const auto jobs = unfinished_jobs(to);
        if (jobs.empty()) return {};
        return Error{
            ErrorCode::conflict,
            fmt::format(
                "Jobs in the database {} have not ended: {}. Their processes may still run, and the backup knows "
                "nothing of what they have done since. Nothing was changed; start the server once more, wait "
                "for their end or end them (job cancel), stop it and restore then. If that is not possible, "
                "say --abandon-jobs besides --force.",
                where(address), jobs)};
    }
    std::string found;
    for (const auto& [table, rows] : occupied_tables(to, tables))
        found += fmt::format("{}{} ({} rows)", found.empty() ? "" : ", ", table, rows);
    if (found.empty()) return {};
    return Error{ErrorCode::conflict, fmt::format("The database {} is not empty: {}. Nothing was changed; {}",
                                                  where(address), found, remedy)};
}

std::vector<std::string> forget_servers(sql::Connection& copy, std::span<const SchemaTable> tables) {
    const auto table = std::ranges::find(tables, "node", &SchemaTable::name);
    const bool drains = table != tables.end() && table->find("draining") && table->find("lease_until");
    if (!drains) {
        copy.execute(R"(DELETE FROM "node")");
        return {};
    }
    copy.execute(R"(DELETE FROM "node" WHERE "draining" = ?)", {false});
    // The incarnation is one that no server of this name has had, so that one which was cut off finds its name taken.
    // Without a process the next one knows that jobs of it may have begun since (NodeClaim::Before::unknown).
    copy.execute(
        R"(UPDATE "node" SET "stopped_at" = COALESCE("stopped_at", "seen_at"), "lease_until" = 0, "boot" = '',
           "pid" = 0, "process_start" = 0,
           "incarnation" = ?)",
        {std::int64_t{sql::current_time(copy).time_since_epoch().count()}});
    std::vector<std::string> out;
    for (const auto& row : copy.query(R"(SELECT "name" FROM "node" ORDER BY "name")", {}))
        out.push_back(std::get<std::string>(row[0]));
    return out;
}

std::int64_t first_job_after_restore(std::int64_t largest_known) {
    return (largest_known + 2 * gap_of_jobs - 1) / gap_of_jobs * gap_of_jobs;
}

}  // namespace mf
