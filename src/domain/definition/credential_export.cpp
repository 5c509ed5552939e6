// SPDX-License-Identifier: MIT
#include "domain/definition/credential_export.h"

#include "base/text.h"
#include "domain/definition/definition_export.h"
#include "domain/definition/document.h"
#include "domain/definition/section_diff.h"

#include <fmt/format.h>
#include <algorithm>
#include <span>

namespace mf {
namespace {

void put_member(json::object& object, std::string_view key, const std::string& text) {
    if (!text.empty()) object[key] = text;
}
void put_member(json::object& object, std::string_view key, const LocalizedText& text) {
    if (!text.translations.empty()) object[key] = to_json(text);
}

bool is_among_keys(std::string_view key, std::span<const std::string_view> keys) {
    return std::ranges::find(keys, key) != keys.end();
}

/// The document that was read; empty when the definition was made by hand.
json::object original(const std::string& document) {
    Findings findings("");
    if (document.empty()) return {};
    auto read = read_document(document, findings);
    return read && read->is_object() ? std::move(read->get_object()) : json::object();
}

/// How the two kinds of files write their fields.
struct Dialect {
    std::string_view default_key;
    bool typed_defaults;    ///< numbers and booleans stand as such
    bool bare_options;      ///< values without labels
    bool names_its_fields;  ///< a field must have a name
    std::string_view (*type_word)(const FieldDefinition&);
};

std::string_view prototype_word(const FieldDefinition& field) {
    switch (field.type) {
        case ConfigType::bool_: return "boolean";
        case ConfigType::set: return "select";
        case ConfigType::text: return "textarea";
        case ConfigType::file_path: return "file";
        default: return to_text(field.type);
    }
}

std::string_view type_word(const FieldDefinition& field) {
    switch (field.type) {
        case ConfigType::bool_: return "boolean";
        case ConfigType::set: return "select";
        // "number" is whole when its default is, and decimal otherwise.
        case ConfigType::integer:
            return field.default_text && to_integer(*field.default_text) ? "number" : to_text(field.type);
        case ConfigType::float_:
            return field.default_text && to_integer(*field.default_text) ? to_text(field.type) : "number";
        default: return to_text(field.type);
    }
}

constexpr Dialect prototype_dialect{"default_value", false, false, false, prototype_word};
constexpr Dialect type_dialect{"default", true, true, true, type_word};

json::value default_of(const FieldDefinition& field, const Dialect& dialect) {
    const std::string& text = *field.default_text;
    if (!dialect.typed_defaults) return json::value(text);
    if (field.type == ConfigType::bool_ && (text == "true" || text == "false")) return text == "true";
    if (field.type == ConfigType::integer || field.type == ConfigType::float_)
        if (auto number = parse_json(text); number && number->is_number()) return *std::move(number);
    return json::value(text);
}

json::array options_of_field(const FieldDefinition& field, const Dialect& dialect) {
    json::array out;
    for (const FieldOption& option : field.options) {
        const bool labelled = !option.label.translations.empty();
        if (dialect.bare_options && !labelled)
            out.emplace_back(option.value);
        else
            out.push_back(
                {{"value", option.value}, {"label", labelled ? to_json(option.label) : json::value(option.value)}});
    }
    return out;
}

constexpr std::string_view field_keys[] = {
    "keyword", "type",     "name",    "description", "hint",      "default_value", "default",
    "defval",  "required", "options", "secret",      "multiline", "expiring",      "readonly",
    "note",    "example",  "pattern", "minimum",     "maximum",   "minLength",     "maxLength"};

/// Under which of its names the old file has the keyword.
std::string_view key_of_keyword(const json::object& entry) {
    for (const std::string_view key : {"keyword", "code", "id"})
        if (entry.contains(key)) return key;
    return "keyword";
}

json::object credential_field_document(const FieldDefinition& field, const Dialect& dialect,
                                       const json::object& before) {
    json::object out{{"keyword", field.name}, {"type", dialect.type_word(field)}};
    put_member(out, "name", field.label);
    if (dialect.names_its_fields && !out.contains("name")) out["name"] = field.name;
    put_member(out, "description", field.description);
    put_member(out, "hint", field.hint);
    if (field.default_text) out[dialect.default_key] = default_of(field, dialect);
    out["required"] = field.required;
    if (!field.options.empty()) out["options"] = options_of_field(field, dialect);
    const auto flag = [&](std::string_view key, bool set) {
        if (set) out[key] = true;
    };
    flag("secret", field.secret && !is_secret(field.type));
    flag("multiline", field.multiline && field.type != ConfigType::text);
    flag("expiring", field.expiring);
    flag("readonly", field.read_only);
    put_member(out, "note", field.note);
    put_member(out, "example", field.example);
    const ConfigConstraints& limits = field.constraints;
    if (limits.pattern) out["pattern"] = *limits.pattern;
    if (limits.minimum) out["minimum"] = *limits.minimum;
    if (limits.maximum) out["maximum"] = *limits.maximum;
    if (limits.minimum_length) out["minLength"] = *limits.minimum_length;
    if (limits.maximum_length) out["maxLength"] = *limits.maximum_length;
    const auto keyword = key_of_keyword(before);
    const bool title_was_name = before.contains("title") && !before.contains("name");
    for (const auto& [key, value] : before)
        if (!is_among_keys(key, field_keys) && key != keyword && !(key == "title" && title_was_name)) out[key] = value;
    return out;
}

json::array field_documents(const std::vector<FieldDefinition>& fields, const Dialect& dialect,
                            const json::object& before) {
    const json::value* old = before.if_contains("fields");
    const auto entry_of = [&](const std::string& keyword) -> json::object {
        if (old && old->is_array())
            for (const json::value& entry : old->get_array()) {
                const json::object* object = entry.if_object();
                const json::value* name = object ? object->if_contains(key_of_keyword(*object)) : nullptr;
                if (name && name->is_string() && name->get_string() == keyword) return *object;
            }
        return {};
    };
    json::array out;
    for (const FieldDefinition& field : fields)
        out.push_back(credential_field_document(field, dialect, entry_of(field.name)));
    return out;
}

template <class Definition>
json::object head_of(const Definition& definition, const json::object& before) {
    json::object out;
    for (const std::string_view key : {"$schema", "schemaVersion"})
        if (const json::value* value = before.if_contains(key); value && value->is_string()) out[key] = *value;
    out["uuid"] = definition.uuid;
    out["code"] = definition.code;
    out["name"] = to_json(definition.name);
    put_member(out, "description", definition.description);
    out["version"] = definition.version;
    put_member(out, "logo", definition.logo);
    put_member(out, "url", definition.url);
    return out;
}

// --- comparing ---

/// The same text written in another way: a file that gives one language beside a nameless text means English, and a
/// name that only repeats the keyword is none.
LocalizedText settled(LocalizedText text, std::string_view repeated = {}) {
    if (text.translations.size() > 1)
        for (Translation& translation : text.translations)
            if (translation.language.empty()) translation.language = "en";
    if (text.translations.size() == 1 && text.translations[0].language.empty() &&
        (text.translations[0].text.empty() || text.translations[0].text == repeated))
        text.translations.clear();
    return text;
}

std::vector<FieldDefinition> settled(std::vector<FieldDefinition> fields) {
    for (FieldDefinition& field : fields) {
        field.label = settled(std::move(field.label), field.name);
        field.description = settled(std::move(field.description));
        field.hint = settled(std::move(field.hint));
        for (FieldOption& option : field.options) option.label = settled(std::move(option.label), option.value);
    }
    return fields;
}

struct LanguagePair {
    std::string language, name, description;
    bool operator==(const LanguagePair&) const = default;
};

template <class Definition>
std::vector<LanguagePair> language_pairs(const Definition& definition) {
    std::vector<LanguagePair> out;
    const auto take = [&](const LocalizedText& text, std::string LanguagePair::*member) {
        for (const auto& [language, words] : settled(text).translations) {
            auto found = std::ranges::find(out, language, &LanguagePair::language);
            if (found == out.end()) found = out.insert(out.end(), {language, {}, {}});
            (*found).*member = words;
        }
    };
    take(definition.name, &LanguagePair::name);
    take(definition.description, &LanguagePair::description);
    return out;
}

template <class Definition>
DefinitionDiff compare_credential_definitions(const Definition& from, const Definition& to) {
    DefinitionDiff diff;
    const auto value = [&](std::string_view key, const std::string& a, const std::string& b) {
        // Icons would drown everything else.
        const auto shown = [](const std::string& text) { return text.starts_with("data:") ? "(image)" : text; };
        if (a != b) diff.values.push_back({std::string(key), shown(a), shown(b)});
    };
    value("uuid", from.uuid, to.uuid);
    value("code", from.code, to.code);
    value("version", from.version, to.version);
    value("logo", from.logo, to.logo);
    value("url", from.url, to.url);
    if constexpr (std::same_as<Definition, CredentialPrototypeDefinition>) {
        value("homepage", from.homepage, to.homepage);
        value("tags", fmt::format("{}", fmt::join(from.tags, ", ")), fmt::format("{}", fmt::join(to.tags, ", ")));
    } else {
        value("prototype", from.prototype, to.prototype);
    }
    const auto add = [&](SectionDiff section) {
        if (!section.empty()) diff.sections.push_back(std::move(section));
    };
    add(compare_section("languages", language_pairs(from), language_pairs(to),
                        [](const LanguagePair& pair) { return pair.language; }));
    add(compare_section("fields", settled(from.fields), settled(to.fields),
                        [](const FieldDefinition& field) { return field.name; }));
    const auto must_be_given = [](const FieldDefinition& field) {
        return field.required && (!field.default_text || field.default_text->empty());
    };
    for (const FieldDefinition& field : to.fields) {
        const auto old = std::ranges::find(from.fields, field.name, &FieldDefinition::name);
        if (must_be_given(field) && (old == from.fields.end() || !must_be_given(*old)))
            diff.newly_required.push_back(field.name);
    }
    return diff;
}

template <class Definition>
bool mean_the_same(const Definition& a, const Definition& b) {
    return settled(a.fields) == settled(b.fields) && compare_credential_definitions(a, b).empty();
}

}  // namespace

std::string export_credential_prototype(const CredentialPrototypeDefinition& definition) {
    constexpr std::string_view known[] = {"$schema", "schemaVersion", "uuid",     "code", "name", "description",
                                          "version", "logo",          "homepage", "url",  "tags", "fields"};
    const auto before = original(definition.document);
    auto out = head_of(definition, before);
    put_member(out, "homepage", definition.homepage);
    if (!definition.tags.empty()) out["tags"] = json::array(definition.tags.begin(), definition.tags.end());
    out["fields"] = field_documents(definition.fields, prototype_dialect, before);
    const bool id_was_uuid = !before.contains("uuid");
    for (const auto& [key, value] : before)
        if (!is_among_keys(key, known) && !(key == "id" && id_was_uuid)) out[key] = value;
    return to_pretty_text(out) + "\n";
}

std::string export_credential_type(const CredentialTypeDefinition& definition) {
    const auto before = original(definition.document);
    auto out = head_of(definition, before);
    if (!out.contains("description")) out["description"] = "";
    if (!definition.prototype.empty()) out["prototype"] = definition.prototype;
    out["fields"] = field_documents(definition.fields, type_dialect, before);
    if (const json::value* id = before.if_contains("id")) out["id"] = *id;
    return to_pretty_text(out) + "\n";
}

DefinitionDiff compare_definitions(const CredentialPrototypeDefinition& from, const CredentialPrototypeDefinition& to) {
    return compare_credential_definitions(from, to);
}
DefinitionDiff compare_definitions(const CredentialTypeDefinition& from, const CredentialTypeDefinition& to) {
    return compare_credential_definitions(from, to);
}

bool same_meaning(const CredentialPrototypeDefinition& a, const CredentialPrototypeDefinition& b) {
    return mean_the_same(a, b);
}
bool same_meaning(const CredentialTypeDefinition& a, const CredentialTypeDefinition& b) { return mean_the_same(a, b); }

std::string suggested_file_name(std::string_view code, std::string_view ending) { return lower(code).append(ending); }

}  // namespace mf
