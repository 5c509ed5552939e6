// SPDX-License-Identifier: MIT
#pragma once

#include "app/installation.h"
#include "schedule/event_launcher.h"
#include "schedule/event_poller.h"
#include "schedule/node_red.h"

#include <optional>

namespace mf {

/// What a server does because something has happened: launching what event rules say after jobs and after changes in
/// event sources, and telling Node-RED.
class JobFollowers {
public:
    /// All must outlive it; the installation has its key where rules are followed. `ended` wakes it.
    JobFollowers(Installation& installation, HttpClient& http, Clock& clock, Nudge& ended)
        : installation_(installation), http_(http), clock_(clock), ended_(ended) {}

    /// `queued` is called after jobs were made, which `user` has launched.
    void follow_rules(Id<User> user, std::function<void()> queued);
    /// Looks at event sources; the installation has its key. `holder` tells this server from others.
    void follow_sources(Id<User> user, std::string holder, std::function<void()> queued);
    /// If the settings say so.
    void tell_node_red();

private:
    Installation& installation_;
    HttpClient& http_;
    Clock& clock_;
    Nudge& ended_;
    std::optional<EventLauncher> rules_;
    std::optional<SourceReader> sources_;
    std::optional<ChangeLauncher> changes_;
    std::optional<EventPoller> poller_;
    std::optional<NodeRed> node_red_;
};

}  // namespace mf
