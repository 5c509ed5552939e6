// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/help.h"

namespace mf {
namespace {

/// On one line, in single quotes, which fish reads as a POSIX shell does.
std::string quoted_for_scripts(std::string_view text) {
    std::string line(text);
    std::ranges::replace(line, '\n', ' ');
    return shell_quoted(line);
}

std::vector<const CatalogEntry*> listed_entries(const Catalog& catalog) {
    std::vector<const CatalogEntry*> out;
    for (const CatalogEntry& entry : catalog.entries())
        if (!entry.command->hidden) out.push_back(&entry);
    return out;
}

std::string option_list(const CatalogEntry& entry) {
    std::string out;
    for (const Option& option : Catalog::options_of(entry))
        if (option.becomes != Becomes::nothing) out += fmt::format("{}--{}", out.empty() ? "" : " ", option.name);
    for (const Option& option : global_options()) out += fmt::format(" --{}", option.name);
    return out;
}

struct Action {
    std::string_view name;
    const CatalogEntry* entry;
};

/// The commands that may be written as two words, by entity.
std::map<std::string_view, std::vector<Action>> actions_by_entity(const Catalog& catalog) {
    std::map<std::string_view, std::vector<Action>> out;
    for (const CatalogEntry* entry : listed_entries(catalog)) {
        const std::string_view name = entry->command->name;
        if (const auto colon = name.find(':'); colon != name.npos)
            out[name.substr(0, colon)].push_back({name.substr(colon + 1), entry});
    }
    return out;
}

std::string global_option_list() {
    std::string out;
    for (const Option& option : global_options()) out += fmt::format("{}--{}", out.empty() ? "" : " ", option.name);
    return out;
}

/// Global options with a value, and --format, which every command has: what follows one is no command.
constexpr std::string_view with_value = "-e|--environment|--token-file|--server|--profile|--ca-file|-f|--format";

std::string bash(const Catalog& catalog) {
    std::string commands, actions, options;
    for (const auto& [entity, its] : actions_by_entity(catalog)) {
        commands += fmt::format("{} ", entity);
        std::string names;
        for (const Action& action : its) names += fmt::format("{}{}", names.empty() ? "" : " ", action.name);
        actions +=
            fmt::format("                {}) actions={} ;;\n", without_joints(entity), quoted_for_scripts(names));
    }
    for (const CatalogEntry* entry : listed_entries(catalog)) {
        commands += fmt::format("{} ", entry->command->name);
        options += fmt::format("        {}) options={} ;;\n", without_joints(entry->command->name),
                               quoted_for_scripts(option_list(*entry)));
    }
    // Bash splits words at ':', so the line is split again at blanks only.
    return fmt::format(R"(# bash completion for multiflexi-cli
_multiflexi_cli() {{
    local line=${{COMP_LINE:0:COMP_POINT}} current previous='' command='' actions='' options={0} word plain
    local -a words
    read -ra words <<<"$line"
    current=${{line##* }}
    [[ -z $current ]] || unset 'words[-1]'
    for word in "${{words[@]:1}}"; do
        if [[ $word != -* && $previous != @({1}) ]]; then
            plain=${{word,,}}
            plain=${{plain//[-_]/}}
            if [[ -z $command ]]; then command=$plain; elif [[ -n $actions ]]; then command+=:$plain; fi
            actions=''
            case $command in
{2}            esac
        fi
        previous=$word
    done
    case $command in
{3}    esac
    if [[ $previous == @(-f|--format) ]]; then
        COMPREPLY=($(compgen -W 'text json' -- "$current"))
    elif [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
    elif [[ $previous != @({1}) && -z $command ]]; then
        plain={4}
        COMPREPLY=($(compgen -W "$plain" -- "$current"))
        [[ ${{#COMPREPLY[@]}} -gt 0 ]] || COMPREPLY=($(compgen -W "${{plain//-/}}" -- "$current"))
        # What stands before the ':' is already on the line and must not come twice.
        [[ $current == *:* && $COMP_WORDBREAKS == *:* ]] && COMPREPLY=("${{COMPREPLY[@]#${{current%:*}}:}}")
    elif [[ $previous != @({1}) && -n $actions ]]; then
        COMPREPLY=($(compgen -W "$actions" -- "$current"))
    else
        COMPREPLY=($(compgen -f -- "$current"))
    fi
}}
complete -F _multiflexi_cli multiflexi-cli
)",
                       quoted_for_scripts(global_option_list()), with_value, actions, options,
                       quoted_for_scripts(commands));
}

std::string zsh(const Catalog& catalog) {
    const auto described = [](std::string_view name, std::string_view words) {
        std::string escaped;
        for (const char c : name) escaped += c == ':' ? "\\:" : std::string(1, c);
        return quoted_for_scripts(fmt::format("{}:{}", escaped, words));
    };
    std::string commands, actions, options;
    for (const auto& [entity, its] : actions_by_entity(catalog)) {
        commands += fmt::format("        {}\n", described(entity, "..."));
        std::string names;
        for (const Action& action : its)
            names += fmt::format("{}{}", names.empty() ? "" : " ", described(action.name, summary_of(*action.entry)));
        actions += fmt::format("                {}) actions=({}) ;;\n", without_joints(entity), names);
    }
    for (const CatalogEntry* entry : listed_entries(catalog)) {
        commands += fmt::format("        {}\n", described(entry->command->name, summary_of(*entry)));
        options +=
            fmt::format("        {}) options=({}) ;;\n", without_joints(entry->command->name), option_list(*entry));
    }
    return fmt::format(R"(#compdef multiflexi-cli
_multiflexi_cli() {{
    local word plain previous command
    local -a commands actions options
    options=({0})
    commands=(
{4}    )
    for word in $words[2,CURRENT-1]; do
        if [[ $word != -* && $previous != ({1}) ]]; then
            plain=${{(L)word}}
            plain=${{plain//[-_]/}}
            if [[ -z $command ]]; then command=$plain; elif (( $#actions )); then command+=:$plain; fi
            actions=()
            case $command in
{2}            esac
        fi
        previous=$word
    done
    case $command in
{3}    esac
    if [[ $previous == (-f|--format) ]]; then
        compadd text json
    elif [[ $words[CURRENT] == -* ]]; then
        compadd -- $options
    elif [[ $previous != ({1}) && -z $command ]]; then
        _describe command commands
    elif [[ $previous != ({1}) ]] && (( $#actions )); then
        _describe action actions
    else
        _files
    fi
}}
compdef _multiflexi_cli multiflexi-cli
)",
                       global_option_list(), with_value, actions, options, commands);
}

std::string fish(const Catalog& catalog) {
    std::string out = R"(# fish completion for multiflexi-cli
function __multiflexi_cli_is
    set -l command
    set -l previous
    for word in (commandline -opc)[2..-1]
        if not string match -q -- '-*' $word; and not contains -- "$previous" -e --environment --token-file --server --profile --ca-file -f --format
            set -a command (string replace -ra '[-_]' '' -- (string lower -- $word))
        end
        set previous $word
    end
    string match -qr -- "^$argv[1]\$" (string join : -- $command; or echo)
end
complete -c multiflexi-cli -f
)";
    const auto complete = [&](std::string_view is, std::string_view word, std::string_view words) {
        out += fmt::format("complete -c multiflexi-cli -n '__multiflexi_cli_is \"{}\"' -a {} -d {}\n", is,
                           quoted_for_scripts(word), quoted_for_scripts(words));
    };
    for (const auto& [entity, its] : actions_by_entity(catalog)) {
        complete("", entity, "...");
        for (const Action& action : its) complete(without_joints(entity), action.name, summary_of(*action.entry));
    }
    for (const CatalogEntry* entry : listed_entries(catalog)) complete("", entry->command->name, summary_of(*entry));
    const auto offer = [&](std::string_view condition, const Option& option) {
        out += fmt::format("complete -c multiflexi-cli{} -l {}{}{} -d {}\n", condition, option.name,
                           option.letter ? fmt::format(" -s {}", option.letter) : std::string(),
                           option.name == "file" || option.file_name ? " -rF"
                           : option.name == "format"                 ? " -xa 'text json'"
                           : option.takes == Takes::flag             ? ""
                                                                     : " -x",
                           quoted_for_scripts(help_text(option)));
    };
    for (const Option& option : global_options()) offer("", option);
    for (const CatalogEntry* entry : listed_entries(catalog))
        for (const Option& option : Catalog::options_of(*entry))
            if (option.becomes != Becomes::nothing)
                offer(fmt::format(" -n '__multiflexi_cli_is \"{}(:.*)?\"'", without_joints(entry->command->name)),
                      option);
    return out;
}

}  // namespace

std::string roff(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n'))
            out.append("\\&").push_back(c);
        else
            out += c;
    }
    return out;
}

std::string completion_script(const Catalog& catalog, std::string_view shell) {
    if (shell == "bash") return bash(catalog);
    if (shell == "zsh") return zsh(catalog);
    if (shell == "fish") return fish(catalog);
    return {};
}

std::string manual_page(const Catalog& catalog) {
    std::string out =
        fmt::format(".TH MULTIFLEXI\\-CLI 1 \"\" \"MultiFlexi {}\" \"User Commands\"\n", MULTIFLEXI_VERSION);
    out += R"(.SH NAME
multiflexi\-cli \- command line of MultiFlexi
.SH SYNOPSIS
.B multiflexi\-cli
.I command
.RI [ options ]
.br
.B multiflexi\-cli
.I entity action
.RI [ options ]
.SH DESCRIPTION
Applications, companies, run templates and jobs of a MultiFlexi installation are listed, shown and changed from here.
With
.B \-\-format json
standard output is one JSON document.
.SH OPTIONS
)";
    const auto add_option = [&](const Option& option) {
        out += fmt::format(".TP\n.B {}{}\n{}\n", option.letter ? fmt::format("\\-{}, ", option.letter) : std::string(),
                           roff(option_words(option)), help_text(option).empty() ? "\\&" : roff(help_text(option)));
    };
    for (const Option& option : global_options()) add_option(option);
    out += ".SH COMMANDS\n";
    for (const CatalogEntry* entry : listed_entries(catalog)) {
        out += fmt::format(".SS {}\n{}\n", roff(entry->command->name), roff(summary_of(*entry)));
        if (const auto details = entry->command->details; !details.empty())
            out += fmt::format(".PP\n{}\n", roff(details));
        for (const Option& option : Catalog::options_of(*entry))
            if (option.becomes != Becomes::nothing) add_option(option);
    }
    out += R"(.SH EXIT STATUS
0: done. 1: refused or failed; the reason is on standard output, of a line that was not understood on standard error.
.SH ENVIRONMENT
.B MULTIFLEXI_TOKEN
is a token (token create) with whose rights the program acts; without it, and without \-\-token\-file, it acts as the
administrator of this machine.
.B MULTIFLEXI_TOKEN_FILE
names a file with one.
.B MULTIFLEXI_SERVER
and
.B MULTIFLEXI_PROFILE
say what \-\-server and \-\-profile say. The settings of multiflexi (8) count, too.
.B NO_COLOR
turns colours off,
.B COLUMNS
overrides the width of the terminal.
.SH FILES
.I ~/.config/multiflexi/profiles.json
keeps servers and tokens of profile:add; below XDG_CONFIG_HOME, if that is set. Only its owner may read it.
.SH SEE ALSO
.BR multiflexi (8)
)";
    return out;
}

}  // namespace mf
