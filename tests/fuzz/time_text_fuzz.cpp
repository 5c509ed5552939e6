// SPDX-License-Identifier: MIT
// Times and durations as people type them: any text is one or an error; what is printed for a duration reads as one.
#include "base/time_text.h"
#include "fuzz/fuzz.h"

using namespace mf;
using mf::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Zone zones[] = {Zone::utc(), *Zone::named("Europe/Prague"), *Zone::named("Pacific/Apia")};
    fuzz::Input input(data, size);
    const Zone& zone = zones[input.byte() % std::size(zones)];
    const Timestamp now = std::chrono::sys_days{std::chrono::year{2025} / 6 / 15} + std::chrono::hours{input.byte()};
    const auto text = input.rest();
    if (const auto time = parse_time(text, now, zone)) {
        const auto day = std::chrono::floor<std::chrono::days>(*time);
        const int year = static_cast<int>(std::chrono::year_month_day{day}.year());
        require(year >= 0 && year <= 10'000, "a moment lies in the years 1 to 9999, but for the offset of its zone");
    } else {
        require(!time.error().message.empty(), "a refusal says why");
    }
    if (const auto length = parse_duration(text)) {
        require(length->count() >= 0, "a duration is not negative");
        require(static_cast<bool>(parse_duration(format_duration(*length))), "a printed duration can be read");
    } else {
        require(!length.error().message.empty(), "a refusal says why");
    }
    return 0;
}
