// SPDX-License-Identifier: MIT
#include "api/event_request.h"

#include "net/server/target.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

using namespace mf;

namespace {

http::Request request_for_events(std::string_view query, std::optional<std::string> last_id = {}) {
    http::Request out{.method = "GET"};
    REQUIRE(http::read_target("/api/v1/events" + std::string(query), out));
    if (last_id) out.headers.add("Last-Event-ID", *last_id);
    return out;
}

}  // namespace

TEST_CASE("what is asked of a stream is read whole, or complained about whole") {
    const auto wanted = read_changes_wanted(
        request_for_events("?types=job.started,job.ended&job_id=3,4&runtemplate_id=5&company_id=6&last_event_id=77"));
    REQUIRE(wanted);
    CHECK(wanted->kinds == std::vector{JobChangeKind::started, JobChangeKind::ended});
    CHECK(wanted->last_id == 77);
    JobChange change{.company = {6}, .job = {4}, .run_template = {5}, .kind = JobChangeKind::ended, .exitcode = {}};
    CHECK(wanted->includes(change));
    for (auto* id : {&change.job.value, &change.company.value, &change.run_template.value}) {
        ++*id;
        CHECK_FALSE(wanted->includes(change));
        --*id;
    }
    change.kind = JobChangeKind::created;
    CHECK_FALSE(wanted->includes(change));
    CHECK(read_changes_wanted(request_for_events("?last_event_id=5", "9"))->last_id == 9);
    CHECK_FALSE(read_changes_wanted(request_for_events(""))->last_id);
    const auto wrong = read_changes_wanted(request_for_events("?types=job.nothing&job_id=x&colour=red", "-1"));
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().fields.size() == 4);
    CHECK(wrong.error().message.find("there are job.created, ") != std::string::npos);
}

TEST_CASE("whatever somebody shows as the last event, it is one of ours or refused") {
    CHECK(rc::check([] {
        // What is nearly right finds more than what is arbitrary.
        const auto text = *rc::gen::container<std::string>(
            rc::gen::weightedOneOf<char>({{8, rc::gen::inRange('0', '9')},
                                          {1, rc::gen::element('-', '+', ' ', 'r', '.')},
                                          {1, rc::gen::arbitrary<char>()}}));
        const auto request = request_for_events("", text);
        if (const auto wanted = read_changes_wanted(request); wanted && wanted->last_id) {
            RC_ASSERT(*wanted->last_id >= 0);
            RC_ASSERT(text.find(fmt::to_string(*wanted->last_id)) != std::string::npos);
        }
        if (const auto known = read_output_position(request)) RC_ASSERT(known->seq >= -1);
    }));
    CHECK(rc::check([] {
        const OutputPosition position{
            *rc::gen::element<std::int64_t>(-1, 0, 1, 17, std::numeric_limits<std::int64_t>::max()),
            *rc::gen::element<std::optional<JobState>>(std::nullopt, JobState::pending, JobState::lost)};
        RC_ASSERT(*read_output_position(request_for_events("", to_event_id(position))) == position);
    }));
    for (const auto* wrong : {"17", "x-running", "17-walking", "--1-running", "99999999999999999999-running"})
        CHECK_FALSE(read_output_position(request_for_events("", wrong)));
}
