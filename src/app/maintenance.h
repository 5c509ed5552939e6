// SPDX-License-Identifier: MIT
#pragma once

#include "app/restore_guard.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/settings.h"
#include "store/copy.h"

namespace mf {

/// What is done with the database of an installation as a whole: more than one transaction, and nothing that a usual
/// start does on the way (bring the schema up to date, make a key or an account).
///
/// Failures of the database come as sql::DatabaseError, except in status(). Times are of the clock.
class Maintenance {
public:
    /// The settings and the clock must outlive it. The progress is asked now and then; false ends the work, and nothing
    /// was changed.
    Maintenance(const Settings& settings, const Clock& clock, CopyProgress progress)
        : settings_(settings), clock_(clock), progress_(std::move(progress)) {}

    /// {kind, where, user, server_version, schema, program_schema, size, isolation, durability, companies,
    /// applications, run_templates, jobs, queued}; from server_version on what could be found out. "problem", when
    /// there is one, says why the database cannot be used. Changes nothing.
    json::object status() const;

    /// {from, to}: numbers of the schema.
    Result<json::object> migrate() const;

    /// {tables, problems: [{table, message}]}. Changes nothing.
    Result<json::object> check() const;

    enum class IfThere {
        refuse,
        overwrite,
    };

    /// Writes everything as of this moment into one SQLite file while others go on:
    /// {file, schema, rows, bytes, sha256, tables: [{table, rows, sha256}], key_file}. key_file is missing where the
    /// key is a setting.
    Result<json::object> back_up(const std::filesystem::path& file, IfThere if_there) const;

    /// Fills the database from such a file, which may have an older schema: {file, schema, rows, tables, first_job,
    /// warnings}; the ids of new jobs begin with first_job. conflict: a server lives, or the database holds what may
    /// not be replaced.
    Result<json::object> restore(const std::filesystem::path& file, Replace replace) const;

    /// Fills another, empty database: {target, schema, rows, tables, settings: {NAME: value}, warnings}. The settings
    /// are those that an installation needs to go on there; the password is not among them.
    Result<json::object> copy_to(const sql::Address& target) const;

private:
    struct Source {
        std::unique_ptr<sql::Connection> connection;
        int schema = 0;
    };
    Result<Source> existing() const;
    struct FillRules {
        Replace replace = Replace::nothing;
        std::string_view remedy;  ///< see may_be_filled()
        bool leave_gap = false;   ///< before the ids of new jobs
    };
    struct Filled {
        std::vector<TableDigest> tables;
        std::vector<std::string> draining;  ///< nodes that are kept
        std::int64_t first_job = 0;         ///< with a gap
    };
    /// Brings the target to a schema and fills it.
    Result<Filled> fill(sql::Connection& from, int schema, const sql::Address& target, const FillRules& rules) const;
    json::array warnings_about_key() const;

    const Settings& settings_;
    const Clock& clock_;
    CopyProgress progress_;
};

}  // namespace mf
