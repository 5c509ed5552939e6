// SPDX-License-Identifier: MIT
#include "cli/catalog.h"

#include "base/text.h"
#include "cli/commands.h"

namespace mf {
namespace {

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_joint(char c) { return c == '-' || c == '_'; }

constexpr Option list_options[] = {
    {.name = "limit", .help = "At most so many records", .becomes = Becomes::local},
    {.name = "offset", .help = "Leave so many records out first", .becomes = Becomes::local},
    {.name = "order", .help = "A: lowest id first, D: highest first", .becomes = Becomes::local, .preset = "A"},
};
constexpr Option fields_option{.name = "fields",
                               .takes = Takes::optional_value,
                               .help = "Only these fields, separated by commas",
                               .becomes = Becomes::local};

constexpr Option options_of_all[] = {
    {.name = "help", .takes = Takes::flag, .help = "Show help for the command", .letter = 'h'},
    {.name = "quiet", .takes = Takes::flag, .help = "Show errors only", .letter = 'q'},
    {.name = "silent", .takes = Takes::flag, .help = "Show nothing"},
    {.name = "verbose",
     .takes = Takes::flag,
     .help = "Show more; create and update print the whole record",
     .letter = 'v'},
    {.name = "version", .takes = Takes::flag, .help = "Show the version of this program", .letter = 'V'},
    {.name = "ansi", .takes = Takes::flag, .help = "Use colours"},
    {.name = "no-ansi", .takes = Takes::flag, .help = "Use no colours"},
    {.name = "no-interaction", .takes = Takes::flag, .help = "Never ask", .letter = 'n'},
    {.name = "environment", .help = "Read settings from this file", .letter = 'e', .file_name = true},
    {.name = "token-file",
     .help = "Act with the token in this file instead of as the administrator of this machine",
     .file_name = true},
    {.name = "server",
     .help = "Ask this server (https://host, unix:/path) instead of the installation on this machine"},
    {.name = "profile", .help = "Ask the server of this profile; 'local' is the installation on this machine"},
    {.name = "ca-file", .help = "Trust the authorities in this PEM file when the server is asked", .file_name = true},
    {.name = "allow-plain",
     .takes = Takes::flag,
     .help = "Ask another machine over http, too, where everybody on the way reads the token along"},
};

/// Names that older versions of the tools use for entities.
constexpr std::pair<std::string_view, std::string_view> entity_names[] = {
    {"credtype", "credential-type"},
    {"crprototype", "credential-prototype"},
    {"userdataerasure", "user-erasure"},
    {"applications", "application"},
    {"companies", "company"},
    {"jobs", "job"},
};

std::pair<std::string_view, std::string_view> split_name(std::string_view name) {
    const auto colon = name.find(':');
    if (colon == std::string_view::npos) return {name, {}};
    return {name.substr(0, colon), name.substr(colon + 1)};
}

bool same_name(std::string_view spelled, std::string_view name) {
    const auto [entity, action] = split_name(spelled);
    const auto [known_entity, known_action] = split_name(name);
    return same_word(full_entity_name(entity), full_entity_name(known_entity)) && same_word(action, known_action);
}

bool is_called(const Command& command, std::string_view spelled) {
    return same_name(spelled, command.name) || std::ranges::any_of(command.aliases, [&](std::string_view alias) {
               return !alias.empty() && same_name(spelled, alias);
           });
}

/// How an option of a command that is made from its operation alone is written.
Option option_of(const Field& field) {
    Option option{.name = field.name, .help = field.options.help.empty() ? field.options.label : field.options.help};
    if (field.type == FieldType::boolean) option.takes = Takes::optional_value;
    if (field.type == FieldType::json) {
        // The two shapes of JSON fields: maps are known by name, everything else is a list of words.
        const bool pairs = field.name == "config" || field.name == "env";
        option.takes = Takes::list;
        option.becomes = pairs ? Becomes::pairs : Becomes::words;
    }
    return option;
}

bool covers(const Option& option, std::string_view key) {
    return same_word(option.key.empty() ? option.name : option.key, key) || same_word(option.name, key);
}

/// Are these values named in a help already?
bool tells(std::string_view help, std::span<const std::string_view> choices) {
    const auto text = lower(help);
    return std::ranges::all_of(choices, [&](std::string_view choice) { return text.find(lower(choice)) != text.npos; });
}

constexpr std::string_view list_keys[] = {"limit", "offset", "order", "after", "env"};
/// Said by the command itself, never by people.
constexpr std::string_view own_keys[] = {"after", "document", "output"};

bool is_among(std::span<const std::string_view> keys, std::string_view key) {
    return std::ranges::find(keys, key) != keys.end();
}

}  // namespace

bool same_word(std::string_view a, std::string_view b) {
    std::size_t i = 0;
    std::size_t j = 0;
    for (;;) {
        while (i < a.size() && is_joint(a[i])) ++i;
        while (j < b.size() && is_joint(b[j])) ++j;
        if (i == a.size() || j == b.size()) return i == a.size() && j == b.size();
        if (small(a[i++]) != small(b[j++])) return false;
    }
}

std::string without_joints(std::string_view word) {
    std::string out = lower(word);
    std::erase_if(out, is_joint);
    return out;
}

std::string_view full_entity_name(std::string_view spelled) {
    for (const auto& [old_name, name] : entity_names)
        if (same_word(spelled, old_name)) return name;
    return spelled;
}

std::span<const Option> global_options() { return options_of_all; }

Catalog::Catalog(const Operations& operations) : operations_(operations) {
    std::vector<std::string_view> used;
    for (const auto table : command_tables())
        for (const Command& command : table) {
            const Operation* needed = command.operation.empty() ? nullptr : operation(command.operation);
            if (!command.operation.empty() && !needed) continue;
            entries_.push_back({&command, needed});
            if (needed) used.push_back(needed->name);
        }
    for (const Operation& candidate : operations_)
        if (std::ranges::find(used, candidate.name) == used.end()) add_plain(candidate);
    std::ranges::sort(entries_, {}, [](const CatalogEntry& entry) { return entry.command->name; });
}

void Catalog::add_plain(const Operation& operation) {
    const auto [entity, action] = split_name(operation.name);
    names_.push_back(entity == "runtemplate" ? fmt::format("run-template:{}", action) : operation.name);
    const bool lists = operation.input && operation.input->find("limit");
    plain_.push_back({.name = names_.back(), .operation = operation.name, .run = run_plain, .lists = lists});
    if (operation.input && operation.input->find("id")) plain_.back().positional = "id";
    entries_.push_back({&plain_.back(), &operation});
}

const Operation* Catalog::operation(std::string_view name) const {
    const auto found = std::ranges::find(operations_, name, &Operation::name);
    return found == operations_.end() ? nullptr : &*found;
}

const CatalogEntry* Catalog::find(std::string_view spelled) const {
    for (const CatalogEntry& entry : entries_)
        if (same_name(spelled, entry.command->name)) return &entry;
    for (const CatalogEntry& entry : entries_)
        if (is_called(*entry.command, spelled)) return &entry;
    // Words that mean the same in every entity.
    const auto [entity, action] = split_name(spelled);
    constexpr std::pair<std::string_view, std::string_view> twins[] = {{"show", "get"},
                                                                       {"delete", "remove"},
                                                                       {"remove", "delete"},
                                                                       {"import", "import-json"},
                                                                       {"export", "export-json"}};
    for (const auto& [said, meant] : twins) {
        if (!same_word(action, said)) continue;
        const auto name = fmt::format("{}:{}", entity, meant);
        for (const CatalogEntry& entry : entries_)
            if (same_name(name, entry.command->name)) return &entry;
    }
    return nullptr;
}

bool Catalog::begins_command(std::string_view spelled) const {
    if (spelled.find(':') == spelled.npos) return false;
    return std::ranges::any_of(entries_, [&](const CatalogEntry& entry) {
        return std::ranges::any_of(entry.command->aliases, [&](std::string_view alias) {
            return same_name(spelled, alias.substr(0, alias.rfind(':')));
        });
    });
}

std::vector<const CatalogEntry*> Catalog::of_entity(std::string_view spelled) const {
    std::vector<const CatalogEntry*> found;
    for (const CatalogEntry& entry : entries_) {
        const auto [entity, action] = split_name(entry.command->name);
        if (!action.empty() && !entry.command->hidden && same_word(full_entity_name(spelled), entity))
            found.push_back(&entry);
    }
    return found;
}

std::vector<Option> Catalog::options_of(const CatalogEntry& entry) {
    const Command& command = *entry.command;
    std::vector<Option> options(command.options.begin(), command.options.end());
    const auto missing = [&](std::string_view name) {
        return std::ranges::none_of(options, [&](const Option& option) { return covers(option, name); });
    };
    if (!command.closed && entry.operation && entry.operation->input)
        for (const Field& field : entry.operation->input->fields) {
            const bool own = is_among(own_keys, field.name) || (command.lists && is_among(list_keys, field.name));
            const bool global =
                std::ranges::any_of(options_of_all, [&](const Option& o) { return same_word(o.name, field.name); });
            if (!own && !global && !field.options.read_only && !is_among(command.without, field.name) &&
                missing(field.name))
                options.push_back(option_of(field));
            for (Option& option : options)
                if (option.becomes == Becomes::input && covers(option, field.name) &&
                    !tells(option.help, field.choices))
                    option.choices = field.choices;
        }
    if (command.lists)
        for (const Option& option : list_options)
            if (missing(option.name)) options.push_back(option);
    if ((command.lists || command.shows_record) && missing("fields")) options.push_back(fields_option);
    // In some commands of older clients -f is another option; -F says the format in all of them.
    const bool is_taken = std::ranges::any_of(options, [](const Option& option) { return option.letter == 'f'; });
    options.push_back({.name = "format",
                       .help = "text or json",
                       .becomes = Becomes::local,
                       .preset = command.default_format,
                       .letter = is_taken ? 'F' : 'f'});
    return options;
}

std::optional<Takes> Catalog::takes(std::string_view option) const {
    std::optional<Takes> known;
    for (const CatalogEntry& entry : entries_)
        for (const Option& candidate : options_of(entry)) {
            const bool called = same_word(option, candidate.name) ||
                                std::ranges::any_of(candidate.aliases, [&](std::string_view alias) {
                                    return !alias.empty() && same_word(option, alias);
                                });
            if (!called) continue;
            if (candidate.takes == Takes::value || candidate.takes == Takes::list) return Takes::value;
            if (!known || candidate.takes == Takes::optional_value) known = candidate.takes;
        }
    return known;
}

}  // namespace mf
