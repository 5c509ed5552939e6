// SPDX-License-Identifier: MIT
// Requests of `schedule preview --batch`: any line that is JSON gets an answer, with runs in order or an error.
#include "domain/schedule_preview.h"
#include "fuzz/fuzz.h"

using namespace mf;
using mf::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Zone prague = *Zone::named("Europe/Prague");
    const Timestamp now = std::chrono::sys_days{std::chrono::year{2025} / 3 / 28};
    fuzz::Input input(data, size);
    const auto request = parse_json(input.rest());
    if (!request) return 0;
    const auto answer = preview_answer(*request, now, prague);
    require(answer.is_object(), "an answer is an object");
    const auto& members = answer.get_object();
    if (members.contains("error")) return 0;
    const json::value* runs = members.if_contains("runs");
    require(runs && runs->is_array(), "an answer has runs or an error");
    std::string before;
    for (const json::value& run : runs->get_array()) {
        std::string moment(run.at("utc").as_string());
        require(before < moment, "runs come in order, each moment once");
        before = std::move(moment);
    }
    require(static_cast<bool>(parse_json(to_text(answer))), "an answer is JSON");
    return 0;
}
