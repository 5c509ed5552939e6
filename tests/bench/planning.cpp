// SPDX-License-Identifier: MIT
#include "bench/stand.h"

#include <fmt/format.h>
#include <stdexcept>
#include <thread>

namespace mf::bench {
namespace {

using namespace std::chrono_literals;

constexpr int active = 100'000;
constexpr int due_together = 1000;
constexpr auto quiet = 22s;

/// All hourly. The first `due_together` come due at `moment` (their delay makes it so), the rest in a day and more.
void plan(Stand& stand, std::int64_t first, Timestamp moment) {
    const auto slot = std::chrono::floor<std::chrono::hours>(moment);
    const auto delay = std::chrono::duration_cast<std::chrono::seconds>(moment - slot).count();
    stand.database().write([&](Session& session) {
        session.sql.execute(
            R"(UPDATE "runtemplate" SET "interv" = 'h', "activated_at" = ?, "delay" = ?, "next_slot" = ?, "next_launch" = ? WHERE "id" < ?)",
            {ms(slot - 1h), delay, ms(slot), ms(moment), first + due_together});
        session.sql.execute(
            R"(UPDATE "runtemplate" SET "interv" = 'h', "activated_at" = ?, "next_slot" = ?, "next_launch" = ? + "id" WHERE "id" >= ?)",
            {ms(slot - 1h), ms(slot + 24h), ms(slot + 24h), first + due_together});
    });
}

/// Milliseconds after `moment` at which each job was seen to be claimed.
std::vector<double> lateness(Stand& stand, Timestamp moment) {
    std::vector<double> out;
    const auto deadline = moment + 30s;
    while (out.size() < due_together) {
        const auto left_queue = stand.database().read([](Session& session) {
            return std::get<std::int64_t>(
                session.sql.query(R"(SELECT (SELECT COUNT(*) FROM "job") - (SELECT COUNT(*) FROM "schedule"))")[0][0]);
        });
        const auto seen = now();
        out.resize(static_cast<std::size_t>(left_queue), Milliseconds(seen - moment).count());
        if (seen > deadline) throw std::runtime_error(fmt::format("Only {} of the due jobs were claimed.", out.size()));
        std::this_thread::sleep_for(2ms);
    }
    return out;
}

}  // namespace

Figures measure_planning(const Places& places) {
    Stand stand(places);
    const auto first =
        stand.add_run_templates(stand.add_application("true", "/bin/true", ""), active, Overlap::coalesce);
    const auto moment = std::chrono::ceil<std::chrono::seconds>(now()) + quiet + 6s;
    plan(stand, first, moment);
    const double ready = stand.start_server().count() / 1000;
    std::this_thread::sleep_for(1s);
    const auto cpu = cpu_of(stand.server());
    std::this_thread::sleep_for(quiet);
    const double idle = (cpu_of(stand.server()) - cpu).count() / std::chrono::duration<double>(quiet).count();
    std::this_thread::sleep_until(moment);
    const auto late = lateness(stand, moment);
    stand.wait_for_ended(due_together, 60s);
    const auto begun = stand.database().read([](Session& session) {
        return session.sql.query(R"(SELECT "begin" - "schedule" FROM "job" WHERE "begin" IS NOT NULL)");
    });
    std::vector<double> begins;
    for (const auto& row : begun) begins.push_back(static_cast<double>(std::get<std::int64_t>(row[0])) / 1000);
    return {at_most("100 000 active run templates: server start to ready", 3, ready, "s"),
            at_most("  processor time each second when nothing is due (whole server)", 1, idle, "ms"),
            at_most("  1 000 due in the same second: p99 to claimed", 1, quantile(late, 0.99) / 1000, "s"),
            told("  1 000 due in the same second: p50 to claimed", quantile(late, 0.5) / 1000, "s"),
            told("  1 000 due in the same second: p99 to process start", quantile(begins, 0.99), "s")};
}

}  // namespace mf::bench
