// SPDX-License-Identifier: MIT
#include "cli/help.h"

#include "base/text.h"
#include "cli/grid.h"

#include <boost/json/array.hpp>

namespace mf {
namespace {

constexpr std::string_view program = "multiflexi-cli";

std::string painted(std::string_view text, std::string_view colour, bool coloured) {
    return coloured ? fmt::format("\x1b[{}m{}\x1b[0m", colour, text) : std::string(text);
}

std::string heading(std::string_view text, const HelpLook& look) { return painted(text, "33", look.coloured) + "\n"; }

/// Words in lines of at most width columns; lines after the first start with blanks.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
    std::string out;
    std::size_t used = 0;
    const auto room = std::max<std::size_t>(width > indent ? width - indent : 0, 20);
    for (const auto word : split(text, ' ')) {
        const auto length = display_width(word);
        if (used && used + 1 + length > room) {
            out.append("\n").append(indent, ' ');
            used = 0;
        }
        if (used) out += ' ';
        used += length + (used ? 1 : 0);
        out += word;
    }
    return out;
}

struct HelpRow {
    std::string left;
    std::string right;
};

std::string rows_text(const std::vector<HelpRow>& rows, const HelpLook& look) {
    std::size_t column = 0;
    for (const HelpRow& row : rows) column = std::max(column, row.left.size());
    column = std::min<std::size_t>(column + 4, 36);
    std::string out;
    for (const HelpRow& row : rows) {
        out += "  " + painted(row.left, "32", look.coloured);
        if (row.right.empty()) {
            out += '\n';
            continue;
        }
        const auto used = row.left.size() + 2;
        if (used + 1 > column)
            out.append("\n").append(column, ' ');
        else
            out.append(column - used, ' ');
        out += wrapped(row.right, column, look.width) + "\n";
    }
    return out;
}

/// "a, b or c"
std::string alternatives(std::span<const std::string_view> choices) {
    const auto last = choices.size() - 1;
    return last == 0 ? std::string(choices[0])
                     : fmt::format("{} or {}", fmt::join(choices.first(last), ", "), choices[last]);
}

}  // namespace

std::string help_text(const Option& option) {
    std::string out(option.help);
    if (!option.choices.empty()) out += fmt::format("{}{}", out.empty() ? "" : ": ", alternatives(option.choices));
    return out;
}

namespace {

HelpRow option_row(const Option& option) {
    std::string left = option.letter ? fmt::format("-{}, ", option.letter) : "    ";
    left += option.name == "verbose" ? "--verbose (-vv, -vvv)" : option_words(option);
    std::string right = help_text(option);
    if (option.takes == Takes::list)
        right += right.empty() ? "May be given several times" : " (may be given several times)";
    if (option.becomes == Becomes::nothing) right = "Accepted for compatibility, has no effect";
    if (!option.preset.empty()) right += fmt::format("{}[default: {}]", right.empty() ? "" : " ", option.preset);
    return {std::move(left), std::move(right)};
}

bool is_needed(const Command& command, std::string_view option) {
    return std::ranges::any_of(command.needs, [&](std::string_view need) { return need == option; });
}

std::string usage(const CatalogEntry& entry) {
    const Command& command = *entry.command;
    std::string line = fmt::format("{} {}", program, command.name);
    for (const auto need : command.needs) {
        if (need.empty()) continue;
        line += ' ';
        const auto alternatives = split(need, '|');
        if (alternatives.size() > 1) line += '(';
        for (std::size_t i = 0; i < alternatives.size(); ++i)
            line += fmt::format("{}--{} …", i ? " | " : "", alternatives[i]);
        if (alternatives.size() > 1) line += ')';
    }
    line += " [options]";
    if (!command.positional.empty()) line += fmt::format(" [<{}>]", command.positional);
    return line;
}

std::string other_spellings(const Command& command) {
    std::string name(command.name);
    std::ranges::replace(name, ':', ' ');
    std::string out = name == command.name ? std::string() : name;
    for (const auto alias : command.aliases)
        if (!alias.empty()) out += fmt::format("{}{}", out.empty() ? "" : ", ", alias);
    return out;
}

json::object option_description(const Option& option) {
    json::value preset = nullptr;
    if (option.takes == Takes::list) preset = json::array();
    if (option.takes == Takes::flag) preset = false;
    if (!option.preset.empty()) preset = option.preset;
    return {{"name", std::string("--").append(option.name)},
            {"shortcut", option.letter ? json::value(std::string{'-', option.letter}) : json::value("")},
            {"is_value_required", option.takes == Takes::value || option.takes == Takes::list},
            {"description", help_text(option)},
            {"default", std::move(preset)}};
}

}  // namespace

std::string_view summary_of(const CatalogEntry& entry) {
    if (!entry.command->summary.empty()) return entry.command->summary;
    return entry.operation ? std::string_view(entry.operation->summary) : std::string_view();
}

