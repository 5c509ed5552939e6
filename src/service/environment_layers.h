// SPDX-License-Identifier: MIT
#pragma once

#include "domain/environment.h"
#include "service/credential_layers.h"
#include "service/launch.h"

namespace mf {

/// Stands for the directory that each job gets for itself, where there is no job yet.
inline constexpr std::string_view work_directory_of_some_job = "<work directory of the job>";

/// Who a job is for, as far as its environment depends on it.
struct EnvironmentSubject {
    const RunTemplate& run_template;
    ExecutorKind executor = ExecutorKind::native;
    std::int64_t job_id = 0;          ///< 0: no job yet
    std::string work_directory = {};  ///< what MULTIFLEXI_TMP will be
    LaunchValues launch = {};
    AllowedNames allowed_names = {};            ///< dangerous names that the operator permits
    std::vector<GivenVariable> inherited = {};  ///< of the server
    /// What providers have resolved, by credential; it counts before what is stored.
    std::map<std::int64_t, std::vector<ProvidedVariable>> provided = {};
};

/// What the store says about the environments of some run templates, read with the same few statements however many
/// they are.
class LayerRows {
public:
    LayerRows(Session& session, std::span<const RunTemplate> run_templates);

    /// The layers of one environment, sealed values opened. The run template is one of those given to the constructor.
    /// Errors: a sealed value that does not open; the application or the company is gone.
    Result<EnvironmentLayers> layers(const Vault& vault, const EnvironmentSubject& subject) const;

    const CredentialRows& credentials() const { return credentials_; }

private:
    struct Stored {
        std::int64_t id = 0;
        GivenVariable variable;  ///< the value still sealed when it is secret
    };
    struct Facts {
        std::string application_name, application_uuid, company_code, company_name;
    };
    std::map<std::int64_t, std::vector<DeclaredVariable>> declared_;  ///< by application
    std::map<std::int64_t, std::vector<Stored>> of_company_;
    std::map<std::int64_t, std::vector<Stored>> of_run_template_;
    std::map<std::int64_t, Facts> facts_;  ///< by run template
    CredentialRows credentials_;
};

/// The layers of one environment; see LayerRows::layers().
Result<EnvironmentLayers> environment_layers(Session& session, const Vault& vault, const EnvironmentSubject& subject);

}  // namespace mf
