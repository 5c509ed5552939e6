// SPDX-License-Identifier: MIT
#include "store/records.h"

#include "base/time_text.h"
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
