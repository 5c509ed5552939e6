// SPDX-License-Identifier: MIT
#pragma once

#include "base/zone.h"
#include "domain/cron.h"
#include "domain/run_template.h"
#include "domain/schedule_anchor.h"

#include <cstdint>
#include <optional>
#include <string>

namespace mf {

/// When something runs, as it was configured.
struct ScheduleRule {
    Interval interval = Interval::disabled;
    std::string cron;               ///< for Interval::custom only
    std::optional<Anchor> anchor;   ///< none: the start of the period
    Zone zone;                      ///< in which local times are meant
    std::chrono::seconds delay{};   ///< from a slot to its launch, 0 to 366 days
    std::chrono::seconds jitter{};  ///< at most so much more, 0 to 366 days
    std::int64_t jitter_seed = 0;   ///< id of the run template
};

/// A rule that has been found right and made quick. A value; every function may be called from every thread.
///
/// A *slot* is a moment that the rule names; it is known by its UTC instant, so that no change of clocks makes two of
/// one. Its *launch* is slot + delay + jitter, where the jitter is the same for every slot of a run template and the
/// same on every machine: splitmix64(seed) modulo (jitter + 1), in seconds. So launches keep the order of slots.
class Schedule {
public:
    /// The error is a sentence about the part of the rule that is wrong.
    static Result<Schedule> compile(const ScheduleRule& rule);

    /// False for Interval::disabled, and for expressions whose days do not exist.
    bool ever_runs() const { return cron_ && !cron_->never_fires(); }

    /// First slot strictly after the moment.
    std::optional<Timestamp> next_slot(Timestamp after) const;
    /// Last slot strictly before the moment.
    std::optional<Timestamp> previous_slot(Timestamp before) const;
    /// Slots in (after, until]; quick for spans of years.
    std::int64_t count_slots(Timestamp after, Timestamp until) const;

    Timestamp launch_of(Timestamp slot) const { return slot + launch_offset_; }
    /// The latest slot instant whose launch is not after the moment.
    Timestamp slot_limit_of(Timestamp moment) const { return moment - launch_offset_; }

    const Zone& zone() const { return zone_; }
    /// What is computed with; none for Interval::disabled.
    const std::optional<CronExpression>& cron() const { return cron_; }
    /// "At 02:30 every day." or "Only when somebody asks."
    std::string describe() const;

private:
    std::optional<CronExpression> cron_;
    Zone zone_;
    std::chrono::seconds launch_offset_{};
};

/// The rule of a run template; the zone of the server is used when it names none. Errors name the field.
Result<ScheduleRule> schedule_rule_of(const RunTemplate& run_template, const Zone& server_zone);
Result<Schedule> schedule_of(const RunTemplate& run_template, const Zone& server_zone);

/// A number that looks random but is the same for a seed on every machine and in every version (splitmix64).
std::uint64_t scattered(std::uint64_t seed);

}  // namespace mf
