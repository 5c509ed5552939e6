// SPDX-License-Identifier: MIT
#include "service/produced_data.h"

#include "base/json.h"
#include "base/text.h"
#include "domain/application.h"
#include "service/artifact_content.h"
#include "store/scoped_sql.h"

#include <re2/re2.h>

namespace mf {
namespace {

constexpr std::size_t longest_text = 64 << 10;
constexpr std::size_t longest_document = 8 << 20;

/// Less than all of it, if it is longer.
std::string beginning_of(Session& session, const Artifact& artifact, std::size_t most) {
    std::string out;
    ArtifactPosition position;
    while (out.size() < most) {
        const auto pieces = read_artifact(session, artifact, position);
        if (pieces.empty()) break;
        for (const auto& piece : pieces) out += piece;
    }
    if (out.size() > most) out.resize(most);
    return out;
}

/// What is in a JSON file; null when it is none, or too long for one.
json::value document_in(Session& session, const Artifact* artifact) {
    if (!artifact || artifact->size > static_cast<std::int64_t>(longest_document)) return nullptr;
    auto parsed = parse_json(beginning_of(session, *artifact, longest_document));
    return parsed ? *std::move(parsed) : json::value(nullptr);
}

/// The last part of the name that RESULT_FILE had in the environment of the job.
std::string result_file_of(Session& session, Id<Job> job) {
    const auto rows = ScopedSql(session, Scope::everything())
                          .query(R"(SELECT "env" FROM "job_environment" WHERE "job_id" = ?)", {job.value});
    const auto parsed =
        rows.empty() ? Result<json::value>(json::value()) : parse_json(std::get<std::string>(rows[0][0]));
    const auto* variables = parsed ? parsed->if_array() : nullptr;
    if (!variables) return {};
    for (const auto& variable : *variables)
        if (variable.at("key") == "RESULT_FILE") {
            const std::string name(variable.at("value").as_string());
            return name.substr(name.rfind('/') + 1);
        }
    return {};
}

const Artifact* matching_file(const std::vector<Artifact>& artifacts, const json::value& details) {
    const auto* patterns = details.is_object() ? details.get_object().if_contains("patterns") : nullptr;
    if (!patterns || !patterns->is_array()) return nullptr;
    for (const auto& pattern : patterns->get_array()) {
        if (!pattern.is_string()) continue;
        const RE2 expression(std::string(pattern.get_string()), RE2::Quiet);
        if (!expression.ok()) continue;
        for (const auto& artifact : artifacts)
            if (artifact.kind == ArtifactKind::file && RE2::PartialMatch(artifact.filename, expression))
                return &artifact;
    }
    return nullptr;
}

}  // namespace

ProducedData produced_data(Session& session, const Job& job) {
    ProducedData out;
    const auto artifacts =
        Repository<Artifact>(session, Scope::everything()).list({.equals = {{"job_id", job.id.value}}});
    const Artifact* printed = nullptr;
    for (const auto& artifact : artifacts) {
        if (artifact.kind == ArtifactKind::file) out.files.try_emplace(artifact.filename, artifact.id);
        if (artifact.kind == ArtifactKind::stdout_text) printed = &artifact;
    }
    const auto result_name = result_file_of(session, job.id);
    const auto result = std::ranges::find_if(artifacts, [&](const Artifact& artifact) {
        return artifact.kind == ArtifactKind::file && artifact.filename == result_name;
    });
    const Artifact* const result_file = result == artifacts.end() ? nullptr : &*result;
    if (auto document = document_in(session, result_file); document.is_object())
        out.values = std::move(document.get_object());
    for (const auto& data : Repository<ApplicationData>(session, Scope::everything())
                                .list({.equals = {{"application_id", job.app_id.value}, {"direction", "produces"}}})) {
        const auto details = parse_json(data.details);
        const auto* file = details ? matching_file(artifacts, *details) : nullptr;
        if (data.format == "json" && !file) file = result_file;
        if (data.format == "text" || data.format == "url") file = printed;
        if (!file || data.format == "custom") continue;
        out.files.insert_or_assign(data.name, file->id);
        out.values[data.name] = data.format == "json"
                                    ? document_in(session, file)
                                    : json::value(to_utf8(beginning_of(session, *file, longest_text)));
    }
    return out;
}

}  // namespace mf
