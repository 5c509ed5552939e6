// SPDX-License-Identifier: MIT
#pragma once

#include "domain/credential.h"
#include "domain/environment.h"
#include "domain/run_template.h"
#include "service/credential_access.h"
#include "store/database.h"

namespace mf {

class Vault;

/// The credentials of some run templates as layers of an environment, read with the same few statements however many
/// they are. Of one credential its own values count before the shared ones of its type, those before the default of the
/// type, and that before the default of the prototype; fields that are for a provider only are left out.
class CredentialRows {
public:
    CredentialRows(Session& session, const std::vector<std::int64_t>& run_templates);

    /// In the order of assignment, secrets opened. A sealed value that does not open is an error that names the
    /// credential and the field; its sealed text is never used in its place.
    Result<std::vector<AssignedCredential>> of(const Vault& vault, Id<RunTemplate> run_template) const;

    /// What has to be asked before a job can start: of credentials whose providers resolve or check something. Errors
    /// as of().
    Result<std::vector<CredentialQuestion>> questions(const Vault& vault, Id<RunTemplate> run_template) const;

    /// The question of one credential, whoever uses it; none: there is nothing that could be asked.
    static Result<std::optional<CredentialQuestion>> question_of(Session& session, const Vault& vault,
                                                                 Id<Credential> credential);

    struct Assigned {
        std::int64_t id = 0;
        std::string name;
        std::string prototype;  ///< code
    };
    /// In the order of assignment.
    std::vector<Assigned> assigned(Id<RunTemplate> run_template) const;

    /// An assigned credential that is not usable as it is.
    struct Incomplete {
        std::int64_t id = 0;
        std::string sentence;  ///< which required fields have no value, and the command that gives it
    };
    /// In the order of assignment: those in which a required field of the prototype or the type has neither a value nor
    /// a default. No secret is opened.
    std::vector<Incomplete> incomplete(Id<RunTemplate> run_template) const;
    /// The sentence about one credential, whoever uses it; empty: it lacks nothing.
    static std::string lack_of(Session& session, Id<Credential> credential);

    /// Names of those whose provider finds values only when a job starts.
    std::vector<std::string> asked_at_launch(Id<RunTemplate> run_template) const;

private:
    struct Value {
        std::int64_t id = 0;
        std::string name, value;
        bool sealed = false;
    };
    struct Field {
        std::optional<std::string> preset;
        bool secret = false;
        bool required = false;
    };
    using Fields = std::map<std::string, Field, std::less<>>;
    struct Type {
        std::string name, prototype;
        std::int64_t prototype_id = 0;
        std::vector<Value> shared;
        Fields fields;
    };
    struct Row {
        std::int64_t id = 0, company_id = 0, type_id = 0;
        std::string name;
    };
    void read_types(Session& session, const std::vector<std::int64_t>& types);
    CredentialRows() = default;
    static CredentialRows of_credential(Session& session, Id<Credential> credential);
    /// Of rows with the owner (of the question), and the columns of credential and type.
    void read(Session& session, std::string_view sql, const std::vector<std::int64_t>& ids);
    enum class Internal { leave_out, keep };
    using Given = std::map<std::string_view, GivenVariable>;
    Result<Given> given_of(const Vault& vault, const Row& row, Internal internal) const;
    std::string lack_of(const Row& row) const;
    Result<AssignedCredential> opened(const Vault& vault, const Row& row) const;

    std::map<std::int64_t, std::vector<Row>> by_run_template_;
    std::map<std::int64_t, Type> types_;
    std::map<std::int64_t, std::vector<Value>> values_;  ///< by credential
};

}  // namespace mf
