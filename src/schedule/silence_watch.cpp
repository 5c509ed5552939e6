// SPDX-License-Identifier: MIT
#include "schedule/silence_watch.h"

namespace mf {

std::vector<JobHolder> SilenceWatch::look(const std::vector<JobHolder>& found, std::chrono::milliseconds uptime) {
    if (uptime - last_look_ >= least_ / 2) watched_.clear();
    last_look_ = uptime;
    std::vector<JobHolder> silent;
    std::map<std::string, Watched, std::less<>> watched;
    for (const JobHolder& holder : found) {
        const auto before = watched_.find(holder.node);
        const bool same = before != watched_.end() && before->second.holder == holder;
        const auto since = same ? before->second.since : uptime;
        const auto lease = holder.known ? std::max(least_, holder.lease_until - holder.seen_at) : least_;
        if (uptime - since >= lease) silent.push_back(holder);
        watched.emplace(holder.node, Watched{holder, since});
    }
    watched_ = std::move(watched);
    return silent;
}

}  // namespace mf
