// SPDX-License-Identifier: MIT
#include "cli/server_choice.h"

#include "base/text.h"

namespace mf {
namespace {

/// Its value; empty: it is not set, or says nothing.
std::string variable_of(const Terminal& terminal, const char* name) {
    return terminal.variable ? terminal.variable(name).value_or("") : std::string();
}

struct Named {
    std::string server, profile;
};

Result<Named> named_place(const Globals& globals, const Terminal& terminal) {
    Named out{globals.server, globals.profile};
    if (!out.server.empty() && !out.profile.empty())
        return invalid("--server and --profile both say who is asked; leave one of them out.");
    const bool is_given = !out.server.empty() || !out.profile.empty();
    if (is_given && !globals.settings_file.empty() && out.profile != local_profile)
        return invalid("--environment is about the installation on this machine, and a server is asked; leave it out.");
    if (is_given || !globals.settings_file.empty()) return out;
    out = {variable_of(terminal, "MULTIFLEXI_SERVER"), variable_of(terminal, "MULTIFLEXI_PROFILE")};
    if (!out.server.empty() && !out.profile.empty())
        return invalid("MULTIFLEXI_SERVER and MULTIFLEXI_PROFILE both say who is asked; unset one of them.");
    return out;
}

Result<ServerAccess> access_of(const std::string& name, const Profiles& profiles) {
    const auto found = profiles.entries.find(name);
    if (found != profiles.entries.end()) return found->second;
    std::string known(local_profile);
    for (const auto& [each, access] : profiles.entries) known += ", " + each;
    return invalid(fmt::format("There is no profile '{}'. There are: {}.", to_utf8(name.substr(0, 80)), known));
}

}  // namespace

Result<std::string> token_of_environment(const Terminal& terminal) {
    const auto token = terminal.variable ? terminal.variable("MULTIFLEXI_TOKEN") : std::nullopt;
    // A script whose token has got lost shall hear that, not that nobody is allowed to do what it asks.
    if (token && token->empty())
        return invalid("MULTIFLEXI_TOKEN is set, but empty. Put a token into it, or unset it.");
    return token.value_or("");
}

Result<std::string> token_file_of(const Globals& globals, const Terminal& terminal) {
    if (!globals.token_file.empty()) return globals.token_file;
    const auto file = variable_of(terminal, "MULTIFLEXI_TOKEN_FILE");
    if (!file.empty() && terminal.variable("MULTIFLEXI_TOKEN"))
        return invalid("MULTIFLEXI_TOKEN and MULTIFLEXI_TOKEN_FILE are both set; unset one of them.");
    return file;
}

Result<std::optional<ServerAccess>> chosen_server(const Globals& globals, const Terminal& terminal) {
    const auto named = named_place(globals, terminal);
    if (!named) return named.error();
    std::optional<ServerAccess> out;
    if (!named->server.empty()) {
        out.emplace();
        out->address = named->server;
    } else if (named->profile != local_profile && (!named->profile.empty() || globals.settings_file.empty())) {
        const auto file = profiles_file(terminal);
        if (!file && !named->profile.empty()) return file.error();
        auto profiles = file ? read_profiles(*file) : Result<Profiles>(Profiles{});
        if (!profiles) return profiles.error();
        const auto& name = named->profile.empty() ? profiles->current : named->profile;
        if (!name.empty()) {
            auto access = access_of(name, *profiles);
            if (!access) return access.error();
            out = *std::move(access);
        }
    }
    if (!out) {
        if (!globals.ca_file.empty() || globals.allow_plain)
            return invalid("--ca-file and --allow-plain are about a server: name one with --server or --profile.");
        return out;
    }
    if (!globals.ca_file.empty()) out->ca_file = globals.ca_file;
    out->allow_plain = out->allow_plain || globals.allow_plain;
    return out;
}

}  // namespace mf
