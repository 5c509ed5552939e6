// SPDX-License-Identifier: MIT
#include "schedule/event_launcher.h"

#include "base/log.h"
#include "base/text_within.h"
#include "service/audit.h"
#include "service/launch.h"
#include "service/produced_data.h"
#include "store/queries/audit_chain.h"
#include "store/queries/data_keys.h"
#include "store/queries/event_firing.h"

#include <fmt/format.h>

namespace mf {
namespace {

using namespace std::chrono_literals;

/// So many transactions before it looks again for what is more urgent.
constexpr std::size_t firings_at_once = 50;

/// What a rule gives the job that it launches.
struct MappedValues {
    TextMap env;
    std::vector<std::pair<std::string, Id<Artifact>>> files;
};

MappedValues mapped_values(Session& session, const EventRule& rule, const Job& job, const AllowedNames& allowed) {
    MappedValues out;
    if (!rule.env_mapping) return out;
    const auto mapping = read_env_mapping(*rule.env_mapping, allowed);
    if (!mapping) return out;
    const auto data = produced_data(session, job);
    for (const auto& [variable, selector] : *mapping) {
        if (const auto name = file_selector(selector)) {
            if (const auto found = data.files.find(trim(*name)); found != data.files.end())
                out.files.emplace_back(variable, found->second);
        } else if (auto value = select_value(data.values, selector)) {
            out.env[variable] = *std::move(value);
        }
    }
    return out;
}

/// Launches, and notes the files that the job gets.
Result<Job> launch_of_rule(Call& call, const EventRule& rule, const EventFiring& firing, std::int64_t most) {
    if (firing.depth > EventLauncher::longest_chain)
        return Error{ErrorCode::conflict,
                     fmt::format("The chain of jobs is longer than {}: event rules go round in circles.",
                                 EventLauncher::longest_chain)};
    // This one has been taken already.
    if (launched_in_chain(call.session, firing.root) > most)
        return Error{ErrorCode::conflict,
                     fmt::format("Event rules have launched {} jobs after job {}, which is as many as may follow one "
                                 "job; look for rules that launch each other, and disable some of them.",
                                 most, firing.root.value)};
    const auto ended = call.repository<Job>().find(firing.job);
    if (!ended) return ended;
    auto values = mapped_values(call.session, rule, *ended, call.allowed_names);
    auto launched = launch(call, {.run_template = rule.runtemplate_id,
                                  .schedule_type = "event",
                                  .values = {.config = {}, .env = std::move(values.env)}});
    if (!launched) return launched;
    for (const auto& [variable, artifact] : values.files)
        note_input_artifact(call.session, {launched->id, variable, artifact});
    return launched;
}

/// Nothing can be noted in such a database now, and the next try may go well.
bool is_of_database(const sql::DatabaseError& error) {
    using enum sql::DatabaseError::Kind;
    return error.kind != other && error.kind != unique_violation && error.kind != foreign_key;
}

}  // namespace

EventLauncher::EventLauncher(Database& database, Clock& clock, Vault& vault, Facts facts, Nudge& nudge,
                             std::function<void()> queued)
    : database_(database),
      clock_(clock),
      vault_(vault),
      facts_(std::move(facts)),
      nudge_(nudge),
      queued_(std::move(queued)) {}

bool EventLauncher::launch_one(const EventFiring& firing) {
    std::string why;
    try {
        return database_.write([&](Session& session) { return launch_within(session, firing); });
    } catch (const sql::DatabaseError& error) {
        if (is_of_database(error)) throw;
        why = error.what();
    } catch (const std::exception& error) {
        why = error.what();
    }
    give_up(firing, why);
    return false;
}

void EventLauncher::give_up(const EventFiring& firing, std::string_view why) {
    const auto message = text_within(why, 1000);
    log::error("an event rule could not be followed",
               {{"rule", firing.rule.value}, {"job", firing.job.value}, {"reason", message}});
    database_.write([&](Session& session) {
        if (!take_firing(session, firing.id)) return;
        note_failed(session, firing.id, message);
        // The rule itself may be what cannot be read.
        const auto rule =
            session.sql.query(R"(SELECT "company_id" FROM "event_rule" WHERE "id" = ?)", {firing.rule.value});
        if (rule.empty()) return;
        learn_data_keys(session, vault_);
        AuditEntry entry{.at = clock_.now(),
                         .user_id = facts_.user,
                         .login = "multiflexi",
                         .company_id = Id<Company>{integer_of(rule[0][0])},
                         .entity = "event_rule",
                         .entity_id = firing.rule.value,
                         .action = "fire_failed",
                         .entry = "server",
                         .details = to_text(json::value{{"job_id", firing.job.value}, {"reason", message}})};
        append_to_audit(session, std::span(&entry, 1), vault_);
    });
}

bool EventLauncher::launch_within(Session& session, const EventFiring& firing) {
    if (!take_firing(session, firing.id)) return false;
    const auto rule = Repository<EventRule>(session, Scope::everything()).find(firing.rule);
    // With the rule its firings have gone, or it was switched off since.
    if (!rule) return false;
    if (!rule->enabled) {
        note_failed(session, firing.id, "The rule was disabled before it could launch anything.");
        return false;
    }
    const auto rights = Rights::unlimited();
    Call call{.session = session,
              .scope = Scope::only(rule->company_id),
              .rights = rights,
              .actor = {.user = facts_.user, .login = "multiflexi", .entry = "server"},
              .now = clock_.now(),
              .vault = {session, vault_},
              .zone = facts_.zone,
              .allowed_names = facts_.allowed_names};
    const auto launched = launch_of_rule(call, *rule, firing, facts_.most_after_one_job);
    json::object details{{"job_id", firing.job.value}, {"runtemplate_id", rule->runtemplate_id.value}};
    if (launched) {
        note_launched(session, firing.id, launched->id);
        details["launched_job_id"] = launched->id.value;
    } else {
        note_failed(session, firing.id, launched.error().message);
        details["reason"] = launched.error().message;
        log::warning("an event rule could not launch its run template",
                     {{"rule", rule->id.value}, {"job", firing.job.value}, {"reason", launched.error().message}});
    }
    audit(call, {.entity = "event_rule",
                 .id = rule->id.value,
                 .action = launched ? "fire" : "fire_failed",
                 .company = rule->company_id,
                 .details = std::move(details)});
    append_to_audit(session, call.audited, vault_);
    return static_cast<bool>(launched);
}

std::size_t EventLauncher::launch_open() {
    std::size_t launched = 0;
    for (;;) {
        const auto open = database_.read([&](Session& session) { return open_firings(session, firings_at_once); });
        for (const auto& firing : open) launched += launch_one(firing) ? 1U : 0U;
        if (launched > 0) queued_();
        if (open.size() < firings_at_once) return launched;
    }
}

void EventLauncher::run(std::stop_token stop) {
    Timestamp looked{};
    bool nudged = true, failing = false;
    while (!stop.stop_requested()) {
        const auto now = clock_.now();
        auto next = now + facts_.look_anyway;
        if (nudged || now - looked >= facts_.look_anyway || now < looked) {
            looked = now;
            try {
                launch_open();
                if (std::exchange(failing, false)) log::info("following event rules again");
            } catch (const std::exception& error) {
                if (!std::exchange(failing, true))
                    log::error("cannot follow event rules, will try again", {{"error", error.what()}});
                looked = {};
                next = now + 1s;
            }
        }
        nudged = clock_.wait_until(next, nudge_, stop);
    }
}

}  // namespace mf
