// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "domain/config_type.h"
#include "domain/placeholders.h"
#include "domain/variable_name.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The environment of a job: a pure function from layers to variables.
//
// Precedence, lowest first: what the server lets through of its own < application default < company < credentials in
// the order of their assignment < run template < launch override given as JSON < launch override given one by one <
// platform (MULTIFLEXI_*). A layer without a value does not take part; an empty text is a value and wins. Every layer's
// value of every variable is kept, so that people can see what shadows what. Inside values {NAME} is expanded after the
// merge (domain/placeholders.h).

namespace mf {

enum class LayerKind { process, application, company, credential, runtemplate, launch_json, launch, platform };

/// Where a value came from.
struct Layer {
    LayerKind kind = LayerKind::application;
    std::int64_t credential_id = 0;    ///< of a credential only
    std::string credential_name = {};  ///< of a credential only
    bool operator==(const Layer&) const = default;
};

/// "process", "application", "company", "credential:Fio", "runtemplate", "adhoc-json", "adhoc", "system".
std::string to_text(const Layer& layer);

/// A variable that the application declares.
struct DeclaredVariable {
    std::string name;
    ConfigType type = ConfigType::string;
    std::optional<std::string> default_value = {};  ///< as scalar_text gives it; exported_default makes it exportable
    bool required = false;
    bool secret = false;  ///< passwords are secret without it
};

/// A value that a layer above the application gives; none is "this layer does not take part".
struct GivenVariable {
    std::string name;
    std::optional<std::string> value = {};
    bool secret = false;  ///< a secret of one layer is a secret in all
};

struct AssignedCredential {
    std::int64_t id = 0;
    std::string name;
    std::int64_t company_id = 0;
    std::vector<GivenVariable> values;
};

struct EnvironmentLayers {
    std::vector<GivenVariable> process = {};  ///< of the server, see inherited_variables; never expanded
    std::vector<DeclaredVariable> application = {};
    std::vector<GivenVariable> company = {};
    std::vector<AssignedCredential> credentials = {};  ///< in the order of assignment
    std::vector<GivenVariable> runtemplate = {};
    std::vector<GivenVariable> launch_json = {};
    std::vector<GivenVariable> launch = {};
    std::map<std::string, std::string> platform = {};  ///< MULTIFLEXI_*; see platform_variables
    std::int64_t company_id = 0;                       ///< the company of the run template
    std::string temporary_directory = {};              ///< of this job; a relative RESULT_FILE lies in it
    AllowedNames allowed_names = {};                   ///< dangerous names that the operator permits
};

/// What a layer said, before macros were expanded.
struct LayerValue {
    Layer layer;
    std::string value;
};

struct EnvironmentVariable {
    std::string name;
    std::string value;      ///< what the job gets
    Layer layer;            ///< whose value won
    bool secret = false;    ///< mask it everywhere: declared secret by any layer, or built from a secret
    bool required = false;  ///< by the application
    std::vector<LayerValue>
        layers;  ///< every value given, lowest layer first; the last one won. Empty: nobody gave one
};

/// The value for people: masked when secret, "(not set)" for an empty secret.
std::string shown_value(const EnvironmentVariable& variable);
std::string shown_value(const EnvironmentVariable& variable, const LayerValue& value);

struct Environment {
    std::vector<EnvironmentVariable> variables;  ///< sorted by name (bytes), the platform's included
    std::vector<std::string>
        missing_required;  ///< declared as required and empty: the job must not run. In the order of declaration
    std::vector<VariableWarning> warnings;

    const EnvironmentVariable* find(std::string_view name) const;
    /// The values of all secrets, for masking in outputs (domain/secret_mask.h).
    std::vector<std::string> secrets() const;
};

/// The environment of a job. Errors (never run such a job): a name that is malformed or dangerous, a NUL byte, a
/// credential of another company, a RESULT_FILE with "..", values that a process cannot be given. All of them are named
/// at once. Of a name that occurs twice in one layer the last value counts.
Result<Environment> assemble_environment(const EnvironmentLayers& layers);

/// One sentence for a blocked job: which required variables have no value, and where to set them. Empty if none is
/// missing.
std::string missing_required_reason(const Environment& environment);

/// Does a RESULT_FILE name a stream or an address (php://stdout, https://…) instead of a file?
bool is_stream(std::string_view result_file);

/// Who and what a job is, for the variables that the platform sets.
struct PlatformFacts {
    std::int64_t job_id = 0;
    std::int64_t application_id = 0;
    std::string application_name;
    std::string application_uuid;
    std::int64_t company_id = 0;
    std::string company_code;
    std::string company_name;
    std::int64_t runtemplate_id = 0;
    std::string runtemplate_name;
    std::string executor;  ///< "Native" …
    std::string temporary_directory;
};
std::map<std::string, std::string> platform_variables(const PlatformFacts& facts);

}  // namespace mf
