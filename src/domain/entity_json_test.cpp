// SPDX-License-Identifier: MIT
#include "domain/entity_json.h"
#include "domain/company.h"
#include "domain/job.h"
#include "domain/run_template.h"
#include "domain/user.h"

#include <doctest/doctest.h>
#include <boost/json.hpp>

using namespace mf;

TEST_CASE("a text that is not UTF-8 is refused, wherever it stands, instead of changed") {
    Company company{.name = "Before"};
    const auto refused = from_json(entity_of<Company>(), {{"name", "M\xfcller"}, {"code", "m"}}, &company);
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error().fields.size() == 1);
    CHECK(refused.error().fields[0].field == "name");
    CHECK(refused.error().fields[0].message == "is not valid UTF-8");
    CHECK(company.name == "Before");
    CHECK(from_json(entity_of<Company>(), {{"name", "Müller"}, {"code", "m"}}, &company));
    const auto& name = *entity_of<Company>().find("name");
    CHECK_FALSE(value_from_text(name, "M\xfcller"));
    CHECK(value_from_text(name, "Müller"));
}

TEST_CASE("a row is written as its record would be") {
    Job job{.id = {7}, .state = JobState::failed, .schedule_type = "č \"quoted\"\n", .exitcode = 3};
    job.schedule = Timestamp{std::chrono::milliseconds{1'795'000'000'123}};
    job.begin = Timestamp{std::chrono::milliseconds{1'795'000'001'000}};
    User user{.login = "anna"};
    user.password = "secret";
    user.enabled = true;
    const auto check = [](const Entity& entity, const void* record) {
        std::vector<Value> row, as_numbers;
        for (const Field& field : entity.fields) {
            row.push_back(field.read(record));
            const auto* flag = std::get_if<bool>(&row.back());
            as_numbers.push_back(flag ? Value{std::int64_t{*flag}} : row.back());
        }
        for (const auto& values : {row, as_numbers}) {
            std::string text;
            append_row(text, entity, values);
            CHECK(text == to_text(json::value(to_json(entity, record))));
        }
    };
    check(entity_of<Job>(), &job);
    check(entity_of<User>(), &user);
}

TEST_CASE("a text with a zero byte is refused, wherever it stands: no database and no process takes it") {
    const std::string with_zero("a\0b", 3);
    RunTemplate record;
    const auto complaint = [&](std::string_view name, const json::value& value) -> std::string {
        const auto read = from_json(entity_of<RunTemplate>(), {{name, value}}, &record);
        if (read) return {};
        for (const auto& field : read.error().fields)
            if (field.field == name) return field.message;
        return {};
    };
    CHECK(complaint("name", json::string(with_zero)) == "has a zero byte");
    CHECK(complaint("company_id", json::string(with_zero)) == "has a zero byte");
    CHECK(complaint("name", "fine") == "");
}
