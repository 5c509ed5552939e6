// SPDX-License-Identifier: MIT
#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/input_file.h"
#include "cli/invocation.h"
#include "cli/output_file.h"
#include "domain/audit_chain.h"

#include <fmt/format.h>

namespace mf {
namespace {

constexpr Column audit_columns[] = {
    {.name = "id"},
    {.name = "seq"},
    {.name = "at", .as = As::time, .on_terminal = true},
    {.name = "user_id"},
    {.name = "login", .on_terminal = true},
    {.name = "company_id", .on_terminal = true},
    {.name = "entity", .on_terminal = true},
    {.name = "entity_id", .on_terminal = true},
    {.name = "action", .on_terminal = true},
    {.name = "entry"},
    {.name = "address"},
    {.name = "details", .on_terminal = true},
    {.name = "previous"},
    {.name = "hash"},
};

int answer_verdict(Invocation& in, const json::object& verdict) {
    const bool whole = verdict.at("whole").as_bool();
    std::string text = whole ? fmt::format("The chain of {} entries is whole.", plain_text(verdict.at("entries")))
                             : std::string("The chain is broken:");
    for (const auto& fault : verdict.at("faults").as_array()) text += "\n- " + plain_text(fault);
    for (const auto& remark : verdict.at("remarks").as_array()) text += "\nRemark: " + plain_text(remark);
    if (const auto head = text_member(verdict, "head"); !head.empty()) text += fmt::format("\nLast hash: {}", head);
    json::object document{{"status", whole ? "success" : "error"}};
    for (const auto& [key, value] : verdict) document[key] = value;
    in.answer(document, text);
    return whole ? 0 : 1;
}

/// What audit:export has written needs no database.
int verify_exported(Invocation& in, const std::string& file) {
    constexpr std::size_t longest_line = 1024 * 1024;
    auto lines = LineSource::open(file, in.terminal(), longest_line);
    if (!lines) return in.refuse(lines.error());
    AuditVerdict verdict;
    AuditChainCheck chain(verdict, in.arguments().value("kept").value_or(""));
    std::int64_t number = 0;
    for (std::string line; (*lines)->next(line);) {
        ++number;
        if (trim(line).empty()) continue;
        const auto parsed = parse_json(line);
        const auto entry = parsed && parsed->is_object() ? audit_entry_from_json(parsed->as_object())
                                                         : Result<AuditEntry>(invalid("It is no JSON object."));
        if (!entry) {
            verdict.fault(fmt::format("Line {} is no entry of an audit log. {}", number, entry.error().message));
            continue;
        }
        if (!entry->seq) {
            ++verdict.before_chain;
            continue;
        }
        if (verdict.entries == 0) chain.begin_with(*entry);
        if (verdict.entries == 0 && *entry->seq > 1)
            verdict.remarks.push_back(fmt::format("The file begins with entry {}.", *entry->seq));
        chain.take(*entry);
    }
    if (!(*lines)->problem().empty()) return in.refuse(Refusal{.message = (*lines)->problem()});
    chain.end();
    const auto sentences = [](const std::vector<std::string>& from) { return json::array(from.begin(), from.end()); };
    return answer_verdict(in, {{"whole", verdict.faults.empty()},
                               {"entries", verdict.entries},
                               {"before_chain", verdict.before_chain},
                               {"head", verdict.head},
                               {"faults", sentences(verdict.faults)},
                               {"remarks", sentences(verdict.remarks)}});
}

int audit_verify(Invocation& in) {
    if (const auto file = in.arguments().value("file")) return verify_exported(in, std::string(*file));
    const auto answer = in.call();
    return answer ? answer_verdict(in, answer->as_object()) : in.refuse(answer.error());
}

/// One entry in a line, as the operation tells it: UTC, nothing left out, so that others can check the hashes.
int audit_export(Invocation& in) {
    const auto file = in.arguments().value("file").value_or("-");
    if (file == "-" && in.json())
        return in.refuse(Refusal{.message =
                                     "With -f json standard output has the answer; name a file, or leave -f json "
                                     "out: the export is JSON anyway."});
    std::unique_ptr<OutputFile> target;
    if (file != "-") {
        auto created = OutputFile::create(file);
        if (!created) return in.refuse(created.error());
        target = *std::move(created);
    }
    auto input = in.input();
    if (!input) return in.refuse(input.error());
    std::int64_t written = 0;
    constexpr std::int64_t at_once = 1000;
    for (std::int64_t after = 0;;) {
        (*input)["limit"] = at_once;
        (*input)["after"] = after;
        const auto answer = in.call(*input);
        if (!answer) return in.refuse(answer.error());
        const auto& entries = answer->as_array();
        for (const auto& entry : entries) {
            const auto line = to_text(entry) + "\n";
            if (target) {
                if (auto done = target->write(line); !done) return in.refuse(done.error());
            } else {
                in.out().write(line);
            }
            after = entry.at("id").as_int64();
        }
        written += std::ssize(entries);
        if (std::ssize(entries) < at_once || in.out().failed()) break;
        if (in.stop().stop_requested())
            return in.refuse(Refusal{.message = "The export was interrupted; nothing was saved."});
    }
    if (!target) return 0;
    if (auto done = target->commit(); !done) return in.refuse(done.error());
    return in.answer(json::object{{"status", "success"}, {"file", file}, {"entries", written}},
                     fmt::format("{} entries exported to {}", written, one_line(file)));
}

constexpr Option audit_export_options[] = {
    {.name = "file", .help = "Where to; - or nothing: standard output", .becomes = Becomes::local, .file_name = true},
};

constexpr Option audit_verify_options[] = {
    {.name = "file",
     .help = "Look at this exported file instead of the database; - is standard input",
     .becomes = Becomes::local,
     .file_name = true},
};

constexpr Command audit_table[] = {
    {.name = "audit:list",
     .operation = "audit:list",
     .run = [](Invocation& in) { return in.answer_list({.columns = audit_columns}); },
     .summary = "Lists who changed what, and when",
     .aliases = {"security-audit:list"},
     .lists = true},
    {.name = "audit:verify",
     .operation = "audit:verify",
     .run = audit_verify,
     .summary = "Looks for entries of the audit log that were altered or removed",
     .details =
         "Exit code 1 when the chain is broken. The last hash stands for everything before it: keep it elsewhere, "
         "and a later look with --kept shows whether somebody has written the whole chain anew. A file must be an "
         "export without filters but --from and --to.",
     .options = audit_verify_options},
    {.name = "audit:export",
     .operation = "audit:list",
     .run = audit_export,
     .summary = "Writes the audit log, one JSON object in a line",
     .options = audit_export_options,
     .without = {"limit", "offset", "after", "order"}},
};

}  // namespace

std::span<const Command> audit_commands() { return audit_table; }

}  // namespace mf
