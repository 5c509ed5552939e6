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

/// Has the name PASS, SECRET, TOKEN, KEY or CREDENTIAL in it, in any case? For variables that nobody describes.
bool sounds_secret(std::string_view name);

/// The same as the lowest layer of the environment of a job. What sounds secret counts as a secret: the operator may
/// let such ones through on purpose.
std::vector<GivenVariable> inherited_variables(const EnvironmentMap& inherited);

enum class Secrets { masked, revealed };

/// The variables as a file for shells and systemd: KEY='value' lines sorted by name, below the heading as a comment;
/// without what comes from the server, which a shell has of its own.
/// Masked secrets, and names that no shell can set, are comments: whoever reads the file into a shell gets no wrong
/// value.
std::string render_env_file(const Environment& environment, std::string_view heading, Secrets secrets);

}  // namespace mf
