// SPDX-License-Identifier: MIT
#include "schedule/job_memo.h"

#include "base/packing.h"

namespace mf {
namespace {

Place place_of(std::int64_t job) { return {"job", "memo", job}; }

void add_all(Packer& out, const std::vector<std::string>& texts) {
    out.add(std::ssize(texts));
    for (const auto& text : texts) out.add(text);
}

void read_all(Unpacker& in, std::vector<std::string>& texts) {
    for (auto left = in.count(); left > 0; --left) texts.emplace_back(in.text());
}

}  // namespace

std::string seal_memo(const Vault& vault, const PreparedJob& prepared) {
    Packer out;
    out.add(std::int64_t{prepared.plan.limit.count()});
    out.add(prepared.plan.output_limit);
    out.add(prepared.app_version);
    out.add(prepared.command);
    out.add(prepared.environment);
    add_all(out, prepared.plan.secrets);
    add_all(out, prepared.artifact_notes);
    const auto& rules = prepared.artifacts;
    add_all(out, rules.patterns);
    out.add(rules.result_file);
    out.add(static_cast<std::int64_t>(rules.outside_result));
    out.add(static_cast<std::int64_t>(rules.most_files));
    out.add(static_cast<std::int64_t>(rules.most_bytes));
    return vault.seal(out.bytes(), place_of(prepared.plan.job_id));
}

Result<PreparedJob> open_memo(const Vault& vault, std::string_view memo, Id<Job> job) {
    const auto opened = vault.open(memo, place_of(job.value));
    if (!opened) return opened.error();
    Unpacker in(*opened);
    PreparedJob out;
    out.plan.job_id = job.value;
    out.plan.limit = std::chrono::milliseconds(in.number());
    out.plan.output_limit = in.number();
    out.app_version = in.text();
    out.command = in.text();
    out.environment = in.text();
    read_all(in, out.plan.secrets);
    read_all(in, out.artifact_notes);
    auto& rules = out.artifacts;
    read_all(in, rules.patterns);
    rules.result_file = in.text();
    rules.outside_result = static_cast<ArtifactRules::OutsideResult>(in.number());
    rules.most_files = static_cast<std::size_t>(in.number());
    rules.most_bytes = static_cast<std::uint64_t>(in.number());
    if (!in.complete() || out.artifact_notes.size() != rules.patterns.size())
        return Error{ErrorCode::invalid, "It was written by another version of the program."};
    return out;
}

}  // namespace mf
