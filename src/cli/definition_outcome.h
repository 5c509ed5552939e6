// SPDX-License-Identifier: MIT
#pragma once

#include "base/json.h"
#include "base/result.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

// How the commands about definition files tell what became of each of them.

namespace mf {

/// What became of one file.
struct FileOutcome {
    json::object document = {};           ///< for -f json
    std::vector<std::string> lines = {};  ///< for people
    bool good = false;
    std::string file = {};  ///< when the first line has to be told apart from those of other files
};

/// "/environment/FOO" -> "environment.FOO", the form of the line that other programs search for.
std::string dotted(std::string_view pointer);

/// The list that an operation gave; empty when it is none.
json::array findings_of(const json::value& findings);
/// A rejected document comes as an error whose fields are the findings.
json::array findings_of(const Error& error, const std::string& file);

/// "error: FILE: /environment/FOO: sentence (value) [code]" for each.
void add_lines(FileOutcome& outcome, const json::array& findings, const std::string& file);

/// A file that could not even be read.
FileOutcome unreadable(const std::string& file, const Error& error);

}  // namespace mf
