// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/help.h"

namespace mf {
namespace {

/// Inside single quotes of a POSIX shell and of fish.
std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'')
            out += "'\\''";
        else
            out += c == '\n' ? ' ' : c;
    }
    return out + "'";
}

std::vector<const CatalogEntry*> shown(const Catalog& catalog) {
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

std::string bash(const Catalog& catalog) {
    std::string commands;
    std::string cases;
    for (const CatalogEntry* entry : shown(catalog)) {
        commands += fmt::format("{}{}", commands.empty() ? "" : " ", entry->command->name);
        cases += fmt::format("        {}) options={} ;;\n", entry->command->name, quoted(option_list(*entry)));
    }
    // Bash splits words at ':', so the line is split again at blanks only.
    return fmt::format(R"(# bash completion for multiflexi-cli
_multiflexi_cli() {{
    local line=${{COMP_LINE:0:COMP_POINT}} options='' previous current
    local -a words
    read -ra words <<<"$line"
    current=${{line##* }}
    if [[ -n $current ]]; then previous=${{words[${{#words[@]}}-2]}}; else previous=${{words[${{#words[@]}}-1]}}; fi
    if (( ${{#words[@]}} < 2 )) || [[ ${{#words[@]}} == 2 && -n $current ]]; then
        COMPREPLY=($(compgen -W {} -- "$current"))
        # What stands before the ':' is already on the line and must not come twice.
        [[ $current == *:* && $COMP_WORDBREAKS == *:* ]] && COMPREPLY=("${{COMPREPLY[@]#${{current%:*}}:}}")
        return
    fi
    case "${{words[1]}}" in
{}    esac
    if [[ $previous == --format || $previous == -f ]]; then
        COMPREPLY=($(compgen -W 'text json' -- "$current"))
    elif [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
    else
        COMPREPLY=($(compgen -f -- "$current"))
    fi
}}
complete -F _multiflexi_cli multiflexi-cli
)",
                       quoted(commands), cases);
}

std::string zsh(const Catalog& catalog) {
    std::string commands;
    std::string cases;
    for (const CatalogEntry* entry : shown(catalog)) {
        std::string name(entry->command->name);
        std::string escaped;
        for (const char c : name) escaped += c == ':' ? "\\:" : std::string(1, c);
        commands += fmt::format("        {}\n", quoted(fmt::format("{}:{}", escaped, summary_of(*entry))));
        cases += fmt::format("        {}) options=({}) ;;\n", name, option_list(*entry));
    }
    return fmt::format(R"(#compdef multiflexi-cli
_multiflexi_cli() {{
    local -a commands options
    commands=(
{}    )
    if (( CURRENT == 2 )); then
        _describe command commands
        return
    fi
    case "$words[2]" in
{}    esac
    if [[ $words[CURRENT] == -* ]]; then
        compadd -- $options
    elif [[ $words[CURRENT-1] == (--format|-f) ]]; then
        compadd text json
    else
        _files
    fi
}}
compdef _multiflexi_cli multiflexi-cli
)",
                       commands, cases);
}

std::string fish(const Catalog& catalog) {
    std::string out = "# fish completion for multiflexi-cli\ncomplete -c multiflexi-cli -f\n";
    for (const CatalogEntry* entry : shown(catalog))
        out += fmt::format("complete -c multiflexi-cli -n __fish_use_subcommand -a {} -d {}\n",
                           quoted(entry->command->name), quoted(summary_of(*entry)));
    for (const CatalogEntry* entry : shown(catalog))
        for (const Option& option : Catalog::options_of(*entry)) {
            if (option.becomes == Becomes::nothing) continue;
            out += fmt::format("complete -c multiflexi-cli -n '__fish_seen_subcommand_from {}' -l {}{}{} -d {}\n",
                               entry->command->name, option.name,
                               option.letter ? fmt::format(" -s {}", option.letter) : std::string(),
                               option.name == "file"         ? " -rF"
                               : option.name == "format"     ? " -xa 'text json'"
                               : option.takes == Takes::flag ? ""
                                                             : " -x",
                               quoted(option.help));
        }
    return out;
}

/// Text that roff leaves alone.
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

}  // namespace

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
                           roff(option_words(option)), option.help.empty() ? "\\&" : roff(option.help));
    };
    for (const Option& option : global_options()) add_option(option);
    out += ".SH COMMANDS\n";
    for (const CatalogEntry* entry : shown(catalog)) {
        out += fmt::format(".SS {}\n{}\n", roff(entry->command->name), roff(summary_of(*entry)));
        for (const Option& option : Catalog::options_of(*entry))
            if (option.becomes != Becomes::nothing) add_option(option);
    }
    out += R"(.SH EXIT STATUS
0: done. 1: refused or failed; the reason is on standard output, of a line that was not understood on standard error.
.SH ENVIRONMENT
.B NO_COLOR
turns colours off,
.B COLUMNS
overrides the width of the terminal.
)";
    return out;
}

}  // namespace mf
