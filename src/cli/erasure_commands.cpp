// SPDX-License-Identifier: MIT
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/json_text.h"
#include "cli/output_file.h"

namespace mf {
namespace {

constexpr Column erasure_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "user_id", .on_terminal = true},
    {.name = "requested_by_user_id", .source = "requested_by"},
    {.name = "request_date", .source = "requested_at", .as = As::time, .on_terminal = true},
    {.name = "reason", .on_terminal = true},
    {.name = "deletion_type", .on_terminal = true},
    {.name = "status", .on_terminal = true},
    {.name = "reviewed_by_user_id", .source = "reviewed_by"},
    {.name = "review_date", .source = "reviewed_at", .as = As::time},
    {.name = "review_notes"},
    {.name = "completed_date", .source = "completed_at", .as = As::time},
};

constexpr Option erasure_list_options[] = {
    {.name = "status", .help = "Only these: pending, approved, rejected or completed"},
};
/// What asks for a confirmation elsewhere; here nothing is asked.
constexpr Option erasure_force_option{.name = "force",
                                      .takes = Takes::flag,
                                      .help = "Accepted for older clients: nothing is asked anyway",
                                      .becomes = Becomes::nothing,
                                      .letter = 'f'};
constexpr Option erasure_create_options[] = {
    {.name = "user-id", .help = "Id of the user", .key = "user_id"},
    {.name = "user-login", .help = "Or the login", .key = "user_login"},
    {.name = "deletion-type",
     .help = "soft (disable), anonymize or hard (remove all that is personal)",
     .key = "deletion_type"},
    {.name = "reason", .takes = Takes::optional_value, .help = "Why"},
    erasure_force_option,
};
constexpr Option erasure_request_option{
    .name = "request-id", .help = "Id of the request", .key = "request_id", .aliases = {"id"}};
constexpr Option erasure_approve_options[] = {
    erasure_request_option,
    {.name = "notes", .takes = Takes::optional_value, .help = "Remarks"},
    erasure_force_option,
};
constexpr Option erasure_reject_options[] = {
    erasure_request_option,
    {.name = "reason", .takes = Takes::optional_value, .help = "Why"},
    erasure_force_option,
};
constexpr Option erasure_process_options[] = {erasure_request_option, erasure_force_option};
constexpr Option erasure_audit_options[] = {
    erasure_request_option,
    {.name = "export-audit",
     .help = "Write it to this file as JSON instead of showing it",
     .becomes = Becomes::local,
     .file_name = true},
};
constexpr Option telemetry_options[] = {
    {.name = "endpoint",
     .takes = Takes::optional_value,
     .help = "Address of a collector that takes OTLP over HTTP, such as http://localhost:4318"},
    {.name = "disable-gauges", .takes = Takes::flag, .help = "Send a counter only", .key = "disable_gauges"},
};

int answer_erasure(Invocation& in, const Result<json::value>& answer, std::string_view done) {
    if (!answer) return in.refuse(answer.error());
    const auto record = record_of(*answer);
    auto shown = shaped(erasure_columns, record, in.zone());
    if (in.json()) return in.answer(std::move(shown));
    return in.answer(json::value(), fmt::format("Erasure request {}: ID={}", done, id_text(in, record)));
}

int export_erasure_audit(Invocation& in, const std::string& file, const json::value& told) {
    std::string text;
    append_ascii_json(text, told);
    auto target = OutputFile::create(file);
    if (!target) return in.refuse(target.error());
    if (auto done = (*target)->write(text + "\n"); !done) return in.refuse(done.error());
    if (auto done = (*target)->commit(); !done) return in.refuse(done.error());
    return in.answer(json::object{{"status", "success"}, {"file", file}},
                     fmt::format("Exported to {}", one_line(file)));
}

int erasure_cleanup(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    return in.answer(*answer, fmt::format("Removed {} closed requests.", answer->at("removed").as_int64()));
}

int erasure_audit(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    if (const auto file = in.arguments().value("export-audit")) return export_erasure_audit(in, *file, *answer);
    if (in.json()) return in.answer(*answer);
    const int code = in.answer_record(shaped(erasure_columns, record_of(answer->at("request")), in.zone()));
    in.show_grid(answer->at("actions").as_array());
    return code;
}

int telemetry_test(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    const auto record = record_of(*answer);
    in.answer(record, std::string(text_member(record, "message")));
    return member(record, "accepted") == json::value(true) ? 0 : 1;
}

constexpr Command erasure_table[] = {
    {.name = "user-erasure:list",
     .operation = "user-erasure:list",
     .run = [](Invocation& in) { return in.answer_list({.columns = erasure_columns}); },
     .summary = "Lists requests to erase what is known about people",
     .options = erasure_list_options,
     .aliases = {"user:data-erasure:list"},
     .lists = true},
    {.name = "user-erasure:create",
     .operation = "user-erasure:create",
     .run = [](Invocation& in) { return answer_erasure(in, in.call(), "created"); },
     .summary = "Asks for the erasure of what is known about a user",
     .options = erasure_create_options,
     .needs = {"user-id|user-login"},
     .missing = "Missing --user-id or --user-login",
     .aliases = {"user:data-erasure:create"}},
    {.name = "user-erasure:approve",
     .operation = "user-erasure:approve",
     .run = [](Invocation& in) { return answer_erasure(in, in.call(), "approved"); },
     .summary = "Approves a request",
     .options = erasure_approve_options,
     .needs = {"request-id"},
     .missing = "Missing --request-id",
     .positional = "request-id",
     .aliases = {"user:data-erasure:approve"},
     .closed = true},
    {.name = "user-erasure:reject",
     .operation = "user-erasure:reject",
     .run = [](Invocation& in) { return answer_erasure(in, in.call(), "rejected"); },
     .summary = "Rejects a request",
     .options = erasure_reject_options,
     .needs = {"request-id"},
     .missing = "Missing --request-id",
     .positional = "request-id",
     .aliases = {"user:data-erasure:reject"},
     .closed = true},
    {.name = "user-erasure:process",
     .operation = "user-erasure:process",
     .run = [](Invocation& in) { return answer_erasure(in, in.call(), "processed"); },
     .summary = "Carries out a request that was approved",
     .options = erasure_process_options,
     .needs = {"request-id"},
     .missing = "Missing --request-id",
     .positional = "request-id",
     .aliases = {"user:data-erasure:process"}},
    {.name = "user-erasure:audit",
     .operation = "user-erasure:audit",
     .run = erasure_audit,
     .summary = "Shows what a request has done",
     .options = erasure_audit_options,
     .needs = {"request-id"},
     .missing = "Missing --request-id",
     .positional = "request-id",
     .aliases = {"user:data-erasure:audit"}},
    {.name = "user-erasure:cleanup",
     .operation = "user-erasure:cleanup",
     .run = erasure_cleanup,
     .summary = "Removes requests that were closed long ago",
     .aliases = {"user:data-erasure:cleanup"}},
    {.name = "telemetry:test",
     .operation = "telemetry:test",
     .run = telemetry_test,
     .summary = "Sends test metrics to a collector",
     .details = "The exit code is 1 when the collector does not take them, and when none is named.",
     .options = telemetry_options},
};

}  // namespace

std::span<const Command> erasure_commands() { return erasure_table; }

}  // namespace mf
