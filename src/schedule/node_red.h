// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"
#include "net/http_client.h"
#include "service/job_change_feed.h"

#include <thread>

namespace mf {

/// Tells Node-RED (the palette node-red-contrib-multiflexi) what happens here: each job that has ended, in their order,
/// each change that was taken over from an event source, and, when it has changed, what there is to run. A message is
/// sent until it was answered with success, so it may come twice, but none is left out while jobs' changes are kept (a
/// day). Of several servers one does this at a time.
class NodeRed {
public:
    struct Settings {
        std::string webhook_url;       ///< empty: ends of jobs are not told
        std::string catalogue_url;     ///< empty: the catalogue is not told
        bool forward_changes = false;  ///< of event sources, to the webhook
        std::string token;             ///< for the header X-MultiFlexi-Token; empty: none
        std::chrono::seconds catalogue_interval{300};
        std::string holder;  ///< what tells this server from others
    };
    /// All must outlive it.
    NodeRed(Database& database, HttpClient& http, const Clock& clock, Settings settings);

    /// Tells what there is to tell, and returns when to look again: earlier when something could not be told.
    Timestamp look(std::stop_token stop = {});

    /// Starts a thread that looks until the object ends.
    void start(Clock& clock);

private:
    /// Whether all of it was told.
    bool tell_ends(std::stop_token stop);
    bool hold_ends();
    bool note_told(std::int64_t position);
    bool tell_changes(std::stop_token stop);
    bool tell_catalogue(std::stop_token stop);
    enum class Sent { done, refused, later };
    Sent send(const std::string& url, const json::value& message, std::stop_token stop);
    void complain(std::string_view why);

    Database& database_;
    HttpClient& http_;
    const Clock& clock_;
    const Settings settings_;
    JobChangeFeed feed_;
    Timestamp held_until_{};  ///< this server tells of ends; afterwards the database is asked who does
    std::int64_t told_ = 0;   ///< up to this change
    int failures_ = 0;        ///< in a row
    Timestamp catalogue_due_{};
    bool complained_ = false;
    std::jthread thread_;
};

}  // namespace mf
