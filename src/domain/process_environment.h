// SPDX-License-Identifier: MIT
#pragma once

#include "domain/environment.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

using EnvironmentMap = std::map<std::string, std::string, std::less<>>;

/// What a process on this machine inherits from the server's own environment: PATH, HOME, USER, LOGNAME, LANG,
/// LANGUAGE, LC_*, TZ, and nothing else, so that no setting of the server (database, keys, tokens) ever reaches a job.
/// Without a PATH it gets the one of login.defs(5). The shell of a service account is often nologin: SHELL stays
/// behind.
EnvironmentMap inherited_environment(const EnvironmentMap& server);

/// "NAME=value" for execve(2), sorted: what is inherited, overridden by the variables of the job, overridden by what
/// the executor itself sets (TMPDIR …).
std::vector<std::string> process_environment(const EnvironmentMap& inherited, const Environment& job,
                                             const EnvironmentMap& executor = {});

enum class Secrets { masked, revealed };

/// The variables as a file for shells and systemd: KEY='value' lines sorted by name, below the heading as a comment.
/// Masked secrets, and names that no shell can set, are comments: whoever reads the file into a shell gets no wrong
/// value.
std::string render_env_file(const Environment& environment, std::string_view heading, Secrets secrets);

}  // namespace mf
