// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "base/value.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace mf {

/// What a clock on a wall shows, without saying where the wall is.
using LocalTime = std::chrono::local_seconds;

/// A span of real time during which the clocks of a zone stand still against UTC: begin <= t < end.
struct ZonePeriod {
    std::optional<Timestamp> begin;     ///< none: since ever
    std::optional<Timestamp> end;       ///< none: for ever
    std::chrono::seconds offset{};      ///< local time minus UTC
    std::chrono::seconds before{};      ///< the offset before begin (= offset when there is no begin)
    std::chrono::seconds afterwards{};  ///< the offset from end on (= offset when there is no end)
};

/// The moment at which the clocks of a zone are put forward or back.
struct ClockChange {
    Timestamp at;
    std::chrono::seconds before{};  ///< offset until then
    std::chrono::seconds after{};   ///< offset from then on
    bool is_forward() const { return after > before; }
    bool operator==(const ClockChange&) const = default;
};

/// What a local time means in a zone.
struct LocalMeaning {
    enum class Kind {
        unique,  ///< one moment
        gap,     ///< the clocks jump over this time
        overlap  ///< the clocks show this time twice
    };
    Kind kind = Kind::unique;
    Timestamp first;   ///< unique, overlap: the (first) moment; gap: the first moment after the gap
    Timestamp second;  ///< overlap: the second moment; else equal to first
};

/// A time zone with its clock changes (IANA time zone database, /usr/share/zoneinfo or $TZDIR). Cheap to copy; every
/// function may be called from every thread. Rules are known to about the year 2430; later the last offset stays.
class Zone {
public:
    /// UTC.
    Zone();
    static Zone utc() { return Zone(); }
    /// A name of the IANA list, "Europe/Prague", exactly. Abbreviations (CEST) and offsets (+02:00) are not names.
    static Result<Zone> named(std::string_view name);

    /// Where to look for the zone of the machine; tests hand in files of their own.
    struct Sources {
        std::string_view setting = {};  ///< value of MULTIFLEXI_TIMEZONE; empty: not set
        std::filesystem::path timezone_file = "/etc/timezone";
        std::filesystem::path localtime_link = "/etc/localtime";
    };
    struct Found;
    /// The first source that names a zone; a wrong setting is not guessed around: it gives UTC and a complaint.
    static Found of_machine(const Sources& sources);

    const std::string& name() const;
    /// Never anything but UTC; so times may be written with Z.
    bool is_utc() const;

    ZonePeriod period_at(Timestamp moment) const;
    std::chrono::seconds offset_at(Timestamp moment) const;
    LocalTime to_local(Timestamp moment) const;  ///< whole seconds, rounded down
    LocalMeaning meaning_of(LocalTime local) const;
    /// The moment of a local time: the first of two, and the first after a gap.
    Timestamp from_local(LocalTime local) const { return meaning_of(local).first; }
    std::optional<ClockChange> next_clock_change(Timestamp after) const;

    bool operator==(const Zone& other) const { return state_ == other.state_; }

private:
    struct State;
    explicit Zone(const State* state) : state_(state) {}
    static const State* utc_state();
    const State* state_;  // kept for the life of the program
};

struct Zone::Found {
    Zone zone;
    std::string source;     ///< for logs: "MULTIFLEXI_TIMEZONE", a file name, or "default"
    std::string complaint;  ///< empty, or the sentence that says why the setting was not used
};

/// How a moment in UTC is marked: 2025-06-15T12:35:00Z or 2025-06-15T12:35:00+00:00.
enum class UtcMark { letter, offset };

/// "2025-06-15T12:35:00+12:45"; for UTC "2025-06-15T12:35:00Z". Parts of a second are cut off.
std::string format_iso(Timestamp moment, const Zone& zone, UtcMark mark = UtcMark::letter);
/// "2025-06-15 12:35:00"
std::string format_local(Timestamp moment, const Zone& zone);
std::string format_local(LocalTime local);
/// "+02:00", "-03:30"; seconds only where there are any.
std::string format_offset(std::chrono::seconds offset);

}  // namespace mf
