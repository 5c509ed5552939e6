// SPDX-License-Identifier: MIT
#include "domain/definition/credential_prototype_definition.h"

#include "base/digest.h"
#include "base/text.h"
#include "domain/definition/document.h"
#include "domain/definition/field_reader.h"
#include "domain/definition/image.h"
#include "domain/definition/section_reader.h"
#include "domain/definition/uri.h"
#include "domain/definition/version.h"

#include <fmt/format.h>
#include <algorithm>
#include <set>

namespace mf {
namespace {

using Presence = ObjectReading::Presence;

std::string read_code(ObjectReading& reading) {
    std::string code = reading.text("code", Presence::required);
    const bool plain = std::all_of(code.begin(), code.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
    });
    const json::value* given = reading.object().if_contains("code");
    if (given && given->is_string() && (!plain || code.size() < 2 || code.size() > 64))
        reading.error(FindingCode::key_invalid, "code", "A code has 2 to 64 letters, digits, '_' and '-'.");
    return code;
}

/// Older programs take versions of that many numbers and nothing else.
struct VersionParts {
    std::size_t least, most;
};

std::string read_version_of(ObjectReading& reading, VersionParts parts) {
    std::string version{trim(reading.text("version"))};
    const json::value* given = reading.object().if_contains("version");
    if (!given)
        reading.warning(FindingCode::tolerated, "version", "The version is missing; it is read as 1.0.");
    else if (given->is_string() && read_version(version).is_free_text())
        reading.warning(FindingCode::tolerated, "version",
                        "This is not a version number like 1.2; it counts as older than any number.");
    else if (const auto count = split(version, '.').size();
             given->is_string() &&
             (count < parts.least || count > parts.most || !is_plain_version(given->get_string())))
        reading.warning(FindingCode::tolerated, "version",
                        "Older programs refuse a version like this; write 1.2 or 1.2.3.");
    return given ? version : "1.0";
}

std::string read_logo(ObjectReading& reading) {
    const std::string logo = reading.text("logo");
    if (logo.empty()) return {};
    const auto scheme = lower(uri_scheme(logo));
    if (scheme == "data" || scheme == "http" || scheme == "https") return read_image(reading, "logo");
    if (has_parent_part(logo) || logo.find('\\') != std::string::npos || logo.starts_with('/') ||
        logo.starts_with('-') || !scheme.empty() || !is_printable(logo))
        reading.error(FindingCode::path_unsafe, "logo", "A logo is the bare name of an image file, or a data URI.");
    return logo;
}

/// The key of a field; old files call it "code" or "id".
std::string_view keyword_key(const json::object& field) {
    for (const std::string_view key : {"keyword", "code", "id"})
        if (field.contains(key)) return key;
    return "keyword";
}

enum class Keywords { capitals, any };

/// Calls read(FieldDefinition&, ObjectReading&) for each field with a usable keyword.
template <class F>
std::vector<FieldDefinition> read_credential_fields(ObjectReading& reading, Presence presence, Keywords keywords,
                                                    const ReadingOptions& options, F&& read) {
    std::vector<FieldDefinition> fields;
    Findings& findings = reading.findings();
    const json::value* value = reading.member("fields", presence);
    if (!value) return fields;
    const json::array* list = value->if_array();
    if (!list) {
        reading.error(FindingCode::schema_violation, "fields",
                      fmt::format("This must be a list of fields, not {}.", kind_name(*value)));
        return fields;
    }
    if (list->size() > most_fields) {
        findings.error(FindingCode::too_large, "/fields",
                       fmt::format("There are {} fields; at most {} are taken.", list->size(), most_fields));
        return fields;
    }
    std::set<std::string> seen;
    std::vector<std::size_t> places;  // of the fields in the list
    for (std::size_t i = 0; i < list->size(); ++i) {
        const std::string pointer = pointer_to("/fields", i);
        const json::object* entry = (*list)[i].if_object();
        if (!entry) {
            findings.error(FindingCode::schema_violation, pointer,
                           fmt::format("A field must be an object, not {}.", kind_name((*list)[i])));
            continue;
        }
        const json::value* type = entry->if_contains("type");
        const auto known_type =
            type && type->is_string() ? read_config_type(trim(type->get_string())) : Result<ConfigTypeReading>(Error{});
        const json::value* flag = entry->if_contains("secret");
        const bool secret =
            (known_type && is_secret(known_type->type)) || (flag && flag->is_bool() && flag->get_bool());
        ObjectReading field(*entry, pointer, findings,
                            secret ? ObjectReading::Secrecy::secret : ObjectReading::Secrecy::open);
        const auto key = keyword_key(*entry);
        if (key != "keyword")
            field.warning(FindingCode::tolerated, key,
                          "The name of the variable belongs under the key \"keyword\"; it is read from here.");
        FieldDefinition definition{.name = field.text(key, Presence::required)};
        if (!entry->contains(key) || !entry->at(key).is_string()) continue;
        const auto judgement = judge_variable_name(definition.name, options.allowed_names);
        const bool capital =
            !definition.name.empty() && definition.name.front() >= 'A' && definition.name.front() <= 'Z' &&
            definition.name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string::npos;
        const std::string place = pointer_to(pointer, key);
        if (judgement.refused())
            findings.error(FindingCode::key_invalid, place, judgement.reason);
        else if (keywords == Keywords::capitals && !capital)
            findings.error(FindingCode::key_invalid, place,
                           "A keyword has capital letters, digits and '_', and begins with a letter.",
                           printable(definition.name));
        else if (judgement.verdict != NameVerdict::plain)
            findings.warning(FindingCode::key_invalid, place, judgement.reason);
        if (definition.name.size() > 64)
            findings.error(FindingCode::key_invalid, place, "A keyword has at most 64 bytes.");
        if (!seen.insert(definition.name).second)
            findings.error(FindingCode::key_invalid, place, "Another field has this keyword already.",
                           printable(definition.name));
        field.member("type", Presence::required);
        definition.label = field.localized(entry->contains("name") ? "name" : "title");
        definition.description = field.localized("description");
        definition.hint = field.localized("hint");
        read(definition, field);
        fields.push_back(std::move(definition));
        places.push_back(i);
    }
    const auto default_key = [&](std::size_t i) {
        const json::object& entry = (*list)[places[i]].get_object();
        return entry.contains("default_value") ? "default_value" : "default";
    };
    check_default_macros(
        fields,
        [&](std::size_t i) { return pointer_to(pointer_to("/fields", places[i]), std::string_view(default_key(i))); },
        findings);
    return fields;
}

/// The official schema of prototypes knows no languages, yet most prototypes use them (rule P01).
void remark_languages(const json::object& object, const CredentialPrototypeDefinition& definition, Findings& findings) {
    const auto localized = [](const LocalizedText& text) {
        return !text.translations.empty() && !text.translations.front().language.empty();
    };
    const bool any = localized(definition.name) || localized(definition.description) ||
                     std::any_of(definition.fields.begin(), definition.fields.end(), [&](const FieldDefinition& field) {
                         return localized(field.label) || localized(field.description) || localized(field.hint);
                     });
    if (any)
        findings.warning(FindingCode::tolerated,
                         localized(definition.name)                                            ? "/name"
                         : object.contains("description") && localized(definition.description) ? "/description"
                                                                                               : "/fields",
                         "Texts are given in several languages; older programs refuse that in a prototype.");
}

CredentialPrototypeDefinition read_prototype(const json::object& object, Findings& findings,
                                             const ReadingOptions& options) {
    ObjectReading reading(object, "", findings);
    CredentialPrototypeDefinition read;
    report_unknown_keys(reading, {"$schema", "schemaVersion", "uuid", "code", "name", "description", "version", "logo",
                                  "url", "homepage", "tags", "fields"});
    if (object.contains("uuid") || !object.contains("id")) {
        reading.member("uuid", Presence::required);
        read.uuid = read_uuid(reading);
        if (read.uuid.empty() && object.contains("uuid") && object.at("uuid").is_string() &&
            object.at("uuid").get_string().empty())
            reading.error(FindingCode::uuid_missing, "uuid", "A prototype needs a uuid.");
    } else {
        read.uuid = read_uuid(reading, "id");
    }
    read.code = read_code(reading);
    read.name = reading.localized("name", Presence::required);
    check_heading(read.name, "/name", std::max<std::size_t>(options.longest_name, 255), findings);
    if (!read.name.translations.empty() && read.name.empty())
        reading.error(FindingCode::name_empty, "name", "The name is empty.");
    read.description = reading.localized("description");
    read.version = read_version_of(reading, {2, 3});
    read.logo = read_logo(reading);
    read.url = read_web_address(reading, "url");
    read.homepage = read_web_address(reading, "homepage");
    read.tags = reading.words("tags");
    const FieldDialect dialect{
        {"default_value", "default", "defval"},
        Severity::warning,
        {"string", "password", "email", "url", "integer", "boolean", "select", "textarea", "file"},
        FieldDialect::Options::pairs};
    read.fields = read_credential_fields(
        reading, Presence::optional, Keywords::capitals, options, [&](FieldDefinition& field, ObjectReading& entry) {
            const json::value* given = entry.object().if_contains("default_value");
            if (given && !given->is_string())
                entry.warning(FindingCode::tolerated, "default_value", "A default should be written as a string.");
            read_field_value(field, entry, dialect);
        });
    remark_languages(object, read, findings);
    return read;
}

/// A second place for translations, beside the texts themselves.
void add_localized(LocalizedText& text, ObjectReading& reading, std::string_view key) {
    for (Translation& translation : reading.localized(key).translations) {
        const bool known = std::any_of(text.translations.begin(), text.translations.end(),
                                       [&](const Translation& one) { return one.language == translation.language; });
        if (!known) text.translations.push_back(std::move(translation));
    }
}

CredentialTypeDefinition read_type(const json::object& object, Findings& findings, const ReadingOptions& options) {
    ObjectReading reading(object, "", findings);
    CredentialTypeDefinition read;
    report_unknown_keys(reading, {"$schema", "schemaVersion", "uuid", "code", "name", "description", "version",
                                  "fields", "localized", "prototype", "class", "logo", "url"});
    for (const std::string_view key : {"$schema", "schemaVersion", "prototype", "class", "logo", "url"})
        if (object.contains(key))
            reading.warning(FindingCode::tolerated, key, "Older programs refuse this key in a credential type.");
    reading.member("uuid", Presence::required);
    read.uuid = read_uuid(reading);
    if (read.uuid.empty() && object.contains("uuid") && object.at("uuid").is_string() &&
        object.at("uuid").get_string().empty())
        reading.error(FindingCode::uuid_missing, "uuid", "A credential type needs a uuid.");
    read.code = read_code(reading);
    read.name = reading.localized("name", Presence::required);
    read.description = reading.localized("description", Presence::required);
    if (const json::object* localized = reading.child("localized")) {
        ObjectReading inner(*localized, "/localized", findings);
        add_localized(read.name, inner, "name");
        add_localized(read.description, inner, "description");
    }
    check_heading(read.name, "/name", std::max<std::size_t>(options.longest_name, 255), findings);
    if (!read.name.translations.empty() && read.name.empty())
        reading.error(FindingCode::name_empty, "name", "The name is empty.");
    read.version = read_version_of(reading, {1, 3});
    read.prototype = reading.text(object.contains("prototype") ? "prototype" : "class");
    read.logo = read_logo(reading);
    read.url = read_web_address(reading, "url");
    const FieldDialect dialect{{"default", "default_value"},
                               Severity::note,
                               {"string", "password", "number", "boolean", "secret", "select"},
                               FieldDialect::Options::texts};
    read.fields = read_credential_fields(
        reading, Presence::required, Keywords::any, options, [&](FieldDefinition& field, ObjectReading& entry) {
            if (field.label.translations.empty())
                entry.warning(FindingCode::tolerated, "name", "The name is missing; the keyword is shown instead.");
            const json::value* type = entry.object().if_contains("type");
            const json::value* given = entry.object().if_contains("default");
            // One word for two types: only a whole default tells that whole numbers are meant.
            const bool floating =
                type && *type == "number" &&
                !(given && (given->is_int64() || (given->is_string() && to_integer(given->get_string()))));
            if (!floating) return read_field_value(field, entry, dialect);
            json::object as_float = entry.object();
            as_float["type"] = "float";
            FieldDialect with_float = dialect;
            with_float.type_names.push_back("float");
            ObjectReading copy(as_float, entry.pointer(), entry.findings(), entry.secrecy());
            read_field_value(field, copy, with_float);
        });
    return read;
}

/// What reading any kind of definition has in common.
template <class Reading, class F>
Reading read_object(std::string_view text, std::string_view file, std::string_view kind, F&& read) {
    Findings findings{std::string(file)};
    Reading result;
    if (const auto document = read_document(text, findings)) {
        if (const json::object* object = document->if_object()) {
            auto definition = read(*object, findings);
            definition.document = text;
            definition.sha256 = sha256_hex(text);
            if (!findings.has_error()) result.definition = std::move(definition);
        } else {
            findings.error(
                FindingCode::not_an_object, "",
                fmt::format("A {} is an object {{…}}, not {} (line 1, column 1).", kind, kind_name(*document)));
        }
    }
    result.findings = findings.take();
    return result;
}

}  // namespace

CredentialPrototypeReading read_credential_prototype(std::string_view text, std::string_view file,
                                                     const ReadingOptions& options) {
    return read_object<CredentialPrototypeReading>(
        text, file, "credential prototype",
        [&](const json::object& object, Findings& findings) { return read_prototype(object, findings, options); });
}

CredentialTypeReading read_credential_type(std::string_view text, std::string_view file,
                                           const ReadingOptions& options) {
    return read_object<CredentialTypeReading>(
        text, file, "credential type",
        [&](const json::object& object, Findings& findings) { return read_type(object, findings, options); });
}

}  // namespace mf
