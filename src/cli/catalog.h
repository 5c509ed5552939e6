// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command.h"
#include "service/operation.h"

#include <deque>

namespace mf {

struct CatalogEntry {
    const Command* command;
    const Operation* operation;  ///< null: the command needs none
};

/// Every command of this program: those of the presentation tables whose operation exists, and a plain one for every
/// operation that no table mentions. Knows all spellings. The operations must outlive it.
class Catalog {
public:
    explicit Catalog(const Operations& operations);

    /// Sorted by name.
    const std::vector<CatalogEntry>& entries() const { return entries_; }

    /// By canonical name, legacy name or alias: "run-template:get", "runtemplate:show"; null: unknown.
    const CatalogEntry* find(std::string_view spelled) const;
    /// Is this the beginning of the name of a command whose last word stands apart: "user:data-erasure"?
    bool begins_command(std::string_view spelled) const;
    /// The commands of an entity in any spelling; empty: unknown entity.
    std::vector<const CatalogEntry*> of_entity(std::string_view spelled) const;

    /// What the command takes: the options of its table, the fields of its operation's input that the table leaves out,
    /// and those that many commands share. Global options are not among them.
    static std::vector<Option> options_of(const CatalogEntry& entry);

    /// Whether an option of this name takes a value, judged without knowing the command; none: no command has it.
    std::optional<Takes> takes(std::string_view option) const;

    const Operation* operation(std::string_view name) const;

private:
    void add_plain(const Operation& operation);

    const Operations& operations_;
    std::vector<CatalogEntry> entries_;
    std::deque<Command> plain_;
    std::deque<std::string> names_;
};

/// The same word but for case and '-' or '_'.
bool same_word(std::string_view a, std::string_view b);

/// In small letters, without '-' and '_': how words are compared.
std::string without_joints(std::string_view word);

/// "credtype" -> "credential-type"; other words stay.
std::string_view full_entity_name(std::string_view spelled);

std::span<const Option> global_options();

}  // namespace mf
