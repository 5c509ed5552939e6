// SPDX-License-Identifier: MIT
#include "mcp/resources.h"

#include "support/assistant.h"
#include "support/tenants_desk.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using testing::Assistant;
using testing::Desk;
using testing::TenantsDesk;

namespace {

json::object content_of(Assistant& assistant, std::string_view uri) {
    return assistant.result("resources/read", {{"uri", uri}}).at("contents").at(0).as_object();
}

}  // namespace

TEST_CASE("resources are the companies and the latest jobs that one may see") {
    TenantsDesk desk;
    const auto acme = desk.furnish(desk.company);
    desk.furnish(desk.add_company("bravo"));
    Assistant assistant(desk, testing::manager_of(desk.company.id));
    assistant.begin();
    const auto listed = assistant.result("resources/list");
    const auto text = to_text(listed);
    CHECK(text.find("bravo") == std::string::npos);
    CHECK_FALSE(listed.contains("nextCursor"));
    CHECK(listed.at("resources").at(0).at("uri") == "multiflexi://companies");
    CHECK(listed.at("resources").at(1).at("uri").as_string() ==
          fmt::format("multiflexi://companies/{}", desk.company.id.value));
    CHECK(text.find(fmt::format("multiflexi://jobs/{}/output", acme.ended.id.value)) != std::string::npos);
    // Whatever is listed can be read.
    for (const auto& each : listed.at("resources").as_array()) {
        const auto content = content_of(assistant, each.at("uri").as_string());
        CHECK(content.at("uri") == each.at("uri"));
        CHECK(content.at("mimeType") == each.at("mimeType"));
        CHECK(content.at("text").is_string());
    }
    CHECK(to_text(assistant.result("resources/templates/list")).find("multiflexi://jobs/{id}/output") !=
          std::string::npos);
}

TEST_CASE("companies come in pages") {
    Desk desk;
    for (int i = 0; i < 210; ++i) desk.add_company(fmt::format("c{:03}", i));
    Assistant assistant(desk);
    assistant.begin();
    std::size_t companies = 0, pages = 1;
    auto page = assistant.result("resources/list");
    for (;; ++pages) {
        for (const auto& each : page.at("resources").as_array())
            companies += each.at("uri").as_string().starts_with("multiflexi://companies/");
        if (!page.contains("nextCursor")) break;
        page = assistant.result("resources/list", {{"cursor", page.at("nextCursor")}});
    }
    CHECK(companies == 211);
    CHECK(pages == 3);
}

TEST_CASE("a resource is read with the rights of the caller") {
    TenantsDesk desk;
    const auto acme = desk.furnish(desk.company), bravo = desk.furnish(desk.add_company("bravo"));
    Assistant assistant(desk, testing::manager_of(desk.company.id));
    assistant.begin();
    const auto parsed = [&](std::string_view kind, std::int64_t id) {
        return testing::must(
            parse_json(content_of(assistant, fmt::format("multiflexi://{}/{}", kind, id)).at("text").as_string()));
    };
    CHECK(parsed("companies", desk.company.id.value).at("code") == "acme");
    CHECK(parsed("jobs", acme.ended.id.value).at("state") == "failed");
    CHECK_FALSE(parsed("jobs", acme.ended.id.value).as_object().contains("stdout"));
    CHECK(parsed("runtemplates", acme.origin.id.value).at("name") == "acme run");
    CHECK(content_of(assistant, fmt::format("multiflexi://jobs/{}/output", acme.ended.id.value)).at("text") ==
          "acme printed");
    const auto refused = [&](std::string uri) {
        const auto error = assistant.error("resources/read", {{"uri", uri}});
        CHECK(error.at("data").at("uri").as_string() == uri);
        return error.at("code");
    };
    for (const auto* kind : {"jobs/{}", "jobs/{}/output"})
        CHECK(refused(fmt::format("multiflexi://{}", fmt::format(fmt::runtime(kind), bravo.ended.id.value))) == -32002);
    CHECK(refused(fmt::format("multiflexi://companies/{}", bravo.company.id.value)) == -32002);
    CHECK(refused(fmt::format("multiflexi://runtemplates/{}", bravo.origin.id.value)) == -32002);
    for (const auto* uri :
         {"", "x", "multiflexi://", "multiflexi://jobs", "multiflexi://jobs/", "multiflexi://jobs/0",
          "multiflexi://jobs/-1", "multiflexi://jobs/01", "multiflexi://jobs/+1", "multiflexi://jobs/1/",
          "multiflexi://jobs/1/output/x", "multiflexi://jobs/99999999999999999999", "multiflexi://companies/",
          "http://companies", "MULTIFLEXI://companies", "file:///etc/passwd", "multiflexi://jobs/%31",
          "multiflexi://users/1"})
        CHECK(refused(uri) == -32002);
}

