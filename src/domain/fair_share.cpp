// SPDX-License-Identifier: MIT
#include "domain/fair_share.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace mf {
namespace {

constexpr auto no_limit = std::numeric_limits<std::int64_t>::max();

std::int64_t count_in(const std::map<std::int64_t, std::int64_t>& counts, std::int64_t id) {
    const auto found = counts.find(id);
    return found == counts.end() ? 0 : found->second;
}

std::int64_t left(const std::optional<std::int64_t>& limit, std::int64_t running) {
    return limit ? std::max<std::int64_t>(*limit - running, 0) : no_limit;
}

}  // namespace

/// A company that may take a job now.
struct FairShare::Contender {
    std::int64_t running = 0;
    Timestamp oldest{};
    std::int64_t company = 0;
    std::size_t lane = 0;   ///< with its oldest job
    Timestamp until{};      ///< when that lane is the oldest of the company no longer
    std::int64_t left = 0;  ///< of its limit
    auto operator<=>(const Contender&) const = default;
};

FairShare::FairShare(std::vector<DueLane> lanes, RunningJobs running, std::int64_t free, Timestamp now)
    : running_(std::move(running)), free_(free), now_(now) {
    lanes_.reserve(lanes.size());
    for (DueLane& lane : lanes) lanes_.push_back({std::move(lane)});
}

std::int64_t FairShare::left_of_company(const DueLane& lane) const {
    return left(lane.company_limit, count_in(running_.of_company, lane.company));
}

std::int64_t FairShare::left_of_application(const DueLane& lane) const {
    return left(lane.application_limit, count_in(running_.of_application, lane.application));
}

std::vector<FairShare::Contender> FairShare::contenders() const {
    std::map<std::int64_t, Contender> of_company;
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        const auto& [facts, open] = lanes_[i];
        if (!open || left_of_company(facts) == 0 || left_of_application(facts) == 0) continue;
        const auto [known, is_new] =
            of_company.try_emplace(facts.company, Contender{.running = count_in(running_.of_company, facts.company),
                                                            .oldest = facts.oldest,
                                                            .company = facts.company,
                                                            .lane = i,
                                                            .until = now_,
                                                            .left = left_of_company(facts)});
        if (is_new) continue;
        Contender& contender = known->second;
        if (facts.oldest < contender.oldest) {
            contender.until = contender.oldest;
            contender.oldest = facts.oldest;
            contender.lane = i;
        } else {
            contender.until = std::min(contender.until, facts.oldest);
        }
    }
    std::vector<Contender> out;
    for (const auto& [company, contender] : of_company) out.push_back(contender);
    return out;
}

std::optional<FairShare::Turn> FairShare::next() const {
    if (free_ <= 0) return std::nullopt;
    const auto all = contenders();
    if (all.empty()) return std::nullopt;
    const Contender first = *std::ranges::min_element(all);
    const DueLane& lane = lanes_[first.lane].facts;
    // The slots of a limited application are shared by companies, too: one at a time.
    const std::int64_t most = lane.application_limit ? 1 : std::min(free_, first.left);
    // Slot by slot as if every company had enough jobs; what comes to the first one it takes at once.
    std::int64_t given = most;
    if (all.size() > 1 && most > 1) {
        given = 0;
        std::set<Contender> order(all.begin(), all.end());
        for (auto slots = free_; slots > 0 && !order.empty() && given < most; --slots) {
            Contender lucky = *order.begin();
            order.erase(order.begin());
            if (lucky.company == first.company) ++given;
            ++lucky.running;
            if (--lucky.left > 0) order.insert(lucky);
        }
    }
    return Turn{.lane = first.lane, .most = given, .until = first.until};
}

void FairShare::took(const Turn& turn, std::int64_t number) {
    const DueLane& lane = lanes_[turn.lane].facts;
    running_.of_company[lane.company] += number;
    running_.of_application[lane.application] += number;
    free_ -= number;
}

void FairShare::ran_out(const Turn& turn, std::optional<Timestamp> oldest) {
    Lane& lane = lanes_[turn.lane];
    lane.open = oldest.has_value();
    if (oldest) lane.facts.oldest = *oldest;
}

}  // namespace mf
