// SPDX-License-Identifier: MIT
#include "base/descriptor.h"
#include "domain/event.h"
#include "support/desk.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>

using namespace mf;
using testing::must;

namespace {

struct EventDesk : testing::Desk {
    RunTemplate first = add_run_template(), second = add_run_template();
    std::int64_t made(std::string_view operation, const json::object& input) {
        return must(run(operation, input)).at("id").as_int64();
    }
    std::int64_t source(json::object input = {}) {
        if (!input.contains("name")) input["name"] = "changes";
        return made("event-source:create", input);
    }
    std::int64_t rule(json::object input) {
        if (!input.contains("runtemplate_id")) input["runtemplate_id"] = second.id.value;
        return made("event-rule:create", input);
    }
    /// The first complaint about a field of the input.
    std::string complaint(std::string_view operation, const json::object& input, std::string_view field,
                          Rights rights = Rights::unlimited()) {
        const auto error = error_of(operation, input, std::move(rights));
        REQUIRE_FALSE(error.fields.empty());
        CHECK(error.fields.front().field == field);
        return error.fields.front().message;
    }
    json::value test(const json::object& input) { return must(run("event-source:test", {{"id", source(input)}})); }
};

/// A program on the loopback that is no database: it greets whoever comes with a line of text.
struct OtherService {
    Descriptor listener{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    int port = 0;
    std::jthread greeter;

    OtherService() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (bind(listener.get(), generic, size) != 0 || listen(listener.get(), 8) != 0 ||
            getsockname(listener.get(), generic, &size) != 0)
            throw std::runtime_error("cannot listen");
        port = ntohs(address.sin_port);
        greeter = std::jthread([this] {
            for (;;) {
                const Descriptor client{accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
                if (client.get() < 0) return;
                constexpr std::string_view greeting = "HTTP/1.1 400 Bad Request\r\n\r\n";
                send(client.get(), greeting.data(), greeting.size(), MSG_NOSIGNAL);
                shutdown(client.get(), SHUT_WR);
                char rest[256];
                while (recv(client.get(), rest, sizeof rest, 0) > 0) {
                }
            }
        });
    }
    ~OtherService() { shutdown(listener.get(), SHUT_RDWR); }
};

}  // namespace

TEST_CASE("the password of an event source is sealed, never shown, and kept when clients send back what they saw") {
    EventDesk desk;
    const auto id = desk.source({{"name", "erp"}, {"db_username", "reader"}, {"db_password", "hunter2"}});
    const auto shown = must(desk.run("event-source:get", {{"name", "erp"}}));
    CHECK(shown.at("db_password") == json::value(secret_mask_text));
    CHECK(shown.at("db_port") == "3306");
    CHECK(shown.at("company_id").is_null());
    CHECK(desk.dump(true).find("hunter2") == std::string::npos);
    const auto opened = [&] {
        return must(desk.vault.open(*desk.get<EventSource>({id}).db_password, {"event_source", "db_password", id}));
    };
    CHECK(opened() == "hunter2");
    must(desk.run("event-source:update", {{"id", id}, {"db_password", secret_mask_text}, {"name", "invoices"}}));
    CHECK(opened() == "hunter2");
    CHECK(desk.get<EventSource>({id}).name == "invoices");
    must(desk.run("event-source:update", {{"id", id}, {"db_password", "other"}}));
    CHECK(opened() == "other");
    must(desk.run("event-source:update", {{"id", id}, {"db_password", ""}}));
    CHECK_FALSE(desk.get<EventSource>({id}).db_password);
}

TEST_CASE("a stored password is not sent elsewhere, and not for another user, without being given anew") {
    EventDesk desk;
    const auto id = desk.source({{"db_host", "erp.example"}, {"db_database", "webhook"}, {"db_password", "hunter2"}});
    const std::pair<std::string_view, std::string_view> changes[] = {{"db_connection", "pgsql"},
                                                                     {"db_host", "192.0.2.1"},
                                                                     {"db_port", "3307"},
                                                                     {"db_database", "other"},
                                                                     {"db_username", "root"}};
    for (const auto& [field, value] : changes) {
        CAPTURE(field);
        json::object input{{"id", id}, {field, value}};
        const auto* sentence =
            "The event source would send its password elsewhere, or for another user: give the password anew "
            "(db_password), or an empty one for none.";
        CHECK(desk.complaint("event-source:update", input, "db_password") == sentence);
        input["db_password"] = secret_mask_text;
        CHECK(desk.complaint("event-source:update", input, "db_password") == sentence);
        input["db_password"] = fmt::format("new for {}", field);
        must(desk.run("event-source:update", input));
    }
    // What stays the same may be said, and without a password nothing can be lost.
    must(desk.run("event-source:update", {{"id", id}, {"db_host", "192.0.2.1"}, {"enabled", false}}));
    must(desk.run("event-source:update", {{"id", id}, {"db_host", "erp.example"}, {"db_password", ""}}));
    must(desk.run("event-source:update", {{"id", id}, {"db_host", "192.0.2.1"}}));
}

TEST_CASE("whoever works for a company learns nothing of the network from a test") {
    EventDesk desk;
    const auto manager = testing::manager_of(desk.company.id);
    const auto heard = [&](const json::object& place) {
        auto input = place;
        input["name"] = fmt::format("{}:{}", place.at("db_host").as_string(), place.at("db_port").as_string());
        input["company_id"] = desk.company.id.value;
        input["db_database"] = "x";
        const auto answer = must(desk.run("event-source:test", {{"id", desk.source(input)}}, manager));
        CHECK(answer.at("reachable") == false);
        return std::string(answer.at("message").as_string());
    };
    const std::string sentence = "The database cannot be reached. An administrator of the installation is told why.";
    CHECK(heard({{"db_host", "127.0.0.1"}, {"db_port", "1"}}) == sentence);
    CHECK(heard({{"db_host", "169.254.169.254"}, {"db_port", "80"}}) == sentence);
    CHECK(heard({{"db_host", "no-such-host.invalid"}, {"db_port", "1"}}) == sentence);
    for (const auto* connection : {"mysql", "pgsql"}) {
        // Something else answers there.
        OtherService other;
        CHECK(
            heard({{"db_connection", connection}, {"db_host", "127.0.0.1"}, {"db_port", fmt::to_string(other.port)}}) ==
            sentence);
    }
}

TEST_CASE("what an event source cannot be is refused with a sentence about the field") {
    EventDesk desk;
    desk.source({{"name", "taken"}});
    const auto complaint = [&](std::string_view field, const json::value& value) {
        json::object input{{"name", "erp"}};
        input[field] = value;
        return desk.complaint("event-source:create", input, field);
    };
    CHECK(complaint("name", "taken") == "An event source with the name 'taken' already exists.");
    CHECK(complaint("name", " ") == "An event source needs a name.");
    CHECK(complaint("db_port", "70000") == "The port must be a number from 1 to 65535, or empty for the usual one.");
    CHECK(complaint("db_host", "") == "The host must be a name or an address without blanks.");
    CHECK(complaint("db_connection", "oracle") == "must be one of: mysql, pgsql, sqlite");
    CHECK(complaint("poll_interval", 0) == "Between two looks there are from 1 to 86400 seconds.");
    CHECK(desk.complaint("event-source:create",
                         {{"name", "erp"}, {"db_connection", "sqlite"}, {"db_database", "changes.db"}},
                         "db_database") == "The file of a SQLite database must be an absolute path.");
}

TEST_CASE("a company has event sources of its own, uses those of all, and names no file or socket of the machine") {
    EventDesk desk;
    const auto company = desk.company.id.value;
    const auto manager = testing::manager_of(desk.company.id);
    const auto shared = desk.source({{"name", "of all"}});
    const auto own = must(desk.run("event-source:create", {{"name", "own"}, {"company_id", company}}, manager));
    CHECK(desk.error_of("event-source:create", {{"name", "x"}}, manager).code == ErrorCode::forbidden);
    CHECK(desk.error_of("event-source:update", {{"id", shared}, {"name", "x"}}, manager).code == ErrorCode::forbidden);
    CHECK(desk.error_of("event-source:remove", {{"id", shared}}, manager).code == ErrorCode::forbidden);
    CHECK(must(desk.run("event-source:list", {{"company_id", company}}, manager)).as_array().size() == 2);
    const auto id = own.at("id").as_int64();
    const std::string sentence =
        "Only an administrator of the installation may name a file or a socket of this machine; name a host.";
    CHECK(desk.complaint("event-source:update", {{"id", id}, {"db_host", "/run/postgresql"}}, "db_host", manager) ==
          sentence);
    CHECK(desk.complaint("event-source:update",
                         {{"id", id}, {"db_connection", "sqlite"}, {"db_database", "/var/lib/x.db"}}, "db_connection",
                         manager) == sentence);
    must(desk.run("event-source:update", {{"id", id}, {"db_host", "/run/postgresql"}}));
    // What an administrator has allowed goes on.
    CHECK(desk.run("event-source:update", {{"id", id}, {"enabled", false}}, manager));
    const auto bravo = testing::manager_of(desk.add_company("bravo").id);
    CHECK(desk.error_of("event-source:get", {{"id", id}}, bravo).code == ErrorCode::not_found);
    CHECK(desk.run("event-source:get", {{"id", shared}}, bravo));
}

TEST_CASE("a rule has one source, and everything that it names is of one company") {
    EventDesk desk;
    const auto source = desk.source();
    const auto target = desk.second.id.value;
    CHECK(desk.complaint("event-rule:create", {{"runtemplate_id", target}}, "event_source_id") ==
          "is required, or runtemplate_source_id");
    CHECK(desk.complaint(
              "event-rule:create",
              {{"runtemplate_id", target}, {"event_source_id", source}, {"runtemplate_source_id", desk.first.id.value}},
              "event_source_id") == "A rule is fired by an event source or by a run template, not by both.");
    CHECK(desk.complaint("event-rule:create", {{"runtemplate_id", target}, {"runtemplate_source_id", target}},
                         "runtemplate_source_id") ==
          "A run template that follows itself would never come to rest; name another one.");
    const auto bravo = desk.add_company("bravo");
    const auto foreign = desk.add_run_template([&](RunTemplate& r) { r.company_id = bravo.id; });
    CHECK(desk.complaint("event-rule:create", {{"runtemplate_id", target}, {"runtemplate_source_id", foreign.id.value}},
                         "runtemplate_source_id") == "Both run templates of a rule must be of one company.");
    const auto of_bravo = desk.source({{"name", "bravo"}, {"company_id", bravo.id.value}});
    CHECK(desk.complaint("event-rule:create", {{"runtemplate_id", target}, {"event_source_id", of_bravo}},
                         "event_source_id") ==
          "The event source and the run template of a rule must be of one company.");
    const auto rule = desk.rule({{"event_source_id", source}, {"evidence", "invoice"}, {"operation", "create"}});
    CHECK(desk.get<EventRule>({rule}).company_id == desk.company.id);
    // The other kind of source takes the place of the one before.
    must(desk.run("event-rule:update", {{"id", rule}, {"runtemplate_source_id", desk.first.id.value}}));
    CHECK_FALSE(desk.get<EventRule>({rule}).event_source_id);
    CHECK(desk.get<EventRule>({rule}).evidence == "invoice");
    CHECK(desk.error_of("event-rule:update", {{"id", rule}, {"runtemplate_id", foreign.id.value}}).code ==
          ErrorCode::invalid);
}

TEST_CASE("a rule that says what another one says is refused") {
    EventDesk desk;
    const auto source = desk.source();
    const json::object after_job{{"runtemplate_id", desk.second.id.value},
                                 {"runtemplate_source_id", desk.first.id.value}};
    const auto with = [](json::object input, std::string_view member, const json::value& value) {
        input[member] = value;
        return input;
    };
    const auto first = desk.rule(after_job);
    const auto sentence = fmt::format("Event rule {} launches the same after the same; change that one.", first);
    CHECK(desk.complaint("event-rule:create", after_job, "runtemplate_id") == sentence);
    for (const auto& more : {with(after_job, "evidence", "invoice"), with(after_job, "operation", "create"),
                             with(after_job, "priority", 3), with(after_job, "enabled", false)})
        CHECK(desk.error_of("event-rule:create", more).code == ErrorCode::conflict);
    const auto mapped = desk.rule(with(after_job, "env_mapping", R"({"A":"a.b"})"));
    CHECK(desk.complaint("event-rule:update", {{"id", mapped}, {"env_mapping", ""}}, "runtemplate_id") == sentence);
    must(desk.run("event-rule:update", {{"id", first}, {"priority", 2}}));
    const json::object after_change{{"event_source_id", source}, {"evidence", "invoice"}};
    desk.rule(after_change);
    desk.rule(with(after_change, "evidence", "order"));
    desk.rule(with(after_change, "operation", "create"));
    CHECK(desk.error_of("event-rule:create", with(after_change, "runtemplate_id", desk.second.id.value)).code ==
          ErrorCode::conflict);
}

TEST_CASE("so many rules may follow one run template") {
    EventDesk desk;
    const auto input = [&](int i) {
        return json::object{{"runtemplate_id", desk.second.id.value},
                            {"runtemplate_source_id", desk.first.id.value},
                            {"env_mapping", fmt::format(R"({{"A":"a{}"}})", i)}};
    };
    std::int64_t last = 0;
    for (int i = 0; i < 100; ++i) last = desk.rule(input(i));
    const std::string sentence =
        "100 rules follow jobs of this run template, which is as many as there may be; remove some of them first.";
    CHECK(desk.complaint("event-rule:create", input(100), "runtemplate_source_id") == sentence);
    must(desk.run("event-rule:update", {{"id", last}, {"priority", 3}}));
    const auto third = desk.add_run_template();
    const auto other = desk.rule({{"runtemplate_source_id", third.id.value}});
    CHECK(desk.complaint("event-rule:update", {{"id", other}, {"runtemplate_source_id", desk.first.id.value}},
                         "runtemplate_source_id") == sentence);
    must(desk.run("event-rule:remove", {{"id", last}}));
    desk.rule(input(100));
}

TEST_CASE("a mapping is a JSON object of harmless names and of selectors") {
    EventDesk desk;
    const auto source = desk.source();
    const auto refused = [&](std::string_view mapping) {
        return desk.complaint(
            "event-rule:create",
            {{"runtemplate_id", desk.second.id.value}, {"event_source_id", source}, {"env_mapping", mapping}},
            "env_mapping");
    };
    CHECK(refused("[]") == R"(The mapping must be a JSON object such as {"INVOICE": "$.invoice.id"}.)");
    CHECK(refused("{").starts_with("The mapping must be a JSON object: "));
    CHECK(refused(R"({"LD_PRELOAD": "a"})").starts_with(R"("LD_PRELOAD": )"));
    CHECK(refused(R"({"MULTIFLEXI_JOB_ID": "a"})").starts_with(R"("MULTIFLEXI_JOB_ID": )"));
    for (const auto* selector : {R"(1)", R"("")", R"("$")", R"("$.")", R"("a..b")", R"("@file:")", R"("@x")"})
        CHECK(refused(fmt::format(R"({{"A": {}}})", selector)).starts_with(R"("A": The selector must be a path)"));
    CHECK(refused(R"({"F": "@file:report"})") ==
          "A change has no files; '@file:' is for rules that follow jobs. Name a path.");
    const auto rule = desk.rule({{"runtemplate_source_id", desk.first.id.value},
                                 {"env_mapping", R"({"A":"$.a.b","B":"c","F":"@file:report"})"}});
    CHECK(desk.get<EventRule>({rule}).env_mapping == R"({"A":"$.a.b","B":"c","F":"@file:report"})");
    must(desk.run("event-rule:update", {{"id", rule}, {"env_mapping", ""}}));
    CHECK_FALSE(desk.get<EventRule>({rule}).env_mapping);
}

TEST_CASE("rules go with what they name") {
    EventDesk desk;
    const auto source = desk.source();
    desk.rule({{"event_source_id", source}});
    desk.rule({{"runtemplate_source_id", desk.first.id.value}});
    const auto rules = [&] { return desk.number(R"(SELECT COUNT(*) FROM "event_rule")"); };
    must(desk.run("event-source:remove", {{"id", source}}));
    CHECK(rules() == 1);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "audit" WHERE "entity" = 'event_rule' AND "action" = 'remove')") == 1);
    must(desk.run("runtemplate:delete", {{"id", desk.first.id.value}}));
    CHECK(rules() == 0);
    desk.source({{"company_id", desk.company.id.value}});
    must(desk.run("company:remove", {{"id", desk.company.id.value}}));
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "event_source")") == 0);
}

