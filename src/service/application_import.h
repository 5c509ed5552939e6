// SPDX-License-Identifier: MIT
#pragma once

#include "domain/definition/application_definition.h"
#include "domain/definition/definition_diff.h"
#include "service/operation.h"

namespace mf {

enum class DryRun { no, yes };
enum class Downgrade { refuse, allow };
enum class Adopt { no, yes };  ///< take over an application of the same name with another uuid
enum class Enable { leave, yes };
enum class AuditBy { import, caller };  ///< who writes the entry of the audit log

struct ImportRequest {
    std::string document;
    std::string file;         ///< as the caller named it, for findings
    std::string source = {};  ///< absolute path of the file, for Application::deffile; empty: it came from no file
    DryRun dry_run = DryRun::no;
    Downgrade downgrade = Downgrade::refuse;
    Adopt adopt = Adopt::no;
    Enable enable = Enable::leave;
    AllowedNames allowed_names = {};
    AuditBy audit = AuditBy::import;
};

struct ImportResult {
    std::string action;  ///< created, updated, unchanged
    Application application;
    std::string version_before;  ///< empty when created
    bool restored = false;       ///< it had been removed
    std::vector<Finding> findings;
    json::object changes;  ///< what differs, by natural keys
    /// Run templates that lack a value for a newly required variable: id, name, missing.
    json::array incomplete_templates;
    /// Stored values whose variable is not declared; they are kept and marked: runtemplate_id, name.
    json::array orphaned_values;
    /// Stored values that do not fit a variable that changed; they are kept: runtemplate_id, name, problem.
    json::array unfit_values;
};

/// Imports one definition in the transaction of the call: creates or updates the application with its uuid, or finds
/// that nothing changed. Operator-owned state (enabled, values, assignments) is never touched. Errors carry every
/// finding as a field with its place, code and value. Spec: definitions 3.3.
Result<ImportResult> import_application(Call& call, const ImportRequest& request);

/// {code, severity, file, pointer, value, message} for each.
json::array to_json(const std::vector<Finding>& findings);

/// The error that stands for a refused definition.
Error refusal(const std::vector<Finding>& findings);
/// The error of a definition that is good in itself, but not here.
Error conflicting(const Findings& findings);

/// A difference as answers show it: {"version": {from, to}, "fields": {added, changed, removed}}.
json::object changes_of(const DefinitionDiff& diff);

}  // namespace mf
