// SPDX-License-Identifier: MIT
#pragma once

#include "base/settings.h"

#include <span>

namespace mf {

/// Where a value stands, for what it means.
struct SettingPlace {
    std::filesystem::path base;  ///< relative paths are taken from here
    std::filesystem::path home;
};

/// One line of the table of settings.
struct Setting {
    struct Options {
        std::string_view help;
        std::string_view alias = {};
        std::string_view default_text = {};  ///< when the default is not a fixed value
        long long least = 0;                 ///< of numbers
        long long most = 0;
        bool secret = false;
        /// Any further rule: what the value must be, or empty when it is.
        std::string (*check)(std::string_view) = nullptr;
    };

    std::string_view name;
    Options options;
    std::string (*values)(const Options&);  ///< "a whole number from 0 to 9"
    /// Sets the member; what the value must be instead, or empty.
    std::string (*assign)(Settings&, std::string_view, const Options&, const SettingPlace&);
    std::string (*show)(const Settings&);
};

std::span<const Setting> settings_table();

/// May a node have this name? It is part of file names.
bool is_node_name(std::string_view text);

/// The sentence about a value that is not what it must be; shows no secret, and of other values not more than a line.
std::string wrong_value(const Setting& setting, std::string_view value, std::string_view where,
                        std::string_view demand);

/// An absolute path without "." and "..", "~/" being the home directory.
std::filesystem::path resolved_path(std::string_view text, const SettingPlace& place);

}  // namespace mf