TEST_CASE("of a long output the end is given, and said that it is the end") {
    TenantsDesk desk;
    const auto of = desk.furnish(desk.company);
    auto options = Assistant::reading();
    options.most_output = 7;
    Assistant assistant(desk, Rights::unlimited(), options);
    assistant.begin();
    const auto content = content_of(assistant, fmt::format("multiflexi://jobs/{}/output", of.ended.id.value));
    CHECK(content.at("text") == "[The first 5 bytes are left out.]\nprinted");
    CHECK(content.at("mimeType") == "text/plain");
}

TEST_CASE("a resource is as bounded as the answer of a tool") {
    Desk desk;
    const auto id = desk.add_run_template([](RunTemplate& r) { r.name = std::string(200, 'n'); }).id.value;
    auto options = Assistant::reading();
    options.most_text = 50;
    Assistant assistant(desk, Rights::unlimited(), options);
    assistant.begin();
    const auto uri = fmt::format("multiflexi://runtemplates/{}", id);
    const auto content = content_of(assistant, uri);
    CHECK(content.at("text").as_string().find("150 bytes left out") != std::string_view::npos);
    options.most_answer = 10;
    Assistant narrow(desk, Rights::unlimited(), options);
    narrow.begin();
    for (int i = 0; i < 40; ++i) desk.add_company(fmt::format("c{:02}", i));
    const auto companies =
        testing::must(parse_json(content_of(narrow, "multiflexi://companies").at("text").as_string()));
    CHECK(companies.at("more") == true);
}

TEST_CASE("prompts bring what they are about") {
    TenantsDesk desk;
    const auto acme = desk.furnish(desk.company), bravo = desk.furnish(desk.add_company("bravo"));
    Assistant assistant(desk, testing::manager_of(desk.company.id));
    assistant.begin();
    const auto listed = assistant.result("prompts/list");
    REQUIRE(listed.at("prompts").as_array().size() == 3);
    for (const auto& prompt : listed.at("prompts").as_array()) {
        json::object arguments;
        const auto& argument = prompt.at("arguments").at(0);
        if (argument.at("required").as_bool())
            arguments[argument.at("name").as_string()] = fmt::to_string(acme.ended.id.value);
        const auto got = assistant.result("prompts/get", {{"name", prompt.at("name")}, {"arguments", arguments}});
        CHECK(got.at("messages").at(0).at("role") == "user");
        CHECK(got.at("messages").at(0).at("content").at("type") == "text");
    }
    const auto failure = assistant.result(
        "prompts/get", {{"name", "job-failure"}, {"arguments", {{"job", fmt::to_string(acme.ended.id.value)}}}});
    REQUIRE(failure.at("messages").as_array().size() == 3);
    CHECK(failure.at("messages").at(2).at("content").at("resource").at("text") == "acme printed");
    const auto tonight =
        to_text(assistant.result("prompts/get", {{"name", "tonight"}, {"arguments", {{"company", "acme"}}}}));
    CHECK(tonight.find("runtemplate_list") != std::string::npos);
    CHECK(tonight.find("acme") != std::string::npos);
    const auto code = [&](json::object params) { return assistant.error("prompts/get", std::move(params)).at("code"); };
    CHECK(code({}) == -32602);
    CHECK(code({{"name", "job-failure"}}) == -32602);
    CHECK(code({{"name", "job-failure"}, {"arguments", {{"job", "x"}}}}) == -32602);
    CHECK(code({{"name", "job-failure"}, {"arguments", {{"job", 1}}}}) == -32602);
    CHECK(code({{"name", "job-failure"}, {"arguments", json::array()}}) == -32602);
    CHECK(code({{"name", "job-failure"}, {"arguments", {{"job", fmt::to_string(bravo.ended.id.value)}}}}) == -32602);
    CHECK(code({{"name", "tonight"}, {"arguments", {{"other", "1"}}}}) == -32602);
    CHECK(code({{"name", "tonight"}, {"arguments", {{"company", std::string(256, 'x')}}}}) == -32602);
}

