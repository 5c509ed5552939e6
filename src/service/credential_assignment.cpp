// SPDX-License-Identifier: MIT
#include "service/credential_assignment.h"

#include "base/text.h"
#include "service/audit.h"
#include "service/credential_operations.h"
#include "service/credential_record.h"
#include "service/credential_store.h"
#include "service/credential_type_operations.h"
#include "service/list_filter.h"
#include "service/run_template_operations.h"

#include <fmt/format.h>

namespace mf {

struct CredentialAssignmentInput {
    std::int64_t id = 0;
    std::optional<std::int64_t> credential_id;
};

template <>
const Entity& entity_of<CredentialAssignmentInput>() {
    using I = CredentialAssignmentInput;
    static constexpr auto fields =
        fields_of<I>(field<&I::id>("id", {.help = "Number of the run template", .required = true}),
                     field<&I::credential_id>("credential_id", {.help = "Number of the credential"}));
    static constexpr Entity entity{"runtemplate_credential_input", "Assignment of a credential", fields};
    return entity;
}

namespace {

std::vector<RunTemplateCredential> assignments_of(Call& call, Id<RunTemplate> id) {
    auto out = call.repository<RunTemplateCredential>().list({.equals = {{"runtemplate_id", id.value}}});
    std::ranges::stable_sort(out, {}, &RunTemplateCredential::position);
    return out;
}

/// Whoever assigns to the same run template at the same time waits here, so that there are never two of one prototype.
void hold_run_template(Call& call, const RunTemplate& run_template) {
    call.sql().execute(R"(UPDATE "runtemplate" SET "updated_at" = ? WHERE "id" = ? AND {scope})",
                       {ms(call.now), run_template.id.value});
}

/// Variables that the run template sets itself, although the credential gives them, too.
json::array own_values(Call& call, const RunTemplate& run_template, const Credential& credential,
                       const CredentialType& type) {
    std::set<std::string> given;
    for (const auto& [name, value] : stored_values(call, credential, credential.version)) given.insert(name);
    for (const auto& setting : settings_of(call, type.id)) given.insert(setting.name);
    for (const auto& field : fields_of_type(call, type))
        if (field.default_value && !field.orphaned) given.insert(field.keyword);
    json::array out;
    for (const auto& value :
         call.repository<Configuration>().list({.equals = {{"runtemplate_id", run_template.id.value}}}))
        if (given.contains(value.name)) out.emplace_back(value.name);
    return out;
}

Result<Credential> credential_for(Call& call, const RunTemplate& run_template, std::int64_t id) {
    auto found = find_credential(call, id);
    if (found && found->company_id == run_template.company_id) return found;
    return Error{ErrorCode::not_found,
                 "No credential found with given identifier",
                 {{"credential_id", "is none of the company of the run template"}}};
}

/// Takes away what has the prototype already.
Result<json::array> replace_others(Call& call, const std::vector<RunTemplateCredential>& assigned,
                                   const std::string& prototype) {
    json::array out;
    for (const auto& other : assigned) {
        const auto credential = call.repository<Credential>().find(other.credential_id);
        if (!credential) return credential.error();
        const auto type = type_of_credential(call, *credential);
        if (!type) return type.error();
        if (!equal_ignoring_case(type->prototype, prototype)) continue;
        if (auto erased = call.repository<RunTemplateCredential>().erase(other.id); !erased) return erased.error();
        out.push_back({{"id", credential->id.value}, {"name", credential->name}});
    }
    return out;
}

Result<json::value> assign_credential(Call& call, const CredentialAssignmentInput& input) {
    if (!input.credential_id) return missing_input({"credential_id"});
    const auto run_template = find_run_template(call, input.id);
    if (!run_template) return run_template.error();
    const auto credential = credential_for(call, *run_template, *input.credential_id);
    if (!credential) return credential.error();
    const auto type = type_of_credential(call, *credential);
    if (!type) return type.error();
    hold_run_template(call, *run_template);
    const auto assigned = assignments_of(call, run_template->id);
    const bool is_new =
        std::ranges::find(assigned, credential->id, &RunTemplateCredential::credential_id) == assigned.end();
    json::array replaced;
    if (is_new) {
        auto others = replace_others(call, assigned, type->prototype);
        if (!others) return others.error();
        replaced = *std::move(others);
        RunTemplateCredential made{.runtemplate_id = run_template->id,
                                   .company_id = run_template->company_id,
                                   .credential_id = credential->id,
                                   .position = assigned.empty() ? 1 : assigned.back().position + 1};
        if (auto inserted = call.repository<RunTemplateCredential>().insert(made); !inserted) return inserted.error();
        audit(call, {.entity = "runtemplate",
                     .id = run_template->id.value,
                     .action = "assign_credential",
                     .company = run_template->company_id,
                     .details = {{"credential_id", credential->id.value},
                                 {"credential", credential->name},
                                 {"prototype", type->prototype},
                                 {"replaced", replaced}}});
    }
    auto own = own_values(call, *run_template, *credential, *type);
    json::array warnings;
    for (const auto& name : own)
        warnings.emplace_back(
            fmt::format("The run template has a value of its own for {}, which wins over that of the "
                        "credential.",
                        name.as_string().c_str()));
    json::value out{{"status", "ok"},
                    {"runtemplate_id", run_template->id.value},
                    {"credential_id", credential->id.value},
                    {"prototype", type->prototype},
                    {"replaced", std::move(replaced)},
                    {"own_values", std::move(own)}};
    if (!warnings.empty()) out.as_object()["warnings"] = std::move(warnings);
    return out;
}

Result<json::value> unassign_credential(Call& call, const CredentialAssignmentInput& input) {
    if (!input.credential_id) return missing_input({"credential_id"});
    const auto run_template = find_run_template(call, input.id);
    if (!run_template) return run_template.error();
    json::value out{{"status", "not_found"},
                    {"runtemplate_id", run_template->id.value},
                    {"credential_id", *input.credential_id},
                    {"prototype", nullptr}};
    const auto found = call.repository<RunTemplateCredential>().first(
        {.equals = {{"runtemplate_id", run_template->id.value}, {"credential_id", *input.credential_id}}});
    if (!found) return out;
    const auto credential = call.repository<Credential>().find(found->credential_id);
    if (!credential) return credential.error();
    const auto type = type_of_credential(call, *credential);
    if (!type) return type.error();
    if (auto erased = call.repository<RunTemplateCredential>().erase(found->id); !erased) return erased.error();
    audit(call, {.entity = "runtemplate",
                 .id = run_template->id.value,
                 .action = "unassign_credential",
                 .company = run_template->company_id,
                 .details = {{"credential_id", credential->id.value}, {"credential", credential->name}}});
    out.as_object()["status"] = "ok";
    out.as_object()["prototype"] = type->prototype;
    return out;
}

Result<json::value> list_assigned(Call& call, const Reference& input) {
    const auto run_template = find_run_template(call, input.id);
    if (!run_template) return run_template.error();
    json::array out;
    for (const auto& assignment : assignments_of(call, run_template->id)) {
        const auto credential = call.repository<Credential>().find(assignment.credential_id);
        if (!credential) return credential.error();
        const auto type = type_of_credential(call, *credential);
        if (!type) return type.error();
        out.push_back({{"id", assignment.id.value},
                       {"runtemplate_id", run_template->id.value},
                       {"credentials_id", credential->id.value},
                       {"credential_name", credential->name},
                       {"credential_type_name", type->name},
                       {"credential_prototype", type->prototype},
                       {"credential_type_uuid", type->uuid},
                       {"credential_type_logo", type->logo},
                       {"position", assignment.position},
                       {"state", credential->state},
                       {"message", credential->message}});
    }
    return json::value(std::move(out));
}

}  // namespace

void add_credential_assignment_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations,
        {"runtemplate:assign-credential", "PUT /runtemplates/{id}/credentials/{credential_id}",
         "Let the jobs of a run template have a credential, instead of one of the same prototype.", edit, changes},
        assign_credential);
    add(operations,
        {"runtemplate:unassign-credential", "DELETE /runtemplates/{id}/credentials/{credential_id}",
         "Take a credential from a run template.", edit, changes},
        unassign_credential);
    add(operations,
        {"runtemplate:list-credentials", "GET /runtemplates/{id}/credentials",
         "List the credentials of a run template in the order of their assignment.", view},
        list_assigned);
}

}  // namespace mf
