// SPDX-License-Identifier: MIT
#pragma once

#include "store/copy.h"

namespace mf {

/// Something that should not be in a database.
struct DatabaseProblem {
    std::string table;
    std::string message;  ///< a sentence that names the row; never values of it but keys
};

/// Looks for what is wrong and changes nothing:
///   * what the database says about its own files (SQLite: integrity_check; MariaDB: CHECK TABLE; PostgreSQL has no
///   such
///     thing),
///   * rows that refer to rows which are not there,
///   * SQLite: values of another kind than their column,
///   * what the program promises of its tables (doc/data-model.md): queue, running jobs, counters, contents, output.
/// All but the first are seen at one moment, so that a running server is no problem. Of each kind of problem the first
/// hundred rows are told, and that there are more.
/// The connection has to be in no transaction. unavailable: the progress said that it is enough.
Result<std::vector<DatabaseProblem>> check_database(sql::Connection& connection, std::span<const SchemaTable> tables,
                                                    const CopyProgress& progress = {});

}  // namespace mf
