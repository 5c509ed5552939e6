// SPDX-License-Identifier: MIT
#include "api/event_request.h"

#include "base/text.h"

#include <fmt/format.h>
#include <algorithm>

namespace mf {
namespace {

constexpr std::string_view last_id_parameter = "last_event_id";

struct EventComplaints {
    std::vector<FieldError> all;

    void add(std::string_view field, std::string sentence) {
        all.push_back({.field = std::string(field), .message = std::move(sentence)});
    }
    Error error() const {
        std::string message;
        for (const auto& each : all) message += (message.empty() ? "" : " ") + each.message;
        return {ErrorCode::invalid, std::move(message), all};
    }
};

/// Numbers that records can have.
std::optional<std::int64_t> id_in(std::string_view text) {
    const auto number = to_integer(trim(text));
    return number && *number > 0 ? std::optional<std::int64_t>(*number) : std::nullopt;
}

void read_ids(std::string_view name, std::string_view list, std::vector<std::int64_t>& into,
              EventComplaints& complaints) {
    for (const auto part : split(list, ',')) {
        if (const auto id = id_in(part))
            into.push_back(*id);
        else
            complaints.add(name, fmt::format("{}: '{}' is no number of a record.", name, to_utf8(part)));
    }
}

std::string known_types() {
    std::string out;
    for (std::size_t i = 0; i < names_of(JobChangeKind{}).size(); ++i)
        if (const auto kind = static_cast<JobChangeKind>(i); kind != JobChangeKind::nothing)
            out += (out.empty() ? "" : ", ") + event_type(kind);
    return out;
}

void read_types(std::string_view list, std::vector<JobChangeKind>& into, EventComplaints& complaints) {
    for (const auto part : split(list, ',')) {
        const auto word = trim(part);
        const auto kind =
            word.starts_with("job.") ? enum_named<JobChangeKind>(word.substr(4)) : std::optional<JobChangeKind>();
        if (kind && *kind != JobChangeKind::nothing)
            into.push_back(*kind);
        else
            complaints.add(
                "types", fmt::format("types: '{}' is no type of events; there are {}.", to_utf8(word), known_types()));
    }
}

/// Where somebody was who comes back; empty: does not come back.
std::string_view last_event_id(const http::Request& request) {
    if (request.headers.has("Last-Event-ID")) return trim(request.header("Last-Event-ID"));
    return trim(request.query_value(last_id_parameter).value_or(std::string_view()));
}

bool is_among(std::int64_t id, const std::vector<std::int64_t>& wanted) {
    return wanted.empty() || std::ranges::find(wanted, id) != wanted.end();
}

}  // namespace

std::string event_type(JobChangeKind kind) { return fmt::format("job.{}", name_of(kind)); }

bool ChangesWanted::includes(const JobChange& change) const {
    return (kinds.empty() || std::ranges::find(kinds, change.kind) != kinds.end()) &&
           is_among(change.job.value, jobs) && is_among(change.run_template.value, run_templates) &&
           is_among(change.company.value, companies);
}

Result<ChangesWanted> read_changes_wanted(const http::Request& request) {
    ChangesWanted out;
    EventComplaints complaints;
    for (const auto& [name, value] : request.query) {
        if (name == "types")
            read_types(value, out.kinds, complaints);
        else if (name == "job_id")
            read_ids(name, value, out.jobs, complaints);
        else if (name == "runtemplate_id")
            read_ids(name, value, out.run_templates, complaints);
        else if (name == "company_id")
            read_ids(name, value, out.companies, complaints);
        else if (name != last_id_parameter)
            complaints.add(name, fmt::format("'{}' is nothing that this stream knows; there are types, job_id, "
                                             "runtemplate_id, company_id, {}.",
                                             name, last_id_parameter));
    }
    if (const auto shown = last_event_id(request); !shown.empty()) {
        const auto number = to_integer(shown);
        if (number && *number >= 0 && is_digit(shown[0]))
            out.last_id = *number;
        else
            complaints.add("Last-Event-ID", fmt::format("Last-Event-ID: '{}' is not the id of an event of this stream. "
                                                        "Leave it out to begin now.",
                                                        to_utf8(shown)));
    }
    if (!complaints.all.empty()) return complaints.error();
    return out;
}

std::string to_event_id(const OutputPosition& position) {
    return fmt::format("{}-{}", position.seq < 0 ? std::string() : fmt::to_string(position.seq),
                       position.state ? name_of(*position.state) : std::string_view());
}

Result<OutputPosition> read_output_position(const http::Request& request) {
    EventComplaints complaints;
    for (const auto& [name, value] : request.query)
        if (name != last_id_parameter)
            complaints.add(
                name, fmt::format("'{}' is nothing that this stream knows; there is {}.", name, last_id_parameter));
    OutputPosition out;
    if (const auto shown = last_event_id(request); !shown.empty()) {
        const auto dash = shown.find('-');
        const auto number = to_integer(shown.substr(0, dash));
        const auto word = dash == std::string_view::npos ? std::string_view() : shown.substr(dash + 1);
        out.state = enum_named<JobState>(word);
        const bool is_number = dash == 0 || (number && *number >= 0 && is_digit(shown[0]));
        if (dash == std::string_view::npos || !is_number || (!out.state && !word.empty()))
            complaints.add("Last-Event-ID", fmt::format("Last-Event-ID: '{}' is not the id of an event of this stream. "
                                                        "Leave it out to begin at the first output.",
                                                        to_utf8(shown)));
        else if (dash != 0)
            out.seq = *number;
    }
    if (!complaints.all.empty()) return complaints.error();
    return out;
}

}  // namespace mf
