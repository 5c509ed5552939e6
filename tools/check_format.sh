#!/bin/sh
# Fails when clang-format 14 would change a C++ file; prints what it would change.
cd "$(dirname "$0")/.." || exit 1
find src tests examples -name node_modules -prune -o \( -name '*.h' -o -name '*.cpp' \) -print 2>/dev/null |
    xargs clang-format-14 --dry-run --Werror
