// SPDX-License-Identifier: MIT
#pragma once

#include "schedule/change_launcher.h"
#include "schedule/source_reader.h"

#include <thread>

namespace mf {

/// Looks at event sources when their time has come, each in a thread of its own for that while, and launches what rules
/// say after their changes. A source that is slow or away holds up neither another one nor anything else of the server:
/// those that failed when they were last looked at have at most half of the threads.
class EventPoller {
public:
    static constexpr std::size_t most_threads = 8;
    static constexpr std::size_t most_failing = most_threads / 2;

    /// All must outlive it.
    EventPoller(Database& database, Clock& clock, SourceReader& reader, ChangeLauncher& launcher)
        : database_(database), clock_(clock), reader_(reader), launcher_(launcher) {}

    /// Starts the thread; it ends with the object, which waits for sources that are being looked at: as long as one
    /// statement there may take.
    void start() {
        thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
    }

private:
    struct Look {
        bool failing = false;
        std::jthread thread = {};
    };
    void run(std::stop_token stop);
    /// When to look again.
    Timestamp step(std::stop_token stop);
    void begin_look(Id<EventSource> source, bool failing);
    void join_ended();

    Database& database_;
    Clock& clock_;
    SourceReader& reader_;
    ChangeLauncher& launcher_;
    Nudge nudge_;
    Locked<std::vector<std::int64_t>> ended_;  ///< looks that are over, by source
    std::map<std::int64_t, Look> looks_;       ///< by source; of the thread alone
    std::jthread thread_;
};

}  // namespace mf
