// SPDX-License-Identifier: MIT
#pragma once

#include "base/value.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mf {

/// Jobs of the queue that are alike for whoever wants to take one: of one company and application, for the same nodes.
struct DueLane {
    std::int64_t id = 0;
    std::int64_t company = 0;
    std::int64_t application = 0;
    std::string runs_on;  ///< labels, see base/labels.h
    Timestamp oldest{};   ///< since when its first job has been due
    std::optional<std::int64_t> company_limit = {};
    std::optional<std::int64_t> application_limit = {};
};

/// How many jobs run now, on all nodes.
struct RunningJobs {
    std::map<std::int64_t, std::int64_t> of_company, of_application;
};

/// Shares free slots out between companies: the next one goes to the company with the fewest running jobs, which may
/// take its oldest due job (max-min fairness); of companies with equally many, to that whose job has been due longer.
/// A company or application that has reached its limit gets none. How many jobs a lane has is not known beforehand, so
/// the caller asks for a turn, takes jobs, and tells what it got. Pure.
class FairShare {
public:
    FairShare(std::vector<DueLane> lanes, RunningJobs running, std::int64_t free, Timestamp now);

    struct Turn {
        std::size_t lane = 0;   ///< its place in the lanes
        std::int64_t most = 0;  ///< so many jobs of the lane, the oldest first,
        Timestamp until{};      ///< that are due since then or before
    };
    /// None: no slot is free any more, or nobody may take one.
    std::optional<Turn> next() const;
    /// So many jobs were taken in that turn.
    void took(const Turn& turn, std::int64_t number);
    /// The turn found fewer jobs than it might have taken: the next one of its lane is due since `oldest`, if there is
    /// one.
    void ran_out(const Turn& turn, std::optional<Timestamp> oldest);

    const DueLane& lane(const Turn& turn) const { return lanes_[turn.lane].facts; }

private:
    struct Lane {
        DueLane facts;
        bool open = true;
    };
    struct Contender;
    std::vector<Contender> contenders() const;
    std::int64_t left_of_company(const DueLane& lane) const;
    std::int64_t left_of_application(const DueLane& lane) const;

    std::vector<Lane> lanes_;
    RunningJobs running_;
    std::int64_t free_;
    Timestamp now_;
};

}  // namespace mf
