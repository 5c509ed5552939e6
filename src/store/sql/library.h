// SPDX-License-Identifier: MIT
#pragma once

#include "store/sql/connection.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace mf::sql {

/// A shared library that is loaded when first wanted and then stays (its exit handlers must find it).
/// libpq and libmariadb bring 24 more libraries along: linked, they cost each program start 4 ms and 5 MiB, also where
/// the data is in SQLite.
class Library {
public:
    /// refused: it is not there; the sentence names the Debian package.
    Library(const char* file, const char* package) : file_(file), handle_(dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
        if (!handle_)
            throw DatabaseError(
                DatabaseError::Kind::refused,
                fmt::format("This kind of database needs the library {}: install the package {}.", file, package));
    }

    /// The address of a function, as the type of the pointer it is assigned to.
    class Symbol {
    public:
        explicit Symbol(void* address) : address_(address) {}
        template <class Function>
        operator Function*() const {
            return reinterpret_cast<Function*>(address_);
        }

    private:
        void* address_;
    };
    Symbol operator[](const char* name) const {
        void* address = dlsym(handle_, name);
        if (!address)
            throw DatabaseError(DatabaseError::Kind::refused,
                                fmt::format("The library {} is too old: it lacks {}.", file_, name));
        return Symbol(address);
    }

private:
    const char* file_;
    void* handle_;
};

}  // namespace mf::sql
