// SPDX-License-Identifier: MIT
#include "journeys/installation.h"
#include "support/http_double.h"

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

TEST_CASE("changes in another database launch jobs, once each, also when the server is killed, and Node-RED is told") {
    Installation it;
    HttpDouble node_red([](const DoubleRequest&) { return DoubleReply{}; });
    it.environment["NODERED_WEBHOOK_URL"] = node_red.url();
    it.environment["NODERED_FORWARD_CHANGES"] = "true";
    const auto file = (it.directory() / "erp.db").string();
    const auto program = sql::open({.database = file});
    program->execute(
        R"(CREATE TABLE "changes_cache" ("inversion" INTEGER PRIMARY KEY, "evidence" TEXT, "operation" TEXT,
                        "recordid" INTEGER, "context" TEXT))");
    const auto change = [&](std::int64_t number, const char* context) {
        program->execute(R"(INSERT INTO "changes_cache" VALUES (?, 'invoice', 'create', 77, ?))",
                         {number, std::string(context)});
    };
    const auto left = [&] { return program->query(R"(SELECT "inversion" FROM "changes_cache")", {}).size(); };
    const auto target = it.run_template_of_script(R"(echo "$EVENT_INVERSION $EVENT_RECORD_ID $NUMBER")");
    it.ask({"event-source:create", "--name", "erp", "--db_connection", "sqlite", "--db_database", file,
            "--poll_interval", "1"});
    it.ask({"event-rule:create", "--event_source_id", "1", "--evidence", "invoice", "--runtemplate_id",
            fmt::to_string(target), "--env_mapping", R"({"NUMBER":"invoice.number"})"});
    const auto printed = [&] {
        std::vector<std::string> out;
        for (const auto& job : it.rows({"job:list", "--fields", "id,state"}))
            if (text_of(job.as_object(), "state") == "succeeded")
                out.push_back(it.cli({"job:output", "--id", fmt::to_string(number_of(job.as_object(), "id"))}).out);
        std::ranges::sort(out);
        return out;
    };
    change(5, R"({"invoice": {"number": "F1"}})");
    change(6, "no json");
    it.start({"--roles", "executor,events"});
    REQUIRE(comes_true([&] { return printed() == std::vector<std::string>{"5 77 F1\n"}; }));
    CHECK(comes_true([&] { return left() == 0; }));
    const auto failed = it.rows({"event-change:list", "--state", "failed"});
    REQUIRE(failed.size() == 1);
    CHECK(has(text_of(failed[0].as_object(), "message"), "no JSON object"));
    it.stop(SIGKILL);
    for (std::int64_t number = 7; number < 20; ++number) change(number, "{}");
    it.start();
    // Killed in the middle of it, wherever that is.
    REQUIRE(comes_true([&] { return !it.rows({"event-change:list", "--state", "launched"}).empty(); }));
    it.stop(SIGKILL);
    it.start();
    REQUIRE(comes_true([&] { return printed().size() == 14 && left() == 0; }));
    CHECK(it.rows({"job:list"}).size() == 14);
    const auto told = [&] {
        const auto requests = node_red.requests();
        return std::ranges::count_if(
            requests, [](const DoubleRequest& request) { return has(request.body, R"("event":"webhook.change")"); });
    };
    CHECK(comes_true([&] { return told() >= 15; }));
}
