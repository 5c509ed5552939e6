// SPDX-License-Identifier: MIT
#include "app/server_manual.h"

#include "app/mcp_command.h"
#include "base/settings.h"
#include "base/text.h"
#include "cli/help.h"

#include <fmt/format.h>

namespace mf {
namespace {

struct ServeOption {
    std::string_view words;
    std::string_view help;
};
constexpr ServeOption options[] = {
    {"--roles LIST", "scheduler, executor, web, events, or several separated by commas (default: all)"},
    {"-e, --environment FILE", "settings to load after /etc/multiflexi/multiflexi.env"},
    {"--check",
     "print the settings, look whether a server can start with them (directories, database, key), and end; nothing is "
     "made or changed"},
    {"--new-key",
     "start although stored secrets are sealed with another key than that of the settings; they cannot be opened any "
     "more and have to be entered again"},
};

constexpr std::string_view other_names =
    "Started under the name multiflexi-scheduler, multiflexi-executor or multiflexi-eventor (events) it has that "
    "role\nalone.";

constexpr std::string_view about_mcp =
    "multiflexi mcp serves an AI assistant on this machine by the Model Context Protocol: one message on each line of "
    "standard input and output, until the input ends; or assistants anywhere by HTTP. The assistant gets the "
    "operations as tools, and jobs, their output and companies as resources, with the permissions of the caller; "
    "secrets are never given. Its options:";

struct Signal {
    std::string_view names;
    std::string_view effect;
};
constexpr Signal signals[] = {
    {"SIGTERM, SIGINT",
     "The server ends: nothing new is started, running jobs go on without it and are taken up by its next start. With "
     "MULTIFLEXI_JOBS_AT_STOP=end they have MULTIFLEXI_DRAIN_TIMEOUT to end by themselves, and are told to end then."},
    {"SIGHUP", "Reads the certificate and its key anew; other settings are read at the start only."},
};

std::string wrapped(std::string_view text, std::size_t indent) {
    constexpr std::size_t width = 118;
    std::string out;
    std::size_t used = indent;
    for (const auto word : split(text, ' ')) {
        if (used > indent && used + 1 + word.size() > width) {
            out.append("\n").append(indent, ' ');
            used = indent;
        }
        if (used > indent) out += ' ';
        used += word.size() + (used > indent ? 1 : 0);
        out += word;
    }
    return out + "\n";
}

/// What is known by a name, and a text about it.
std::string entry(std::string_view name, std::string_view text) {
    return fmt::format(".TP\n.B {}\n{}\n", roff(name), roff(text));
}

std::string manual_of_settings() {
    std::string out;
    for (const auto& setting : describe_settings()) {
        auto name = std::string(setting.name);
        if (!setting.alias.empty()) name += fmt::format(" (or {})", setting.alias);
        auto text = fmt::format("{} Takes {}.", setting.help, setting.values);
        if (!setting.default_value.empty()) text += fmt::format(" Default: {}.", setting.default_value);
        out += entry(name, text);
    }
    return out;
}

}  // namespace

std::string server_help() {
    std::string out = R"(MultiFlexi server: schedules jobs and runs them.

Usage:
  multiflexi serve [--roles LIST] [-e FILE] [--check | --new-key]
  multiflexi mcp [--allow-changes] [--token-file FILE] [-e FILE]
  multiflexi mcp --listen ADDRESS:PORT [--certificate FILE --key FILE] [--origin ORIGIN] [--allow-changes] [-e FILE]
  multiflexi --help | --version | --man
  multiflexi COMMAND ...       the same as multiflexi-cli COMMAND ...

Options:
)";
    for (const auto& [words, help] : options) out += fmt::format("  {:<23} {}", words, wrapped(help, 26));
    out += fmt::format("\n{}\n\n{}\n", other_names, wrapped(about_mcp, 0));
    for (const auto& [words, help] : mcp_options()) out += fmt::format("  {:<23} {}", words, wrapped(help, 26));
    out += "\nSignals:\n";
    for (const auto& [names, effect] : signals) out += fmt::format("  {:<23} {}", names, wrapped(effect, 26));
    return out + "\nSettings:\n" + settings_help();
}

