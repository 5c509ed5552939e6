// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace mf {

/// What the name of an environment variable may do to a job.
enum class NameVerdict {
    plain,      ///< fine
    unusual,    ///< fine for a process, but outside ^[A-Z0-9_]+$: accept with a warning, never change it
    reserved,   ///< MULTIFLEXI_*: the platform's own value wins, any other is ignored with a warning
    dangerous,  ///< would let whoever sets it decide which code a job runs: refused unless the operator allows it
    malformed,  ///< cannot be the name of a variable at all
};

struct NameJudgement {
    NameVerdict verdict = NameVerdict::plain;
    std::string reason = {};  ///< a sentence for people, empty for plain names
    bool refused() const { return verdict == NameVerdict::dangerous || verdict == NameVerdict::malformed; }
};

/// Names that the operator of this installation allows although they are dangerous.
using AllowedNames = std::set<std::string, std::less<>>;

/// Judges the name of a variable wherever one comes in: definitions, companies, credentials, run templates, launches.
/// Names are bytes as execve(2) takes them: case matters, a leading digit is allowed.
NameJudgement judge_variable_name(std::string_view name, const AllowedNames& allowed = {});

/// MULTIFLEXI_…
bool is_reserved_name(std::string_view name);

/// execve(2) takes such a name, so real definitions that have one keep working; but no shell can set or read it, so
/// nobody should choose one anew.
bool begins_with_digit(std::string_view name);

/// Can POSIX shells assign this name ([A-Za-z_][A-Za-z0-9_]*)?
bool is_shell_name(std::string_view name);

/// A name as messages and logs may show it: cut to 64 characters, control characters made visible.
std::string shown_name(std::string_view name);

}  // namespace mf
