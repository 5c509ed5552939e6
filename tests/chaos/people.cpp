// SPDX-License-Identifier: MIT
#include "chaos/people.h"

#include "chaos/processes.h"

#include <fmt/format.h>
#include <iterator>

namespace mf::chaos {
namespace {

using namespace std::chrono_literals;
using testing::Words;

struct Wish {
    Arrangement made;
    Words options;
};

/// What each company has.
std::vector<Wish> wishes() {
    using enum Conduct;
    return {
        {{.conduct = brief, .every_minutes = 1, .overlap = "queue", .catch_up = "all"}, {"--catch_up_limit", "10"}},
        {{.conduct = steady, .every_minutes = 1, .attempts = 2, .gap_seconds = 1}, {"--retry_backoff", "fixed"}},
        {{.conduct = bulky, .every_minutes = 2, .overlap = "parallel"}, {}},
        {{.conduct = idle, .every_minutes = 1, .overlap = "skip", .catch_up = "none"}, {}},
        {{.conduct = stubborn, .every_minutes = 5, .attempts = 2, .gap_seconds = 1, .time_limit_seconds = 3},
         {"--grace", "1", "--retry_backoff", "fixed"}},
        // Most of these are ended while their own processes run.
        {{.conduct = parent, .every_minutes = 2, .attempts = 2, .gap_seconds = 1, .time_limit_seconds = 1},
         {"--grace", "1", "--retry_backoff", "fixed"}},
        {{.conduct = artist, .every_minutes = 1, .overlap = "parallel", .attempts = 2, .gap_seconds = 1},
         {"--retry_backoff", "fixed"}},
        {{.conduct = flaky, .every_minutes = 3, .overlap = "queue", .attempts = 3, .gap_seconds = 1},
         {"--retry_backoff", "linear"}},
        {{.conduct = brief, .every_minutes = 1, .switched = true}, {}},
        {{.conduct = steady, .overlap = "parallel"}, {}},
        {{.conduct = artist, .overlap = "queue"}, {}},
    };
}

std::int64_t number_in(const json::value& answer, std::string_view member) {
    return answer.as_object().at(member).to_number<std::int64_t>();
}

std::string uuid_of(Conduct conduct) {
    return fmt::format("c4a05000-0000-4000-8000-{:012}", static_cast<int>(conduct) + 1);
}

void import_application(Fleet& fleet, Conduct conduct, std::uint64_t seed) {
    const auto exit_code = [](const char* severity, std::optional<bool> retry) {
        json::object out{{"severity", severity}, {"description", json::object{{"en", "For the fault harness"}}}};
        if (retry) out["retry"] = *retry;
        return out;
    };
    const json::object definition{
        {"schemaVersion", "3.4.0"},
        {"version", "1.0.0"},
        {"uuid", uuid_of(conduct)},
        {"name", json::object{{"en", name_of(conduct)}}},
        {"description", json::object{{"en", "A job of the fault harness"}}},
        {"executable", (testing::programs() / "chaos-job").string()},
        {"cmdparams", fmt::format("{} {} {}", fleet.evidence().string(), seed, name_of(conduct))},
        {"environment", json::object{{"NOTE", json::object{{"type", "password"}, {"required", false}}}}},
        {"artifacts", json::array{json::object{{"name", "Results"}, {"type", "file"}, {"path", R"(\.bin$)"}}}},
        {"exitCodes", json::object{{"0", exit_code("success", {})},
                                   {fmt::to_string(vetoed_code), exit_code("error", false)},
                                   {fmt::to_string(repeatable_code), exit_code("warning", true)}}}};
    const auto file = fleet.plan().directory / fmt::format("{}.app.json", name_of(conduct));
    std::ofstream(file) << to_text(definition);
    (void)fleet.ask({"application:import-json", "--file", file.string(), "--enable"});
}

}  // namespace

void arrange(Fleet& fleet, Chronicle& chronicle) {
    auto& deeds = chronicle.deeds;
    for (std::size_t i = 0; i < conducts.size(); ++i) import_application(fleet, static_cast<Conduct>(i), deeds.seed);
    for (const auto* name : {"Acme", "Borg"}) {
        const auto company = fmt::to_string(number_in(fleet.ask({"company:create", "--name", name}), "company_id"));
        for (Wish& wish : wishes()) {
            Words words{"run-template:create",
                        "--name",
                        fmt::format("Template {}", deeds.arrangements.size() + 1),
                        "--app_uuid",
                        uuid_of(wish.made.conduct),
                        "--company_id",
                        company,
                        "--overlap",
                        wish.made.overlap,
                        "--catch_up",
                        wish.made.catch_up,
                        "--max_attempts",
                        fmt::to_string(wish.made.attempts),
                        "--retry_min_gap",
                        fmt::to_string(wish.made.gap_seconds)};
            if (wish.made.time_limit_seconds > 0)
                words.insert(words.end(), {"--time_limit", fmt::to_string(wish.made.time_limit_seconds)});
            if (wish.made.every_minutes > 0)
                words.insert(words.end(), {"--cron", fmt::format("*/{} * * * *", wish.made.every_minutes)});
            words.insert(words.end(), wish.options.begin(), wish.options.end());
            wish.made.run_template = number_in(fleet.ask(words), "runtemplate_id");
            deeds.arrangements.push_back(wish.made);
        }
    }
}

void People::begin(Words words, bool launches) {
    const auto& nodes = fleet_.nodes();
    const Node& node = nodes.at(static_cast<std::size_t>(dice_.below(std::ssize(nodes))));
    words.insert(words.end(), {"-f", "json"});
    const auto answer = fleet_.next_answer();
    calls_.push_back({.process = testing::Process(node.cli(words), node.environment(),
                                                  {.out = answer, .err = answer.string() + ".err"}),
                      .answer = answer,
                      .words = fmt::format("{}", fmt::join(words, " ")),
                      .launches = launches,
                      .since = chronicle_.elapsed()});
}

std::int64_t People::some_job() {
    if (dice_.one_in(2)) {
        // One that runs, so that it is to end at once and not to come again.
        std::vector<std::int64_t> running;
        for (const auto& [job, runs] : read_evidence(fleet_.evidence()).runs)
            if (!runs.empty() && !runs.back().ended_ms && lives(runs.back().process)) running.push_back(job);
        if (!running.empty()) return running.at(static_cast<std::size_t>(dice_.below(std::ssize(running))));
    }
    const auto& known = chronicle_.deeds.launched;
    if (known.empty()) return 1;
    // Jobs of schedules have numbers in between.
    return std::max<std::int64_t>(1, *known.rbegin() + 2 - dice_.below(8));
}

void People::act() {
    // The command line waits while the database is away; who sees that does not try on and on.
    if (calls_.size() >= 3) return;
    auto& deeds = chronicle_.deeds;
    const auto what = dice_.below(12);
    if (what < 6) {
        const auto& chosen =
            deeds.arrangements.at(static_cast<std::size_t>(dice_.below(std::ssize(deeds.arrangements))));
        Words words{"job:create", "--runtemplate_id", fmt::to_string(chosen.run_template)};
        if (dice_.one_in(3))
            words.insert(words.end(), {"--scheduled", fmt::format("+{} seconds", dice_.between(1, 5))});
        if (dice_.one_in(3)) words.insert(words.end(), {"--config", "NOTE=n0te-of-a-launch"});
        begin(std::move(words), true);
    } else if (what < 8) {
        const auto job = some_job();
        deeds.to_be_cancelled.insert(job);
        begin({"job:cancel", "--id", fmt::to_string(job)});
    } else if (what < 9) {
        for (const auto& one : deeds.arrangements)
            if (one.switched && dice_.one_in(2)) {
                begin({"run-template:update", "--id", fmt::to_string(one.run_template), "--active",
                       switched_on_ ? "0" : "1"});
                switched_on_ = !switched_on_;
                break;
            }
    } else if (what < 11) {
        const auto& node = fleet_.nodes().at(static_cast<std::size_t>(dice_.below(std::ssize(fleet_.nodes()))));
        // More often the one than the other, so that there is always somebody to work.
        begin({dice_.one_in(3) ? "node:drain" : "node:resume", "--name", node.name()});
    } else {
        begin({"job:list", "--limit", "20"});
    }
}

void People::listen() {
    std::erase_if(calls_, [&](Call& call) {
        const auto code = call.process.wait(0ms);
        if (!code) {
            if (chronicle_.elapsed() - call.since < 3min) return false;
            chronicle_.complain(fmt::format("multiflexi-cli {} did not end within three minutes.", call.words));
            return true;
        }
        const auto text = testing::file_content(call.answer);
        chronicle_.tell(fmt::format("multiflexi-cli {}: {}", call.words, *code));
        if (*code > 1) chronicle_.complain(fmt::format("multiflexi-cli {} ended with the code {}.", call.words, *code));
        if (*code == 0 && call.launches)
            if (const auto answer = parse_json(text); answer && answer->is_object())
                chronicle_.deeds.launched.insert(number_in(*answer, "job_id"));
        return true;
    });
}

}  // namespace mf::chaos
