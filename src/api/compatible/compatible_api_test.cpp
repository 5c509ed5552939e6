// SPDX-License-Identifier: MIT
#include "support/compatible_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::CompatibleDesk;
using testing::keyed_refused_by_client;
using testing::list_refused_by_client;
using testing::refused_by_client;

namespace {

std::string error_in(const http::Response& answer) {
    const auto body = CompatibleDesk::body_of(answer);
    CHECK(body.at("success") == false);
    CHECK(answer.headers.get("Content-Type") == "application/json");
    return std::string(body.at("error").as_string());
}

}  // namespace

TEST_CASE("the strict client takes every list and every record") {
    CompatibleDesk desk;
    const auto id = [](const auto& of) { return fmt::to_string(of.id.value); };
    testing::must(desk.run("topic:create", {{"name", "A topic with more than 32 characters"},
                                            {"color", "#1a7f37"},
                                            {"description", std::string(300, 'd')}}));
    CHECK(keyed_refused_by_client("App", desk.read("/apps.json")) == "");
    CHECK(keyed_refused_by_client("RunTemplate", desk.read("/runtemplates.json")) == "");
    CHECK(keyed_refused_by_client("Job", desk.read("/jobs.json")) == "");
    for (const auto& [path, model] : {std::pair("/companies", "Company"),
                                      {"/users", "User"},
                                      {"/tasks", "Task"},
                                      {"/credentials", "Credential"},
                                      {"/credential_types", "CredentialType"},
                                      {"/eventsources", "EventSource"},
                                      {"/eventrules", "EventRule"},
                                      {"/topics", "Topic"}}) {
        CAPTURE(path);
        const auto list = desk.read(fmt::format("{}.json", path));
        CHECK(list_refused_by_client(model, list) == "");
        CHECK_FALSE(list.as_array().empty());
    }
    CHECK(refused_by_client("App", desk.read("/app/" + id(desk.application) + ".json")) == "");
    CHECK(refused_by_client("RunTemplate", desk.read("/runtemplate/" + id(desk.acme.origin) + ".json")) == "");
    CHECK(refused_by_client("Company", desk.read("/company/" + id(desk.company) + ".json")) == "");
    CHECK(refused_by_client("Task", desk.read("/task/" + id(desk.acme.task) + ".json")) == "");
    CHECK(refused_by_client("Status", desk.read("/status.json").at("status")) == "");
    const auto job = desk.read("/job/" + id(desk.acme.ended) + ".json");
    CHECK(refused_by_client("Job", job) == "");
    CHECK(job.at("stdout") == "acme printed");
    CHECK(job.at("exitcode") == 1);
    CHECK(list_refused_by_client("CompanyUser", desk.read("/company/" + id(desk.company) + "/users.json")) == "");
    const auto roles = desk.read(fmt::format("/user/{}/roles.json", desk.ids.at("boss").value));
    CHECK(list_refused_by_client("RbacRole", roles) == "");
    CHECK(roles.at(0).at("is_active") == true);
}

TEST_CASE("texts that the strict client would refuse are shortened in answers, never in the records") {
    CompatibleDesk desk;
    const std::string long_name = "A company with a name of more than 32 letters, \xC5\x99\xC3\xADj";
    const auto made = desk.body_of(desk.post("/company/", {{"name", long_name}, {"code", "twelve-chars"}}));
    CHECK(refused_by_client("Company", made) == "");
    CHECK(made.at("name") == "A company with a name of more t…");
    CHECK(made.at("code") == nullptr);
    CHECK(made.at("slug") == "twelve-chars");
    const auto id = made.at("id").as_int64();
    CHECK(desk.get(Id<Company>{id}).name == long_name);
    // Somebody changes another member and sends the whole record back.
    auto again = made.as_object();
    again["ic"] = "12345678";
    CHECK(desk.post(fmt::format("/company/?companyId={}", id), again).status == 201);
    CHECK(desk.get(Id<Company>{id}).name == long_name);
    CHECK(desk.get(Id<Company>{id}).code == "twelve-chars");
    CHECK(desk.get(Id<Company>{id}).ic == "12345678");
    CHECK(list_refused_by_client("Company", desk.read("/companies.json")) == "");
}

TEST_CASE("both forms of a path, and every form of an answer, are understood") {
    CompatibleDesk desk;
    for (const auto* target :
         {"/companies.json", "/companies.json/", "/companies", "/companies/", "/companies..json"}) {
        CAPTURE(target);
        CHECK(desk.get(target).headers.get("Content-Type") == "application/json");
        CHECK(desk.get(target).status == 200);
    }
    CHECK(desk.get("/companies.xml").headers.get("Content-Type") == "text/xml; charset=utf-8");
    CHECK(desk.get("/companies.yaml").headers.get("Content-Type") == "text/yaml; charset=utf-8");
    CHECK(desk.get("/companies.html").headers.get("Content-Type") == "text/html; charset=utf-8");
    CHECK(desk.get("/companies.txt").headers.get("Content-Type") == "text/html; charset=utf-8");
    for (const auto* target : {"", "/"}) {
        CHECK(desk.send("GET", target, {}).status == 302);
        CHECK(desk.send("GET", target, {}).headers.get("Location") == "/api/VitexSoftware/MultiFlexi/1.0.0/index.html");
    }
    CHECK(desk.send("HEAD", "/ping.json", {}).status == 200);
}

