// SPDX-License-Identifier: MIT
#include "domain/placeholders.h"

#include <limits>
#include <unordered_map>

namespace mf {

namespace {

constexpr std::size_t no_variable = std::numeric_limits<std::size_t>::max();

bool starts_name(char c) { return (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_name(char c) { return starts_name(c) || (c >= '0' && c <= '9'); }

// A reference from one variable to another.
struct Reference {
    std::size_t begin;
    std::size_t end;
    std::size_t target;  // index of a variable, or none
};

class Expander {
public:
    Expander(std::span<const MacroVariable> variables, const EnvironmentLimits& limits)
        : variables_(variables), limits_(limits) {}

    Result<Expansion> run() {
        read_references();
        find_components();
        find_cycles();
        result_.variables.resize(variables_.size());
        for (const auto index : order_) {
            if (auto expanded = expand(index); !expanded) return expanded.error();
        }
        for (std::size_t i = 0; i < variables_.size(); ++i) warn(i);
        return std::move(result_);
    }

private:
    void read_references() {
        std::unordered_map<std::string_view, std::size_t> index;
        for (std::size_t i = 0; i < variables_.size(); ++i) index.emplace(variables_[i].name, i);
        references_.resize(variables_.size());
        for (std::size_t i = 0; i < variables_.size(); ++i) {
            if (variables_[i].literal) continue;
            for (auto macro = next_macro(variables_[i].value); macro;
                 macro = next_macro(variables_[i].value, macro->end)) {
                const auto found = index.find(macro->name);
                references_[i].push_back(
                    {macro->begin, macro->end, found == index.end() ? no_variable : found->second});
            }
        }
    }

    // Strongly connected components (Tarjan), with a stack of our own because a chain may be as long as the input.
    // order_ receives every variable behind all those it refers to.
    void find_components() {
        const auto count = variables_.size();
        component_.assign(count, no_variable);
        std::vector<std::size_t> number(count, no_variable), low(count, 0), open;
        struct Frame {
            std::size_t variable;
            std::size_t next;
        };
        std::vector<Frame> frames;
        std::size_t counter = 0;
        std::size_t components = 0;
        const auto enter = [&](std::size_t variable) {
            number[variable] = low[variable] = counter++;
            open.push_back(variable);
            frames.push_back({variable, 0});
        };
        for (std::size_t start = 0; start < count; ++start) {
            if (number[start] != no_variable) continue;
            enter(start);
            while (!frames.empty()) {
                auto& frame = frames.back();
                const auto variable = frame.variable;
                if (frame.next < references_[variable].size()) {
                    const auto target = references_[variable][frame.next++].target;
                    if (target == no_variable) continue;
                    if (number[target] == no_variable)
                        enter(target);
                    else if (component_[target] == no_variable)
                        low[variable] = std::min(low[variable], number[target]);
                    continue;
                }
                if (low[variable] == number[variable]) {
                    for (auto member = no_variable; member != variable; open.pop_back()) {
                        member = open.back();
                        component_[member] = components;
                        order_.push_back(member);
                    }
                    ++components;
                }
                frames.pop_back();
                if (!frames.empty()) low[frames.back().variable] = std::min(low[frames.back().variable], low[variable]);
            }
        }
    }

    // Marks the variables that lie on a cycle, and those whose macros lead into one.
    void find_cycles() {
        const auto count = variables_.size();
        std::vector<std::size_t> size(count, 0);
        for (const auto component : component_) ++size[component];
        on_cycle_.assign(count, false);
        leads_to_cycle_.assign(count, false);
        for (const auto index : order_) {
            on_cycle_[index] = size[component_[index]] > 1;
            for (const auto& reference : references_[index]) {
                if (reference.target == no_variable) continue;
                if (reference.target == index) on_cycle_[index] = true;
                if (leads_to_cycle_[reference.target]) leads_to_cycle_[index] = true;
            }
            if (on_cycle_[index]) leads_to_cycle_[index] = true;
        }
    }

    bool stays(const Reference& reference) const {
        return reference.target == no_variable || leads_to_cycle_[reference.target];
    }

    Result<void> expand(std::size_t index) {
        const auto& variable = variables_[index];
        auto& value = result_.variables[index].value;
        auto& secret = result_.variables[index].secret;
        secret = variable.secret;
        const auto taken = variable.name.size() + 2;
        const auto room = limits_.one > taken ? limits_.one - taken : 0;
        const auto add = [&](std::string_view text) {
            if (text.size() > room - value.size()) return false;
            value += text;
            return true;
        };
        if (variable.value.size() > room) return too_long(index);
        std::size_t done = 0;
        for (const auto& reference : references_[index]) {
            if (stays(reference)) continue;
            const auto& used = result_.variables[reference.target];
            if (!add(variable.value.substr(done, reference.begin - done)) || !add(used.value)) return too_long(index);
            secret = secret || used.secret;
            done = reference.end;
        }
        if (!add(variable.value.substr(done))) return too_long(index);
        total_ += taken + value.size();
        if (total_ > limits_.all)
            return Error{ErrorCode::invalid,
                         fmt::format("The variables of this job have more than {} bytes together, more than a process "
                                     "can be given; {} is the one that went "
                                     "over it. Shorten its value, or hand large data over in a file.",
                                     limits_.all, variable.name)};
        return {};
    }

    Error too_long(std::size_t index) const {
        return {ErrorCode::invalid, fmt::format("{}: the value has more than {} bytes with its macros expanded, more "
                                                "than a process can be given. Shorten it, or hand large data over "
                                                "in a file.",
                                                variables_[index].name, limits_.one)};
    }

    void warn(std::size_t index) {
        constexpr std::size_t shown = 5;
        std::vector<std::string_view> unknown;
        std::size_t more = 0;
        std::optional<std::size_t> cyclic;
        for (const auto& reference : references_[index]) {
            if (reference.target != no_variable && stays(reference) && !cyclic) cyclic = reference.target;
            if (reference.target != no_variable) continue;
            const auto text = variables_[index].value.substr(reference.begin, reference.end - reference.begin);
            if (std::find(unknown.begin(), unknown.end(), text) != unknown.end()) continue;
            if (unknown.size() < shown)
                unknown.push_back(text);
            else
                ++more;
        }
        if (!unknown.empty())
            result_.warnings.push_back({name(index), fmt::format("unknown macro {}{}", fmt::join(unknown, ", "),
                                                                 more > 0 ? fmt::format(" and {} more", more) : "")});
        if (cyclic) result_.warnings.push_back({name(index), "macro cycle " + way_to_cycle(index, *cyclic)});
    }

    std::string name(std::size_t index) const { return std::string(variables_[index].name); }

    // From a variable over the given one into a cycle and once around it, as "A>B". A long way is cut: a hint is
    // enough.
    std::string way_to_cycle(std::size_t start, std::size_t next) const {
        constexpr std::size_t steps = 8;
        if (on_cycle_[start] && component_[next] == component_[start]) return once_around(start, next);
        std::string way = name(start);
        for (std::size_t i = 0; !on_cycle_[next]; ++i) {
            way += ">" + name(next);
            if (i == steps) return way + ">…";
            next = first_that_stays(next);
        }
        return way + ">" + once_around_any(next);
    }

    std::size_t first_that_stays(std::size_t index) const {
        for (const auto& reference : references_[index])
            if (reference.target != no_variable && stays(reference)) return reference.target;
        return index;
    }

    std::string once_around_any(std::size_t start) const {
        for (const auto& reference : references_[start])
            if (reference.target != no_variable && component_[reference.target] == component_[start])
                return once_around(start, reference.target);
        return name(start);
    }

    // The shortest way from a variable over the given one back to it, both on one cycle.
    std::string once_around(std::size_t start, std::size_t first) const {
        constexpr std::size_t steps = 1000;
        if (first == start) return name(start);
        std::unordered_map<std::size_t, std::size_t> before{{first, start}};
        std::vector<std::size_t> queue{first};
        std::size_t looked_at = 0;
        for (std::size_t head = 0; head < queue.size() && looked_at < steps; ++head) {
            for (const auto& reference : references_[queue[head]]) {
                if (++looked_at > steps) break;
                if (reference.target == no_variable || component_[reference.target] != component_[start]) continue;
                if (reference.target == start) {
                    std::string path;
                    for (auto at = queue[head]; at != start; at = before[at]) path = ">" + name(at) + path;
                    return name(start) + path;
                }
                if (before.emplace(reference.target, queue[head]).second) queue.push_back(reference.target);
            }
        }
        return name(start) + ">" + name(first) + ">…";
    }

    std::span<const MacroVariable> variables_;
    const EnvironmentLimits& limits_;
    std::vector<std::vector<Reference>> references_;
    std::vector<std::size_t> component_;
    std::vector<std::size_t> order_;
    std::vector<bool> on_cycle_;
    std::vector<bool> leads_to_cycle_;
    std::size_t total_ = 0;
    Expansion result_;
};

}  // namespace

std::optional<Macro> macro_at(std::string_view value, std::size_t open) {
    auto end = open + 1;
    if (end >= value.size() || value[open] != '{' || !starts_name(value[end])) return std::nullopt;
    while (end < value.size() && continues_name(value[end])) ++end;
    if (end == value.size() || value[end] != '}') return std::nullopt;
    return Macro{open, end + 1, value.substr(open + 1, end - open - 1)};
}

std::optional<Macro> next_macro(std::string_view value, std::size_t from) {
    for (auto open = value.find('{', from); open != std::string_view::npos; open = value.find('{', open + 1)) {
        if (open > 0 && value[open - 1] == '$') continue;
        if (auto macro = macro_at(value, open)) return macro;
    }
    return std::nullopt;
}

Result<Expansion> expand_macros(std::span<const MacroVariable> variables, const EnvironmentLimits& limits) {
    return Expander(variables, limits).run();
}

}  // namespace mf
