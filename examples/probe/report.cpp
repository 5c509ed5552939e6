// SPDX-License-Identifier: MIT
#include "probe/report.h"

#include "base/json.h"
#include "probe/mask.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace mf::probe {
namespace {

constexpr std::string_view producer = "multiflexi-probe";

std::string title_of(const Observation& observation) {
    return observation.target.empty() ? observation.check
                                      : fmt::format("{} {}", observation.check, masked(observation.target));
}

/// A warning is one of the platform's three words; what is unknown is an error there.
std::string_view status_of(State state) {
    if (state == State::ok) return "success";
    return state == State::warning ? "warning" : "error";
}

std::string timestamp_text(Timestamp time) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::size_t count_in_state(const std::vector<Observation>& observations, State state) {
    return static_cast<std::size_t>(
        std::ranges::count_if(observations, [&](const Observation& seen) { return seen.finding.state == state; }));
}

json::value masked_value(const json::value& value) {
    if (value.is_string()) return json::value(masked(value.get_string()));
    return value;
}

json::object metrics_of(const std::vector<Observation>& observations) {
    json::object metrics;
    metrics["checks_total"] = observations.size();
    for (const State state : {State::ok, State::warning, State::unknown, State::critical})
        metrics[fmt::format("checks_{}", name_of(state))] = count_in_state(observations, state);
    for (const auto& seen : observations)
        for (const auto& [name, value] : seen.finding.metrics)
            metrics[seen.target.empty() ? fmt::format("{}.{}", seen.check, name)
                                        : fmt::format("{}.{}[{}]", seen.check, name, masked(seen.target))] = value;
    return metrics;
}

json::array checks_of(const std::vector<Observation>& observations) {
    json::array checks;
    for (const auto& seen : observations) {
        json::object details;
        for (const auto& [name, value] : seen.finding.details) details[name] = masked_value(value);
        json::object metrics;
        for (const auto& [name, value] : seen.finding.metrics) metrics[name] = value;
        checks.push_back(json::object{{"check", seen.check},
                                      {"target", masked(seen.target)},
                                      {"status", name_of(seen.finding.state)},
                                      {"message", masked(seen.finding.message)},
                                      {"milliseconds", seen.took.count()},
                                      {"metrics", std::move(metrics)},
                                      {"details", std::move(details)}});
    }
    return checks;
}

json::object frame(const Outcome& outcome, State state, const std::string& message) {
    return {{"producer", producer},       {"status", status_of(state)}, {"timestamp", timestamp_text(outcome.time)},
            {"message", masked(message)}, {"host", outcome.host},       {"version", MULTIFLEXI_VERSION},
            {"artifacts", json::object{}}};
}

}  // namespace

State worst(const std::vector<Observation>& observations) {
    State state = State::ok;
    for (const auto& seen : observations) state = std::max(state, seen.finding.state);
    return state;
}

std::string message_of(const Outcome& outcome) {
    std::string message = fmt::format("{} checks", outcome.observations.size());
    std::string separator = ": ";
    for (const State state : {State::ok, State::warning, State::unknown, State::critical})
        if (const auto number = count_in_state(outcome.observations, state)) {
            message += fmt::format("{}{} {}", separator, number, name_of(state));
            separator = ", ";
        }
    message += '.';
    constexpr std::size_t named = 5;  // the rest is in the list of checks
    std::size_t said = 0;
    for (const State state : {State::critical, State::unknown, State::warning})
        for (const auto& seen : outcome.observations)
            if (seen.finding.state == state && said++ < named)
                message += fmt::format(" [{}] {}: {}", name_of(state), title_of(seen), masked(seen.finding.message));
    return message;
}

std::string line_of(const Observation& observation) {
    std::string state(name_of(observation.finding.state));
    std::ranges::transform(state, state.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
    return fmt::format("{:<9} {}: {}", state, title_of(observation), masked(observation.finding.message));
}

json::object report_of(const Outcome& outcome, const std::filesystem::path& file) {
    auto report = frame(outcome, worst(outcome.observations), message_of(outcome));
    report["artifacts"] = json::object{{"probe_report", json::array{json::value(file.string())}}};
    report["metrics"] = metrics_of(outcome.observations);
    report["checks"] = checks_of(outcome.observations);
    return report;
}

json::object report_of_failure(const Outcome& outcome, const std::string& message) {
    return frame(outcome, State::unknown, message);
}

Result<void> write_report(const json::object& report, const std::filesystem::path& file) {
    const auto fail = [&] {
        return Error{ErrorCode::unavailable,
                     fmt::format("The report {} cannot be written: {}. Set RESULT_FILE to a file in a directory that "
                                 "this program may write to.",
                                 file.string(), std::strerror(errno))};
    };
    std::error_code ignored;
    const auto kind = std::filesystem::status(file, ignored).type();
    const bool replaces = kind == std::filesystem::file_type::regular || kind == std::filesystem::file_type::not_found;
    auto written = file;
    if (replaces) written.replace_filename(fmt::format(".{}.part", file.filename().string()));
    {
        std::ofstream out(written, std::ios::binary | std::ios::trunc);
        out << to_pretty_text(report) << '\n' << std::flush;
        if (!out) {
            auto error = fail();
            if (replaces) std::filesystem::remove(written, ignored);
            return error;
        }
    }
    if (!replaces) return {};
    std::filesystem::rename(written, file, ignored);
    if (!ignored) return {};
    errno = ignored.value();
    auto error = fail();
    std::filesystem::remove(written, ignored);
    return error;
}

}  // namespace mf::probe