std::string server_manual() {
    std::string out =
        fmt::format(".TH MULTIFLEXI 8 \"\" \"MultiFlexi {}\" \"System Administration\"\n", MULTIFLEXI_VERSION);
    out += R"(.SH NAME
multiflexi \- server of MultiFlexi, which schedules jobs and runs them
.SH SYNOPSIS
.B multiflexi serve
.RB [ \-\-roles
.IR LIST ]
.RB [ \-e
.IR FILE ]
.RB [ \-\-check " | " \-\-new\-key ]
.br
.B multiflexi mcp
.RB [ \-\-allow\-changes ]
.RB [ \-\-token\-file
.IR FILE ]
.RB [ \-e
.IR FILE ]
.br
.B multiflexi mcp \-\-listen
.I ADDRESS:PORT
.RB [ \-\-certificate
.I FILE
.B \-\-key
.IR FILE ]
.RB [ \-\-origin
.IR ORIGIN ]
.RB [ \-\-allow\-changes ]
.RB [ \-e
.IR FILE ]
.br
.B multiflexi
.BR \-\-help " | " \-\-version " | " \-\-man
.br
.B multiflexi
.IR command " ..."
.SH DESCRIPTION
.B multiflexi serve
plans the jobs of run templates and runs those that are due, until a signal ends it. It stays in the foreground and logs
to standard error; a service manager that sets NOTIFY_SOCKET is told when it is ready.
Each job is watched by
.BR multiflexi\-shim (8),
which outlives the server.
.PP
Any other
.I command
is one of
.BR multiflexi\-cli (1).
.PP
)";
    out += roff(other_names) + "\n.SH OPTIONS\n";
    for (const auto& [words, help] : options) out += entry(words, help);
    out += entry("-h, --help", "print the options and all settings");
    out += entry("-V, --version", "print the version");
    out += entry("--man", "print this page in roff");
    out += ".SH ASSISTANTS\n" + roff(about_mcp) + "\n";
    for (const auto& [words, help] : mcp_options()) out += entry(words, help);
    out += ".SH SIGNALS\n";
    for (const auto& [names, effect] : signals) out += entry(names, effect);
    out += R"(.SH EXIT STATUS
.TP
.B 0
The server was told to end, or
.B \-\-check
found nothing in its way.
.TP
.B 1
It could not start, as when the database is not reached, another server took the name of its node, or its database did
not answer when it was told to end; the reason is logged. Another start may succeed. What
.B \-\-check
finds is on standard error.
.TP
.B 78
No start succeeds before somebody changes something (EX_CONFIG of sysexits.h): an option or a setting is wrong, which is
told on standard error; the database refuses the account, has no database of the name, or is one of a newer version; the
key is not that of the stored secrets. A running server ends so when the database goes on refusing it. The unit of the
package does not start it again then.
.SH SETTINGS
Lines NAME=VALUE of the settings file, or variables of the environment, which win. All have defaults.
)";
    out += manual_of_settings();
    out += R"(.SH FILES
.TP
.I /etc/multiflexi/multiflexi.env
the settings, which
.B multiflexi\-cli
reads, too
.TP
.I /var/lib/multiflexi
the data directory of root and of the service, made when it is missing
.TP
.I /var/lib/multiflexi/multiflexi.db
the embedded database; files beside it whose names begin with its own belong to it
.TP
.I /var/lib/multiflexi/multiflexi.db.key
the key of stored secrets; without a copy of it no backup of the database gives them back
.TP
.I /var/lib/multiflexi/work
directories of running jobs
.SH SEE ALSO
.BR multiflexi\-cli (1),
.BR multiflexi\-shim (8)
)";
    return out;
}

}  // namespace mf
