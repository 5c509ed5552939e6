// SPDX-License-Identifier: MIT
#include "journeys/installation.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using namespace mf::testing;

TEST_CASE(
    "a job that has succeeded launches the next one, with what it produced, also when the server ends in between") {
    Installation it;
    const auto first = it.run_template(
        {{"executable", it.script(R"(echo '{"invoice":{"id":17}}' > "$RESULT_FILE")").string()},
         {"environment", json::object{{"RESULT_FILE", json::object{{"type", "string"}, {"defval", "result.json"}}}}}});
    const auto second = it.run_template_of_script(R"(echo "invoice $INVOICE"; cat "$DOCUMENT")");
    it.ask({"event-rule:create", "--runtemplate_source_id", fmt::to_string(first), "--runtemplate_id",
            fmt::to_string(second), "--env_mapping", R"({"INVOICE":"$.invoice.id","DOCUMENT":"@file:result.json"})"});
    const auto launched = [&] {
        return it.rows({"job:list", "--fields", "id,runtemplate_id,schedule_type,state", "--order", "D"});
    };
    const auto is_of_second = [&](const json::value& job) {
        return number_of(job.as_object(), "runtemplate_id") == second;
    };
    const auto count = [&] { return std::ranges::count_if(launched(), is_of_second); };
    it.start();
    it.ended(it.job(first));
    REQUIRE(comes_true([&] { return count() == 1; }));
    const auto jobs = launched();
    const auto next = std::ranges::find_if(jobs, is_of_second)->as_object();
    CHECK(text_of(next, "schedule_type") == "event");
    const auto id = number_of(next, "id");
    CHECK(text_of(it.ended(id), "state") == "succeeded");
    CHECK(it.cli({"job:output", "--id", fmt::to_string(id)}).out == "invoice 17\n{\"invoice\":{\"id\":17}}\n");
    // A job of a server that is killed at once: the next one knows what there is to launch.
    const auto again = it.job(first);
    REQUIRE(comes_true([&] { return it.job_state(again) == "succeeded"; }));
    it.stop(SIGKILL);
    it.start();
    REQUIRE(comes_true([&] { return count() == 2; }));
    const auto fired = it.rows({"audit:list", "--entity", "event_rule", "--action", "fire"});
    CHECK(fired.size() == 2);
}
