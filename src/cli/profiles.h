// SPDX-License-Identifier: MIT
#pragma once

#include "cli/runner.h"

#include <filesystem>
#include <map>

namespace mf {

/// Servers with names, as `profile:add` keeps them for one person: $XDG_CONFIG_HOME/multiflexi/profiles.json, or below
/// ~/.config (XDG Base Directory Specification). The file holds tokens, so only its owner may read it.
struct Profiles {
    std::string current;  ///< the one that counts when nothing else is said; empty: none, commands work here
    std::map<std::string, ServerAccess> entries;
};

/// The name that stands for the installation on this machine.
inline constexpr std::string_view local_profile = "local";

/// Letters, digits, '.', '_' and '-', at most 64, and not "local".
Result<void> check_profile_name(std::string_view name);

/// Where the file is. invalid: neither XDG_CONFIG_HOME nor HOME is set.
Result<std::filesystem::path> profiles_file(const Terminal& terminal);

/// No file: no profiles. invalid: others may use it, it belongs to somebody else, or it is not readable as what it is.
Result<Profiles> read_profiles(const std::filesystem::path& file);

/// Reads, changes and writes it, while no other program does. The file appears whole, with mode 0600; its directory is
/// made with 0700. What `change` refuses is not written.
Result<void> change_profiles(const std::filesystem::path& file, const std::function<Result<void>(Profiles&)>& change);

}  // namespace mf
