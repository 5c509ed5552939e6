// SPDX-License-Identifier: MIT
#include "provider/variables.h"

#include "base/text.h"
#include "domain/variable_name.h"
#include "provider/field_values.h"

#include <fmt/format.h>
#include <set>

namespace mf {

Result<std::vector<Pick>> read_picks(const FieldValues& fields, std::string_view keyword) {
    std::vector<Pick> picks;
    std::set<std::string_view> names;
    int number = 0;
    for (const std::string_view each : split(field_secret(fields, keyword), '\n')) {
        ++number;
        const std::string_view line = trim(each);
        if (line.empty() || line.front() == '#') continue;
        const auto equals = line.find('=');
        const std::string_view name = trim(line.substr(0, equals));
        const std::string_view place = equals == std::string_view::npos ? "" : trim(line.substr(equals + 1));
        const auto verdict = judge_variable_name(name).verdict;
        if (place.empty() || verdict == NameVerdict::malformed || verdict == NameVerdict::reserved)
            return wrong_field(keyword,
                               fmt::format("Line {} of {} must be NAME=place, with the name of a variable that "
                                           "does not begin with MULTIFLEXI_.",
                                           number, keyword));
        if (!names.insert(name).second)
            return wrong_field(keyword,
                               fmt::format("Line {} of {} names {} a second time.", number, keyword, shown_name(name)));
        picks.push_back({std::string(name), std::string(place)});
    }
    return picks;
}

bool is_name_for_all(std::string_view name) {
    const auto judgement = judge_variable_name(name);
    return !judgement.refused() && judgement.verdict != NameVerdict::reserved;
}

bool is_keyword(std::string_view name) {
    return !name.empty() && !is_digit(name.front()) &&
           name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string_view::npos;
}

std::string keyword_from(std::string_view key) {
    std::string keyword;
    if (!key.empty() && is_digit(key.front())) keyword += '_';
    for (const char c : key) {
        if (c >= 'a' && c <= 'z')
            keyword += static_cast<char>(c - 'a' + 'A');
        else
            keyword += is_letter(c) || is_digit(c) ? c : '_';
    }
    return keyword;
}

Result<std::vector<ProvidedVariable>> within_bounds(std::vector<ProvidedVariable> variables, std::string_view keyword) {
    if (variables.size() > most_provided_variables)
        return wrong_field(keyword, fmt::format("What {} names has {} variables; at most {} are taken.", keyword,
                                                variables.size(), most_provided_variables));
    for (const auto& variable : variables)
        if (variable.value.size() > most_provided_bytes)
            return wrong_field(keyword, fmt::format("The value of {} from what {} names is longer than {} bytes.",
                                                    shown_name(variable.name), keyword, most_provided_bytes));
    return variables;
}

}  // namespace mf
