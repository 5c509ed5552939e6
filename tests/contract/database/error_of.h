// SPDX-License-Identifier: MIT
#pragma once

#include "store/sql/connection.h"

#include <functional>

/// The error that the action throws; a test fails when there is none.
inline mf::sql::DatabaseError error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const mf::sql::DatabaseError& error) {
        return error;
    }
    throw std::runtime_error("the action has not failed");
}
