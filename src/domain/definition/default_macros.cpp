// SPDX-License-Identifier: MIT
#include "domain/definition/field_reader.h"
#include "domain/placeholders.h"

#include <fmt/format.h>
#include <limits>
#include <unordered_map>

namespace mf {
namespace {

constexpr std::size_t too_long = longest_environment_string;
constexpr std::size_t no_field = std::numeric_limits<std::size_t>::max();

/// Follows the macros of defaults once through each field, without recursion.
class MacroGraph {
public:
    MacroGraph(const std::vector<FieldDefinition>& fields, const std::function<std::string(std::size_t)>& pointer_of,
               Findings& findings)
        : fields_(fields), pointer_of_(pointer_of), findings_(findings), nodes_(fields.size()) {
        for (std::size_t i = 0; i < fields.size(); ++i) places_.emplace(fields[i].name, i);
    }

    void check() {
        for (std::size_t i = 0; i < fields_.size(); ++i) read_macros(i);
        for (std::size_t i = 0; i < fields_.size(); ++i) walk(i);
    }

private:
    enum class State { fresh, open, done };
    struct Node {
        std::vector<std::size_t> uses;
        std::size_t literal = 0;  // bytes that are not macros
        std::size_t length = 0;   // after expansion, at most too_long
        std::size_t next = 0;     // the use to follow next
        State state = State::fresh;
        std::size_t position = 0;        // on the path, while open
        std::size_t returns = no_field;  // position of the lowest open field that its macros lead back to
        std::size_t root = no_field;     // which field that is
        std::size_t through = no_field;  // by way of this use
    };

    void add(std::size_t index, Severity severity, FindingCode code, std::string sentence) {
        const FieldDefinition& field = fields_[index];
        findings_.add(severity, code, pointer_of_(index), std::move(sentence),
                      field.secret ? "***" : printable(*field.default_text, 100));
    }

    /// What a person wrote about says what it is for; an undescribed one deserves a look.
    Severity weight(std::size_t index) const {
        return fields_[index].description.empty() ? Severity::warning : Severity::note;
    }

    void read_macros(std::size_t index) {
        const FieldDefinition& field = fields_[index];
        if (!field.default_text) return;
        Node& node = nodes_[index];
        node.literal = field.default_text->size();
        bool unknown_reported = false;
        for (auto macro = next_macro(*field.default_text); macro; macro = next_macro(*field.default_text, macro->end)) {
            const auto found = places_.find(macro->name);
            if (found != places_.end()) {
                node.uses.push_back(found->second);
                node.literal -= macro->end - macro->begin;
                const FieldDefinition& used = fields_[found->second];
                if (used.secret && !field.secret)
                    add(index, weight(index), FindingCode::secret_default,
                        fmt::format("The value contains the secret {} and is masked like it.", used.name));
            } else if (!is_reserved_name(macro->name) && !unknown_reported) {
                unknown_reported = true;
                add(index, weight(index), FindingCode::unknown_placeholder,
                    fmt::format("{{{}}} is no setting of this application; unless a run template or company sets it, "
                                "it stays as it is.",
                                macro->name));
            }
        }
    }

    void report_cycle(std::size_t index) {
        const std::size_t use = nodes_[index].through;
        add(index, Severity::warning, FindingCode::unknown_placeholder,
            use == index ? "The value refers to itself; the macro stays as it is."
                         : fmt::format("The value refers to {}, which leads back here; the macro stays as it is.",
                                       fields_[use].name));
    }

    void walk(std::size_t start) {
        std::vector<std::size_t> path;
        const auto enter = [&](std::size_t index) {
            nodes_[index].state = State::open;
            nodes_[index].length = nodes_[index].literal;
            nodes_[index].position = path.size();
            path.push_back(index);
        };
        if (nodes_[start].state == State::fresh) enter(start);
        while (!path.empty()) {
            const std::size_t index = path.back();
            Node& node = nodes_[index];
            if (node.next == node.uses.size()) {
                if (node.length >= too_long)
                    add(index, Severity::warning, FindingCode::too_large,
                        fmt::format("With its macros replaced the value is longer than the {} bytes that a process can "
                                    "be given.",
                                    too_long));
                if (node.returns != no_field) report_cycle(index);
                node.state = State::done;
                path.pop_back();
                continue;
            }
            const std::size_t use = node.uses[node.next];
            if (nodes_[use].state == State::fresh) {
                enter(use);
                continue;
            }
            const bool open = nodes_[use].state == State::open;
            const std::size_t returns = open ? nodes_[use].position : nodes_[use].returns;
            const std::size_t root = open ? use : nodes_[use].root;
            // A field that is done counts as long as the one it leads back to is still on the path.
            if (returns < path.size() && path[returns] == root && returns < node.returns) {
                node.returns = returns;
                node.root = root;
                node.through = use;
            }
            ++node.next;
            node.length = std::min(too_long, node.length + nodes_[use].length);
        }
    }

    const std::vector<FieldDefinition>& fields_;
    const std::function<std::string(std::size_t)>& pointer_of_;
    Findings& findings_;
    std::vector<Node> nodes_;
    std::unordered_map<std::string_view, std::size_t> places_;
};

}  // namespace

void check_default_macros(const std::vector<FieldDefinition>& fields,
                          const std::function<std::string(std::size_t)>& pointer_of, Findings& findings) {
    MacroGraph(fields, pointer_of, findings).check();
}

}  // namespace mf
