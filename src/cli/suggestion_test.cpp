// SPDX-License-Identifier: MIT
#include "cli/suggestion.h"

#include "base/text.h"
#include "cli/testing/fake_backend.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

using Words = std::vector<std::string>;

mf::testing::FakeBackend backend_with_actions() {
    mf::testing::FakeBackend fake;
    for (const auto* name :
         {"company:list", "company:get", "company:create", "company:update", "company:remove", "job:list", "job:get",
          "job:cancel", "queue:list", "queue:truncate", "queue:fix", "status"})
        fake.offer(name, {"id", "limit"}, json::value(nullptr));
    return fake;
}

}  // namespace

TEST_CASE("words that are a slip away are suggested, nearest first, three at most; others are not") {
    constexpr std::string_view known[] = {"name", "executor", "limit", "company_id", "id", "interv", "app_id"};
    CHECK(near_words("nmae", known) == Words{"name"});
    CHECK(near_words("exec", known) == Words{"executor"});
    CHECK(near_words("company-ids", known) == Words{"company_id"});
    CHECK(near_words("LIMITS", known) == Words{"limit"});
    for (const auto* far : {"x", "xx", "", "colour", "verbosely", "idx9", "zzzzzzzz"})
        CHECK_MESSAGE(near_words(far, known).empty(), std::string(far));
    CHECK(near_words(std::string(100000, 'a'), known).empty());
    constexpr std::string_view many[] = {"cat", "bat", "hat", "mat", "rat"};
    CHECK(near_words("fat", many).size() == 3);
}

TEST_CASE("commands: within a known entity its actions count, else the entity") {
    auto fake = backend_with_actions();
    const Catalog catalog(fake.operations());
    const auto near = [&](std::string_view spelled) { return near_commands(catalog, spelled); };
    CHECK(near("company:gett") == Words{"company:get"});
    CHECK(near("company") == Words{"company:list", "company:get", "company:create"});
    CHECK(near("company:frobnicate").empty());
    CHECK(near("queue:trunc") == Words{"queue:truncate"});
    CHECK(near("compnay:list") == Words{"company:list"});
    CHECK(near("jbo:cancle") == Words{"job:cancel"});
    CHECK(near("jbo") == Words{"job:list", "job:get", "job:cancel"});
    CHECK(near("stauts") == Words{"status"});
    CHECK(near("frobnicate").empty());
    CHECK(near("x").empty());
    CHECK(near("").empty());
    CHECK(near(":").empty());
}
