// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/input_file.h"

namespace mf {
namespace {

using Task = MaintenanceRequest::Task;

/// Says how far the work is, on one line of the terminal that is gone at the end.
class ProgressLine {
public:
    explicit ProgressLine(Invocation& in)
        : terminal_(in.terminal()), shown_(in.terminal().err_is_terminal && !in.quiet()) {}
    ~ProgressLine() {
        if (used_) terminal_.err(clear);
    }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    void tell(std::string_view doing, std::string_view database_table, std::int64_t rows) {
        if (!shown_) return;
        used_ = true;
        terminal_.err(rows > 0 ? fmt::format("{}{} {}: {} rows", clear, doing, database_table, rows)
                               : fmt::format("{}{} {}", clear, doing, database_table));
    }

private:
    static constexpr std::string_view clear = "\r\x1b[K";
    Terminal& terminal_;
    bool shown_;
    bool used_ = false;
};

Result<json::object> maintained(Invocation& in, const MaintenanceRequest& request) {
    ProgressLine line(in);
    auto answer = in.backend().maintain(
        request, [&](auto doing, auto database_table, auto rows) { line.tell(doing, database_table, rows); });
    if (!answer) return answer.error();
    return answer->is_object() ? answer->get_object() : json::object();
}

std::string counted(std::int64_t count, std::string_view thing) {
    return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

/// What a status has only when the database could be asked.
constexpr std::string_view found_out[] = {"user",          "server_version", "size",      "isolation",
                                          "durability",    "schema",         "companies", "applications",
                                          "run_templates", "jobs",           "queued"};

int database_status(Invocation& in) {
    auto status = maintained(in, {.task = Task::status});
    if (!status) return in.refuse(status.error());
    const std::string problem(text_member(*status, "problem"));
    status->erase("problem");
    if (problem.empty()) return in.answer_record(*std::move(status), found_out);
    if (in.json()) return in.refuse(Refusal{.message = problem, .details = *std::move(status)});
    in.answer_record(*std::move(status), found_out);
    return in.refuse(Refusal{.message = problem});
}

int database_migrate(Invocation& in) {
    const auto done = maintained(in, {.task = Task::migrate});
    if (!done) return in.refuse(done.error());
    const auto from = integer_member(*done, "from").value_or(0);
    const auto to = integer_member(*done, "to").value_or(0);
    const auto sentence = from == to ? fmt::format("The schema {} of the database is up to date.", to)
                                     : fmt::format("The schema of the database went from {} to {}.", from, to);
    return in.answer(json::object{{"status", "success"}, {"message", sentence}, {"from", from}, {"to", to}}, sentence);
}

int database_check(Invocation& in) {
    const auto checked = maintained(in, {.task = Task::check});
    if (!checked) return in.refuse(checked.error());
    const json::value& problems = member(*checked, "problems");
    const auto count = problems.is_array() ? std::ssize(problems.get_array()) : 0;
    const auto sentence =
        count == 0 ? fmt::format("No problems in {}.", counted(integer_member(*checked, "tables").value_or(0), "table"))
                   : fmt::format("{} found. Make a backup before anything is repaired.", counted(count, "problem"));
    if (count == 0)
        return in.answer(json::object{{"status", "success"}, {"message", sentence}, {"problems", json::array()}},
                         sentence);
    if (!in.json())
        for (const json::value& problem : problems.get_array())
            if (problem.is_object()) in.out().line(one_line(text_member(problem.get_object(), "message")));
    return in.refuse(Refusal{.message = sentence, .details = json::object{{"problems", problems}}});
}

int database_backup(Invocation& in) {
    auto done = maintained(in, {.task = Task::backup,
                                .file = in.arguments().value("file").value_or(""),
                                .force = in.arguments().has("force")});
    if (!done) return in.refuse(done.error());
    const std::string key_file(text_member(*done, "key_file"));
    const auto key = key_file.empty()
                         ? std::string(
                               "Keep the text of ENCRYPTION_MASTER_KEY as well, apart from the backup: without "
                               "it nobody can open the stored secrets.")
                         : fmt::format(
                               "Keep a copy of the key file {} as well, apart from the backup: without it "
                               "nobody can open the stored secrets.",
                               key_file);
    (*done)["reminder"] = key;
    return in.answer(
        *done, fmt::format("Backup written: {} ({}, {} bytes)\nSHA-256: {}\n{}", one_line(text_member(*done, "file")),
                           counted(integer_member(*done, "rows").value_or(0), "row"),
                           integer_member(*done, "bytes").value_or(0), text_member(*done, "sha256"), one_line(key)));
}

/// With -f json warnings stay in the document.
void remark_warnings(Invocation& in, const json::object& done) {
    const json::value& warnings = member(done, "warnings");
    if (in.json() || !warnings.is_array()) return;
    for (const json::value& warning : warnings.get_array()) in.remark(fmt::format("Warning: {}", plain_text(warning)));
}

int database_restore(Invocation& in) {
    const auto done = maintained(in, {.task = Task::restore,
                                      .file = in.arguments().value("file").value_or(""),
                                      .force = in.arguments().has("force"),
                                      .abandon_jobs = in.arguments().has("abandon-jobs")});
    if (!done) return in.refuse(done.error());
    const int code = in.answer(
        *done, fmt::format("Restored: {} -> {} ({})\nNew jobs get ids from {} on: those in between may have been given "
                           "after the backup.",
                           one_line(text_member(*done, "file")), one_line(text_member(*done, "where")),
                           counted(integer_member(*done, "rows").value_or(0), "row"),
                           integer_member(*done, "first_job").value_or(0)));
    remark_warnings(in, *done);
    return code;
}

Result<std::optional<std::string>> password_of_file(Invocation& in) {
    const auto file = in.arguments().value("password-file");
    if (!file) return std::optional<std::string>();
    constexpr std::size_t longest = 4096;
    auto content = read_input_file(*file, in.terminal(), longest);
    if (!content)
        return Error{content.error().code,
                     fmt::format("--password-file {}: {}", one_line(*file), content.error().message)};
    while (content->ends_with('\n') || content->ends_with('\r')) content->pop_back();
    if (content->empty() || content->find('\n') != content->npos)
        return Error{ErrorCode::invalid,
                     fmt::format("The file {} of --password-file must hold the password on one line and nothing else.",
                                 one_line(*file))};
    return std::optional(*std::move(content));
}

int database_copy(Invocation& in) {
    const auto password = password_of_file(in);
    if (!password) return in.refuse(password.error());
    const auto done = maintained(
        in, {.task = Task::copy, .target = in.arguments().value("to").value_or(""), .target_password = *password});
    if (!done) return in.refuse(done.error());
    if (in.json()) return in.answer(*done);
    in.out().line(fmt::format("Copied: {} ({})", one_line(text_member(*done, "target")),
                              counted(integer_member(*done, "rows").value_or(0), "row")));
    const json::value& settings = member(*done, "settings");
    if (settings.is_object()) {
        in.out().line("Settings with which this installation goes on there:");
        for (const auto& [name, value] : settings.get_object()) {
            in.out().line(fmt::format("  {}={}", std::string_view(name), one_line(plain_text(value))));
            if (name == "DB_USERNAME") in.out().line("  DB_PASSWORD=(the password of this user)");
        }
        in.out().line(settings.get_object().contains("MULTIFLEXI_KEY_FILE")
                          ? "The key file stays where it is. Without that setting another one would be made elsewhere, "
                            "which opens no stored secret."
                          : "ENCRYPTION_MASTER_KEY stays as it is.");
    }
    remark_warnings(in, *done);
    return 0;
}

constexpr Option database_backup_options[] = {
    {.name = "file", .help = "The file to write; it appears when it is complete", .becomes = Becomes::local},
    {.name = "force", .takes = Takes::flag, .help = "Replace a file that exists", .becomes = Becomes::local},
};
constexpr Option database_restore_options[] = {
    {.name = "file", .help = "A file that database:backup has written", .becomes = Becomes::local},
    {.name = "force",
     .takes = Takes::flag,
     .help = "Remove everything that is in the database first",
     .becomes = Becomes::local},
    {.name = "abandon-jobs",
     .takes = Takes::flag,
     .help = "With --force: also when jobs have not ended, whose processes may go on",
     .becomes = Becomes::local},
};
constexpr Option database_copy_options[] = {
    {.name = "to",
     .help = "sqlite:/path/file.db, pgsql://user@host:port/name, or mysql://user@host:port/name; ?socket=/path names a "
             "socket; without a password",
     .becomes = Becomes::local},
    {.name = "password-file",
     .help = "Read the password of that user from this file, - is standard input; else it is that of the variable "
             "MULTIFLEXI_TO_PASSWORD",
     .becomes = Becomes::local},
};

constexpr Command database_table[] = {
    {.name = "database:status",
     .run = database_status,
     .summary = "Shows where the database is, its version, schema, size and number of rows",
     .shows_record = true},
    {.name = "database:migrate",
     .run = database_migrate,
     .summary = "Brings the schema of the database up to date, which every start of the server does, too"},
    {.name = "database:check",
     .run = database_check,
     .summary = "Looks for damage, dangling references and broken promises in the database; repairs nothing"},
    {.name = "database:backup",
     .run = database_backup,
     .summary = "Writes everything in the database to one file while the server runs",
     .options = database_backup_options,
     .needs = {"file"},
     .positional = "file"},
    {.name = "database:restore",
     .run = database_restore,
     .summary = "Fills the database from a backup, on any kind of database",
     .options = database_restore_options,
     .needs = {"file"},
     .positional = "file"},
    {.name = "database:copy",
     .run = database_copy,
     .summary = "Copies everything into another, empty database of any kind",
     .options = database_copy_options,
     .needs = {"to"},
     .positional = "to"},
};

}  // namespace

std::span<const Command> database_commands() { return database_table; }

}  // namespace mf
