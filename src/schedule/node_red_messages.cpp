// SPDX-License-Identifier: MIT
#include "schedule/node_red_messages.h"

#include "domain/entity_json.h"
#include "domain/job.h"
#include "store/records.h"

#include <map>

namespace mf {
namespace {

std::map<std::int64_t, json::array> artifacts_of(Session& session, const std::vector<Job>& jobs) {
    std::map<std::int64_t, json::array> out;
    for (const Job& job : jobs) {
        auto& list = out[job.id.value];
        for (const Artifact& artifact :
             Repository<Artifact>(session, Scope::everything()).list({.equals = {{"job_id", job.id.value}}}))
            if (artifact.kind == ArtifactKind::file)
                list.push_back({{"id", artifact.id.value},
                                {"filename", artifact.filename},
                                {"content_type", artifact.content_type},
                                {"size", artifact.size}});
    }
    return out;
}

json::object completed(Session& session, const Job& job, json::array artifacts) {
    const auto application = Repository<Application>(session, Scope::everything()).find(job.app_id);
    auto record = to_json(job);
    json::object out{{"event", "job.completed"}, {"job_id", job.id.value}};
    for (const std::string_view name : {"runtemplate_id", "company_id", "app_id", "state", "exitcode", "begin", "end",
                                        "schedule", "schedule_type", "executor", "reason"})
        if (auto* value = record.if_contains(name)) out[name] = std::move(*value);
    out["app_uuid"] = application ? json::value(application->uuid) : json::value(nullptr);
    out["artifacts"] = std::move(artifacts);
    return out;
}

}  // namespace

std::vector<CompletedJob> completed_jobs(Session& session, const std::vector<JobChange>& changes) {
    std::vector<CompletedJob> out;
    for (const JobChange& change : changes) {
        if (change.kind != JobChangeKind::ended) continue;
        // It may have been removed since, or be at another end by now: what happens then is told by its own change.
        const auto job = Repository<Job>(session, Scope::everything()).find(change.job);
        if (!job || job->state != change.state ||
            outcome_of(job->state, job->begin.has_value()) == JobOutcome::withdrawn)
            continue;
        out.push_back({change.id, completed(session, *job, std::move(artifacts_of(session, {*job})[job->id.value]))});
    }
    return out;
}

json::object change_message(const ChangeToTell& told) {
    const auto& change = told.change;
    json::object out{{"event", "webhook.change"},
                     {"evidence", change.evidence},
                     {"operation", change.operation},
                     {"inversion", change.inversion},
                     {"recordid", change.record_id}};
    if (change.document_uri) out["document_uri"] = *change.document_uri;
    out["event_source_id"] = told.source.value;
    out["event_source"] = told.source_name;
    if (!change.data.empty()) out["data"] = change.data;
    return out;
}

json::object catalogue_message(Session& session) {
    const auto all = [&](std::string_view text, auto&& add) {
        json::array out;
        for (const auto& row : session.sql.query(text, {})) out.push_back(add(row));
        return out;
    };
    const auto text = [](const Value& value) { return json::value(std::get<std::string>(value)); };
    return {{"event", "catalog.update"},
            {"companies",
             all(R"(SELECT "id", "name", "code" FROM "company" WHERE "live" = 1 AND "enabled" ORDER BY "id")",
                 [&](const auto& row) {
                     return json::object{{"id", integer_of(row[0])}, {"name", text(row[1])}, {"code", text(row[2])}};
                 })},
            {"runtemplates", all(R"(SELECT r."id", r."name", r."company_id", r."app_id", a."uuid" FROM "runtemplate" r
                                    JOIN "application" a ON a."id" = r."app_id"
                                    WHERE r."live" = 1 AND r."active" ORDER BY r."id")",
                                 [&](const auto& row) {
                                     return json::object{{"id", integer_of(row[0])},
                                                         {"name", text(row[1])},
                                                         {"company_id", integer_of(row[2])},
                                                         {"app_id", integer_of(row[3])},
                                                         {"app_uuid", text(row[4])}};
                                 })},
            {"credentials", all(R"(SELECT k."id", k."name", k."company_id", t."id", t."prototype" FROM "credential" k
                                   JOIN "credential_type" t ON t."id" = k."credential_type_id"
                                   WHERE k."live" = 1 ORDER BY k."id")",
                                [&](const auto& row) {
                                    return json::object{{"id", integer_of(row[0])},
                                                        {"name", text(row[1])},
                                                        {"company_id", integer_of(row[2])},
                                                        {"credential_type_id", integer_of(row[3])},
                                                        {"formType", text(row[4])}};
                                })}};
}

}  // namespace mf
