// SPDX-License-Identifier: MIT
#include "domain/definition/definition_diff.h"

#include "domain/definition/section_diff.h"

#include <fmt/format.h>
#include <algorithm>
#include <set>

namespace mf {
namespace {

/// All texts of one language, so that languages can be compared like other entries.
struct LanguageTexts {
    std::string language;
    std::vector<std::string> texts;
    bool operator==(const LanguageTexts&) const = default;
};

std::vector<LanguageTexts> languages_of(const ApplicationDefinition& definition) {
    std::vector<LanguageTexts> all;
    const auto add = [&](const LocalizedText& text, std::size_t position) {
        for (const Translation& translation : text.translations) {
            auto found = std::find_if(all.begin(), all.end(),
                                      [&](const LanguageTexts& one) { return one.language == translation.language; });
            if (found == all.end()) found = all.insert(all.end(), {translation.language, std::vector<std::string>(3)});
            found->texts[position] = translation.text;
        }
    };
    add(definition.name, 0);
    add(definition.title, 1);
    add(definition.description, 2);
    return all;
}

struct Scalar {
    std::string_view key;
    std::string ApplicationDefinition::*member;
};
constexpr Scalar scalars[] = {
    {"uuid", &ApplicationDefinition::uuid},
    {"version", &ApplicationDefinition::version},
    {"schemaVersion", &ApplicationDefinition::schema_version},
    {"executable", &ApplicationDefinition::executable},
    {"cmdparamsTemplate", &ApplicationDefinition::arguments},
    {"homepage", &ApplicationDefinition::homepage},
    {"ociimage", &ApplicationDefinition::ociimage},
    {"author", &ApplicationDefinition::author},
    {"license", &ApplicationDefinition::license},
    {"category", &ApplicationDefinition::category},
    {"code", &ApplicationDefinition::code},
    {"setup", &ApplicationDefinition::setup},
    {"deploy", &ApplicationDefinition::deploy},
    {"resultfile", &ApplicationDefinition::result_file},
};

std::string comma_separated(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ", ")); }

std::string event_key(const std::pair<std::string, EventDefinition>& event) {
    return event.first + ":" + event.second.name;
}

std::vector<std::pair<std::string, EventDefinition>> events_of(const ApplicationDefinition& definition) {
    std::vector<std::pair<std::string, EventDefinition>> all;
    for (const EventDefinition& event : definition.emitted_events) all.emplace_back("emits", event);
    for (const EventDefinition& event : definition.consumed_events) all.emplace_back("consumes", event);
    return all;
}

bool must_be_given(const FieldDefinition& field) {
    return field.required && (!field.default_text || field.default_text->empty());
}

}  // namespace

SectionDiff DefinitionDiff::section(std::string_view name) const {
    for (const SectionDiff& one : sections)
        if (one.section == name) return one;
    return {.section = std::string(name)};
}

DefinitionDiff compare_definitions(const ApplicationDefinition& from, const ApplicationDefinition& to) {
    DefinitionDiff diff;
    for (const Scalar& scalar : scalars)
        if (from.*scalar.member != to.*scalar.member)
            diff.values.push_back({std::string(scalar.key), from.*scalar.member, to.*scalar.member});
    if (from.image != to.image)
        diff.values.push_back({"image", from.image.empty() ? "" : "(image)", to.image.empty() ? "" : "(image)"});
    if (from.tags != to.tags) diff.values.push_back({"tags", comma_separated(from.tags), comma_separated(to.tags)});
    if (from.requirements != to.requirements)
        diff.values.push_back({"requirements", comma_separated(from.requirements), comma_separated(to.requirements)});
    if (from.kubernetes != to.kubernetes) {
        const auto shown = [](const ApplicationDefinition& one) {
            return one.kubernetes ? "chart " + one.kubernetes->helm.chart : std::string{};
        };
        diff.values.push_back({"kubernetes", shown(from), shown(to)});
    }
    const auto add = [&](SectionDiff section) {
        if (!section.empty()) diff.sections.push_back(std::move(section));
    };
    const auto name_of = [](const auto& entry) { return entry.name; };
    add(compare_section("languages", languages_of(from), languages_of(to),
                        [](const LanguageTexts& one) { return one.language; }));
    add(compare_section("environment", from.environment, to.environment, name_of));
    add(compare_section("artifacts", from.artifacts, to.artifacts,
                        [](const ArtifactDefinition& one) { return one.path; }));
    add(compare_section("exitCodes", from.exit_codes, to.exit_codes,
                        [](const ExitCodeDefinition& one) { return std::to_string(one.code); }));
    add(compare_section("produces", from.produces, to.produces, name_of));
    add(compare_section("consumes", from.consumes, to.consumes, name_of));
    add(compare_section("events", events_of(from), events_of(to), event_key));
    std::set<std::string_view> needed;
    for (const FieldDefinition& field : from.environment)
        if (must_be_given(field)) needed.insert(field.name);
    for (const FieldDefinition& field : to.environment)
        if (must_be_given(field) && !needed.contains(field.name)) diff.newly_required.push_back(field.name);
    return diff;
}

std::vector<std::string> describe(const DefinitionDiff& diff) {
    std::vector<std::string> lines;
    for (const ValueChange& change : diff.values)
        lines.push_back(fmt::format("{}: {} -> {}", change.key, printable(change.from, 80), printable(change.to, 80)));
    const std::set<std::string> needed(diff.newly_required.begin(), diff.newly_required.end());
    for (const SectionDiff& section : diff.sections) {
        const auto add = [&](char sign, const std::string& key) {
            const bool required = section.section == "environment" && sign != '-' && needed.contains(key);
            const std::string shown =
                section.section == "languages" && key.empty() ? "(no language)" : printable(key, 80);
            lines.push_back(fmt::format("{}: {} {}{}", section.section, sign, shown, required ? " (required)" : ""));
        };
        for (const std::string& key : section.added) add('+', key);
        for (const std::string& key : section.changed) add('~', key);
        for (const std::string& key : section.removed) add('-', key);
    }
    return lines;
}

bool same_meaning(const ApplicationDefinition& a, const ApplicationDefinition& b) {
    // Beside what compare_definitions looks at, the order of forms and lists is part of the meaning.
    return a.name == b.name && a.title == b.title && a.description == b.description && a.image == b.image &&
           a.environment == b.environment && a.artifacts == b.artifacts && a.exit_codes == b.exit_codes &&
           a.produces == b.produces && a.consumes == b.consumes && compare_definitions(a, b).empty();
}

}  // namespace mf
