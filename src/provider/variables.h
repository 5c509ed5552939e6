// SPDX-License-Identifier: MIT
#pragma once

#include "provider/provider.h"

#include <optional>

namespace mf {

/// A line of a field that says which value becomes which variable: NAME=place.
struct Pick {
    std::string name;
    std::string place;
};

/// Reads one pick of each line; blank lines and lines that begin with '#' are skipped. Fails for lines without '=',
/// with an empty place, and for names that occur twice, that no process can have, or that are the platform's
/// (MULTIFLEXI_*).
Result<std::vector<Pick>> read_picks(const FieldValues& fields, std::string_view keyword);

/// May a value get this name without being picked? Names that decide which code a job runs (PATH, LD_PRELOAD) and those
/// of the platform are left out: an entry of a vault that is named so was hardly meant.
bool is_name_for_all(std::string_view name);

/// Capital letters, digits and '_', beginning with no digit: what keywords of definitions look like.
bool is_keyword(std::string_view name);

/// The key of a secret as a keyword: small letters become capitals, every other byte than letters, digits and '_'
/// becomes
/// '_', and a '_' is put before a leading digit. Empty for an empty key.
std::string keyword_from(std::string_view key);

/// The variables as they are, or a complaint about the field when there is more than providers may give.
Result<std::vector<ProvidedVariable>> within_bounds(std::vector<ProvidedVariable> variables, std::string_view keyword);

}  // namespace mf
