// SPDX-License-Identifier: MIT
#pragma once

#include <dlfcn.h>

namespace mf {

/// A shared library that is loaded when first wanted and then stays (its exit handlers must find it). For what few
/// calls of the programs need: each library that is linked costs every start of the command line.
class SharedLibrary {
public:
    /// `file` is a name that the system's loader finds, with its version: "libpq.so.5".
    explicit SharedLibrary(const char* file) : handle_(dlopen(file, RTLD_NOW | RTLD_LOCAL)) {}

    /// False: it is not installed, or cannot be loaded.
    bool is_loaded() const { return handle_ != nullptr; }

    /// The address of a function, as the type of the pointer it is assigned to; null when the library has no such.
    class Symbol {
    public:
        explicit Symbol(void* address) : address_(address) {}
        bool is_there() const { return address_ != nullptr; }
        template <class Function>
        operator Function*() const {
            return reinterpret_cast<Function*>(address_);
        }

    private:
        void* address_;
    };
    Symbol operator[](const char* name) const { return Symbol(handle_ ? dlsym(handle_, name) : nullptr); }

private:
    void* handle_;
};

}  // namespace mf