TEST_CASE("with a prefix the interface is below that, and where it always is") {
    CompatibleDesk desk;
    compatible::CompatibleApi api(desk.context, {.prefix = "multiflexi/"});
    const auto at = [&](const std::string& path) { return desk.request("GET", path); };
    const std::string root(compatible::CompatibleApi::root);
    CHECK(api.handle(at("/multiflexi" + root + "/ping.json")).status == 200);
    CHECK(api.handle(at(root + "/ping.json")).status == 200);
    CHECK(api.handle(at("/multiflexi" + root + "/")).headers.get("Location") == "/multiflexi" + root + "/index.html");
    CHECK_FALSE(api.serves(at("/other" + root + "/ping.json")));
    CHECK_FALSE(api.serves(at("/multiflexi/api/v1/jobs")));
    CHECK_FALSE(desk.compatible.serves(at("/multiflexi" + root + "/ping.json")));
}

TEST_CASE("limit, offset and order are taken as well as possible") {
    CompatibleDesk desk;
    for (int i = 0; i < 25; ++i) desk.add_company(fmt::format("c{:02}", 24 - i));
    const auto names = [&](const std::string& query) {
        std::string out;
        const auto list = desk.read("/companies.json" + query);
        for (const auto& company : list.as_array()) out += std::string(company.at("slug").as_string()) + " ";
        return out;
    };
    CHECK(desk.read("/companies.json").as_array().size() == 20);
    CHECK(desk.read("/companies.json?limit=100").as_array().size() == 26);
    CHECK(names("?limit=2") == "acme c24 ");
    CHECK(names("?limit=2&offset=1") == "c24 c23 ");
    CHECK(names("?limit=0") == "acme ");
    CHECK(names("?limit=-4") == "acme ");
    CHECK(desk.read("/companies.json?limit=many&offset=-1&order=colour").as_array().size() == 20);
    CHECK(desk.read("/companies.json?limit=99999").as_array().size() == 26);
    CHECK(names("?limit=2&order=-id") == "c00 c01 ");
    CHECK(names("?limit=3&order=name") == "acme c00 c01 ");
    CHECK(names("?limit=2&order=-name&offset=1") == "c23 c22 ");
    CHECK(names("?offset=400") == "");
    CHECK(names("?offset=400&order=name") == "");
    // A number, not a text.
    CHECK(desk.read("/jobs.json?order=-id&limit=1").as_object().begin()->value().at("id") ==
          desk.acme.pending.id.value);
}

TEST_CASE("an empty list by id is an object") {
    CompatibleDesk desk;
    const auto bravo = desk.person_of("viewer-bravo", desk.add_company("bravo").id, CompanyRole::viewer);
    for (const auto* path : {"/jobs.json", "/runtemplates.json"}) CHECK(desk.send("GET", path, bravo).body == "{}");
    CHECK(desk.send("GET", "/tasks.json", bravo).body == "[]");
    CHECK(desk.send("GET", "/jobs.xml", bravo).body == "<?xml version=\"1.0\"?><root/>\n");
    CHECK(desk.send("GET", "/jobs.yaml", bravo).body == "{}\n");
}

