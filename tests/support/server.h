// SPDX-License-Identifier: MIT
#pragma once

#include "schedule/dispatcher.h"
#include "support/fake_executor.h"
#include "support/manual_clock.h"
#include "support/queue.h"
#include "support/write_lock.h"

namespace mf::testing {

/// A server's executing half, with processes that the test plays.
struct Server : Queue {
    /// `last_patience`: see Dispatcher::Options.
    explicit Server(int slots = 16, std::chrono::milliseconds last_patience = std::chrono::minutes(1))
        : Queue(test_time, std::chrono::milliseconds(50)) {
        std::filesystem::create_directory(work());
        std::filesystem::permissions(work(), std::filesystem::perms::owner_all);
        dispatcher = std::make_unique<Dispatcher>(database, clock, vault, executor, recorder,
                                                  Dispatcher::Options{.node = "node",
                                                                      .slots = slots,
                                                                      .work_base = work(),
                                                                      .surroundings = {},
                                                                      .last_patience = last_patience,
                                                                      .record_patience = last_patience},
                                                  queue, cancelled);
    }
    std::filesystem::path work() const { return directory() / "work"; }
    void drain() { dispatcher->stop(std::chrono::minutes(1)); }
    /// Until the start of the job is complete and recorded.
    void wait_for_running(Id<Job> id) {
        while (get(id).state != JobState::running) std::this_thread::yield();
    }
    void wait_for_end(Id<Job> id) {
        while (!has_ended(get(id).state)) std::this_thread::yield();
    }
    std::string printed(Id<Job> id, OutputSource source) {
        return database.read([&](Session& session) { return read_stream(session, id, source, 64 << 20); });
    }

    ManualClock clock{moment};
    Vault vault = must(open_vault("key of the tests", ""));
    Nudge queue, cancelled;
    Recorder recorder{database};
    FakeExecutor executor;
    std::unique_ptr<Dispatcher> dispatcher;  ///< on the heap: what reaches it too late is seen by a sanitizer
};

}  // namespace mf::testing
