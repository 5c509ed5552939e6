// SPDX-License-Identifier: MIT
#include "journeys/faked_clock.h"

#include "base/text.h"
#include "base/time_text.h"
#include "base/wake_channel.h"
#include "base/zone.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <stdexcept>

namespace mf::testing {
namespace {

std::filesystem::path library() {
    for (const auto* directory : {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"}) {
        auto file = std::filesystem::path(directory) / "faketime/libfaketimeMT.so.1";
        if (std::filesystem::exists(file)) return file;
    }
    return {};
}

}  // namespace

FakedClock::FakedClock(Installation& installation, std::string_view time)
    : installation_(installation), file_(installation.directory() / "clock"), available_(!library().empty()) {
    if (!available_) {
        MESSAGE("Not tested: libfaketime is not installed (package libfaketime).");
        return;
    }
    installation_.environment.insert({{"LD_PRELOAD", library().string()},
                                      {"FAKETIME_TIMESTAMP_FILE", file_.string()},
                                      {"FAKETIME_NO_CACHE", "1"},
                                      {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
                                      {"NO_FAKE_STAT", "1"},
                                      {"TZ", "UTC"}});
    set(time);
}

void FakedClock::set(std::string_view time) {
    const auto zone = Zone::named("Europe/Prague");
    REQUIRE(zone);
    const auto moment = parse_time(time, Timestamp{}, *zone);
    REQUIRE(moment);
    set_utc(format_local(*moment, Zone::utc()));
}

void FakedClock::set_utc(std::string_view time) {
    // In one step, because it is read all the time.
    const auto next = installation_.write("clock.next", fmt::format("{}\n", time));
    std::filesystem::rename(next, file_);
    for (const auto kind : {Wake::plan, Wake::queue}) wake_servers(installation_.wake_directory(), kind);
}

void FakedClock::wait_until_seen() const {
    const auto time = parse_time(trim(file_content(file_)), {}, Zone::utc());
    REQUIRE(time);
    const auto seconds = fmt::format("{}\n", time->time_since_epoch().count() / 1000);
    // The server tells how far its clock is from that of the database as soon as somebody has set it.
    CHECK(comes_true([&] { return installation_.sql("SELECT (seen_at + clock_offset) / 1000 FROM node") == seconds; }));
}

}  // namespace mf::testing
