// SPDX-License-Identifier: MIT
#include "domain/process_environment.h"

#include "base/text.h"
#include "domain/secret_text.h"

namespace mf {

namespace {

bool is_inherited(std::string_view name) {
    for (const auto allowed : {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ"})
        if (name == allowed) return true;
    return name.starts_with("LC_");
}

}  // namespace

EnvironmentMap inherited_environment(const EnvironmentMap& server) {
    EnvironmentMap inherited;
    for (const auto& [name, value] : server)
        if (is_inherited(name)) inherited.emplace(name, value);
    if (inherited["PATH"].empty()) inherited["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    return inherited;
}

bool sounds_secret(std::string_view name) {
    const auto small = lower(name);
    for (const std::string_view word : {"pass", "secret", "token", "key", "credential"})
        if (small.find(word) != std::string::npos) return true;
    return false;
}

std::vector<GivenVariable> inherited_variables(const EnvironmentMap& inherited) {
    std::vector<GivenVariable> out;
    for (const auto& [name, value] : inherited)
        out.push_back({.name = name, .value = value, .secret = sounds_secret(name)});
    return out;
}

std::string render_env_file(const Environment& environment, std::string_view heading, Secrets secrets) {
    std::string text;
    for (const auto line : split(trim(heading), '\n')) {
        std::string comment = to_utf8(line);
        std::replace(comment.begin(), comment.end(), '\r', ' ');
        if (!heading.empty()) text += "# " + comment + "\n";
    }
    for (const auto& variable : environment.variables) {
        if (variable.layer.kind == LayerKind::process && !variable.layers.empty()) continue;
        if (!is_shell_name(variable.name))
            text += fmt::format("# {} is left out: no shell can set this name.\n", shown_name(variable.name));
        else if (variable.secret && secrets == Secrets::masked && !variable.value.empty())
            text += fmt::format("# {}='{}'\n", variable.name, secret_mask_text);
        else
            text += variable.name + "=" + shell_quoted(variable.value) + "\n";
    }
    return text;
}

}  // namespace mf
