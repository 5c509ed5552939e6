// SPDX-License-Identifier: MIT
#include "base/clock.h"
#include "base/text.h"
#include "probe/checks.h"
#include "probe/mask.h"
#include "probe/report.h"

#include <fmt/format.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

using namespace mf;
using namespace mf::probe;

namespace {

constexpr int usage = 3;  // the plugin convention of Nagios knows no code of its own for it

void say(std::FILE* stream, std::string_view text) { fmt::print(stream, "{}\n", text); }

void print_help() {
    say(stdout,
        "Usage: multiflexi-probe [--help | --version]\n\n"
        "Looks at this machine and at the endpoints it is told, prints one line for each check and writes\n"
        "a JSON report. It takes no arguments; environment variables say what to do.\n\nSettings:");
    for (const Setting& setting : all_settings())
        fmt::print("  {:<28} {} [{}]\n", setting.name, setting.help, setting.fallback);
    say(stdout,
        "\nLists are separated by commas or line breaks. An empty variable counts as unset.\n\nChecks (for "
        "PROBE_SKIP):");
    for (const Check& check : all_checks()) fmt::print("  {:<28} {}\n", check.name, check.help);
    say(stdout, "\nExit code: 0 all fine, 1 warning, 2 critical, 3 something unknown, or wrong settings.");
}

Environment environment_of_process() {
    Environment environment;
    for (char** variable = environ; *variable; ++variable) {
        const std::string_view text = *variable;
        const auto equals = text.find('=');
        if (equals != std::string_view::npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return environment;
}

std::string host_name() {
    char name[256] = "";
    return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

int refuse(const Error& error, const Outcome& outcome, const std::filesystem::path& file) {
    for (const FieldError& field : error.fields)
        say(stderr, masked(fmt::format("multiflexi-probe: {} {}", field.field, field.message)));
    if (const auto done = write_report(report_of_failure(outcome, error.message), file); !done)
        say(stderr, fmt::format("multiflexi-probe: {}", done.error().message));
    return usage;
}

int look() {
    const auto environment = environment_of_process();
    const auto file = report_file(environment);
    Outcome outcome{.host = host_name(), .time = SystemClock{}.now()};
    for (const auto& sentence : unknown_variables(environment)) say(stderr, "multiflexi-probe: " + sentence);
    const auto settings = read_settings(environment);
    if (!settings) return refuse(settings.error(), outcome, file);

    const auto path = environment.find("PATH");
    const Machine machine{.search_path = path == environment.end() ? "/usr/bin:/bin" : path->second,
                          .now = outcome.time};
    outcome.observations = run(plan(*settings, machine));
    outcome.time = SystemClock{}.now();

    for (const Observation& seen : outcome.observations) {
        say(stdout, line_of(seen));
        if (seen.finding.state != State::ok) say(stderr, line_of(seen));
    }
    State state = worst(outcome.observations);
    say(stdout, fmt::format("{}: {}", outcome.host, message_of(outcome)));
    if (const auto done = write_report(report_of(outcome, file), file); !done) {
        say(stderr, "multiflexi-probe: " + done.error().message);
        state = std::max(state, State::unknown);
    }
    return exit_code_of(state);
}

int begin(int argc, char** argv) {
    if (argc == 1) return look();
    const std::string_view word = argv[1];
    if (argc == 2 && (word == "--help" || word == "-h")) {
        print_help();
        return 0;
    }
    if (argc == 2 && (word == "--version" || word == "-V")) {
        say(stdout, "multiflexi-probe " MULTIFLEXI_VERSION);
        return 0;
    }
    say(stderr, "multiflexi-probe: No arguments are taken; see multiflexi-probe --help for the settings.");
    return usage;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);  // a server that hangs up is a finding
    int code = usage;
    try {
        code = begin(argc, argv);
    } catch (const std::exception& problem) {
        fmt::print(stderr, "multiflexi-probe: {}\n", problem.what());
    }
    std::fflush(nullptr);
    // Abandoned checks may still be inside libraries, whose exit handlers must not run beside them.
    std::_Exit(code);
}
