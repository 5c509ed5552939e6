// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/output_file.h"

namespace mf {
namespace {

constexpr Column artifact_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "job_id", .on_terminal = true},
    {.name = "filename", .on_terminal = true},
    {.name = "content_type", .on_terminal = true},
    {.name = "artifact", .source = "artifact|content"},
    {.name = "created_at", .as = As::time, .on_terminal = true},
    {.name = "note"},
    {.name = "kind"},
    {.name = "size", .on_terminal = true},
    {.name = "sha256"},
};
constexpr Subject artifact_subject{"Artifact", "artifact_id", artifact_columns};

/// Content that is carried inside a record; what is larger is fetched with artifact:save.
constexpr std::int64_t longest_in_list = 65536;
constexpr std::int64_t longest_in_record = 8 * 1024 * 1024;

json::value content(Invocation& in, std::int64_t id) {
    std::string text;
    const auto read = in.backend().read_artifact(id, [&](std::string_view piece) {
        text += piece;
        return true;
    });
    return read ? json::value(to_utf8(text)) : json::value(nullptr);
}

void add_content(Invocation& in, json::object& row, const json::object& canonical, std::int64_t longest) {
    if (!row["artifact"].is_null()) return;
    const auto size = integer_member(canonical, "size").value_or(0);
    if (const auto id = integer_member(canonical, "id"); id && size <= longest) row["artifact"] = content(in, *id);
}

void add_to_list(Invocation& in, json::object& row, const json::object& canonical) {
    const bool named = in.wants("artifact");
    if (in.fields().empty() ? in.json() : named)
        add_content(in, row, canonical, named ? longest_in_record : longest_in_list);
}

int refuse_unknown(Invocation& in) {
    return in.refuse(Refusal{
        .message = fmt::format("Artifact not found: ID={}", one_line(in.arguments().value("id").value_or("")))});
}

int artifact_get(Invocation& in) {
    auto found = in.call();
    if (!found && found.error().code == ErrorCode::not_found) return refuse_unknown(in);
    if (!found) return in.refuse(found.error());
    const auto canonical = record_of(*found);
    auto record = shaped(artifact_columns, canonical, in.zone());
    add_content(in, record, canonical, longest_in_record);
    return in.answer_record(std::move(record));
}

Result<std::int64_t> save(Invocation& in, std::int64_t id, const std::string& file) {
    std::unique_ptr<OutputFile> target;
    if (file != "-") {
        auto created = OutputFile::create(file);
        if (!created) return created.error();
        target = *std::move(created);
    }
    std::optional<Error> problem;
    std::int64_t size = 0;
    const auto read = in.backend().read_artifact(id, [&](std::string_view piece) {
        size += static_cast<std::int64_t>(piece.size());
        if (!target) {
            in.out().write(piece);
            return !in.out().failed();
        }
        const auto written = target->write(piece);
        if (!written) problem = written.error();
        return !problem && !in.stop().stop_requested();
    });
    if (problem) return *problem;
    if (!read) return read.error();
    if (in.stop().stop_requested())
        return Error{ErrorCode::unavailable, "The transfer was interrupted; nothing was saved."};
    if (target)
        if (auto done = target->commit(); !done) return done.error();
    return size;
}

int artifact_save(Invocation& in) {
    const auto id = in.required_integer("id");
    if (!id) return in.refuse(id.error());
    const auto file = in.arguments().value("file").value_or("-");
    if (file == "-" && in.json())
        return in.refuse(Refusal{.message =
                                     "With -f json standard output has the answer; name a file for the content, or "
                                     "leave -f json out."});
    auto found = in.call(json::object{{"id", *id}});
    if (!found && found.error().code == ErrorCode::not_found) return refuse_unknown(in);
    if (!found) return in.refuse(found.error());
    const auto record = record_of(*found);
    const auto size = save(in, *id, file);
    if (!size) return size.error().code == ErrorCode::not_found ? refuse_unknown(in) : in.refuse(size.error());
    // On standard output stands the content and nothing else.
    if (file == "-") return 0;
    return in.answer(json::object{{"artifact_id", std::to_string(*id)},
                                  {"file", file},
                                  {"size", *size},
                                  {"saved", true},
                                  {"original_filename", member(record, "filename")},
                                  {"content_type", member(record, "content_type")}},
                     fmt::format("Artifact saved: ID={} -> {} ({} bytes)", *id, one_line(file), *size));
}

