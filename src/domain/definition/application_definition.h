// SPDX-License-Identifier: MIT
#pragma once

#include "domain/config_type.h"
#include "domain/definition/finding.h"
#include "domain/definition/localized_text.h"
#include "domain/variable_name.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mf {

struct FieldOption {
    std::string value;
    LocalizedText label = {};  ///< empty when the file gives values only
    bool operator==(const FieldOption&) const = default;
};

/// One setting of an application, or one field of a credential prototype.
struct FieldDefinition {
    std::string name;
    ConfigType type = ConfigType::string;
    std::string category = {};
    LocalizedText label = {};  ///< of prototypes; applications have none
    LocalizedText description = {};
    LocalizedText hint = {};
    std::optional<std::string> default_text = {};  ///< canonical (see canonical_value); none: no default
    bool required = false;
    bool secret = false;  ///< by type, or by the key "secret"
    bool multiline = false;
    bool expiring = false;
    bool read_only = false;
    std::string note = {};
    std::string example = {};
    std::vector<FieldOption> options = {};
    ConfigConstraints constraints = {};  ///< its options are the values of `options` when the type is set
    bool operator==(const FieldDefinition&) const = default;
};

struct ArtifactDefinition {
    LocalizedText name;
    std::string path;  ///< see domain/definition/file_pattern.h
    std::string type = "file";
    LocalizedText description = {};
    bool operator==(const ArtifactDefinition&) const = default;
};

enum class ExitSeverity { success, info, warning, error, critical };
std::string_view to_text(ExitSeverity severity);

struct ExitCodeDefinition {
    int code = 0;  ///< 0 to 255 come from processes; larger ones (HTTP statuses) are kept for display
    LocalizedText description = {};
    ExitSeverity severity = ExitSeverity::error;
    std::optional<bool> retry = {};  ///< may another attempt help? none: the file does not say
    bool operator==(const ExitCodeDefinition&) const = default;
};

/// A value inside produced or consumed data.
struct DataField {
    std::string name;
    std::string type = {};    ///< scalar type, as written
    std::string path = {};    ///< produced: JSONPath "$.a.b"
    std::string target = {};  ///< consumed: environment variable that receives it
    LocalizedText description = {};
    bool operator==(const DataField&) const = default;
};

struct DataDefinition {
    std::string name;
    std::string format = "json";  ///< file, json, text, url, custom
    LocalizedText description = {};
    std::vector<std::string> patterns = {};  ///< produced: file patterns that pick the artifact
    bool required = true;                    ///< consumed
    std::string target = {};  ///< consumed: environment variable that receives the path of the whole file
    std::vector<DataField> fields = {};
    bool operator==(const DataDefinition&) const = default;
};

struct EventDefinition {
    std::string name;
    LocalizedText description = {};
    std::string evidence = {};
    std::string operation = {};  ///< emitted: create, update, delete, any
    std::string format = {};     ///< consumed
    bool operator==(const EventDefinition&) const = default;
};

struct HelmDefinition {
    bool enabled = false;
    std::string release_name = {};
    std::string name_space = {};
    std::string chart = {};
    std::vector<std::string> values_files = {};
    std::vector<std::pair<std::string, std::string>> set =
        {};  ///< unescaped; helm's commas and braces are the executor's job
    bool upgrade_install = true;
    std::optional<int> timeout_seconds = {};
    bool atomic = false;
    bool wait = true;
    bool operator==(const HelmDefinition&) const = default;
};

struct KubernetesDefinition {
    HelmDefinition helm = {};
    bool copy_artifacts = false;
    std::string output_path = {};
    bool keep_pod_on_failure = false;
    bool operator==(const KubernetesDefinition&) const = default;
};

/// An application as its definition file describes it. Texts are trusted no further than "valid UTF-8 without NUL".
struct ApplicationDefinition {
    std::string uuid = {};  ///< lower case; an opaque identifier in a few old files; empty when the file has none
    LocalizedText name = {};
    LocalizedText title = {};
    LocalizedText description = {};
    std::string version = {};
    std::string schema_version = {};
    std::string executable = {};
    std::string arguments = {};  ///< command template: cmdparamsTemplate, else cmdparams
    std::string image = {};      ///< data URI of an image; empty when there is none that can be shown
    std::string homepage = {};   ///< http(s) only
    std::string ociimage = {};
    std::string author = {};
    std::string license = {};
    std::string category = {};
    std::string code = {};
    std::string setup = {};   ///< legacy text, never executed by an import
    std::string deploy = {};  ///< legacy hint for people, never executed
    std::string result_file = {};
    std::vector<std::string> tags = {};
    std::vector<std::string> requirements = {};
    std::vector<FieldDefinition> environment = {};  ///< in file order
    std::vector<ArtifactDefinition> artifacts = {};
    std::vector<DataDefinition> produces = {};
    std::vector<DataDefinition> consumes = {};
    std::vector<EventDefinition> emitted_events = {};
    std::vector<EventDefinition> consumed_events = {};
    std::vector<ExitCodeDefinition> exit_codes = {};  ///< in file order
    std::optional<KubernetesDefinition> kubernetes = {};
    std::string document = {};  ///< the bytes that were read
    std::string sha256 = {};    ///< of document, 64 hexadecimal digits

    const FieldDefinition* field(std::string_view key) const;
    const ExitCodeDefinition* exit_code(int number) const;
};

/// The default-language name under which lists show an application: its name, else its uuid.
std::string display_name(const ApplicationDefinition& definition);

/// A credential prototype of this installation, to check requirements against.
struct KnownPrototype {
    std::string code;
    std::vector<std::string> keywords = {};  ///< that jobs get as variables
};

struct ReadingOptions {
    AllowedNames allowed_names = {};  ///< dangerous variable names that the operator allows
    std::size_t longest_name = 255;   ///< bytes; 64 where the database of the original is shared
    /// None: requirements are not compared with anything. Empty: what is unknown is only a note.
    std::optional<std::vector<KnownPrototype>> prototypes = {};
};

struct ApplicationReading {
    std::optional<ApplicationDefinition> definition = {};  ///< none when there is an error
    std::vector<Finding> findings = {};
    Verdict verdict() const { return verdict_of(findings); }
};

/// Reads and checks an application definition. Never throws for its input, whatever that is; linear time; all findings
/// at once, not only the first. Nothing in the file is opened, fetched or executed. `file` only names it in findings.
///
/// The verdict is that of the collected rules for real files (T01 to T23): a deviation whose meaning is clear is a
/// warning and read as meant. Of a setting that the author describes to people, an odd default is only a note.
ApplicationReading read_application(std::string_view text, std::string_view file = {},
                                    const ReadingOptions& options = {});

/// The uuid alone, whatever else is wrong with the document; empty when there is none or an error says why.
std::string uuid_of_document(std::string_view text, Findings& findings);

}  // namespace mf
