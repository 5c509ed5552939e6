// SPDX-License-Identifier: MIT
#include "service/operation_request.h"

#include "service/job_operations.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

const Operation& operation_named(std::string_view name) {
    static const auto all = all_operations();
    return *std::ranges::find(all, name, &Operation::name);
}

OperationRequest request_for(std::string_view name, json::object input) {
    return request_of(operation_named(name), std::move(input));
}

}  // namespace

TEST_CASE("what an operation is told stands in the path, and the rest in the query or the body") {
    const auto get = request_for("company:get", {{"id", 5}, {"code", "a&b=c d"}, {"name", nullptr}});
    CHECK(get.method == "GET");
    CHECK(get.target == "/companies/5?code=a%26b%3Dc%20d");
    CHECK(get.body.empty());
    const auto patch = request_for("company:update", {{"id", "5"}, {"name", nullptr}, {"enabled", true}});
    CHECK(patch.method == "PATCH");
    CHECK(patch.target == "/companies/5");
    CHECK(patch.body == R"({"enabled":true,"name":null})");
    const auto set = request_for("company:variable-set", {{"company_id", 1}, {"name", "A B"}, {"value", "x"}});
    CHECK(set.target == "/companies/1/variables/A%20B");
    CHECK(request_for("company:pause", {{"id", 7}}).body.empty());
    CHECK(request_for("job:list", {{"limit", 5}, {"state", "failed"}}).target == "/jobs?limit=5&state=failed");
}

TEST_CASE("what could be misread in a path, or is not known, is not said there") {
    CHECK(request_for("company:get", {{"code", "acme"}}).target == "/companies/-?code=acme");
    CHECK(request_for("company:update", {{"code", "acme"}}).target == "/companies/-");
    for (const auto* text : {"", "-", ".", "..", "a/b"})
        CHECK(request_for("company:get", {{"id", text}}).target.starts_with("/companies/-?id="));
    CHECK(request_for("node:get", {{"name", "\xC3\xA4 %2F"}}).target == "/nodes/%C3%A4%20%252F");
}

TEST_CASE("a request is sent again only where that does no harm") {
    CHECK(again_of(operation_named("job:list")) == Again::yes);
    CHECK(again_of(operation_named("application:validate")) == Again::yes);
    CHECK(again_of(operation_named("company:create")) == Again::with_key);
    CHECK(again_of(operation_named("token:create")) == Again::no);
    CHECK(again_of(operation_named("encryption:reseal")) == Again::no);
    CHECK(again_of(operation_named("company:update")) == Again::no);
    CHECK(again_of(operation_named("company:remove")) == Again::no);
}
