// SPDX-License-Identifier: MIT
#include "service/built_in_prototypes.h"

#include "service/audit.h"
#include "service/credential_prototype_import.h"
#include "service/credential_prototype_operations.h"
#include "store/queries/installation_facts.h"

namespace mf {
namespace {

/// The name of the file is the code of the prototype.
std::string_view code_of_file(std::string_view file) { return file.substr(0, file.find('.')); }

bool is_installed(Call& call, const CredentialPrototypeDefinition& definition) {
    return find_credential_prototype(call, {}, definition.uuid, {}) ||
           find_credential_prototype(call, {}, {}, definition.code);
}

}  // namespace

bool lacks_prototypes(Session& session, const std::vector<BuiltInPrototype>& brought) {
    const auto known = brought_prototypes(session);
    return std::ranges::any_of(brought, [&](const auto& each) { return !known.contains(code_of_file(each.file)); });
}

std::vector<std::string> bring_in_prototypes(Call& call, const std::vector<BuiltInPrototype>& brought) {
    std::vector<std::string> added;
    const auto known = brought_prototypes(call.session);
    for (const auto& [file, document] : brought) {
        if (known.contains(code_of_file(file))) continue;
        // First, so that whoever comes second waits here.
        note_brought_prototype(call.session, code_of_file(file));
        const auto reading = read_credential_prototype(document, file, {.allowed_names = call.allowed_names});
        if (!reading.definition || is_installed(call, *reading.definition)) continue;
        const auto done = import_credential_prototype(call, {.document = std::string(document),
                                                             .file = std::string(file),
                                                             .allowed_names = call.allowed_names,
                                                             .audit = AuditBy::caller});
        if (done) added.push_back(done->prototype.code);
    }
    if (!added.empty())
        audit(call, {.entity = "credential_prototype",
                     .action = "bring_in",
                     .details = {{"codes", json::array(added.begin(), added.end())}}});
    return added;
}

}  // namespace mf
