// SPDX-License-Identifier: MIT
#include "store/records.h"

#include "base/time_text.h"
#include "domain/credential.h"
#include "support/queue.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

struct Store : testing::Queue {
    Result<void> add(std::span<const Artifact> artifacts, Scope scope = Scope::everything()) {
        return database.write(
            [&](Session& session) { return Repository<Artifact>(session, scope).insert_all(artifacts); });
    }
    std::vector<Artifact> artifacts_of(const Job& job, std::size_t number) {
        std::vector<Artifact> out;
        for (std::size_t i = 0; i < number; ++i)
            out.push_back({.job_id = job.id,
                           .company_id = job.company_id,
                           .filename = std::to_string(i),
                           .content_type = "text/plain",
                           .sha256 = "none"});
        return out;
    }
};

}  // namespace

TEST_CASE("any number of records is inserted at once, each as it is") {
    Store store;
    const auto job = store.in_state(JobState::running);
    for (const std::size_t number : {0U, 1U, 2U, 1000U}) {
        const auto before = store.all<Artifact>().size();
        REQUIRE(store.add(store.artifacts_of(job, number)));
        const auto after = store.all<Artifact>();
        REQUIRE(after.size() == before + number);
        for (std::size_t i = 0; i < number; ++i) CHECK(after[before + i].filename == std::to_string(i));
    }
}

TEST_CASE("records of another company are refused, and nothing of theirs or with them stays") {
    Store store;
    const auto job = store.in_state(JobState::running);
    auto artifacts = store.artifacts_of(job, 500);
    artifacts.back().company_id = {job.company_id.value + 1};
    const auto refused = store.add(artifacts, Scope::only(job.company_id));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::forbidden);
    CHECK(store.all<Artifact>().empty());
}

namespace {

/// A type of one company, one of another, and one that belongs to all.
struct Types : Store {
    CredentialType of(std::optional<Id<Company>> whose, const char* uuid) {
        return {.company_id = whose,
                .owner = whose ? whose->value : 0,
                .uuid = uuid,
                .name = uuid,
                .prototype = "Bank",
                .created_at = test_moment,
                .updated_at = test_moment};
    }
    static constexpr Timestamp test_moment{};
    Id<Company> other = add_company("other").id;
    CredentialType mine = World::add(of(company.id, "mine"));
    CredentialType theirs = World::add(of(other, "theirs"));
    CredentialType shared = World::add(of(std::nullopt, "shared"));

    template <class F>
    auto as(Scope scope, F&& work) {
        return database.write([&](Session& session) {
            Repository<CredentialType> types(session, scope);
            return work(types);
        });
    }
};

}  // namespace

TEST_CASE("what belongs to every company is seen by each of them") {
    Types store;
    store.as(Scope::only(store.company.id), [&](auto& types) {
        CHECK(types.find(store.mine.id));
        CHECK(types.find(store.shared.id));
        CHECK(types.find(store.theirs.id).error().code == ErrorCode::not_found);
        CHECK(types.count() == 2);
        CHECK(types.list({.equals = {{"uuid", std::string("shared")}}}).size() == 1);
        CHECK(types.list({.equals = {{"uuid", std::string("theirs")}}}).empty());
        CHECK(types.list({.newest_first = true, .limit = 1}).front().uuid == "shared");
    });
    store.as(Scope::everything(), [&](auto& types) { CHECK(types.count() == 3); });
}

TEST_CASE("what belongs to every company is changed by none of them") {
    Types store;
    const auto change = [&](const CredentialType& type) {
        return [&type](auto& types) -> Result<void> {
            auto after = type;
            after.name = "changed";
            return types.update(type, after);
        };
    };
    const auto erase = [&](Id<CredentialType> id) {
        return [id](auto& types) -> Result<void> { return types.erase(id); };
    };
    const auto own = Scope::only(store.company.id);
    CHECK(store.as(own, change(store.shared)).error().code == ErrorCode::forbidden);
    CHECK(store.as(own, erase(store.shared.id)).error().code == ErrorCode::forbidden);
    CHECK(store.as(own, change(store.theirs)).error().code == ErrorCode::not_found);
    CHECK(store.as(own, erase(store.theirs.id)).error().code == ErrorCode::not_found);
    CHECK(store.as(own, erase({12345})).error().code == ErrorCode::not_found);
    const auto another = [&](auto& types) -> Result<void> {
        auto type = store.of(std::nullopt, "another");
        return types.insert(type);
    };
    CHECK(store.as(own, another).error().code == ErrorCode::forbidden);
    // Nobody makes a row of their own everybody's, or the other way round.
    const auto give_away = [&](auto& types) -> Result<void> {
        auto after = store.mine;
        after.company_id.reset();
        return types.update(store.mine, after);
    };
    CHECK(store.as(own, give_away).error().code == ErrorCode::forbidden);
    CHECK(store.as(own, change(store.mine)));
    CHECK(store.as(Scope::everything(), change(store.shared)));
    CHECK(store.as(Scope::everything(), another));
    CHECK(store.as(Scope::everything(), erase(store.shared.id)));
}
