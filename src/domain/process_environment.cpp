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

// Always quoted, so that a value that is read back is the same whatever it contains.
std::string quoted(std::string_view value) {
    std::string text = "'";
    for (const char c : value) {
        if (c == '\'')
            text += "'\\''";
        else
            text += c;
    }
    return text + "'";
}

}  // namespace

EnvironmentMap inherited_environment(const EnvironmentMap& server) {
    EnvironmentMap inherited;
    for (const auto& [name, value] : server)
        if (is_inherited(name)) inherited.emplace(name, value);
    if (inherited["PATH"].empty()) inherited["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    return inherited;
}

std::vector<std::string> process_environment(const EnvironmentMap& inherited, const Environment& job,
                                             const EnvironmentMap& executor) {
    EnvironmentMap merged = executor;
    for (const auto& variable : job.variables) merged.emplace(variable.name, variable.value);
    merged.insert(inherited.begin(), inherited.end());
    std::vector<std::string> entries;
    entries.reserve(merged.size());
    for (const auto& [name, value] : merged) entries.push_back(name + "=" + value);
    return entries;
}

std::string render_env_file(const Environment& environment, std::string_view heading, Secrets secrets) {
    std::string text;
    for (const auto line : split(trim(heading), '\n')) {
        std::string comment = to_utf8(line);
        std::replace(comment.begin(), comment.end(), '\r', ' ');
        if (!heading.empty()) text += "# " + comment + "\n";
    }
    for (const auto& variable : environment.variables) {
        if (!is_shell_name(variable.name))
            text += fmt::format("# {} is left out: no shell can set this name.\n", shown_name(variable.name));
        else if (variable.secret && secrets == Secrets::masked && !variable.value.empty())
            text += fmt::format("# {}='{}'\n", variable.name, secret_mask_text);
        else
            text += variable.name + "=" + quoted(variable.value) + "\n";
    }
    return text;
}

}  // namespace mf
