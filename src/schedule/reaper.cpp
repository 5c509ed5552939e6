// SPDX-License-Identifier: MIT
#include "schedule/reaper.h"

#include "base/log.h"
#include "store/sql/clock.h"

namespace mf {
namespace {

constexpr std::size_t jobs_of_a_transaction = 100;
constexpr int most_transactions = 50;  // of one look: the heart-beat must not wait for more; the rest is for the next

}  // namespace

Reaper::Reaper(Database& database, Facts facts, std::function<void()> freed)
    : database_(database), facts_(std::move(facts)), freed_(std::move(freed)), watch_(facts_.lease) {}

void Reaper::look(std::chrono::milliseconds uptime) {
    std::vector<JobHolder> found;
    Timestamp now{};
    try {
        database_.read([&](Session& session) {
            found = job_holders(session);
            now = sql::current_time(session.sql);
        });
    } catch (const sql::DatabaseError&) {
        watch_.interrupt();
        throw;
    }
    std::erase_if(found, [&](const JobHolder& holder) { return holder.node == facts_.own_node; });
    for (const JobHolder& holder : watch_.look(found, uptime))
        if (!holder.known || !holds_lease(holder.seen_at, holder.lease_until, now)) declare(holder);
}

void Reaper::declare(const JobHolder& holder) {
    std::size_t lost = 0;
    for (int i = 0; i < most_transactions; ++i) {
        const auto ended = database_.write([&](Session& session) {
            return declare_lost(session, holder, sql::current_time(session.sql), jobs_of_a_transaction);
        });
        lost += ended;
        if (ended < jobs_of_a_transaction) break;
    }
    if (lost == 0) return;
    log::warning("jobs of a node that is gone are lost",
                 {{"node", holder.node}, {"host", holder.host}, {"jobs", lost}});
    freed_();
}

}  // namespace mf
