// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "service/artifact_content.h"
#include "service/audit.h"
#include "service/job_operations.h"
#include "service/list_filter.h"
#include "store/queries/content.h"

namespace mf {

struct ArtifactFilter {
    std::optional<std::int64_t> job_id, limit, offset, after;
    std::optional<ListOrder> order;
    std::optional<bool> content;
};

template <>
const Entity& entity_of<ArtifactFilter>() {
    using F = ArtifactFilter;
    static constexpr auto fields =
        fields_of<F>(field<&F::job_id>("job_id", {.help = "Only of this job"}), limit_field<&F::limit>(),
                     offset_field<&F::offset>(), after_field<&F::after>(), order_field<&F::order>(),
                     field<&F::content>("content", {.help = "With the content of each artifact"}));
    static constexpr Entity entity{"artifact_filter", "Artifacts", fields};
    return entity;
}

namespace {

/// Content that travels inside a record; larger ones are saved to a file.
constexpr std::int64_t most_content_in_record = 8 << 20;

json::object with_content(Call& call, const Artifact& artifact) {
    auto record = to_json(artifact);
    if (artifact.size > most_content_in_record) {
        record["content"] = nullptr;
        return record;
    }
    std::string content;
    for (ArtifactPosition position;;) {
        const auto pieces = read_artifact(call.session, artifact, position);
        if (pieces.empty()) break;
        for (const auto& piece : pieces) content += piece;
    }
    record["binary"] = !is_utf8(content);
    record["content"] = to_utf8(content);
    return record;
}

Result<json::value> list_artifacts(Call& call, const ArtifactFilter& filter) {
    auto query = query_of(filter);
    if (filter.job_id) query.equals.emplace_back("job_id", *filter.job_id);
    json::array out;
    for (const Artifact& artifact : call.repository<Artifact>().list(query))
        out.push_back(filter.content.value_or(false) ? with_content(call, artifact) : to_json(artifact));
    return json::value(std::move(out));
}

Result<json::value> get_artifact(Call& call, const Reference& input) {
    const auto found = find_artifact(call.session, call.scope, {input.id});
    if (!found) return found.error();
    return json::value(with_content(call, *found));
}

/// Somebody explicitly removes an artifact. Its content goes with the last artifact that has it.
Result<json::value> remove_artifact(Call& call, const Reference& input) {
    const auto artifact = find_artifact(call.session, call.scope, {input.id});
    if (!artifact) return artifact.error();
    if (artifact->kind != ArtifactKind::file)
        return Error{ErrorCode::conflict, "This artifact is the output of its job; it goes when the job is deleted."};
    if (auto erased = call.repository<Artifact>().erase(artifact->id); !erased) return erased.error();
    remove_unused_content(call.session, std::span(&artifact->sha256, 1));
    audit(call, {.entity = "artifact",
                 .id = input.id,
                 .action = "delete",
                 .company = artifact->company_id,
                 .details = {{"job_id", artifact->job_id.value}, {"filename", artifact->filename}}});
    return json::value{{"deleted", true}, {"id", input.id}};
}

}  // namespace

void add_artifact_operations(Operations& operations) {
    add(operations, {"artifact:list", "GET /artifacts", "List what jobs left behind."}, list_artifacts);
    add(operations, {"artifact:get", "GET /artifacts/{id}", "Show one artifact with its content."}, get_artifact);
    add(operations,
        {"artifact:delete", "DELETE /artifacts/{id}", "Remove an artifact.", Permission::manage, Access::changes},
        remove_artifact);
}

}  // namespace mf
