// SPDX-License-Identifier: MIT
#include "cli/testing/fake_backend.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fstream>

using namespace mf;
using mf::testing::FakeBackend;
using mf::testing::Shell;

namespace {

const json::object known_request{{"id", 3},
                                 {"user_id", 7},
                                 {"requested_by", 1},
                                 {"requested_at", "2025-06-15T10:00:00Z"},
                                 {"deletion_type", "soft"},
                                 {"reason", "asked"},
                                 {"status", "pending"},
                                 {"reviewed_by", nullptr},
                                 {"reviewed_at", nullptr},
                                 {"review_notes", nullptr},
                                 {"completed_at", nullptr}};

FakeBackend backend_of_erasures() {
    FakeBackend out;
    out.offer("user-erasure:list", {"limit", "offset", "order", "after", "status"}, json::array{known_request});
    out.offer("user-erasure:create", {"user_id", "user_login", "reason", "deletion_type"}, known_request);
    for (const auto* action : {"approve", "reject", "process"})
        out.offer(fmt::format("user-erasure:{}", action), {"request_id", "notes", "reason"}, known_request);
    out.offer("user-erasure:audit", {"request_id"},
              json::object{{"request", known_request},
                           {"actions", json::array{json::object{{"table_name", "token"}, {"records", 2}}}}});
    out.offer("user-erasure:cleanup", {"days"}, json::object{{"status", "success"}, {"removed", 4}});
    out.offer("telemetry:test", {"endpoint", "?disable_gauges"},
              json::object{{"accepted", false}, {"message", "The collector answered 500 to the test metrics."}});
    return out;
}

std::string asked_of_erasures(const std::vector<std::string>& words) {
    auto fake = backend_of_erasures();
    Shell shell{fake};
    shell(words);
    if (fake.asked.empty()) return shell.out + shell.err;
    return fake.asked.back().operation + " " + to_text(fake.asked.back().input);
}

}  // namespace

TEST_CASE("the words of the former user:data-erasure, with its action apart, mean the same") {
    for (const std::vector<std::string>& begin : {std::vector<std::string>{"user-erasure:approve"},
                                                  {"user-erasure", "approve"},
                                                  {"user:data-erasure", "approve"},
                                                  {"user:data-erasure", "-f", "approve"},
                                                  {"userdataerasure", "approve"}}) {
        auto words = begin;
        words.insert(words.end(), {"--request-id", "3", "--notes", "checked", "--force"});
        CAPTURE(begin.front());
        CHECK(asked_of_erasures(words) == R"(user-erasure:approve {"request_id":"3","notes":"checked"})");
    }
    CHECK(asked_of_erasures({"user:data-erasure"}).find("\"user:data-erasure\" is not defined") != std::string::npos);
    CHECK(asked_of_erasures({"user:data-erasure", "nonsense"}).find("is not defined") != std::string::npos);
}

TEST_CASE("-f is force where it was, and -F the format everywhere") {
    auto fake = backend_of_erasures();
    Shell shell{fake};
    CHECK(shell({"user-erasure:create", "-f", "--user-login", "anna", "-F", "json"}).code == 0);
    CHECK(shell.document().at("status") == "pending");
    CHECK(shell.document().at("request_date") == "2025-06-15 12:00:00");
    CHECK(fake.asked.back().input == json::object{{"user_login", "anna"}});
    CHECK(shell({"user-erasure:process", "-fF", "json", "3"}).code == 0);
    CHECK(shell.document().at("id") == 3);
    for (const auto* letter : {"-f", "-F"}) {
        CHECK(shell({"user-erasure:list", letter, "json", "--status", "pending"}).code == 0);
        CHECK(shell.document().as_array().size() == 1);
    }
    CHECK(shell({"user-erasure", "-F", "json", "list"}).code == 0);
    CHECK(shell({"user-erasure:create", "--user-login", "anna"}).out == "Erasure request created: ID=3\n");
    CHECK(shell({"user-erasure:create"}).code == 1);
    CHECK(shell({"user-erasure:cleanup", "--days", "30"}).out == "Removed 4 closed requests.\n");
}

TEST_CASE("what an erasure did is shown, or written to a file") {
    auto fake = backend_of_erasures();
    Shell shell{fake};
    CHECK(shell({"user-erasure:audit", "3"}).out.find("token") != std::string::npos);
    const mf::testing::TemporaryDirectory directory;
    const auto file = (directory.path() / "audit.json").string();
    CHECK(shell({"user-erasure:audit", "3", "--export-audit", file}).out == fmt::format("Exported to {}\n", file));
    std::ifstream in(file);
    const std::string written{std::istreambuf_iterator<char>(in), {}};
    CHECK(parse_json(written)->at("actions").at(0).at("records") == 2);
    CHECK(shell({"user-erasure:audit", "3", "--export-audit", "/nonexistent/audit.json"}).code == 1);
}

TEST_CASE("a collector that takes no metrics ends with 1") {
    auto fake = backend_of_erasures();
    Shell shell{fake};
    CHECK(shell({"telemetry:test", "--endpoint", "http://localhost:4318", "--disable-gauges"}).code == 1);
    CHECK(shell.out == "The collector answered 500 to the test metrics.\n");
    CHECK(fake.asked.back().input.at("disable_gauges") == true);
}