TEST_CASE("a topic has a name of its own and a colour") {
    EventDesk desk;
    const auto id = desk.made("topic:create", {{"name", "Billing"}, {"color", "1a7F37"}});
    CHECK(must(desk.run("topic:get", {{"id", id}})).at("color") == "#1a7F37");
    CHECK(desk.complaint("topic:create", {{"name", "Billing"}}, "name") ==
          "A topic with the name 'Billing' already exists.");
    CHECK(desk.complaint("topic:update", {{"id", id}, {"color", "red"}}, "color") ==
          "'red' is no colour; write six hexadecimal digits, such as #1a7f37.");
    must(desk.run("topic:update", {{"id", id}, {"color", ""}, {"description", "Invoices"}}));
    CHECK(must(desk.run("topic:list", {})).at(0).at("description") == "Invoices");
    must(desk.run("topic:delete", {{"id", id}}));
    CHECK(desk.error_of("topic:get", {{"id", id}}).code == ErrorCode::not_found);
}

TEST_CASE("what is behind an event source is told: nobody, a refusal, a database without changes, one with them") {
    EventDesk desk;
    const auto nobody =
        desk.test({{"name", "port 1"}, {"db_host", "127.0.0.1"}, {"db_port", "1"}, {"db_database", "x"}});
    CHECK(nobody.at("reachable") == false);
    CHECK(nobody.at("message").as_string().find("127.0.0.1:1") != std::string::npos);
    const auto link_local = desk.test({{"name", "cloud"}, {"db_host", "169.254.169.254"}, {"db_database", "x"}});
    CHECK(link_local.at("message") ==
          "The host '169.254.169.254' has an address of the own link, which is never asked.");
    CHECK(desk.test({{"name", "file"}, {"db_connection", "sqlite"}, {"db_database", "/nonexistent/x.db"}})
              .at("reachable") == false);
    testing::TemporaryDirectory directory;
    const auto file = (directory.path() / "changes.db").string();
    const auto changes = sql::open({.database = file});
    changes->execute(R"(CREATE TABLE "other" ("x" INTEGER))");
    const json::object input{{"name", "sqlite"}, {"db_connection", "sqlite"}, {"db_database", file}};
    const auto without = desk.test(input);
    CHECK(without.at("reachable") == true);
    CHECK(without.at("readable") == false);
    changes->execute(R"(CREATE TABLE "changes_cache" ("inversion" INTEGER, "evidence" TEXT, "operation" TEXT,
                        "recordid" INTEGER))");
    auto again = input;
    again["name"] = "sqlite 2";
    CHECK(desk.test(again).at("readable") == true);
}
