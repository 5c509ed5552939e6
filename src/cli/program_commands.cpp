// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/help.h"

#include <cstdio>

namespace mf {
namespace {

HelpLook look_of(Invocation& in) {
    return {.width = in.terminal().out_is_terminal ? in.terminal().width : 100, .coloured = in.coloured()};
}

int program_list(Invocation& in) {
    if (!in.json()) {
        in.out().write(help_of_program(in.catalog(), look_of(in)));
        return 0;
    }
    json::array commands;
    for (const CatalogEntry& entry : in.catalog().entries())
        if (!entry.command->hidden)
            commands.push_back(json::object{{"name", entry.command->name}, {"description", summary_of(entry)}});
    return in.answer(
        json::object{{"application", json::object{{"name", "multiflexi-cli"}, {"version", MULTIFLEXI_VERSION}}},
                     {"commands", std::move(commands)}});
}

int program_help(Invocation& in) {
    if (in.arguments().has("man")) {
        if (in.json())
            return in.answer(json::object{{"name", "multiflexi-cli"}, {"manual", manual_page(in.catalog())}});
        in.out().write(manual_page(in.catalog()));
        return 0;
    }
    std::string name;
    for (const std::string& word : in.arguments().values("command_name")) name += (name.empty() ? "" : ":") + word;
    if (name.empty()) return program_list(in);
    if (const CatalogEntry* entry = in.catalog().find(name)) {
        if (in.json())
            return in.answer(json::object{{"name", entry->command->name}, {"help", help_of_command(*entry, {})}});
        in.out().write(help_of_command(*entry, look_of(in)));
        return 0;
    }
    if (const auto entity = in.catalog().of_entity(name); !entity.empty()) {
        if (in.json()) return in.answer(json::object{{"name", name}, {"help", help_of_entity(entity, {})}});
        in.out().write(help_of_entity(entity, look_of(in)));
        return 0;
    }
    return in.refuse(
        Refusal{.message = fmt::format("There is no command \"{}\"; list shows every command.", to_utf8(name))});
}

int program_describe(Invocation& in) {
    const auto commands = description(in.catalog());
    if (in.json()) return in.answer(commands);
    for (const auto& [name, command] : commands)
        in.out().line(fmt::format("{}: {}", std::string_view(name), text_member(command.as_object(), "description")));
    return 0;
}

int program_completion(Invocation& in) {
    const auto shell = in.arguments().value("shell").value_or("bash");
    const auto script = completion_script(in.catalog(), shell);
    if (script.empty())
        return in.refuse(
            Refusal{.message = fmt::format("There is no completion for the shell '{}': bash, zsh, fish.", shell)});
    if (in.json()) return in.answer(json::object{{"shell", shell}, {"script", script}});
    in.out().write(script);
    return 0;
}

/// Peak memory of this process in KiB (proc(5)); clients show it beside the version.
std::int64_t memory_in_use() {
    std::int64_t pages = 0;
    if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
        long long total = 0;
        long long resident = 0;
        if (std::fscanf(file, "%lld %lld", &total, &resident) == 2) pages = resident;
        std::fclose(file);
    }
    return pages * 4;
}

/// One text: "total: 7, monthly: 7, …". The operation may say it as an object of numbers.
std::string jobs_text(const json::value& jobs) {
    if (!jobs.is_object()) return plain_text(jobs);
    std::string out;
    for (const auto& [key, value] : jobs.get_object()) {
        std::string name(key);
        std::ranges::replace(name, '_', ' ');
        out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", name, plain_text(value));
    }
    return out;
}

int program_status(Invocation& in) {
    auto answer = in.call(json::object{});
    if (!answer) return in.refuse(answer.error());
    if (!answer->is_object()) return in.answer(*answer);
    const auto& status = answer->get_object();
    enum class Shown { text, count, jobs, time };
    struct Row {
        std::string_view name;
        Shown shown;
        std::string preset = {};
    };
    const Row rows[] = {
        {"version-cli", Shown::text, MULTIFLEXI_VERSION},
        {"version-core", Shown::text, MULTIFLEXI_VERSION},
        {"db-migration", Shown::text},
        {"user", Shown::text, in.terminal().user ? in.terminal().user() : std::string()},
        {"php", Shown::text, "none"},
        {"os", Shown::text, in.terminal().operating_system ? in.terminal().operating_system() : std::string()},
        {"memory", Shown::count, std::to_string(memory_in_use())},
        {"companies", Shown::count, "0"},
        {"apps", Shown::count, "0"},
        {"runtemplates", Shown::count, "0"},
        {"topics", Shown::count, "0"},
        {"credentials", Shown::count, "0"},
        {"credential_types", Shown::count, "0"},
        {"jobs", Shown::jobs},
        {"database", Shown::text},
        {"encryption", Shown::text, "disabled"},
        {"zabbix", Shown::text, "disabled"},
        {"telemetry", Shown::text, "disabled"},
        {"executor", Shown::text, "inactive"},
        {"scheduler", Shown::text, "inactive"},
        {"timestamp", Shown::time},
    };
    json::object out;
    for (const Row& row : rows) {
        // Operations name things with '_', clients of this command know some with '-'.
        std::string key(row.name);
        std::ranges::replace(key, '-', '_');
        const json::value& said = status.contains(row.name) ? member(status, row.name) : member(status, key);
        switch (row.shown) {
            case Shown::text: out[row.name] = said.is_null() ? row.preset : plain_text(said); break;
            case Shown::count:
                out[row.name] = said.is_null() ? json::value(to_integer(row.preset).value_or(0)) : said;
                break;
            case Shown::jobs: out[row.name] = jobs_text(said); break;
            case Shown::time:
                out[row.name] = said.is_null() ? json::value(format_local(in.backend().now(), in.zone()))
                                               : local_time(said, in.zone());
                break;
        }
    }
    for (const auto& [key, value] : status) {
        std::string name(key);
        std::ranges::replace(name, '_', '-');
        if (!out.contains(key) && !out.contains(name)) out[key] = value;
    }
    return in.answer_record(std::move(out));
}

/// The operation removes a bounded number at once; it is asked until nothing is left to remove.
int program_prune(Invocation& in) {
    const auto given = in.integer("keep");
    if (!given) return in.refuse(given.error());
    const std::int64_t keep = given->value_or(1000);
    const bool logs = in.arguments().has("logs");
    const bool jobs = in.arguments().has("jobs");
    if (!logs && !jobs) return in.refuse(Refusal{.message = "Please specify --logs and/or --jobs to prune."});
    const auto tell = [&](const std::string& line) {
        if (!in.json()) in.out().line(line);
    };
    json::object deleted_records;
    if (logs) {
        // The words of the contract; that there is nothing to do is a remark beside them.
        tell(fmt::format("Pruning logs, keeping latest {} records...", keep));
        tell("Deleted 0 records from log.");
        in.remark("The log of the server is not in the database, so there are no records of it to delete.");
        deleted_records["logs"] = 0;
    }
    if (jobs) {
        tell(fmt::format("Pruning jobs, keeping latest {} records...", keep));
        std::int64_t deleted = 0, tasks = 0;
        for (bool more = true; more;) {
            const auto answer = in.call(json::object{{"jobs", true}, {"keep", keep}});
            if (!answer) return in.refuse(answer.error());
            deleted += answer->at("deleted_jobs").as_int64();
            tasks += answer->at("deleted_tasks").as_int64();
            more = answer->at("more").as_bool();
        }
        tell(fmt::format("Deleted {} records from job.", deleted));
        tell(fmt::format("Deleted {} records from task.", tasks));
        deleted_records["jobs"] = deleted;
        deleted_records["tasks"] = tasks;
    }
    constexpr std::string_view done = "Prune completed.";
    return in.answer(json::object{{"status", "success"}, {"message", done}, {"deleted", std::move(deleted_records)}},
                     done);
}

constexpr Option program_prune_options[] = {
    {.name = "logs",
     .takes = Takes::flag,
     .help = "Accepted; deletes nothing, the log of the server is not in the database",
     .becomes = Becomes::local},
    {.name = "jobs",
     .takes = Takes::flag,
     .help = "Remove ended jobs with their output and artifacts",
     .becomes = Becomes::local},
    {.name = "keep", .help = "How many of the newest stay", .becomes = Becomes::local, .preset = "1000"},
};
constexpr Option program_help_options[] = {
    {.name = "command_name", .takes = Takes::list, .help = "The command to explain", .becomes = Becomes::local},
    {.name = "man", .takes = Takes::flag, .help = "Print the manual page in roff", .becomes = Becomes::local},
};
constexpr Option program_completion_options[] = {
    {.name = "shell", .help = "bash, zsh or fish", .becomes = Becomes::local, .preset = "bash"},
};

constexpr Command program_table[] = {
    {.name = "list", .run = program_list, .summary = "Lists the commands", .stays_here = true},
    {.name = "help",
     .run = program_help,
     .summary = "Explains a command",
     .options = program_help_options,
     .positional = "command_name",
     .stays_here = true},
    {.name = "describe",
     .run = program_describe,
     .summary = "Describes every command and its options for programs",
     .stays_here = true,
     .default_format = "json"},
    {.name = "completion",
     .run = program_completion,
     .summary = "Prints the completion script of a shell",
     .options = program_completion_options,
     .positional = "shell",
     .stays_here = true},
    {.name = "prune",
     .operation = "prune",
     .run = program_prune,
     .summary = "Removes old jobs, which the program never does by itself",
     .options = program_prune_options,
     .closed = true},
    {.name = "search",
     .operation = "search",
     .run = run_plain,
     .summary = "Finds companies, run templates, jobs and more by name or number",
     .positional = "text"},
    {.name = "status",
     .operation = "status",
     .run = program_status,
     .summary = "Shows versions, counters and the state of the services",
     .aliases = {"appstatus"},
     .shows_record = true},
};

}  // namespace

std::span<const Command> program_commands() { return program_table; }

int run_plain(Invocation& in) {
    if (in.entry().command->lists) return in.answer_list({});
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    if (in.json()) return in.answer(*answer);
    if (answer->is_array()) return in.answer_rows(answer->get_array());
    if (answer->is_object()) return in.answer_record(answer->get_object());
    return in.answer(*answer, plain_text(*answer));
}

}  // namespace mf
