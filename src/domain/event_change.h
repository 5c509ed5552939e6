// SPDX-License-Identifier: MIT
#pragma once

#include "domain/event.h"

// Changes that event sources tell of, and what rules make of them.

namespace mf {

/// One row of "changes_cache" of an event source.
struct ToldChange {
    std::int64_t inversion = 0;
    std::string evidence;
    std::string operation;
    std::string record_id;
    std::optional<std::string> document_uri = {};
    json::object data = {};  ///< what rules select from: the members of "context", and over them the columns
    std::string flaw = {};   ///< not empty: why it cannot be used, as a sentence; then `data` is empty
};

/// What no column of a row is longer than, in bytes; and the whole of it as JSON.
inline constexpr std::size_t longest_context = 256 << 10;
inline constexpr std::size_t largest_change = 1'000'000;

/// Reads a row by the names of its columns. Never fails: what cannot be used has a flaw. None: it has no number
/// ("inversion"), or not a positive whole one, so nobody could say which change it is.
std::optional<ToldChange> told_change(std::span<const std::string> columns, std::span<const Value> row);

/// Does a rule want changes like this? One with a flaw may hide what it is, so it is wanted by whoever might want it.
bool wants(const EventRule& rule, const ToldChange& change);

/// The variables that the job of a rule gets: those of its mapping, of which what is not found is left out, and
/// EVENT_INVERSION, EVENT_EVIDENCE, EVENT_OPERATION, EVENT_RECORD_ID, and EVENT_DOCUMENT_URI if there is one.
TextMap variables_of(const ToldChange& change, const TextMap& mapping);

enum class EventChangeState {
    open,      ///< still to be launched
    launched,  ///< there is a job
    failed     ///< put aside: it is not tried again unless somebody says so
};
constexpr auto names_of(EventChangeState) { return std::to_array<std::string_view>({"open", "launched", "failed"}); }

/// What a rule has to launch after a change.
struct EventChange {
    Id<EventChange> id;
    Id<Company> company_id;  ///< that of the rule
    Id<EventSource> event_source_id;
    Id<EventRule> event_rule_id;
    std::int64_t source_change_id = 0;  ///< of the change, which other rules may want as well
    std::int64_t inversion = 0;         ///< the number of the change in the event source
    std::string evidence;
    std::string operation;
    std::string record_id;
    std::int64_t priority = 0;  ///< of the rule, when the change came
    EventChangeState state = EventChangeState::open;
    std::int64_t attempts = 0;                 ///< that have failed
    std::optional<Timestamp> next_attempt_at;  ///< of open ones
    std::optional<std::string> message;        ///< why the last attempt failed
    std::optional<std::int64_t> launched_job_id;
    Timestamp received_at{};
};
template <>
const Entity& entity_of<EventChange>();

}  // namespace mf
