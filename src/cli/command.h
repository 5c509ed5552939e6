// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <span>
#include <string_view>

// A command is described by a line of a table; grammar, help, completion and the manual page are made from it.

namespace mf {

class Invocation;

/// Whether an option is followed by a value.
enum class Takes {
    value,           ///< always
    optional_value,  ///< when the next word is not an option
    list,            ///< always, and it may be given again and again
    flag             ///< never
};

/// What becomes of an option.
enum class Becomes {
    input,      ///< a text in the input of the operation
    words,      ///< a list in the input, separated by commas
    pairs,      ///< KEY=VALUE, collected in an object of the input
    pair_file,  ///< names a file of such lines, "-" for standard input: so secrets need not be on the command line
    local,      ///< stays with the command
    nothing,    ///< accepted for compatibility
};

struct Option {
    std::string_view name;  ///< as help shows it; found also in other case and with '-' and '_' exchanged or left out
    Takes takes = Takes::value;
    std::string_view help = {};
    std::string_view key = {};  ///< of the input; empty: the name with '_'
    Becomes becomes = Becomes::input;
    std::array<std::string_view, 4> aliases = {};
    std::string_view preset = {};  ///< what counts when it is not given
    char letter = 0;               ///< -x
    /// The values there are, where the help does not tell them already.
    std::span<const std::string_view> choices = {};
    bool file_name = false;  ///< its value may be any bytes; others are texts
};

struct Command {
    std::string_view name;            ///< "run-template:create"
    std::string_view operation = {};  ///< it needs; the command does not exist without. Empty: needs none
    int (*run)(Invocation&) = nullptr;
    std::string_view summary = {};  ///< empty: that of the operation
    std::string_view details = {};  ///< what help and manual say behind the summary, in sentences
    std::span<const Option> options = {};
    /// Each names an option that must be given, or several of which one must ("id|uuid").
    std::array<std::string_view, 4> needs = {};
    std::string_view missing = {};     ///< the sentence when they are not
    std::string_view positional = {};  ///< the option that words without a name belong to
    std::array<std::string_view, 6> aliases = {};
    bool lists = false;         ///< has limit, offset, order, fields
    bool shows_record = false;  ///< has fields
    /// Fields of an input that several operations share which mean nothing to this one: they are no options.
    std::array<std::string_view, 4> without = {};
    /// Asks neither the installation nor a server.
    bool stays_here = false;
    bool closed = false;  ///< fields of the input that the table leaves out are no options
    bool hidden = false;  ///< not in list and help
    std::string_view default_format = "text";
};

}  // namespace mf
