// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"
#include "base/wake_channel.h"
#include "store/sql/connection.h"

#include <thread>

namespace mf {

/// Hears what other nodes and programs have committed to the same PostgreSQL database, at once, and forwards it to the
/// nudges, which must outlive the listener. Triggers of the database tell it (migrations/0008_lane.sql), so that
/// whoever makes, frees or cancels a job needs not know who listens.
///
/// One thread with one session of its own. While there is none, as when the server restarts, the nudges are
/// notified every second instead; and once when it is there again, because something may have been missed.
class NotificationListener {
public:
    NotificationListener(sql::Address address, const WakeTargets& targets);
    NotificationListener(const NotificationListener&) = delete;
    NotificationListener& operator=(const NotificationListener&) = delete;
    ~NotificationListener();

private:
    void run(std::stop_token stop);
    /// Until it is told to stop; throws when it does not hear any more.
    void listen(std::stop_token stop);
    void forward(std::string_view told);
    void notify_all();

    const sql::Address address_;
    WakeTargets targets_;
    bool failing_ = false;  // of the thread
    Nudge stopped_;
    std::jthread thread_;
};

}  // namespace mf
