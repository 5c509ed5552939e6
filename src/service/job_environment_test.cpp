// SPDX-License-Identifier: MIT
#include "service/job_environment.h"
#include "base/time_text.h"
#include "support/desk.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

struct EnvironmentDesk : testing::Desk {
    json::object environment(Id<Job> id) {
        const auto found = run("job:get", {{"id", id.value}});
        REQUIRE(found);
        return found->at("env").as_object();
    }
    Id<Job> launched(Id<RunTemplate> origin, json::object values = {}) {
        const auto made = run("runtemplate:schedule", {{"id", origin.value}, {"env", std::move(values)}});
        REQUIRE(made);
        return {made->at("job_id").as_int64()};
    }
};

/// Counts what a reader asks the database for.
class Counting final : public sql::Connection {
public:
    explicit Counting(sql::Connection& inner) : inner_(inner) {}
    sql::Dialect dialect() const override { return inner_.dialect(); }
    sql::Rows query(std::string_view sql, std::span<const Value> parameters) override {
        ++statements;
        return inner_.query(sql, parameters);
    }
    std::int64_t execute(std::string_view sql, std::span<const Value> parameters) override {
        ++statements;
        return inner_.execute(sql, parameters);
    }
    void begin() override { inner_.begin(); }
    void begin_snapshot() override { inner_.begin_snapshot(); }
    void commit() override { inner_.commit(); }
    void rollback() noexcept override { inner_.rollback(); }
    std::int64_t change_counter() override { return inner_.change_counter(); }

    int statements = 0;

private:
    sql::Connection& inner_;
};

}  // namespace

TEST_CASE("a job that waits shows the environment that it would get now, secrets masked") {
    EnvironmentDesk desk;
    desk.add(ApplicationField{
        .application_id = desk.application.id, .name = "BANK_PASSWORD", .type = "password", .secret = true});
    desk.add(ApplicationField{
        .application_id = desk.application.id, .name = "URL", .position = 1, .type = "string", .defval = "http://a"});
    const auto origin = desk.add_run_template();
    REQUIRE(desk.run("runtemplate:update", {{"id", origin.id.value}, {"config", {{"BANK_PASSWORD", "s3cr3t"}}}}));
    const auto plain = desk.launched(origin.id), changed = desk.launched(origin.id, {{"URL", "http://b"}});
    CHECK(desk.environment(plain).at("URL") == "http://a");
    CHECK(desk.environment(plain).at("MULTIFLEXI_JOB_ID") == json::value(std::to_string(plain.value)));
    CHECK(desk.environment(plain).at("BANK_PASSWORD") != "s3cr3t");
    CHECK(desk.environment(changed).at("URL") == "http://b");
    // It follows the run template until the job starts.
    REQUIRE(desk.run("runtemplate:update", {{"id", origin.id.value}, {"config", {{"URL", "http://c"}}}}));
    CHECK(desk.environment(plain).at("URL") == "http://c");
    CHECK(desk.environment(changed).at("URL") == "http://b");
    // A job that never ran never had one, and one that ran shows what it was given.
    REQUIRE(desk.run("job:cancel", {{"id", plain.value}}));
    CHECK(desk.environment(plain).empty());
    REQUIRE(desk.claim().size() == 1);
    CHECK(desk.environment(changed).at("URL") == "http://b");
    REQUIRE(desk.start(changed));
    CHECK(desk.environment(changed).empty());
}

TEST_CASE("an environment that cannot be assembled is empty") {
    EnvironmentDesk desk;
    const auto origin = desk.add_run_template();
    REQUIRE(desk.run("runtemplate:update", {{"id", origin.id.value}, {"config", {{"RESULT_FILE", "../out"}}}}));
    CHECK(desk.environment(desk.launched(origin.id)).empty());
}

TEST_CASE("a list with environments takes as many statements for many jobs as for two") {
    EnvironmentDesk desk;
    const auto other = desk.add_company("other");
    std::vector<Id<RunTemplate>> origins;
    for (int i = 0; i < 8; ++i)
        origins.push_back(desk.add_run_template([&](RunTemplate& r) {
                                  r.overlap = Overlap::parallel;
                                  if (i % 2) r.company_id = other.id;
                              })
                              .id);
    for (int round = 0; round < 5; ++round)
        for (const auto origin : origins) desk.launched(origin, {{"ROUND", std::to_string(round)}});
    for (const auto& claimed : desk.claim(7))
        if (claimed.job.id.value % 2) REQUIRE(desk.start(claimed.job.id));
    const auto listed = [&](std::int64_t limit, int& statements) {
        const auto operation = std::ranges::find(desk.operations, "job:list", &Operation::name);
        return desk.database.read([&](Session& session) {
            Counting counting(session.sql);
            Session counted{counting};
            const Caller caller{{desk.user, "tester"}, Rights::unlimited()};
            auto done = perform(counted, *operation, {{"limit", limit}, {"env", true}}, caller,
                                {.vault = desk.vault, .now = desk.moment, .zone = "UTC"});
            statements = counting.statements;
            return std::move(done->answer);
        });
    };
    int for_two = 0, for_all = 0;
    REQUIRE(listed(2, for_two).as_array().size() == 2);
    const auto all = listed(40, for_all);
    CHECK(for_two <= 12);
    CHECK(for_all == for_two);
    REQUIRE(all.as_array().size() == 40);
    for (const auto& row : all.as_array()) {
        const Id<Job> id{row.at("id").as_int64()};
        CHECK(row.at("env").as_object() == desk.environment(id));
    }
    CHECK(all.as_array().back().at("env").at("ROUND") == "4");
    CHECK(all.as_array().back().at("env").at("MULTIFLEXI_COMPANY_CODE") == "other");
}

TEST_CASE("a recorded environment is shown by names, as text and as an object") {
    const std::pair<std::string, std::string> cases[] = {
        {R"([{"key":"A","value":"b","source":"platform","secret":false},{"key":"\u017d","value":"\"\n\\x","n":[1,2.5,null]}])",
         R"({"A":"b","Ž":"\"\n\\x"})"},
        {R"([{"source":"x","value":"","key":"EMPTY"}])", R"({"EMPTY":""})"},
        {"[]", "{}"},
        {"", "{}"},
        {R"([{"key":"A","value":"b"},)", "{}"},
        {"{", "{}"},
        {R"([{"key")", "{}"}};
    for (const auto& [recorded, shown] : cases) {
        CAPTURE(recorded);
        std::string out = "x";
        append_recorded_environment(out, recorded);
        CHECK(out == "x" + shown);
        CHECK(to_text(json::value(recorded_environment(recorded))) == shown);
    }
}