TEST_CASE("the tools that a prompt names exist") {
    Desk desk;
    Assistant assistant(desk);
    assistant.begin();
    const auto tools = assistant.tools();
    for (const auto* name :
         {"job_list", "job_get", "job_tail", "runtemplate_list", "runtemplate_next", "queue_list", "company_list"})
        CHECK(std::ranges::find(tools, name) != tools.end());
}

TEST_CASE("arguments that somebody has begun to type are completed") {
    TenantsDesk desk;
    const auto acme = desk.furnish(desk.company), bravo = desk.furnish(desk.add_company("bravo"));
    Assistant assistant(desk, testing::manager_of(desk.company.id));
    assistant.begin();
    const auto asked = [](std::string_view kind, std::string_view member, std::string_view reference,
                          std::string_view argument, std::string_view begun) {
        return json::object{{"ref", {{"type", kind}, {member, reference}}},
                            {"argument", {{"name", argument}, {"value", begun}}}};
    };
    const auto values = [&](json::object params) {
        const auto said = assistant.result("completion/complete", std::move(params));
        CHECK(said.at("completion").at("hasMore") == false);
        return to_text(said.at("completion").at("values"));
    };
    // Failed jobs only, and none of another company.
    CHECK(values(asked("ref/prompt", "name", "job-failure", "job", "")) ==
          fmt::format("[\"{}\"]", acme.ended.id.value));
    CHECK(values(asked("ref/prompt", "name", "job-failure", "job", "9")) == "[]");
    CHECK(values(asked("ref/prompt", "name", "tonight", "company", "a")) == R"(["acme"])");
    CHECK(values(asked("ref/prompt", "name", "tonight", "company", "b")) == "[]");
    CHECK(values(asked("ref/resource", "uri", "multiflexi://runtemplates/{id}", "id", "")) ==
          fmt::format("[\"{}\"]", acme.origin.id.value));
    CHECK(values(asked("ref/resource", "uri", "multiflexi://jobs/{id}", "id", "")) ==
          fmt::format("[\"{}\",\"{}\"]", acme.pending.id.value, acme.ended.id.value));
    const auto code = [&](json::object params) {
        return assistant.error("completion/complete", std::move(params)).at("code");
    };
    CHECK(code({}) == -32602);
    CHECK(code(asked("ref/prompt", "name", "job-failure", "other", "")) == -32602);
    CHECK(code(asked("ref/prompt", "uri", "job-failure", "job", "")) == -32602);
    CHECK(code(asked("ref/resource", "uri", "multiflexi://companies", "id", "")) == -32602);
    CHECK(code(asked("ref/tool", "uri", "multiflexi://jobs/{id}", "id", "")) == -32602);
    CHECK(code({{"ref", {{"type", "ref/prompt"}, {"name", "tonight"}}}, {"argument", {{"name", "company"}}}}) ==
          -32602);
    CHECK(bravo.ended.id != acme.ended.id);
}

TEST_CASE("no more than 100 completions are given") {
    Desk desk;
    for (int i = 0; i < 120; ++i) desk.add_company(fmt::format("c{:03}", i));
    Assistant assistant(desk);
    assistant.begin();
    const auto said = assistant.result("completion/complete", {{"ref", {{"type", "ref/prompt"}, {"name", "tonight"}}},
                                                               {"argument", {{"name", "company"}, {"value", "c"}}}});
    CHECK(said.at("completion").at("values").as_array().size() == 100);
    CHECK(said.at("completion").at("hasMore") == true);
}
