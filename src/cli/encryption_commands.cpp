// SPDX-License-Identifier: MIT
#include "cli/commands.h"
#include "cli/invocation.h"

namespace mf {
namespace {

constexpr Column key_columns[] = {
    {.name = "name", .on_terminal = true},
    {.name = "version", .on_terminal = true},
    {.name = "key_id", .on_terminal = true},
    {.name = "algorithm"},
    {.name = "active", .as = As::flag, .on_terminal = true},
    {.name = "readable", .as = As::flag, .on_terminal = true},
    {.name = "created_at", .as = As::time, .on_terminal = true},
    {.name = "rotated_at", .as = As::time, .on_terminal = true},
};

int encryption_status(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    auto& status = answer->as_object();
    json::array keys;
    for (const auto& key : status.at("keys").as_array())
        keys.push_back(shaped(key_columns, key.as_object(), in.zone()));
    if (in.json()) {
        status["keys"] = std::move(keys);
        return in.answer(status);
    }
    in.out().line(fmt::format("Master key: {}. {}", plain_text(status.at("master_key")),
                              plain_text(status.at("master_key_explained"))));
    return in.answer_rows(keys, {.columns = key_columns, .nothing = "There is no data key yet."});
}

int encryption_made(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    const auto& made = answer->as_object();
    return in.answer(*answer, fmt::format("{} Data key {} version {} ({}).", text_member(made, "message"),
                                          text_member(made, "key_name"), plain_text(made.at("version")),
                                          text_member(made, "key_id")));
}

/// The operation seals a part; it is asked until it has gone through all of them.
int encrypt_existing(Invocation& in) {
    auto input = in.input();
    if (!input) return in.refuse(input.error());
    const bool is_dry_run = in.arguments().has("dry_run");
    std::int64_t seen = 0, sealed = 0;
    json::array unreadable;
    for (bool more = true; more && !in.stop().stop_requested();) {
        auto answer = in.call(*input);
        if (!answer) return in.refuse(answer.error());
        auto& page = answer->as_object();
        seen += page.at("seen").as_int64();
        sealed += page.at("sealed").as_int64();
        for (auto& sentence : page.at("unreadable").as_array()) unreadable.push_back(std::move(sentence));
        more = page.at("more").as_bool();
        (*input)["column"] = page.at("column");
        (*input)["after"] = page.at("after");
    }
    auto message = fmt::format("{} of {} secrets {} sealed anew with the data key in use.", sealed, seen,
                               is_dry_run ? "would be" : "were");
    if (!unreadable.empty()) message += fmt::format(" {} could not be opened and stay as they are.", unreadable.size());
    for (const auto& sentence : unreadable) in.remark(sentence.as_string());
    const bool complete = unreadable.empty();
    in.answer(json::object{{"status", complete ? "success" : "error"},
                           {"message", message},
                           {"processed", seen},
                           {"encrypted", sealed},
                           {"dry_run", is_dry_run},
                           {"unreadable", std::move(unreadable)}},
              message);
    return complete ? 0 : 1;
}

constexpr Option init_options[] = {
    {.name = "force", .takes = Takes::flag, .help = "Make a new data key although there is one"},
};
constexpr Option existing_options[] = {
    {.name = "dry-run", .takes = Takes::flag, .help = "Open and count only, change nothing", .key = "dry_run"},
    {.name = "batch-size", .help = "How many values in one transaction", .key = "batch_size", .preset = "200"},
};

constexpr Command encryption_table[] = {
    {.name = "encryption:status",
     .operation = "encryption:status",
     .run = encryption_status,
     .summary = "Shows the master key and the data keys that secrets are sealed with",
     .without = {"nothing"}},
    {.name = "encryption:init",
     .operation = "encryption:init",
     .run = encryption_made,
     .summary = "Makes the first data key",
     .details =
         "Nobody needs to call it: the first secret makes one. With --force it is the same as encryption:rotate.",
     .options = init_options},
    {.name = "encryption:rotate",
     .operation = "encryption:rotate",
     .run = encryption_made,
     .summary = "Seals new secrets with a new data key",
     .details =
         "Earlier keys stay, so that what they have sealed still opens; encryption:encrypt-existing goes on from "
         "there.",
     .without = {"nothing"}},
    {.name = "encryption:encrypt-existing",
     .operation = "encryption:reseal",
     .run = encrypt_existing,
     .summary = "Seals the present secrets anew with the data key in use",
     .details =
         "Also those that the former MultiFlexi has encrypted. Each of them is opened, also those that need no new "
         "seal: "
         "with --dry-run it is the check whether all secrets are in order. Exit code 1 when one of them could not be "
         "opened; it says whose that is.",
     .options = existing_options,
     .aliases = {"credential:encrypt-existing", "encryption:reseal"},
     .without = {"column", "after"}},
};

}  // namespace

std::span<const Command> encryption_commands() { return encryption_table; }

}  // namespace mf
