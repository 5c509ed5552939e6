// SPDX-License-Identifier: MIT
#include "app/maintenance.h"

#include "app/backup_file.h"
#include "app/database_advice.h"
#include "app/draft_file.h"
#include "app/installation.h"
#include "app/restore_guard.h"
#include "store/check.h"
#include "store/database_facts.h"
#include "store/sql/dsn.h"
#include "store/sql/transaction.h"

#include <fmt/format.h>

namespace mf {
namespace {

using sql::Dialect;

int newest_schema() { return migrations().back().number; }

std::string_view kind_of(Dialect dialect) {
    switch (dialect) {
        case Dialect::sqlite: return "sqlite";
        case Dialect::postgres: return "pgsql";
        case Dialect::mariadb: return "mysql";
    }
    return {};
}

int port_of(const sql::Address& address) {
    if (address.port != 0 || address.dialect == Dialect::sqlite) return address.port;
    return address.dialect == Dialect::postgres ? 5432 : 3306;
}

/// The same for two addresses of one database, as far as their texts can tell.
std::string identity(sql::Address address) {
    address.user.clear();
    address.port = port_of(address);
    // A socket of MariaDB is named by its path alone.
    if (address.dialect == Dialect::mariadb && address.host.starts_with('/')) address.port = 0;
    std::error_code ignored;
    if (address.dialect == Dialect::sqlite)
        address.database = std::filesystem::weakly_canonical(address.database, ignored).string();
    return sql::to_dsn(address);
}

std::int64_t count(sql::Connection& connection, std::string_view table) {
    return std::get<std::int64_t>(connection.query(fmt::format("SELECT COUNT(*) FROM \"{}\"", table), {})[0][0]);
}

std::int64_t size_of_file(const std::filesystem::path& file) {
    std::error_code none;
    const auto size = std::filesystem::file_size(file, none);
    return none ? 0 : static_cast<std::int64_t>(size);
}

/// The settings are about the original; what is wrong with the copy was said on the command line.
std::string about_target(sql::DatabaseError::Cause cause, const sql::Address& target) {
    const bool is_account = cause == sql::DatabaseError::Cause::account;
    return fmt::format(" This is about the database to copy into ({}){}", sql::to_dsn(target),
                       is_account
                           ? fmt::format(": its password is that of --password-file or MULTIFLEXI_TO_PASSWORD{}.",
                                         target.password.empty() ? ", which are not set" : "")
                           : ".");
}

json::object summary(std::span<const TableDigest> digests) {
    std::int64_t rows = 0;
    json::array tables;
    for (const auto& each : digests) {
        rows += each.rows;
        tables.push_back(json::object{{"table", each.table}, {"rows", each.rows}, {"sha256", each.sha256}});
    }
    return {{"rows", rows}, {"tables", std::move(tables)}};
}

void warn_about_draining(json::array& warnings, const std::vector<std::string>& nodes) {
    for (const auto& name : nodes)
        warnings.push_back(json::string(fmt::format(
            "The node {0} was being drained, and still is: it takes no jobs until \"node resume {0}\".", name)));
}

}  // namespace

json::object Maintenance::status() const {
    auto address = address_of(settings_);
    json::object out{{"kind", kind_of(address.dialect)}, {"where", where(address)}};
    if (address.dialect != Dialect::sqlite) out["user"] = address.user;
    const auto program_schema = [&] { out["program_schema"] = newest_schema(); };
    // A status tells what it can, also of a database that is not there.
    try {
        address.read_only = true;
        const auto connection = sql::open(address);
        const auto facts = database_facts(*connection);
        out["server_version"] = facts.version;
        out["size"] = facts.bytes + (address.dialect == Dialect::sqlite ? size_of_file(address.database + "-wal") : 0);
        out["isolation"] = facts.isolation;
        out["durability"] = address.dialect == Dialect::sqlite
                                ? fmt::format("write-ahead log, synchronous {}", address.durable ? "full" : "normal")
                                : facts.durability;
        Session session{*connection};
        out["schema"] = schema_version(session);
        program_schema();
        if (const auto known = known_schema(session, address.database); !known) {
            out["problem"] = known.error().message;
        } else if (*known > 0) {
            out["companies"] = count(*connection, "company");
            out["applications"] = count(*connection, "application");
            out["run_templates"] = count(*connection, "runtemplate");
            out["jobs"] = count(*connection, "job");
            out["queued"] = count(*connection, "schedule");
        }
    } catch (const sql::DatabaseError& error) {
        program_schema();
        out["problem"] = told(error, settings_);
    }
    return out;
}

Result<json::object> Maintenance::migrate() const {
    if (auto made = make_private_directory(settings_.data_directory); !made) return made.error();
    Database database(address_of(settings_));
    const auto schema = [&] { return database.read([](Session& session) { return schema_version(session); }); };
    const int before = schema();
    if (auto migrated = mf::migrate(database, clock_.now()); !migrated) return migrated.error();
    return json::object{{"from", before}, {"to", schema()}};
}

/// The database of the settings, which has to exist and to be one that this program understands.
Result<Maintenance::Source> Maintenance::existing() const {
    auto address = address_of(settings_);
    // Waits for a server that is just starting, as all other programs do.
    if (address.dialect != Dialect::sqlite) Database(address).read([](Session&) {});
    // Opening an SQLite file for writing would make one.
    address.read_only = true;
    auto looking = sql::open(address);
    Session session{*looking};
    const auto schema = known_schema(session, address.database);
    if (!schema) return schema.error();
    if (*schema == 0)
        return Error{ErrorCode::not_found,
                     fmt::format("The database {} is empty{}: no program has used it yet. Check DB_CONNECTION and "
                                 "DB_DATABASE{}.",
                                 where(address),
                                 address.dialect == Dialect::postgres
                                     ? fmt::format(" in the schema {} of its user", selected_schema(session))
                                     : "",
                                 address.dialect == Dialect::postgres ? ", and the search_path of the user" : "")};
    looking.reset();
    address.read_only = false;
    return Source{sql::open(address), *schema};
}

Result<json::object> Maintenance::check() const {
    auto source = existing();
    if (!source) return source.error();
    const auto tables = schema_tables(source->schema);
    const auto found = check_database(*source->connection, tables, progress_);
    if (!found) return found.error();
    json::array problems;
    for (const auto& each : *found) problems.push_back(json::object{{"table", each.table}, {"message", each.message}});
    return json::object{{"tables", std::ssize(tables)}, {"problems", std::move(problems)}};
}

Result<json::object> Maintenance::back_up(const std::filesystem::path& file, IfThere if_there) const {
    const auto address = address_of(settings_);
    if (auto named = require_file_name(file, "backup"); !named) return named.error();
    std::error_code ignored;
    if (address.dialect == Dialect::sqlite && std::filesystem::equivalent(file, address.database, ignored))
        return Error{ErrorCode::invalid,
                     fmt::format("{} is the database itself. Name another file for its backup.", file.string())};
    if (std::filesystem::is_directory(file, ignored))
        return Error{ErrorCode::invalid, fmt::format("{} is a directory. Name a file in it.", file.string())};
    if (if_there == IfThere::refuse && std::filesystem::exists(file, ignored))
        return Error{ErrorCode::conflict,
                     fmt::format("{} exists already. Name another file, or replace it with --force.", file.string())};
    for (const auto* side : {"-wal", "-journal"})
        if (std::filesystem::exists(file.string() + side, ignored))
            return Error{ErrorCode::conflict,
                         fmt::format("{0}{1} is there, so a program works with {0} as a database. Name another file.",
                                     file.string(), side)};
    auto source = existing();
    if (!source) return source.error();
    auto draft = DraftFile::beside(file);
    if (!draft) return draft.error();
    const sql::Address target{.database = (*draft)->path().string(), .durable = false};
    {
        Database database(target);
        if (auto made = mf::migrate(database, clock_.now(), source->schema); !made) return made.error();
    }
    const auto tables = schema_tables(source->schema);
    auto connection = sql::open(target);
    // Without a log beside it: one file is the whole backup, and it is written once only.
    connection->query("PRAGMA journal_mode=DELETE", {});
    Result<std::vector<TableDigest>> copied = Error{};
    {
        const sql::Transaction snapshot(*source->connection, sql::TransactionKind::snapshot);
        copied = copy_database(*source->connection, *connection, tables, {.progress = progress_});
    }
    if (!copied) return copied.error();
    connection.reset();
    const auto written = (*draft)->commit();
    if (!written) return written.error();
    auto out = summary(*copied);
    out["file"] = file.string();
    out["schema"] = source->schema;
    out["bytes"] = written->bytes;
    out["sha256"] = written->sha256;
    if (!settings_.master_key) out["key_file"] = settings_.key_file.string();
    return out;
}

Result<Maintenance::Filled> Maintenance::fill(sql::Connection& from, int schema, const sql::Address& target,
                                              const FillRules& rules) const {
    {
        Database database(target);
        if (auto made = mf::migrate(database, clock_.now(), schema); !made) return made.error();
        const int is = database.read([](Session& session) { return schema_version(session); });
        if (is != schema)
            return Error{ErrorCode::conflict,
                         fmt::format("The database {} has schema {}, what is to be copied has {}. Nothing was changed; "
                                     "run \"database migrate\" on the original first.",
                                     where(target), is, schema)};
    }
    const auto tables = schema_tables(schema);
    const auto to = sql::open(target);
    Filled out;
    CopySteps steps{.progress = progress_};
    steps.check = [&](sql::Connection& connection) {
        return may_be_filled(connection, tables, target, rules.replace, rules.remedy, clock_.now());
    };
    steps.finish = [&](sql::Connection& connection) {
        out.draining = forget_servers(connection, tables);
        return std::vector<std::string_view>{"node"};
    };
    if (rules.leave_gap) {
        out.first_job = first_job_after_restore(
            std::max(last_numbers(from, tables).at("job"), last_numbers(*to, tables).at("job")));
        steps.at_least["job"] = out.first_job - 1;
    }
    auto copied = copy_database(from, *to, tables, steps);
    if (!copied) return copied.error();
    out.tables = *std::move(copied);
    return out;
}

json::array Maintenance::warnings_about_key() const {
    std::error_code ignored;
    if (settings_.master_key || std::filesystem::exists(settings_.key_file, ignored)) return {};
    return {json::string(
        fmt::format("The key file {} is not there. Copy the one that belongs to the data there before a program is "
                    "started: it would make a new key, with which no stored secret can be opened.",
                    settings_.key_file.string()))};
}

Result<json::object> Maintenance::restore(const std::filesystem::path& file, Replace replace) const {
    const auto target = address_of(settings_);
    if (auto named = require_file_name(file, "restore"); !named) return named.error();
    std::error_code ignored;
    if (target.dialect == Dialect::sqlite && std::filesystem::equivalent(file, target.database, ignored))
        return Error{ErrorCode::invalid,
                     fmt::format("{} is the database itself. Name the file of a backup.", file.string())};
    auto backup = open_backup(file);
    if (!backup) return backup.error();
    if (auto made = make_private_directory(settings_.data_directory); !made) return made.error();

    std::unique_ptr<DraftFile> upgraded;
    auto& from = backup->connection;
    if (backup->schema < newest_schema()) {
        // The steps of the schema may change rows, so they have to be applied to those of the backup.
        from.reset();
        auto draft = DraftFile::beside(settings_.data_directory / "upgraded-backup");
        if (!draft) return draft.error();
        upgraded = *std::move(draft);
        std::filesystem::copy_file(file, upgraded->path(), std::filesystem::copy_options::overwrite_existing, ignored);
        if (ignored)
            return Error{ErrorCode::unavailable,
                         fmt::format("{} cannot be copied to {}: {}. Free some space there.", file.string(),
                                     settings_.data_directory.string(), ignored.message())};
        const sql::Address source{.database = upgraded->path().string(), .durable = false};
        Database database(source);
        if (auto made = mf::migrate(database, clock_.now()); !made) return made.error();
        from = sql::open(source);
    }
    const auto copied = fill(*from, newest_schema(), target,
                             {.replace = replace,
                              .remedy = "--force removes everything that is in it first. Make a backup of it before.",
                              .leave_gap = true});
    from.reset();
    if (!copied) return copied.error();
    auto out = summary(copied->tables);
    out["file"] = file.string();
    out["schema"] = backup->schema;
    out["where"] = where(target);
    out["first_job"] = copied->first_job;
    auto warnings = warnings_about_key();
    warn_about_draining(warnings, copied->draining);
    out["warnings"] = std::move(warnings);
    return out;
}

Result<json::object> Maintenance::copy_to(const sql::Address& target) const {
    const auto own = address_of(settings_);
    if (identity(own) == identity(target))
        return Error{ErrorCode::invalid,
                     fmt::format("{} is the database that is to be copied. Name another one.", sql::to_dsn(target))};
    auto source = existing();
    if (!source) return source.error();
    const sql::Transaction snapshot(*source->connection, sql::TransactionKind::snapshot);
    const auto servers = living_servers(*source->connection, schema_tables(source->schema), clock_.now());
    Result<Filled> copied = Error{};
    try {
        copied = fill(*source->connection, source->schema, target, {.remedy = "name an empty database."});
    } catch (const sql::DatabaseError& error) {
        const std::string_view said = error.what();
        if (!said.starts_with(sql::description_of(target))) throw;
        return Error{ErrorCode::unavailable, std::string(said) + about_target(error.cause, target)};
    }
    if (!copied) return copied.error();
    auto out = summary(copied->tables);
    out["target"] = sql::to_dsn(target);
    out["schema"] = source->schema;
    json::object settings{{"DB_CONNECTION", kind_of(target.dialect)}};
    if (target.dialect != Dialect::sqlite) {
        settings["DB_HOST"] = target.host;
        settings["DB_PORT"] = fmt::to_string(port_of(target));
    }
    settings["DB_DATABASE"] = target.database;
    if (target.dialect != Dialect::sqlite) settings["DB_USERNAME"] = target.user;
    // Where the key file is by default depends on the kind of the database.
    if (!settings_.master_key) settings["MULTIFLEXI_KEY_FILE"] = settings_.key_file.string();
    out["settings"] = std::move(settings);
    json::array warnings;
    if (!servers.empty())
        warnings.push_back(json::string(fmt::format(
            "A server works with the original: {}. What it does from now on is not in the copy, and jobs that wait are "
            "in both. Stop it before the copy is used; to have everything, stop it and copy again into an empty "
            "database.",
            servers)));
    warn_about_draining(warnings, copied->draining);
    out["warnings"] = std::move(warnings);
    return out;
}

}  // namespace mf
