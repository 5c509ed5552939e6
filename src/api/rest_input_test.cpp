// SPDX-License-Identifier: MIT
#include "support/api_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::ApiDesk;

namespace {

std::set<std::string> complained_about(const http::Response& answer) {
    std::set<std::string> out;
    const auto body = ApiDesk::body_of(answer);
    if (const auto* errors = body.as_object().if_contains("errors"))
        for (const auto& error : errors->as_array()) out.insert(std::string(error.at("field").as_string()));
    return out;
}

}  // namespace

TEST_CASE("whoever makes something is told every missing, wrong and unknown field at once") {
    ApiDesk desk;
    const std::map<std::string, std::set<std::string>> needed{
        {"application:create", {"name", "uuid", "executable"}},
        {"company:create", {"name"}},
        {"credential:create", {"name", "company_id", "credential_type_id"}},
        {"credential-prototype:create", {"code", "name"}},
        {"credential-type:create", {"class"}},
        {"event-rule:create", {"event_source_id", "runtemplate_id"}},
        {"event-source:create", {"name"}},
        {"job:create", {"runtemplate_id", "scheduled"}},
        {"runtemplate:create", {"name", "app_id", "company_id"}},
        {"token:create", {}},
        {"topic:create", {"name"}},
        {"user:create", {"login", "email"}},
        {"user-erasure:create", {"user_id"}}};
    for (const auto& operation : desk.operations) {
        if (!operation.name.ends_with(":create")) continue;
        CAPTURE(operation.name);
        REQUIRE(needed.contains(operation.name));
        const auto& missing = needed.at(operation.name);
        const auto empty = desk.call(operation, {}, desk.as_admin());
        CAPTURE(empty.body);
        if (!missing.empty()) {
            CHECK(empty.status == 400);
            CHECK(complained_about(empty) == missing);
        }
        // Nothing of the command line. What was made may hold a random token, in which anything can stand.
        if (empty.status >= 400) CHECK(empty.body.find("--") == std::string::npos);
        auto expected = missing;
        json::object input{{"colour", "red"}, {"size", 3}};
        expected.insert({"colour", "size"});
        for (const Field& field : operation.input->fields)
            if (field.type == FieldType::integer && !missing.contains(std::string(field.name)) &&
                field.name != "company_id" && field.name != "runtemplate_source_id" && !field.options.read_only) {
                input[field.name] = "x";
                expected.insert(std::string(field.name));
            }
        const auto wrong = desk.call(operation, input, desk.as_admin());
        CAPTURE(wrong.body);
        CHECK(wrong.status == 400);
        CHECK(complained_about(wrong) == expected);
    }
    const auto blank = desk.ask_json("POST", "/companies", desk.as_admin(), {{"name", "  "}});
    CHECK(complained_about(blank) == std::set<std::string>{"name"});
    const auto by_code = desk.ask_json("POST", "/runtemplates", desk.as_admin(),
                                       {{"company_id", "acme"}, {"colour", "red"}, {"name", "x"}, {"app_uuid", "u"}});
    CHECK(complained_about(by_code) == std::set<std::string>{"colour"});
}

TEST_CASE("an order that a list does not have is refused by every list") {
    ApiDesk desk;
    for (const auto& operation : desk.operations) {
        if (!operation.input->find("order") || !operation.route.starts_with("GET ")) continue;
        CAPTURE(operation.name);
        auto input = desk.example(operation, desk.acme);
        for (const auto* wrong : {"X", "", "asc", "-id"}) {
            input["order"] = wrong;
            const auto answer = desk.call(operation, input, desk.as_admin());
            CAPTURE(answer.body);
            CHECK(answer.status == 400);
            CHECK(complained_about(answer) == std::set<std::string>{"order"});
        }
        for (const auto* right : {"A", "D", "d"}) {
            input["order"] = right;
            CHECK(desk.call(operation, input, desk.as_admin()).status == 200);
        }
    }
}

TEST_CASE("a job that is launched over HTTP says so, now and for later") {
    ApiDesk desk;
    const auto target = fmt::format("/runtemplates/{}/jobs", desk.acme.origin.id.value);
    for (const auto* when : {"now", "2099-01-01 00:00"}) {
        const auto answer = desk.ask_json("POST", target, desk.as_admin(), {{"schedule_time", when}});
        CAPTURE(answer.body);
        REQUIRE(answer.status < 300);
        const auto job = desk.get(Id<Job>{desk.body_of(answer).at("job_id").as_int64()});
        CHECK(job.schedule_type == "adhoc-api");
    }
}

TEST_CASE("the output of a job is read in one range of bytes, however its pieces lie") {
    ApiDesk desk;
    const auto job = desk.launch(desk.acme.origin, desk.moment);
    desk.claim();
    desk.start(job.id);
    desk.database.write([&](Session& session) {
        std::int64_t seq = 0;
        for (const auto& [source, text] :
             {std::pair(OutputSource::standard_output, "0123"), std::pair(OutputSource::standard_error, "oh"),
              std::pair(OutputSource::standard_output, "4567"), std::pair(OutputSource::standard_output, "89")}) {
            const auto piece = pack(job.id, 1, {.seq = seq++, .at = desk.moment, .source = source, .bytes = text});
            REQUIRE(append_output(session, std::span(&piece, 1)) == 0);
        }
    });
    const std::string whole = "0123456789";
    const auto target = fmt::format("/jobs/{}/stdout", job.id.value);
    const auto ranged = [&](std::string_view range) {
        auto headers = desk.as_admin();
        headers.add("Range", std::string(range));
        return desk.ask("GET", target, std::move(headers));
    };
    for (std::size_t first = 0; first < whole.size(); ++first)
        for (std::size_t last = first; last < whole.size(); ++last) {
            auto answer = ranged(fmt::format("bytes={}-{}", first, last));
            REQUIRE(answer.status == 206);
            CHECK(answer.headers.get("Content-Range") == fmt::format("bytes {}-{}/*", first, last));
            CHECK(desk.streamed(answer) == whole.substr(first, last - first + 1));
        }
    desk.end(job.id, JobState::succeeded, 0);
    auto tail = ranged("bytes=-3");
    CHECK(tail.headers.get("Content-Range") == "bytes 7-9/10");
    CHECK(desk.streamed(tail) == "789");
    auto all = ranged("lines=1-2");
    CHECK(all.status == 200);
    CHECK(all.headers.get("Accept-Ranges") == "bytes");
    CHECK(desk.streamed(all) == whole);
    const auto outside = ranged("bytes=10-");
    CHECK(outside.status == 416);
    CHECK(outside.headers.get("Content-Range") == "bytes */10");
}