TEST_CASE("what is missing, wrong or forbidden is told in one shape") {
    CompatibleDesk desk;
    for (const auto& [path, noun] : {std::pair("/company/999.json", "Company"),
                                     {"/user/999.json", "User"},
                                     {"/app/999.json", "App"},
                                     {"/runtemplate/999.json", "RunTemplate"},
                                     {"/job/999.json", "Job"},
                                     {"/task/999.json", "Task"},
                                     {"/credential/999.json", "Credential"},
                                     {"/credential_type/999.json", "Credential type"},
                                     {"/topic/999.json", "Topic"},
                                     {"/eventsource/999.json", "Event source"},
                                     {"/eventrule/999.json", "Event rule"},
                                     {"/company/999/users.json", "Company"},
                                     {"/user/999/roles.json", "User"}}) {
        CAPTURE(path);
        const auto answer = desk.get(path);
        CHECK(answer.status == 404);
        CHECK(error_in(answer) == fmt::format("{} not found", noun));
    }
    CHECK(desk.get("/nothing.json").status == 404);
    CHECK(error_in(desk.get("/nothing.json")).starts_with("There is nothing at "));
    CHECK(desk.get("/company/1/users/2.json").status == 404);
    CHECK(desk.get("/company/one.json").status == 400);
    CHECK(error_in(desk.send("POST", "/runtemplate/1.html", desk.admin, "{}")) == "ID mismatch");
    CHECK(desk.get("/company/99999999999999999999.json").status == 400);
    const auto wrong = desk.send("PUT", "/companies.json", desk.admin);
    CHECK(wrong.status == 405);
    CHECK(wrong.headers.get("Allow") == "GET, HEAD");
    CHECK(desk.send("OPTIONS", "/company/", desk.admin).headers.get("Allow") == "POST");
    CHECK(desk.send("GET", "/login.json", {}).status == 405);
    for (const auto* body : {"{", "[]", "7", "{\"name\":[1]}"}) {
        CAPTURE(body);
        const auto answer = desk.send("POST", "/company/", desk.admin, body);
        CHECK(answer.status == 400);
        CHECK_FALSE(error_in(answer).empty());
    }
    const auto errors = desk.post("/company/", {{"name", "x"}, {"enabled", "perhaps"}, {"customer", "c"}});
    CHECK(errors.status == 400);
    CHECK(desk.body_of(errors).at("errors").as_array().size() == 2);
    CHECK(desk.post("/company/", {{"name", "acme"}}).status == 409);
    const auto viewer = desk.person_of("viewer-acme", desk.company.id, CompanyRole::viewer);
    const auto forbidden = desk.send("POST", "/job/", viewer, to_text({{"runtemplate_id", desk.acme.origin.id.value}}));
    CHECK(forbidden.status == 403);
    CHECK_FALSE(error_in(forbidden).empty());
}

TEST_CASE("who has not signed in is told so, and what was shown is not repeated") {
    CompatibleDesk desk;
    const auto none = desk.send("GET", "/apps.json", {});
    CHECK(none.status == 401);
    CHECK(desk.body_of(none).at("message") == "Authorization token not found");
    CHECK(desk.body_of(none).at("token") == nullptr);
    CHECK(desk.body_of(none).at("success") == false);
    CHECK(none.headers.list("WWW-Authenticate").find("Basic ") != std::string::npos);
    for (const auto* shown : {"boss:wrong", "nobody:x", "boss"}) {
        const auto answer = desk.send("GET", "/apps.json", {{"Authorization", "Basic " + to_base64(shown)}});
        CHECK(answer.status == 401);
        CHECK(desk.body_of(answer).at("message") == "Invalid authentication token.");
        CHECK(answer.body.find(to_base64(shown)) == std::string::npos);
    }
    CHECK(desk.send("GET", "/ping.json", {{"Authorization", "Basic wrong"}}).body == R"({"ping":[{"ping":"pong"}]})");
    CHECK(desk.send("GET", "/index.xml", {}).status == 200);
    // That the server lives is told everybody, and nothing else.
    const auto status = desk.body_of(desk.send("GET", "/status.json", {})).at("status");
    CHECK(status.at("companies") == nullptr);
    CHECK(status.at("version") == nullptr);
    CHECK(refused_by_client("Status", status) == "");
    CHECK(desk.body_of(desk.send("GET", "/jobs/status.json", {})).at("jobsStatus").at("total_jobs") == nullptr);
    CHECK(desk.read("/jobs/status.json").at("jobsStatus").at("quee_length") == 1);
    CHECK(desk.read("/status.json").at("status").at("credentials") == 2);
}

TEST_CASE("topics, types and names of credentials are for everybody where a setting says so, and nothing is changed") {
    CompatibleDesk desk;
    compatible::CompatibleApi open(desk.context, {.anonymous_reads = true});
    const auto ask = [&](compatible::CompatibleApi& api, std::string method, const std::string& path) {
        return api.handle(desk.request(std::move(method), std::string(compatible::CompatibleApi::root) + path, {}, ""));
    };
    const auto one = fmt::format("/credential/{}.json?token=", desk.acme.credential);
    const auto type = fmt::format("/credential_type/{}.json?token=", desk.acme.credential_type);
    const auto before = desk.dump();
    for (const auto& path : {std::string("/credentials.json"), one, std::string("/credential_types.json"), type,
                             std::string("/topics.json")}) {
        CAPTURE(path);
        CHECK(ask(desk.compatible, "GET", path).status == 401);
        const auto answer = ask(open, "GET", path);
        CHECK(answer.status == 200);
        CHECK(answer.body.find("login") == std::string::npos);
        CHECK(answer.body.find("BANK") == std::string::npos);
    }
    for (const auto& path : {one, type}) CHECK(ask(open, "POST", path).status == 401);
    for (const auto* path : {"/companies.json", "/jobs.json", "/apps.json", "/users.json", "/auditlog.json"})
        CHECK(ask(open, "GET", path).status == 401);
    CHECK(desk.dump() == before);
    CHECK(desk.body_of(ask(open, "GET", "/status.json")).at("status").at("credentials") == 2);
}
