// SPDX-License-Identifier: MIT
#include "schedule/change_launcher.h"

#include "base/log.h"
#include "base/text_within.h"
#include "service/audit.h"
#include "service/launch.h"
#include "store/queries/audit_chain.h"
#include "store/queries/data_keys.h"
#include "store/queries/source_change.h"

#include <fmt/format.h>

namespace mf {
namespace {

using namespace std::chrono_literals;

/// So many before it looks again for what came first.
constexpr std::size_t changes_in_a_row = 50;
/// One call does no more, so that whoever calls comes to look at event sources.
constexpr int most_rows_of_changes = 10;

/// Until the next attempt, after so many have failed.
std::chrono::milliseconds pause_after(std::int64_t failed) {
    constexpr std::chrono::milliseconds pauses[] = {10s, 1min, 5min, 15min};
    return pauses[static_cast<std::size_t>(std::clamp<std::int64_t>(failed, 1, std::ssize(pauses)) - 1)];
}

/// When a company is paused without an end, or has as many jobs waiting as it may.
constexpr auto look_at_company_again = 1min;

/// Nothing can be noted in such a database now, and the next try may go well.
bool is_about_database(const sql::DatabaseError& error) {
    using enum sql::DatabaseError::Kind;
    return error.kind != other && error.kind != unique_violation && error.kind != foreign_key;
}

}  // namespace

std::size_t ChangeLauncher::launch_due(std::stop_token stop) {
    std::size_t launched = 0;
    for (int row = 0;; ++row) {
        const auto due = database_.read(
            [&](Session& session) { return due_event_changes(session, clock_.now(), changes_in_a_row); });
        std::size_t now_launched = 0;
        for (const auto& change : due) {
            if (stop.stop_requested()) break;
            now_launched += launch_one(change) ? 1U : 0U;
        }
        if (now_launched > 0) queued_();
        launched += now_launched;
        if (due.size() < changes_in_a_row || row + 1 == most_rows_of_changes || stop.stop_requested()) return launched;
    }
}

std::optional<Timestamp> ChangeLauncher::next() const {
    return database_.read([&](Session& session) { return next_event_change(session); });
}

bool ChangeLauncher::launch_one(const EventChange& change) {
    std::string why;
    try {
        auto done = database_.write([&](Session& session) { return launch_within(session, change); });
        if (done) return *done;
        why = done.error().message;
    } catch (const sql::DatabaseError& error) {
        if (is_about_database(error)) throw;
        why = error.what();
    } catch (const std::exception& error) {
        why = error.what();
    }
    note_failure(change, why, change.attempts + 1 >= most_attempts);
    return false;
}

/// Whether it launched a job.
Result<bool> ChangeLauncher::launch_within(Session& session, const EventChange& change) {
    const auto rule = Repository<EventRule>(session, Scope::everything()).find(change.event_rule_id);
    // With the rule what it has to launch has gone.
    if (!rule) return false;
    if (!rule->enabled) return Error{ErrorCode::conflict, "The rule is disabled."};
    const auto source = Repository<EventSource>(session, Scope::everything()).find(change.event_source_id);
    if (!source || rule->event_source_id != change.event_source_id ||
        (source->company_id && *source->company_id != rule->company_id))
        return Error{ErrorCode::conflict, "The rule does not belong to the event source any more."};
    const auto rights = Rights::unlimited();
    Call call{.session = session,
              .scope = Scope::only(rule->company_id),
              .rights = rights,
              .actor = {.user = facts_.user, .login = "multiflexi", .entry = "server"},
              .now = clock_.now(),
              .vault = {session, vault_},
              .zone = facts_.zone,
              .allowed_names = facts_.allowed_names};
    if (const auto company = call.repository<Company>().find(rule->company_id)) {
        const auto pause = pause_of(*company, call.now);
        const auto full = full_queue(call, *company);
        if (pause || full) {
            const auto until = pause && pause->until ? *pause->until : call.now + look_at_company_again;
            postpone_event_change(session, change.id, until, pause ? pause_sentence(*company) : *full);
            return false;
        }
    }
    if (!take_event_change(session, change.id)) return false;
    const auto told = told_change_of(session, change);
    if (!told.flaw.empty()) return Error{ErrorCode::conflict, told.flaw};
    TextMap mapping;
    if (rule->env_mapping) {
        auto read = read_env_mapping(*rule->env_mapping, facts_.allowed_names);
        if (!read) return read.error();
        mapping = *std::move(read);
    }
    const auto launched = launch(call, {.run_template = rule->runtemplate_id,
                                        .schedule_type = "event",
                                        .values = {.config = {}, .env = variables_of(told, mapping)}});
    if (!launched) return launched.error();
    note_change_launched(session, change.id, launched->id);
    audit(call, {.entity = "event_rule",
                 .id = rule->id.value,
                 .action = "fire",
                 .company = rule->company_id,
                 .details = {{"event_source_id", change.event_source_id.value},
                             {"inversion", change.inversion},
                             {"runtemplate_id", rule->runtemplate_id.value},
                             {"launched_job_id", launched->id.value}}});
    append_to_audit(session, call.audited, vault_);
    return true;
}

void ChangeLauncher::note_failure(const EventChange& change, std::string_view why, bool is_final) {
    const auto message = text_within(why, 1000);
    const auto next = is_final ? std::nullopt : std::optional(clock_.now() + pause_after(change.attempts + 1));
    const bool noted = database_.write([&](Session& session) {
        if (!note_change_failed(session, change.id, change.attempts, message, next)) return false;
        if (!is_final) return true;
        learn_data_keys(session, vault_);
        AuditEntry entry{.at = clock_.now(),
                         .user_id = facts_.user,
                         .login = "multiflexi",
                         .company_id = change.company_id,
                         .entity = "event_rule",
                         .entity_id = change.event_rule_id.value,
                         .action = "fire_failed",
                         .entry = "server",
                         .details = to_text(json::value{{"event_source_id", change.event_source_id.value},
                                                        {"inversion", change.inversion},
                                                        {"event_change_id", change.id.value},
                                                        {"reason", message}})};
        append_to_audit(session, std::span(&entry, 1), vault_);
        return true;
    });
    if (noted)
        log::warning(is_final ? "a change was put aside, because its rule could not launch its run template"
                              : "an event rule could not launch its run template after a change, and tries again",
                     {{"change", change.id.value},
                      {"rule", change.event_rule_id.value},
                      {"source", change.event_source_id.value},
                      {"inversion", change.inversion},
                      {"reason", message}});
}

}  // namespace mf
