// SPDX-License-Identifier: MIT
#include "domain/event_change.h"

#include <doctest/doctest.h>
#include <boost/json/object.hpp>

using namespace mf;

namespace {

const std::vector<std::string> columns{"inversion", "evidence", "operation", "recordid", "document_uri", "context"};

ToldChange told(std::vector<Value> row) {
    const auto change = told_change(columns, row);
    REQUIRE(change);
    return *change;
}

}  // namespace

TEST_CASE("the columns of a change win over its context") {
    const auto change = told({std::int64_t{5}, std::string("invoice"), std::string("update"), std::int64_t{77}, Value{},
                              std::string(R"({"evidence": "order", "a": {"b": 1}})")});
    CHECK(change.flaw.empty());
    CHECK(change.record_id == "77");
    CHECK_FALSE(change.document_uri);
    CHECK(to_text(json::value(change.data)) ==
          R"({"evidence":"invoice","a":{"b":1},"document_uri":null,"inversion":5,"operation":"update","recordid":77})");
    CHECK(variables_of(change, {{"B", "$.a.b"}, {"NONE", "a.c"}, {"EVENT_OPERATION", "evidence"}}) ==
          TextMap{{"B", "1"},
                  {"EVENT_EVIDENCE", "invoice"},
                  {"EVENT_INVERSION", "5"},
                  {"EVENT_OPERATION", "invoice"},
                  {"EVENT_RECORD_ID", "77"}});
}

TEST_CASE("a change without a number is none, and null columns are empty") {
    for (const Value& number : {Value{}, Value{std::int64_t{0}}, Value{std::string("x")}, Value{1.5}})
        CHECK_FALSE(told_change(columns, std::vector<Value>{number, {}, {}, {}, {}, {}}));
    CHECK_FALSE(told_change({}, {}));
    const auto change = told({std::string("8"), {}, {}, {}, {}, std::string(" ")});
    CHECK(change.inversion == 8);
    CHECK(change.flaw.empty());
    CHECK(variables_of(change, {}).at("EVENT_RECORD_ID").empty());
}

TEST_CASE("a rule wants what its evidence and operation say, and what hides them") {
    ToldChange change{.inversion = 1, .evidence = "invoice", .operation = "create"};
    EventRule rule;
    CHECK(wants(rule, change));
    rule.evidence = "";
    CHECK(wants(rule, change));
    rule.evidence = "order";
    CHECK_FALSE(wants(rule, change));
    rule.evidence = "invoice";
    rule.operation = ChangeOperation::create;
    CHECK(wants(rule, change));
    rule.operation = ChangeOperation::delete_;
    CHECK_FALSE(wants(rule, change));
    change.operation = "delete";
    CHECK(wants(rule, change));
    change.evidence.clear();
    CHECK_FALSE(wants(rule, change));
    change.flaw = "Unreadable.";
    CHECK(wants(rule, change));
}
