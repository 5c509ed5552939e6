// SPDX-License-Identifier: MIT
#pragma once

#include "cli/catalog.h"

#include <span>
#include <variant>

namespace mf {

struct GivenOption {
    Option option;
    std::string spelled;  ///< as it was written, without the hyphens
    std::vector<std::string> values = {};
};

/// The options of one call, in the order in which they first appeared.
class Arguments {
public:
    const GivenOption* find(std::string_view name) const;
    /// Was it given, be it without a value?
    bool has(std::string_view name) const { return find(name) != nullptr; }
    /// The last value; none: not given, or given without one.
    std::optional<std::string> value(std::string_view name) const;
    std::vector<std::string> values(std::string_view name) const;
    const std::vector<GivenOption>& all() const { return given_; }

    GivenOption& add(const Option& option, std::string_view spelled);

private:
    std::vector<GivenOption> given_;
};

struct Globals {
    bool help = false;
    bool version = false;
    bool quiet = false;
    bool silent = false;
    bool no_interaction = false;  ///< nobody is to be asked
    int verbosity = 0;
    std::optional<bool> colours = {};
    std::string settings_file = {};
    std::string token_file = {};
    std::string server = {};
    std::string profile = {};
    std::string ca_file = {};
    bool allow_plain = false;
    bool json = false;  ///< --format json was given (the default of the command does not count)
};

/// A line that was understood. Without an entry: no command was named.
struct Request {
    const CatalogEntry* entry = nullptr;
    std::vector<const CatalogEntry*> entity = {};  ///< with --help: only an entity was named
    Arguments arguments = {};
    Globals globals = {};
};

/// A line that was not. The message is a sentence; nearest are words that may have been meant.
struct Misuse {
    std::string message;
    std::vector<std::string> nearest = {};
    const CatalogEntry* entry = nullptr;  ///< the command, when it was found
    std::string entity = {};              ///< "company", when only that was understood
    Globals globals = {};
};

/// Reads the words behind the name of the program (the rules: interface specification of the command line, part 1 and
/// 2). Total: every list of words gives one of the two.
std::variant<Request, Misuse> read_arguments(std::span<const std::string> words, const Catalog& catalog);

}  // namespace mf
