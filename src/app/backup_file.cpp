// SPDX-License-Identifier: MIT
#include "app/backup_file.h"

#include "store/migration.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace mf {
namespace {

/// What can be said without looking inside.
Result<void> require_readable(const std::filesystem::path& file) {
    std::error_code problem;
    const auto status = std::filesystem::status(file, problem);
    if (status.type() == std::filesystem::file_type::not_found)
        return Error{ErrorCode::not_found,
                     fmt::format("The backup {} is not there. Check its name; nothing was changed.", file.string())};
    if (status.type() == std::filesystem::file_type::directory)
        return Error{ErrorCode::invalid,
                     fmt::format("{} is a directory. Name the file of a backup; nothing was changed.", file.string())};
    int reason = problem.value();
    if (reason == 0 && ::faccessat(AT_FDCWD, file.c_str(), R_OK, AT_EACCESS) != 0) reason = errno;
    if (reason != 0)
        return Error{ErrorCode::unavailable,
                     fmt::format("The backup {} cannot be read: {}. Give this user the right to read it; nothing was "
                                 "changed.",
                                 file.string(), std::strerror(reason))};
    for (const auto* side : {"-wal", "-journal"}) {
        const auto size = std::filesystem::file_size(file.string() + side, problem);
        if (!problem && size > 0)
            return Error{ErrorCode::conflict,
                         fmt::format("{0}{1} is there, so {0} is not complete. Name a file that \"database backup\" "
                                     "has written.",
                                     file.string(), side)};
    }
    return {};
}

Error damaged(const std::filesystem::path& file) {
    return {ErrorCode::unavailable,
            fmt::format("The backup {} is damaged. Nothing was changed; use another backup.", file.string())};
}

}  // namespace

Result<void> require_file_name(const std::filesystem::path& file, std::string_view action) {
    if (file != "-") return {};
    return Error{
        ErrorCode::invalid,
        fmt::format("database {} needs a file and cannot use standard {}. Name one with --file (a file that is "
                    "called - is ./-).",
                    action, action == "backup" ? "output" : "input")};
}

Result<BackupFile> open_backup(const std::filesystem::path& file) {
    if (auto readable = require_readable(file); !readable) return readable.error();
    BackupFile out{.address = {.database = std::filesystem::absolute(file).string(), .read_only = true},
                   .connection = nullptr};
    try {
        out.connection = sql::open(out.address);
        Session session{*out.connection};
        const auto schema = known_schema(session, out.address.database);
        if (!schema) return schema.error();
        out.schema = *schema;
        if (out.schema == 0)
            return Error{ErrorCode::invalid,
                         fmt::format("{} has no data of MultiFlexi in it. Name the file of a backup.", file.string())};
        const auto state = out.connection->query("PRAGMA integrity_check(1)", {});
        if (state.at(0).at(0) != Value(std::string("ok"))) return damaged(file);
    } catch (const sql::DatabaseError& error) {
        // The advice of the database is for its own file: to restore it from a backup.
        if (!out.connection && error.kind == sql::DatabaseError::Kind::refused)
            return Error{ErrorCode::invalid,
                         fmt::format("{} is not an SQLite database, or its beginning is damaged. Nothing was changed; "
                                     "name the file of a backup.",
                                     file.string())};
        if (error.kind == sql::DatabaseError::Kind::busy || error.kind == sql::DatabaseError::Kind::full) throw;
        return damaged(file);
    }
    return out;
}

}  // namespace mf
