// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

struct SettingsLine {
    std::string name;
    std::string value;
    std::size_t number = 0;  ///< from 1
};

/// What a settings file says, and what is wrong with it. Messages name file and line and never repeat the content of a
/// line: it may be a secret.
struct SettingsFile {
    std::vector<SettingsLine> lines;  ///< in the order of the file; a later line of the same name counts
    std::vector<FieldError> errors = {};
    std::vector<std::string> warnings = {};
};

/// Lines NAME=VALUE, with "export" before it if you like, empty lines, and comments: lines that start with '#', and
/// what follows a '#' after a closing quote. Blanks around name and value and one pair of quotes around the value are
/// not part of them; within the value every byte stands for itself, also '#', '$' and '\'.
SettingsFile parse_settings_file(std::string_view content, std::string_view file_name);

/// The content of a file of at most 1 MiB; none when there is no such file.
Result<std::optional<std::string>> read_settings_file(const std::filesystem::path& file);

}  // namespace mf