int artifact_list(Invocation& in) {
    return in.answer_list({.columns = artifact_columns, .nothing = "No artifacts found", .adorn = add_to_list});
}

/// `job artifacts --id N [--file F]`: the list of a job, or its only artifact as a file.
int artifact_of_job(Invocation& in) {
    const auto job = in.required_integer("id");
    if (!job) return in.refuse(job.error());
    auto found = in.call(json::object{{"job_id", *job}});
    if (!found) return in.refuse(found.error());
    const auto rows = found->is_array() ? found->get_array() : json::array();
    if (!in.arguments().has("file")) {
        json::array shown;
        for (const json::value& row : rows)
            if (row.is_object()) shown.push_back(shaped(artifact_columns, row.get_object(), in.zone()));
        return in.answer_rows(shown, {.columns = artifact_columns, .nothing = "No artifacts found"});
    }
    std::vector<const json::object*> files;
    for (const json::value& row : rows)
        if (row.is_object() && (rows.size() == 1 || text_member(row.get_object(), "kind") == "file"))
            files.push_back(&row.get_object());
    if (files.size() != 1) {
        std::string_view form =
            "Job {} has {} files besides stdout.txt and stderr.txt; save each with artifact:save --id.";
        if (rows.empty())
            form = "Job {} has no artifacts.";
        else if (files.empty())
            form = "Job {} has no files besides stdout.txt and stderr.txt; save one of them with artifact:save --id.";
        else if (files.size() == rows.size())
            form = "Job {} has {} files; save each with artifact:save --id.";
        return in.refuse(Refusal{.message = fmt::format(fmt::runtime(form), *job, files.size())});
    }
    const auto id = integer_member(*files.front(), "id").value_or(0);
    const auto file = *in.arguments().value("file");
    const auto size = save(in, id, file);
    if (!size) return in.refuse(size.error());
    if (file == "-") return 0;
    return in.answer(
        json::object{{"artifact_id", std::to_string(id)}, {"file", file}, {"size", *size}, {"saved", true}},
        fmt::format("Artifact saved: ID={} -> {} ({} bytes)", id, one_line(file), *size));
}

constexpr Option artifact_list_options[] = {{.name = "job_id", .help = "Only those of this job", .aliases = {"job"}}};
constexpr Option artifact_id_options[] = {{.name = "id", .help = "Id of the artifact", .aliases = {"artifact_id"}}};
constexpr Option artifact_save_options[] = {
    {.name = "id", .help = "Id of the artifact", .becomes = Becomes::local, .aliases = {"artifact_id"}},
    {.name = "file", .help = "Where to write it; - is standard output", .becomes = Becomes::local, .file_name = true},
};
constexpr Option artifact_of_job_options[] = {
    {.name = "id", .help = "Id of the job", .becomes = Becomes::local, .aliases = {"job_id"}},
    {.name = "file", .help = "Save the only artifact here", .becomes = Becomes::local, .file_name = true},
};

constexpr Command artifact_table[] = {
    {.name = "artifact:list",
     .operation = "artifact:list",
     .run = artifact_list,
     .summary = "Lists what jobs left behind",
     .options = artifact_list_options,
     .lists = true},
    {.name = "artifact:get",
     .operation = "artifact:get",
     .run = artifact_get,
     .summary = "Shows an artifact",
     .options = artifact_id_options,
     .needs = {"id"},
     .positional = "id",
     .shows_record = true},
    {.name = "artifact:save",
     .operation = "artifact:get",
     .run = artifact_save,
     .summary = "Writes the content of an artifact to a file",
     .options = artifact_save_options,
     .needs = {"id", "file"},
     .missing = "Missing --id or --file",
     .positional = "id",
     .closed = true},
    {.name = "artifact:delete",
     .operation = "artifact:delete",
     .run = [](Invocation& in) { return answer_gone(in, artifact_subject, "deleted"); },
     .summary = "Deletes an artifact",
     .options = artifact_id_options,
     .needs = {"id"},
     .positional = "id"},
    {.name = "job:artifacts",
     .operation = "artifact:list",
     .run = artifact_of_job,
     .summary = "Lists the artifacts of a job, or saves its only one",
     .options = artifact_of_job_options,
     .needs = {"id"},
     .positional = "id",
     .closed = true},
};

}  // namespace

std::span<const Command> artifact_commands() { return artifact_table; }

}  // namespace mf
