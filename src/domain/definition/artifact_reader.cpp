// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "domain/definition/file_pattern.h"
#include "domain/definition/section_reader.h"
#include "domain/definition/uri.h"

#include <fmt/format.h>

namespace mf {
namespace {

using Presence = ObjectReading::Presence;

constexpr std::size_t longest_type = 32;

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

/// Of ".." written with backslashes, which are no separators here but may be meant as such.
bool has_backslash_parent(std::string_view pattern) {
    return pattern.starts_with("..\\") || pattern.find("\\..\\") != std::string_view::npos;
}

void check_path(const ArtifactDefinition& artifact, const std::string& pointer, Findings& findings) {
    const std::string& path = artifact.path;
    const std::string value = printable(path, 100);
    if (has_control(path))
        return findings.error(FindingCode::path_unsafe, pointer,
                              "There is a control character in the pattern; remove it.", value);
    const auto start = path.find_first_not_of("^(");
    const auto plain = start == std::string::npos ? std::string_view{} : std::string_view(path).substr(start);
    if (plain.starts_with('/') || plain.starts_with("\\/"))
        return findings.error(FindingCode::path_unsafe, pointer,
                              "Artifacts lie in the directory of the job; give a path relative to it.", value);
    if (has_parent_part(plain) || plain.starts_with("\\.\\./") || path.find("/\\.\\./") != std::string::npos)
        return findings.error(FindingCode::path_unsafe, pointer,
                              "Artifacts lie in the directory of the job; remove \"..\".", value);
    if (has_backslash_parent(path))
        findings.warning(
            FindingCode::path_unsafe, pointer,
            "A backslash escapes the next character of a regular expression; it does not separate directories.", value);
    check_file_pattern(path, pointer, Glob::refused, findings);
    if (artifact.type == "directory") return;  // "." as a directory is the directory of the job itself
    const auto compiled = FilePattern::compile(path, [](std::string_view) { return "value"; });
    if (compiled && matches_every_name(*compiled))
        findings.warning(FindingCode::tolerated, pointer,
                         "This pattern matches every file that a job leaves; name the files that matter.", value);
}

std::optional<ArtifactDefinition> read_artifact(const json::object& entry, const std::string& pointer,
                                                Findings& findings) {
    ObjectReading reading(entry, pointer, findings);
    ArtifactDefinition artifact;
    std::string_view key = "path";
    for (const std::string_view alias : {"file", "pattern"}) {
        if (entry.contains("path") || !entry.contains(alias)) continue;
        key = alias;
        reading.warning(FindingCode::tolerated, alias,
                        "The pattern belongs under the key \"path\"; it is read from here.");
    }
    artifact.path = reading.text(key, Presence::required);
    if (const json::value* type = reading.member("type")) {
        artifact.type = reading.text("type");
        if (artifact.type.empty() && type->is_string()) {
            artifact.type = "file";
            reading.warning(FindingCode::tolerated, "type", "The type is empty; it is read as file.");
        }
        if (artifact.type.size() > longest_type)
            reading.error(FindingCode::too_large, "type", fmt::format("This is longer than {} bytes.", longest_type));
    } else if (!entry.contains("type")) {
        reading.warning(FindingCode::tolerated, "type", "The type is missing; it is read as file.");
    }
    artifact.description = reading.localized("description");
    artifact.name = reading.localized("name");
    if (!entry.contains("name"))
        reading.warning(FindingCode::tolerated, "name", "The name is missing; the path is shown instead.");
    if (artifact.name.translations.empty()) artifact.name = {{{"", artifact.path}}};
    report_unknown_keys(reading, {"path", "type", "name", "description", "file", "pattern"});
    if (!entry.contains(key) || !entry.at(key).is_string()) return std::nullopt;
    if (artifact.path.empty()) {
        reading.error(FindingCode::regex_invalid, key, "An empty pattern matches everything; name the file.");
        return std::nullopt;
    }
    check_path(artifact, reading.pointer(key), findings);
    return artifact;
}

}  // namespace

void check_file_pattern(const std::string& pattern, const std::string& pointer, Glob glob, Findings& findings) {
    const std::string value = printable(pattern, 100);
    if (pattern.starts_with('*')) {
        if (glob == Glob::refused)
            findings.error(
                FindingCode::regex_invalid, pointer,
                "This looks like a shell pattern; a regular expression is expected (.*\\.json$ instead of *.json).",
                value);
        else
            findings.note(FindingCode::regex_invalid, pointer,
                          "This is read as a shell pattern, because it starts with an asterisk.", value);
        return;
    }
    if (const auto compiled = FilePattern::compile(pattern, [](std::string_view) { return "value"; }); !compiled)
        findings.error(FindingCode::regex_invalid, pointer, compiled.error().message, value);
    else if (repeats_a_repetition(pattern))
        findings.warning(FindingCode::regex_invalid, pointer,
                         "A repetition inside a repetition makes other programs hang; write it simpler.", value);
}

std::vector<ArtifactDefinition> read_artifacts(const json::value& artifacts, Findings& findings) {
    std::vector<ArtifactDefinition> all;
    const std::string root = "/artifacts";
    const json::array* list = artifacts.if_array();
    const json::object* map = artifacts.if_object();
    const std::size_t count = list ? list->size() : map ? map->size() : 0;
    if (count > most_artifacts) {
        findings.error(FindingCode::too_large, root,
                       fmt::format("There are {} artifacts; at most {} are taken.", count, most_artifacts));
        return all;
    }
    const auto add = [&](const json::value& entry, const std::string& pointer) {
        const json::object* object = entry.if_object();
        if (!object)
            return findings.error(FindingCode::schema_violation, pointer,
                                  fmt::format("An artifact must be an object, not {}.", kind_name(entry)),
                                  shown(entry));
        if (auto artifact = read_artifact(*object, pointer, findings)) all.push_back(std::move(*artifact));
    };
    if (list) {
        for (std::size_t i = 0; i < list->size(); ++i) add((*list)[i], pointer_to(root, i));
    } else if (map) {
        findings.warning(FindingCode::tolerated, root,
                         "This should be a list of artifacts; what can be used of the object is.");
        // Old files hold either one artifact here, or artifacts by name.
        if (map->contains("path") || map->contains("pattern") || map->contains("file")) {
            add(artifacts, root);
        } else {
            for (const auto& [name, entry] : *map) {
                json::object named;
                if (const json::object* object = entry.if_object()) named = *object;
                if (!entry.is_object()) {
                    add(entry, pointer_to(root, std::string_view(name)));
                    continue;
                }
                if (!named.contains("name")) named["name"] = name;
                add(named, pointer_to(root, std::string_view(name)));
            }
        }
    } else {
        findings.error(FindingCode::schema_violation, root,
                       fmt::format("This must be a list of artifacts, not {}.", kind_name(artifacts)),
                       shown(artifacts));
    }
    return all;
}

}  // namespace mf
