// SPDX-License-Identifier: MIT
#include "service/waiting_reason.h"

#include "base/labels.h"
#include "base/text.h"
#include "store/queries/lane.h"

#include <fmt/format.h>

namespace mf {

WaitingReasons::WaitingReasons(Session& session, Timestamp now) : running_(running_jobs(session)) {
    // The clock of the one who asks may differ from that of the database, which counts: so a node may be told dead or
    // alive a moment too early or too late here.
    const auto executors = [&](bool draining) {
        std::vector<std::string> labels;
        for (
            const auto& row : session.sql.query(
                R"(SELECT "labels", "roles" FROM "node" WHERE "stopped_at" IS NULL AND "lease_until" > ? AND "draining" = ?)",
                {std::int64_t{now.time_since_epoch().count()}, draining}))
            if (std::get<std::string>(row[1]).find("executor") != std::string::npos)
                labels.push_back(std::get<std::string>(row[0]));
        return labels;
    };
    for (const auto& text : executors(false))
        if (auto labels = parse_labels(text)) nodes_.push_back(*std::move(labels));
    is_drained_ = nodes_.empty() && !executors(true).empty();
}

std::string WaitingReasons::of_labels(std::string_view runs_on) const {
    if (nodes_.empty())
        return is_drained_ ? "Every node that runs jobs is being drained (node resume)." : "No executor is running.";
    if (std::ranges::any_of(nodes_, [&](const auto& node) { return missing_labels(runs_on, node).empty(); })) return {};
    const bool several = runs_on.find(',') != std::string_view::npos;
    return fmt::format("No running node has the label{} {}.", several ? "s" : "",
                       fmt::join(split(runs_on, ','), several ? ", " : ""));
}

std::string WaitingReasons::of(const DueLane& lane) const {
    if (auto labels = of_labels(lane.runs_on); !labels.empty()) return labels;
    const auto reached = [](const auto& counts, std::int64_t id, const std::optional<std::int64_t>& limit) {
        const auto found = counts.find(id);
        return limit && found != counts.end() && found->second >= *limit;
    };
    if (reached(running_.of_company, lane.company, lane.company_limit))
        return fmt::format("The company runs as many jobs at once as it may ({}).", *lane.company_limit);
    if (reached(running_.of_application, lane.application, lane.application_limit))
        return fmt::format("The application runs as many jobs at once as it may ({}).", *lane.application_limit);
    return {};
}

}  // namespace mf
