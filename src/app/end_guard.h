// SPDX-License-Identifier: MIT
#pragma once

#include "store/database.h"

#include <mutex>
#include <thread>

namespace mf {

/// Ends the process when its orderly end stands still because a database that has sessions with us does not answer: a
/// statement under way cannot be given up. For programs that lose nothing by being killed.
class EndGuard {
public:
    /// Ends the process, with the exit code 1, as soon as nothing has come from the database for so long. While it is
    /// armed already it does nothing. The database must outlive it.
    void arm(Database& database, std::chrono::milliseconds silence);
    void disarm();

private:
    std::mutex mutex_;  // guards thread_
    std::jthread thread_;
};

}  // namespace mf
