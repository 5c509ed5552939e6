// SPDX-License-Identifier: MIT
#pragma once

#include "service/credential_layers.h"

namespace mf {

/// How far a requirement of an application is from being met.
enum class RequirementState {
    unknown_prototype,  ///< no such prototype is installed
    no_type,            ///< the company may use no type of it
    no_credential,      ///< the company has no credential of it
    unassigned,         ///< the run template has none of those that there are
    incomplete,         ///< the assigned one has no value for a required field
    assigned
};
constexpr auto names_of(RequirementState) {
    return std::to_array<std::string_view>(
        {"unknown_prototype", "no_type", "no_credential", "unassigned", "incomplete", "assigned"});
}

struct Requirement {
    std::string prototype;  ///< code, as the application writes it
    RequirementState state = RequirementState::assigned;
    std::int64_t credential_id = 0;  ///< of assigned and incomplete
    std::string credential;          ///< its name
    std::string sentence;            ///< unless assigned: what is missing, and with which commands it is made
};

/// Words that cannot be the code of a prototype ("ext:curl", "php8.2") are no requirements: people read them.
bool can_be_met(std::string_view requirement);

/// What the applications of run templates require of their credentials. Codes compare in any case. Takes further
/// statements only where something is missing, the same few however many run templates there are.
class Requirements {
public:
    /// `required`: of each application, by id, a JSON array of codes.
    Requirements(Session& session, std::span<const RunTemplate> run_templates,
                 const std::map<std::int64_t, std::string>& required, const CredentialRows& credentials);

    const std::vector<Requirement>& of(Id<RunTemplate> run_template) const;
    /// About assigned credentials that are incomplete, although the application does not require them.
    const std::vector<std::string>& about_others(Id<RunTemplate> run_template) const;
    /// Why jobs have to be blocked: the sentences of requirements that are not met and about_others(), one after the
    /// other; empty when nothing is missing.
    std::string unmet(Id<RunTemplate> run_template) const;

private:
    std::map<std::int64_t, std::vector<Requirement>> by_run_template_;
    std::map<std::int64_t, std::vector<std::string>> others_;
};

/// Those of one run template as it is stored.
Requirements requirements_of(Session& session, const RunTemplate& run_template);

}  // namespace mf
