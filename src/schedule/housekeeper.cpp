// SPDX-License-Identifier: MIT
#include "schedule/housekeeper.h"

#include "store/queries/event_firing.h"
#include "store/queries/idempotency.h"
#include "store/queries/job_change.h"
#include "store/queries/sign_in_record.h"
#include "store/queries/source_change.h"

namespace mf {
namespace {

/// How long, and how many, changes of jobs are kept for those who follow them and were away.
constexpr auto age_of_changes = std::chrono::hours{24};
constexpr std::int64_t most_changes = 1'000'000;
/// One look removes a few parts of them, so that it does not hold up what else its thread looks after.
constexpr int parts_of_changes = 10;
/// The same for changes of event sources.
constexpr std::int64_t source_changes_at_once = 500;

}  // namespace

void Housekeeper::look(std::chrono::milliseconds uptime) {
    const bool is_due = !done_ || uptime - *done_ >= std::chrono::hours{1};
    if (is_due)
        database_.write([&](Session& session) {
            forget_old_sign_ins(session, clock_.now());
            forget_old_answers(session, clock_.now());
            forget_old_firings(session, clock_.now());
        });
    if (is_due || has_changes_left_) {
        has_changes_left_ = true;
        for (int part = 0; part < parts_of_changes && has_changes_left_; ++part)
            has_changes_left_ = !database_.write(
                [&](Session& session) { return prune_changes(session, clock_.now() - age_of_changes, most_changes); });
    }
    if (is_due || has_source_changes_left_) {
        has_source_changes_left_ = true;
        for (int part = 0; part < parts_of_changes && has_source_changes_left_; ++part)
            has_source_changes_left_ = !database_.write(
                [&](Session& session) { return forget_old_changes(session, clock_.now(), source_changes_at_once); });
    }
    if (is_due) done_ = uptime;
}

}  // namespace mf
