// SPDX-License-Identifier: MIT
#pragma once

#include "base/shared_library.h"
#include "store/sql/connection.h"

#include <fmt/format.h>

namespace mf::sql {

/// The client library of a database server.
/// libpq and libmariadb bring 24 more libraries along: linked, they cost each program start 4 ms and 5 MiB, also where
/// the data is in SQLite.
class Library {
public:
    /// refused: it is not there; the sentence names the Debian package.
    Library(const char* file, const char* package) : file_(file), library_(file) {
        if (!library_.is_loaded())
            throw DatabaseError(
                DatabaseError::Kind::refused,
                fmt::format("This kind of database needs the library {}: install the package {}.", file, package));
    }

    SharedLibrary::Symbol operator[](const char* name) const {
        const auto symbol = library_[name];
        if (!symbol.is_there())
            throw DatabaseError(DatabaseError::Kind::refused,
                                fmt::format("The library {} is too old: it lacks {}.", file_, name));
        return symbol;
    }

private:
    const char* file_;
    SharedLibrary library_;
};

}  // namespace mf::sql
