// SPDX-License-Identifier: MIT
// Macros in values: they are found where they stand; expansion ends, keeps its limits and loses no variable.
#include "domain/placeholders.h"
#include "fuzz/fuzz.h"

#include <map>

using namespace mf;
using mf::fuzz::require;

// Lines NAME=value; a name that begins with '*' is secret, one with '!' literal.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    std::map<std::string_view, MacroVariable> by_name;
    while (!input.empty()) {
        auto line = input.line();
        const bool secret = line.starts_with('*'), literal = line.starts_with('!');
        if (secret || literal) line.remove_prefix(1);
        const std::size_t equals = std::min(line.find('='), line.size());
        const auto value = line.substr(std::min(equals + 1, line.size()));
        for (auto macro = next_macro(value); macro; macro = next_macro(value, macro->end)) {
            require(macro->begin < macro->end && macro->end <= value.size(), "a macro lies in its value");
            require(value.substr(macro->begin + 1, macro->end - macro->begin - 2) == macro->name,
                    "a macro is its name in braces");
        }
        const auto name = line.substr(0, equals);
        by_name[name] = {.name = name, .value = value, .secret = secret, .literal = literal};
    }
    std::vector<MacroVariable> variables;
    for (const auto& [name, variable] : by_name) variables.push_back(variable);

    const EnvironmentLimits limits{.one = 4096, .all = 65'536};
    const auto expansion = expand_macros(variables, limits);
    if (!expansion) {
        require(!expansion.error().message.empty(), "a refusal says why");
        return 0;
    }
    require(expansion->variables.size() == variables.size(), "every variable has its value");
    std::size_t all = 0;
    for (std::size_t i = 0; i < variables.size(); ++i) {
        const auto& expanded = expansion->variables[i];
        require(variables[i].name.size() + expanded.value.size() <= limits.one, "a variable keeps to the limit");
        all += variables[i].name.size() + expanded.value.size();
        require(!variables[i].secret || expanded.secret, "a secret stays one");
        if (variables[i].literal || !contains_macro(variables[i].value))
            require(expanded.value == variables[i].value, "a value without a macro stays");
    }
    require(all <= limits.all, "all variables keep to the limit");
    return 0;
}
