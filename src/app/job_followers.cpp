// SPDX-License-Identifier: MIT
#include "app/job_followers.h"

namespace mf {

void JobFollowers::follow_rules(Id<User> user, std::function<void()> queued) {
    const auto& allowed = installation_.settings().env_allow;
    rules_.emplace(
        installation_.database(), clock_, installation_.vault(),
        EventLauncher::Facts{
            .zone = installation_.zone().name(), .user = user, .allowed_names = {allowed.begin(), allowed.end()}},
        ended_, std::move(queued));
    rules_->start();
}

void JobFollowers::follow_sources(Id<User> user, std::string holder, std::function<void()> queued) {
    const auto& settings = installation_.settings();
    auto& database = installation_.database();
    sources_.emplace(database, clock_, installation_.vault(),
                     SourceReader::Facts{
                         .holder = std::move(holder),
                         .time_limit = settings.credential_time_limit,
                         .tell_node_red = settings.nodered_forward_changes && !settings.nodered_webhook_url.empty()});
    changes_.emplace(database, clock_, installation_.vault(),
                     ChangeLauncher::Facts{.zone = installation_.zone().name(),
                                           .user = user,
                                           .allowed_names = {settings.env_allow.begin(), settings.env_allow.end()}},
                     std::move(queued));
    poller_.emplace(database, clock_, *sources_, *changes_);
    poller_->start();
}

void JobFollowers::tell_node_red() {
    const auto& settings = installation_.settings();
    if (settings.nodered_webhook_url.empty() && settings.nodered_catalog_url.empty()) return;
    node_red_.emplace(installation_.database(), http_, clock_,
                      NodeRed::Settings{.webhook_url = settings.nodered_webhook_url,
                                        .catalogue_url = settings.nodered_catalog_url,
                                        .forward_changes = settings.nodered_forward_changes,
                                        .token = settings.nodered_token,
                                        .catalogue_interval = settings.nodered_catalog_interval,
                                        .holder = settings.node});
    node_red_->start(clock_);
}

}  // namespace mf
