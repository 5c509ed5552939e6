// SPDX-License-Identifier: MIT
#include "service/credential_values.h"

#include "domain/process_environment.h"
#include "service/field_columns.h"

#include <fmt/format.h>

namespace mf {
namespace {

/// Why nobody may choose this name for an extra variable; empty when anybody may.
std::string wrong_name(const Call& call, const CredentialField* field, std::string_view name) {
    const auto judged = judge_variable_name(name, call.allowed_names);
    if (judged.refused() || judged.verdict == NameVerdict::reserved) return judged.reason;
    if (!field && begins_with_digit(name))
        return "The name begins with a digit, which no shell can set, and no field is called so; choose a name that "
               "begins with a letter.";
    if (name.size() > 128) return "The name has more than 128 bytes.";
    return {};
}

}  // namespace

Result<std::string> fitting_value(const CredentialField& field, const std::string& value) {
    const auto limits = constraints_from(field.type, field.options, field.constraints);
    const auto type = field.type == ConfigType::set && limits.options.empty() ? ConfigType::string : field.type;
    auto checked = canonical_value(type, value, limits);
    if (checked || !field.secret || field.type == ConfigType::password) return checked;
    return invalid(
        fmt::format("The secret value does not fit the type {} and the limits of the field.", to_text(field.type)));
}

Result<CheckedValues> checked_credential_values(Call& call, std::span<const CredentialField> fields,
                                                const TextMap& values) {
    constexpr std::size_t longest_value = 131'072;  // what one variable of a process may have, execve(2)
    Error error;
    const auto complain = [&](const std::string& name, std::string_view why) {
        auto sentence = fmt::format("{}: {}", shown_name(name), why);
        error.message += (error.message.empty() ? "" : " ") + sentence;
        error.fields.push_back({name, std::move(sentence)});
    };
    CheckedValues out;
    for (const auto& [name, value] : values) {
        const auto* field = find_field(fields, name);
        if (const auto why = wrong_name(call, field, name); !why.empty()) {
            complain(name, why);
            continue;
        }
        if (value.empty()) continue;
        if (value.size() > longest_value) {
            complain(name, fmt::format("The value has {} bytes; a variable of a process takes at most {}.",
                                       value.size(), longest_value));
            continue;
        }
        auto checked = field ? fitting_value(*field, value) : canonical_value(ConfigType::text, value);
        if (checked)
            out[name] = {*std::move(checked), is_secret_field(fields, name)};
        else
            complain(name, checked.error().message);
    }
    if (error.fields.empty()) return out;
    return error;
}

bool is_secret_field(std::span<const CredentialField> fields, std::string_view name) {
    const auto* field = find_field(fields, name);
    return field ? field->secret : sounds_secret(name);
}

json::object shown_values(std::span<const CredentialField> fields, const StoredValues& values) {
    json::object out;
    const auto shown = [](const StoredValue& stored) {
        return stored.sealed ? json::value(secret_mask_text) : json::value(stored.value);
    };
    for (const CredentialField& field : fields) {
        const auto found = values.find(field.keyword);
        if (found != values.end())
            out[field.keyword] = field.secret ? json::value(secret_mask_text) : shown(found->second);
        else if (!field.orphaned)
            out[field.keyword] = field.secret ? json::value(secret_unset_text) : json::value(nullptr);
    }
    for (const auto& [name, stored] : values)
        if (!find_field(fields, name)) out[name] = shown(stored);
    return out;
}

}  // namespace mf