std::string option_words(const Option& option) {
    std::string word(option.name);
    for (char& c : word) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c == '-' ? '_' : c;
    if (option.becomes == Becomes::pairs) word = "KEY=VALUE";
    if (option.becomes == Becomes::pair_file) word = "FILE";
    switch (option.takes) {
        case Takes::flag: return fmt::format("--{}", option.name);
        case Takes::optional_value: return fmt::format("--{}[={}]", option.name, word);
        case Takes::value:
        case Takes::list: break;
    }
    return fmt::format("--{}={}", option.name, word);
}

std::string version_line() { return fmt::format("{} {}\n", program, MULTIFLEXI_VERSION); }

std::string help_of_command(const CatalogEntry& entry, const HelpLook& look) {
    std::string out;
    if (const auto summary = summary_of(entry); !summary.empty())
        out += heading("Description:", look) + "  " + wrapped(summary, 2, look.width) + "\n\n";
    if (const auto details = entry.command->details; !details.empty())
        out += "  " + wrapped(details, 2, look.width) + "\n\n";
    out += heading("Usage:", look) + "  " + wrapped(usage(entry), 6, look.width) + "\n";
    if (const auto others = other_spellings(*entry.command); !others.empty())
        out += "\n" + heading("Also written:", look) + "  " + wrapped(others, 2, look.width) + "\n";
    std::vector<HelpRow> rows;
    for (const Option& option : Catalog::options_of(entry)) {
        HelpRow row = option_row(option);
        if (is_needed(*entry.command, option.name)) row.right += row.right.empty() ? "(needed)" : " (needed)";
        rows.push_back(std::move(row));
    }
    for (const Option& option : global_options()) rows.push_back(option_row(option));
    return out + "\n" + heading("Options:", look) + rows_text(rows, look);
}

std::string help_of_entity(const std::vector<const CatalogEntry*>& commands, const HelpLook& look) {
    std::vector<HelpRow> rows;
    for (const CatalogEntry* entry : commands)
        rows.push_back({std::string(entry->command->name), std::string(summary_of(*entry))});
    return heading("Commands:", look) + rows_text(rows, look) +
           fmt::format("\n{} help <command> tells the options of a command.\n", program);
}

std::string help_of_program(const Catalog& catalog, const HelpLook& look) {
    std::string out = fmt::format("MultiFlexi {}\n\n", painted(MULTIFLEXI_VERSION, "32", look.coloured));
    out += heading("Usage:", look) +
           fmt::format("  {} <command> [options]\n  {} <entity> <action> [options]\n\n", program, program);
    std::vector<HelpRow> rows;
    for (const Option& option : global_options()) rows.push_back(option_row(option));
    out += heading("Options:", look) + rows_text(rows, look) + "\n" + heading("Commands:", look);
    rows.clear();
    for (const CatalogEntry& entry : catalog.entries())
        if (!entry.command->hidden) rows.push_back({std::string(entry.command->name), std::string(summary_of(entry))});
    return out + rows_text(rows, look);
}

boost::json::object description(const Catalog& catalog) {
    json::object out;
    for (const CatalogEntry& entry : catalog.entries()) {
        const Command& command = *entry.command;
        if (command.hidden || command.name == "describe") continue;
        json::object options;
        json::object arguments;
        for (const Option& option : Catalog::options_of(entry)) {
            auto described = option_description(option);
            if (option.name == command.positional)
                arguments[option.name] = json::object{{"name", option.name},
                                                      {"is_required", false},
                                                      {"description", help_text(option)},
                                                      {"default", nullptr}};
            options[option.name] = std::move(described);
        }
        out[command.name] = json::object{
            {"description", summary_of(entry)}, {"arguments", std::move(arguments)}, {"options", std::move(options)}};
    }
    return out;
}

std::string misuse_box(const Misuse& misuse, bool coloured) {
    std::vector<std::string> lines{"", "  " + misuse.message + "  ", ""};
    if (!misuse.nearest.empty()) {
        lines.push_back(misuse.nearest.size() == 1 ? "  Did you mean this?  " : "  Did you mean one of these?  ");
        for (const std::string& word : misuse.nearest) lines.push_back("      " + word + "  ");
        lines.emplace_back();
    }
    std::size_t width = 0;
    for (std::string& line : lines) {
        // The message may quote what came from anywhere.
        std::string shown;
        for (const char c : line) shown += (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) ? '?' : c;
        line = std::move(shown);
        width = std::max(width, display_width(line));
    }
    std::string out = "\n";
    for (const std::string& line : lines) {
        const auto filled = line + std::string(width - display_width(line), ' ');
        out += painted(filled, "37;41", coloured) + "\n";
    }
    out += "\n";
    if (misuse.entry)
        out += fmt::format("{}\n\n", usage(*misuse.entry));
    else if (!misuse.entity.empty())
        out += fmt::format("{} {} --help shows every command of {}.\n\n", program, misuse.entity, misuse.entity);
    else
        out += fmt::format("{} <command> [options]; {} list shows every command.\n\n", program, program);
    return out;
}

}  // namespace mf
