// SPDX-License-Identifier: MIT
#pragma once

#include "domain/entity.h"

namespace mf {

/// A packaged executable, made from its JSON definition (domain/definition). The complete document is kept.
struct Application {
    Id<Application> id;
    std::string uuid;
    std::string name;  ///< in the default language
    std::string description;
    std::string version;
    std::string executable;
    std::string arguments;  ///< command template with placeholders, words not yet split
    bool enabled = false;
    std::string homepage;
    std::string ociimage;
    std::string image;
    std::string code;
    TextList tags;
    TextList requirements;
    std::string setup;
    std::string deploy;
    std::string resultfile;
    std::string helmchart;
    std::string deffile;     ///< where it was imported from
    std::string definition;  ///< the document as it was read; empty when made by hand
    std::string definition_sha256;
    std::optional<std::int64_t> max_parallel;  ///< jobs that may run at once on all nodes together; none: no limit
    std::optional<std::int64_t> live = 1;      ///< none: retired
    Timestamp created_at{};
    Timestamp updated_at{};
};
template <>
const Entity& entity_of<Application>();

struct ApplicationText {
    Id<ApplicationText> id;
    Id<Application> application_id;
    std::string lang;
    std::string name;
    std::string title;
    std::string description;
};
template <>
const Entity& entity_of<ApplicationText>();

/// One declared environment variable.
struct ApplicationField {
    Id<ApplicationField> id;
    Id<Application> application_id;
    std::string name;
    int position = 0;  ///< order in the file
    std::string type;  ///< canonical name, see domain/config_type.h
    std::string category;
    std::string description;  ///< JSON: text or language map
    std::string hint;         ///< JSON: text or language map
    std::optional<std::string> defval;
    bool required = false;
    bool secret = false;
    std::string options;      ///< JSON array or object; empty without
    std::string constraints;  ///< JSON object of pattern, minimum, …; empty without
};
template <>
const Entity& entity_of<ApplicationField>();

/// One declared output file.
struct ApplicationArtifact {
    Id<ApplicationArtifact> id;
    Id<Application> application_id;
    std::string path_key;  ///< SHA-256 of path
    int position = 0;
    std::string path;  ///< regular expression over the path relative to the work directory
    std::string type;
    std::string name;         ///< JSON: text or language map
    std::string description;  ///< JSON: text or language map
};
template <>
const Entity& entity_of<ApplicationArtifact>();

struct ApplicationExitCode {
    Id<ApplicationExitCode> id;
    Id<Application> application_id;
    int exit_code = 0;
    std::string severity;
    std::optional<bool> retry;  ///< none: not declared, the run template decides
    std::string description;    ///< JSON: text or language map
};
template <>
const Entity& entity_of<ApplicationExitCode>();

/// What a run produces for others, or consumes.
struct ApplicationData {
    Id<ApplicationData> id;
    Id<Application> application_id;
    std::string direction;  ///< produces or consumes
    std::string name;
    std::string format;
    bool required = false;
    std::string target;
    std::string details;  ///< JSON of the whole entry
};
template <>
const Entity& entity_of<ApplicationData>();

}  // namespace mf
