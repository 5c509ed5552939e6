// SPDX-License-Identifier: MIT
#pragma once

#include "cli/grammar.h"

#include <boost/json/object.hpp>

namespace mf {

struct HelpLook {
    std::size_t width = 80;
    bool coloured = false;
};

/// Every text below ends with a line end.
std::string help_of_command(const CatalogEntry& entry, const HelpLook& look);
std::string help_of_entity(const std::vector<const CatalogEntry*>& commands, const HelpLook& look);
std::string help_of_program(const Catalog& catalog, const HelpLook& look);
std::string version_line();

/// command -> {description, arguments, options}: what programs learn about this one.
boost::json::object description(const Catalog& catalog);

/// One sentence about the command.
std::string_view summary_of(const CatalogEntry& entry);
/// What help says about an option, with the values there are.
std::string help_text(const Option& option);
/// "--name=NAME", "--active[=ACTIVE]", "--force".
std::string option_words(const Option& option);
/// How a refused line is shown on standard error: message, likely words, usage.
std::string misuse_box(const Misuse& misuse, bool coloured);

/// The manual page (man(7) macros) and the completion script of a shell, "bash", "zsh" or "fish" (else empty).
std::string manual_page(const Catalog& catalog);
/// Text that roff leaves alone.
std::string roff(std::string_view text);
std::string completion_script(const Catalog& catalog, std::string_view shell);

}  // namespace mf
