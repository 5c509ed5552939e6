// SPDX-License-Identifier: MIT
#include "domain/definition/reading.h"

#include "base/text.h"
#include "domain/definition/uri.h"

#include <fmt/format.h>
#include <algorithm>

namespace mf {
namespace {

constexpr std::size_t most_words = 2000;
constexpr std::size_t longest_words = 65'536;
constexpr std::size_t longest_language = 35;  // the longest that BCP 47 demands of programs

}  // namespace

std::string_view kind_name(const json::value& value) {
    switch (value.kind()) {
        case json::kind::null: return "null";
        case json::kind::bool_: return "true or false";
        case json::kind::string: return "a string";
        case json::kind::array: return "a list";
        case json::kind::object: return "an object";
        default: return "a number";
    }
}

std::string shown(const json::value& value, ObjectReading::Secrecy secrecy) {
    if (secrecy == ObjectReading::Secrecy::secret) return "***";
    // Printing a whole large list only to cut it would cost more than reading it did.
    if (value.is_array() && value.get_array().size() > 20)
        return fmt::format("a list of {} elements", value.get_array().size());
    if (value.is_object() && value.get_object().size() > 20)
        return fmt::format("an object with {} keys", value.get_object().size());
    if (const json::string* text = value.if_string(); text && text->size() > 400)
        return printable(std::string_view(*text), 100);
    return printable(to_text(value), 100);
}

bool check_text(std::string_view text, const std::string& pointer, Findings& findings) {
    if (text.find('\0') == std::string_view::npos) return true;
    findings.error(FindingCode::value_unsafe, pointer, "There is a NUL character in this text; remove it.");
    return false;
}

LocalizedText read_localized(const json::value& value, const std::string& pointer, Findings& findings,
                             ObjectReading::Presence presence) {
    LocalizedText text;
    if (const json::string* plain = value.if_string()) {
        if (check_text(*plain, pointer, findings)) text.translations.push_back({"", std::string(*plain)});
        return text;
    }
    const json::object* languages = value.if_object();
    const bool empty = languages ? languages->empty() : value.is_array() && value.get_array().empty();
    if (empty) {
        if (presence == ObjectReading::Presence::required)
            findings.error(FindingCode::schema_violation, pointer,
                           "This has no text in any language; give at least one.");
        else
            findings.warning(FindingCode::tolerated, pointer,
                             "This has no text in any language; it is read as absent.");
        return text;
    }
    if (!languages) {
        findings.error(FindingCode::schema_violation, pointer,
                       fmt::format("This must be a text, or one text for each language, not {}.", kind_name(value)),
                       shown(value));
        return text;
    }
    for (const auto& [language, translation] : *languages) {
        const std::string place = pointer_to(pointer, std::string_view(language));
        if (!translation.is_string()) {
            findings.error(FindingCode::schema_violation, place,
                           fmt::format("A translation must be a string, not {}.", kind_name(translation)),
                           shown(translation));
            continue;
        }
        if (!check_text(language, place, findings) || !check_text(translation.get_string(), place, findings)) continue;
        std::string tag(language);
        if (tag.size() > longest_language) {
            findings.error(FindingCode::too_large, place,
                           fmt::format("A language tag has at most {} bytes.", longest_language));
        } else if (!is_language_tag(tag)) {
            for (char& c : tag)
                if (c == '_') c = '-';
            const bool meant = is_language_tag(tag);
            findings.warning(FindingCode::tolerated, place,
                             fmt::format("\"{}\" is not a language tag (en, cs, pt-BR …); it is read as {}.",
                                         printable(language, 40), meant ? tag : "it stands"));
            if (!meant) tag = std::string(language);
        } else if (!is_listed_language(tag)) {
            findings.warning(FindingCode::tolerated, place,
                             "This language is not in the official list; other programs may refuse the file.");
        }
        text.translations.push_back({std::move(tag), std::string(translation.get_string())});
    }
    return text;
}

std::string read_uuid(ObjectReading& reading, std::string_view key) {
    const std::string uuid = reading.text(key);
    if (uuid.empty() || is_uuid(uuid)) return uuid_spelling(uuid);
    const bool opaque =
        uuid.size() >= 8 && uuid.size() <= 64 && uuid.front() != '-' &&
        std::all_of(uuid.begin(), uuid.end(), [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
        });
    if (!opaque) {
        reading.error(FindingCode::uuid_invalid, key, "This is not a UUID (8-4-4-4-12 hexadecimal digits).");
        return {};
    }
    reading.warning(FindingCode::uuid_invalid, key, "This is not a UUID of RFC 4122; it is used as it stands.");
    return uuid;
}

std::string read_web_address(ObjectReading& reading, std::string_view key) {
    const std::string text = reading.text(key);
    const std::string address{trim(text)};
    if (is_web_address(address)) {
        if (address.size() < text.size())
            reading.warning(FindingCode::tolerated, key, "There are blanks around the address; they are left out.");
        return address;
    }
    const auto scheme = lower(uri_scheme(address));
    // "Note: see the manual" is no address, whatever its first word.
    const bool other_address = !scheme.empty() && scheme != "http" && scheme != "https" &&
                               address.substr(scheme.size() + 1, 1).find_first_of(" \t") == std::string::npos;
    const json::value* value = reading.object().if_contains(key);
    if (other_address)
        reading.error(FindingCode::value_unsafe, key, "This must be an http or https address.");
    else if (value && value->is_string())
        reading.warning(FindingCode::tolerated, key, "This is not an http or https address; it is not used.");
    return {};
}

void check_heading(const LocalizedText& text, const std::string& pointer, std::size_t longest, Findings& findings) {
    for (const Translation& translation : text.translations) {
        const std::string place = translation.language.empty() ? pointer : pointer_to(pointer, translation.language);
        if (translation.text.size() > longest)
            findings.error(FindingCode::name_too_long, place, fmt::format("This is longer than {} bytes.", longest),
                           printable(translation.text, 40));
        else if (!is_printable(translation.text))
            findings.warning(FindingCode::value_unsafe, place,
                             "There are characters that do not show or that turn the writing direction.",
                             printable(translation.text));
    }
}

const json::value* ObjectReading::member(std::string_view key, Presence presence) {
    const json::value* value = object_.if_contains(key);
    if (value && !value->is_null()) return value;
    if (presence == Presence::required)
        findings_.error(FindingCode::schema_violation, pointer(key),
                        value ? "This is required, not null." : "This is required and missing.");
    else if (value)
        findings_.warning(FindingCode::tolerated, pointer(key), "This is null; it is read as absent.");
    return nullptr;
}

std::string ObjectReading::text(std::string_view key, Presence presence) {
    const json::value* value = member(key, presence);
    if (!value) return {};
    const json::string* text = value->if_string();
    if (!text) {
        findings_.error(FindingCode::schema_violation, pointer(key),
                        fmt::format("This must be a string, not {}.", kind_name(*value)), shown(*value, secrecy_));
        return {};
    }
    return check_text(*text, pointer(key), findings_) ? std::string(*text) : std::string{};
}

std::optional<bool> ObjectReading::flag(std::string_view key) {
    const json::value* value = member(key);
    if (!value) return std::nullopt;
    if (const bool* flag = value->if_bool()) return *flag;
    if (const std::int64_t* number = value->if_int64(); number && (*number == 0 || *number == 1)) {
        findings_.warning(FindingCode::tolerated, pointer(key),
                          fmt::format("{} is read as {}; write true or false.", *number, *number == 1));
        return *number == 1;
    }
    findings_.error(FindingCode::schema_violation, pointer(key),
                    fmt::format("This must be true or false, not {}.", kind_name(*value)), shown(*value, secrecy_));
    return std::nullopt;
}

LocalizedText ObjectReading::localized(std::string_view key, Presence presence) {
    const json::value* value = member(key, presence);
    return value ? read_localized(*value, pointer(key), findings_, presence) : LocalizedText{};
}

std::vector<std::string> ObjectReading::words(std::string_view key) {
    std::vector<std::string> words;
    const json::value* value = member(key);
    if (!value) return words;
    if (const json::string* joined = value->if_string()) {
        warning(FindingCode::tolerated, key, "This should be a list of strings; the text is split at its commas.");
        if (!check_text(*joined, pointer(key), findings_)) return words;
        if (joined->size() > longest_words) {
            error(FindingCode::too_large, key, fmt::format("This is longer than {} bytes.", longest_words));
            return words;
        }
        for (const auto part : split(*joined, ','))
            if (const auto word = trim(part); !word.empty()) words.emplace_back(word);
        return words;
    }
    const json::array* list = value->if_array();
    if (!list) {
        findings_.error(FindingCode::schema_violation, pointer(key),
                        fmt::format("This must be a list of strings, not {}.", kind_name(*value)),
                        shown(*value, secrecy_));
        return words;
    }
    if (list->size() > most_words) {
        error(FindingCode::too_large, key,
              fmt::format("There are {} elements; at most {} are taken.", list->size(), most_words));
        return words;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
        const std::string place = pointer_to(pointer(key), i);
        const json::string* word = (*list)[i].if_string();
        if (!word)
            findings_.error(FindingCode::schema_violation, place,
                            fmt::format("This must be a string, not {}.", kind_name((*list)[i])),
                            shown((*list)[i], secrecy_));
        else if (check_text(*word, place, findings_) && !trim(*word).empty())
            words.emplace_back(trim(*word));
    }
    return words;
}

const json::object* ObjectReading::child(std::string_view key, Presence presence) {
    const json::value* value = member(key, presence);
    if (!value) return nullptr;
    if (const json::object* object = value->if_object()) return object;
    findings_.error(FindingCode::schema_violation, pointer(key),
                    fmt::format("This must be an object, not {}.", kind_name(*value)), shown(*value, secrecy_));
    return nullptr;
}

void ObjectReading::add(Severity severity, FindingCode code, std::string_view key, std::string sentence) {
    const json::value* value = object_.if_contains(key);
    findings_.add(severity, code, pointer(key), std::move(sentence), value ? shown(*value, secrecy_) : std::string{});
}
void ObjectReading::error(FindingCode code, std::string_view key, std::string sentence) {
    add(Severity::error, code, key, std::move(sentence));
}
void ObjectReading::warning(FindingCode code, std::string_view key, std::string sentence) {
    add(Severity::warning, code, key, std::move(sentence));
}
void ObjectReading::note(FindingCode code, std::string_view key, std::string sentence) {
    add(Severity::note, code, key, std::move(sentence));
}

}  // namespace mf
