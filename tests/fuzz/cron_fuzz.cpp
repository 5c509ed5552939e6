// SPDX-License-Identifier: MIT
// Cron expressions: any text is an expression or an error; firings move forward, and there and back is the same.
#include "domain/cron.h"
#include "fuzz/fuzz.h"

using namespace mf;
using mf::fuzz::require;

namespace {

const Zone& zone_of(std::uint8_t choice) {
    static const Zone zones[] = {Zone::utc(), *Zone::named("Europe/Prague"), *Zone::named("America/New_York"),
                                 *Zone::named("Australia/Lord_Howe")};
    return zones[choice % std::size(zones)];
}

}  // namespace

// A byte for the zone, one for the moment, then the expression.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const Zone& zone = zone_of(input.byte());
    const Timestamp start = std::chrono::sys_days{std::chrono::year{2025} / 1 / 1} +
                            std::chrono::days{input.byte() * 8} + std::chrono::minutes{37};
    const auto cron = CronExpression::parse(input.rest());
    if (!cron) {
        require(!cron.error().message.empty(), "a refusal says why");
        return 0;
    }
    require(!cron->describe().empty(), "an expression has words");
    const auto same = CronExpression::parse(cron->text());
    require(same && same->text() == cron->text(), "the tidied text is an expression with the same text");
    Timestamp moment = start;
    for (int i = 0; i < 8; ++i) {
        const auto next = cron->next(moment, zone);
        if (!next) break;
        require(!cron->never_fires(), "what never fires has no firing");
        require(*next > moment, "a firing is later than the moment before it");
        require(same->next(moment, zone) == next, "the tidied text fires at the same moments");
        require(cron->previous(*next + std::chrono::milliseconds{1}, zone) == next, "there and back is the same");
        require(cron->count(moment, *next, zone) == 1, "nothing fires between a moment and the next firing");
        moment = *next;
    }
    cron->with_clamped_days().next(start, zone);
    return 0;
}
