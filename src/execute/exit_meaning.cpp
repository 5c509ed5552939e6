// SPDX-License-Identifier: MIT
#include "execute/exit_meaning.h"

#include <fmt/format.h>
#include <array>
#include <cstring>
#include <utility>

namespace mf {

namespace {

struct KnownCode {
    int code;
    const char* text;
    ExitSeverity severity;
};

constexpr std::array known_codes{
    KnownCode{0, "The job succeeded.", ExitSeverity::success},
    KnownCode{1, "The application reported a general error.", ExitSeverity::error},
    KnownCode{2, "The application was used wrongly; check its arguments.", ExitSeverity::error},
    KnownCode{64, "The application was given wrong arguments (EX_USAGE).", ExitSeverity::error},
    KnownCode{65, "The application could not use its input data (EX_DATAERR).", ExitSeverity::error},
    KnownCode{66, "An input file is missing or unreadable (EX_NOINPUT).", ExitSeverity::error},
    KnownCode{67, "The application does not know a user (EX_NOUSER).", ExitSeverity::error},
    KnownCode{68, "The application does not know a host (EX_NOHOST).", ExitSeverity::error},
    KnownCode{69, "A service that the application needs is not available (EX_UNAVAILABLE).", ExitSeverity::error},
    KnownCode{70, "The application met an error of its own (EX_SOFTWARE).", ExitSeverity::error},
    KnownCode{71, "The operating system refused something to the application (EX_OSERR).", ExitSeverity::error},
    KnownCode{72, "A system file is missing or unusable (EX_OSFILE).", ExitSeverity::error},
    KnownCode{73, "The application could not create its output (EX_CANTCREAT).", ExitSeverity::error},
    KnownCode{74, "Reading or writing failed in the application (EX_IOERR).", ExitSeverity::error},
    KnownCode{75, "A temporary failure; a later run may succeed (EX_TEMPFAIL).", ExitSeverity::warning},
    KnownCode{76, "The other side answered the application against the protocol (EX_PROTOCOL).", ExitSeverity::error},
    KnownCode{77, "The application lacks a permission (EX_NOPERM).", ExitSeverity::error},
    KnownCode{78, "The configuration is incomplete or wrong (EX_CONFIG).", ExitSeverity::error},
    KnownCode{124, "A time limit was exceeded (as timeout(1) reports it).", ExitSeverity::error},
    KnownCode{125, "The container engine failed before the application was started.", ExitSeverity::error},
    KnownCode{126, "The executable was found but could not be executed.", ExitSeverity::error},
    KnownCode{127, "The executable was not found.", ExitSeverity::error},
    KnownCode{255, "The application failed with exit code 255, or its exit code is not known.", ExitSeverity::error},
};

/// What people should know about a signal beyond its name.
const char* signal_hint(int number) {
    switch (number) {
        case 2: return " It was interrupted.";
        case 6: return " The application gave up because of an error of its own.";
        case 7:
        case 8:
        case 11: return " The application crashed.";
        case 9: return " It killed itself, somebody else killed it, or the system ran out of memory.";
        case 13: return " It wrote to something that nobody reads any more.";
        case 15: return " It was asked to end.";
        case 24: return " It used more processor time than allowed.";
        case 25: return " It wrote a file larger than allowed.";
        case 31: return " It made a forbidden system call.";
        default: return "";
    }
}

bool is_crash(int number) { return number == 4 || number == 6 || number == 7 || number == 8 || number == 11; }

}  // namespace

std::optional<ExitSeverity> exit_severity_named(std::string_view name) {
    for (const auto severity : {ExitSeverity::success, ExitSeverity::info, ExitSeverity::warning, ExitSeverity::error,
                                ExitSeverity::critical})
        if (to_text(severity) == name) return severity;
    return std::nullopt;
}

std::string signal_name(int number) {
    const char* name = ::sigabbrev_np(number);
    return name ? fmt::format("SIG{}", name) : fmt::format("signal {}", number);
}

ExitMeaning exit_meaning(int code, const ExitMeanings& own) {
    if (const auto found = own.find(code); found != own.end()) return found->second;
    for (const auto& [number, text, severity] : known_codes)
        if (number == code) return {text, severity};
    // Linux has signals 1 to 64.
    if (const int number = code - 128; number >= 1 && number <= 64)
        return {fmt::format("The application was ended by {}.{}", signal_name(number), signal_hint(number)),
                is_crash(number) ? ExitSeverity::critical : ExitSeverity::error};
    return {fmt::format("The application ended with exit code {}, which its definition does not explain.", code),
            ExitSeverity::error};
}

}  // namespace mf
