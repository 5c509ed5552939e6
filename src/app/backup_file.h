// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "store/sql/connection.h"

#include <filesystem>

namespace mf {

/// invalid: it is "-", which stands for standard input or output elsewhere. A database is no stream: SQLite jumps about
/// in its file, which appears only when it is complete. `action` is "backup" or "restore".
Result<void> require_file_name(const std::filesystem::path& file, std::string_view action);

/// A backup that is open for reading, sound as far as SQLite can tell.
struct BackupFile {
    sql::Address address;
    std::unique_ptr<sql::Connection> connection;
    int schema = 0;  ///< of its data, one that this program knows
};

/// Opens what Maintenance::back_up has written. Every error is about this file and not about the database that is to be
/// filled: not_found, invalid (something else than a backup), conflict (a program works with it, or it is newer than
/// this program), unavailable (not readable, or damaged).
Result<BackupFile> open_backup(const std::filesystem::path& file);

}  // namespace mf
