// SPDX-License-Identifier: MIT
// The askers: credentials whose values or state come from elsewhere, before a job starts.
#include "base/log.h"
#include "base/text_within.h"
#include "domain/credential.h"
#include "schedule/dispatcher.h"

#include <fmt/format.h>

namespace mf {

bool Dispatcher::is_asked_for(const std::shared_ptr<const JobPreparation>& preparation, const ClaimedJob& claimed) {
    if (!options_.credentials || preparation->is_unwanted(claimed)) return false;
    auto questions = preparation->questions(vault_, claimed);
    if (!questions) {
        block(claimed, {.reason = questions.error().message});
        return true;
    }
    if (questions->empty()) return false;
    const std::lock_guard lock(mutex_);
    state_.to_ask.push_back({claimed, preparation, *std::move(questions)});
    to_ask_.notify_one();
    return true;
}

void Dispatcher::ask_for_credentials(std::stop_token stop) {
    for (;;) {
        Asking asking;
        {
            std::unique_lock lock(mutex_);
            if (!to_ask_.wait(lock, stop, [&] { return !state_.to_ask.empty(); }) || stop.stop_requested()) return;
            asking = std::move(state_.to_ask.front());
            state_.to_ask.pop_front();
        }
        ask_and_start(asking, stop);
    }
}

void Dispatcher::ask_and_start(const Asking& asking, std::stop_token stop) {
    JobPreparation::Provided provided;
    for (const CredentialQuestion& question : asking.questions) {
        CredentialAnswer answer;
        try {
            answer = options_.credentials->ask(question, stop);
        } catch (const std::exception& error) {
            return fail_start(asking.claimed, error);
        }
        if (stop.stop_requested()) {
            // stop() gives back what is kept here.
            const std::lock_guard lock(mutex_);
            state_.to_start.push_back(asking.claimed);
            return;
        }
        if (answer.is_news) note_availability(question.credential, answer.availability);
        if (answer.passes())
            provided[question.credential] = std::move(answer.variables);
        else
            return wait_for_credential(asking.claimed, question, answer.availability, stop);
    }
    start_guarded(*asking.preparation, asking.claimed, provided, stop);
}

void Dispatcher::wait_for_credential(const ClaimedJob& claimed, const CredentialQuestion& question,
                                     const Availability& availability, std::stop_token stop) {
    const bool may_pass = availability.state == AvailabilityState::unavailable;
    const auto reason = fmt::format("The credential '{}' ({}) is {}: {}", question.name, question.prototype,
                                    may_pass ? "unavailable" : "not usable as it is", availability.message);
    if (!may_pass) return block(claimed, {.reason = reason});
    const auto ttl = std::max<std::chrono::milliseconds>(availability.ttl, std::chrono::seconds(1));
    auto outcome = Deferral::not_ours;
    try {
        outcome = database_.write([&](Session& session) {
            return defer(session, claimed.job, clock_.now() + ttl, options_.patience_for_credentials, reason);
        });
    } catch (const sql::DatabaseError& error) {
        log::warning("cannot give job back, will ask again", {{"job", claimed.job.id.value}, {"error", error.what()}});
        return keep_for_later({claimed}, stop);
    }
    if (outcome == Deferral::over)
        return block(claimed,
                     {.exit_code = exit_code_of_unavailable,
                      .reason = reason + " It stayed so until the end of the time in which the job could start."});
    log::info("job waits for a credential", {{"job", claimed.job.id.value}, {"reason", reason}});
    {
        const std::lock_guard lock(mutex_);
        --state_.occupied;
        state_.in_flight.erase(claimed.job.id.value);
    }
    queue_.notify();
}

/// For people, who look at the credential; jobs go by what the provider says.
void Dispatcher::note_availability(std::int64_t credential, const Availability& availability) {
    try {
        database_.write([&](Session& session) {
            const auto now = clock_.now();
            session.sql.execute(
                R"(UPDATE "credential" SET "state" = ?, "message" = ?, "checked_at" = ?, "valid_until" = ? WHERE "id" = ?)",
                {std::string(name_of(availability.state)), text_within(availability.message, 1024), ms(now),
                 ms(now + availability.ttl), credential});
        });
    } catch (const std::exception& error) {
        log::warning("cannot record the state of a credential", {{"credential", credential}, {"error", error.what()}});
    }
}

}  // namespace mf
