// SPDX-License-Identifier: MIT
#include "domain/credential.h"
#include "support/moment.h"
#include "support/server.h"
#include "support/vault_double.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::test_time;
using namespace std::chrono_literals;

namespace {

/// A server with a run template whose jobs get a secret from a vault.
struct VaultServer : testing::Server {
    testing::VaultDouble double_;
    CurlClient http;
    CredentialAccess access{http, clock, {}};
    RunTemplate origin = add_run_template();
    Credential credential;

    VaultServer() {
        double_.put("team/app", R"({"bank_token":"swordfish-42"})");
        const auto type = add(CredentialType{.company_id = company.id,
                                             .owner = company.id.value,
                                             .uuid = "7c1f6f58-6c2b-4a55-9c4d-2f0f6f8f7a20",
                                             .name = "Vault",
                                             .prototype = "HashiCorpVault",
                                             .created_at = test_time,
                                             .updated_at = test_time});
        credential = add(Credential{.company_id = company.id,
                                    .credential_type_id = type.id,
                                    .name = "Vault of Acme",
                                    .created_at = test_time,
                                    .updated_at = test_time});
        set("VAULT_ADDR", double_.url());
        set("VAULT_TOKEN", double_.root_token());
        set("VAULT_PATH", "team/app");
        add(RunTemplateCredential{
            .runtemplate_id = origin.id, .company_id = company.id, .credential_id = credential.id});
        dispatcher = std::make_unique<Dispatcher>(
            database, clock, vault, executor, recorder,
            Dispatcher::Options{
                .node = "node", .slots = 16, .work_base = work(), .surroundings = {}, .credentials = &access},
            queue, cancelled);
    }
    ~VaultServer() { dispatcher.reset(); }

    void set(const std::string& name, const std::string& value) {
        add(CredentialValue{.credential_id = credential.id, .company_id = company.id, .name = name, .value = value});
    }
    RunTemplate another() {
        const auto other = add_run_template();
        add(RunTemplateCredential{
            .runtemplate_id = other.id, .company_id = company.id, .credential_id = credential.id});
        return other;
    }
    /// Until the job waits in the queue with a reason.
    Job wait_for_reason(Id<Job> id) {
        for (;;) {
            auto job = get(id);
            if (job.reason && (job.state == JobState::pending || has_ended(job.state))) return job;
            std::this_thread::yield();
        }
    }
    std::string state_of_credential() { return get(credential.id).state; }
};

}  // namespace

TEST_CASE("a job gets what the vault has, and the vault's own token does not reach it") {
    VaultServer server;
    const auto job = server.launch(server.origin, test_time);
    server.dispatcher->start();
    const auto plan = server.executor.wait_for_start(1);
    CHECK(plan.environment.at("BANK_TOKEN") == "swordfish-42");
    CHECK_FALSE(plan.environment.contains("VAULT_TOKEN"));
    CHECK(std::ranges::find(plan.secrets, "swordfish-42") != plan.secrets.end());
    server.executor.finish(0);
    server.drain();
    const auto recorded = server.database.read([&](Session& session) {
        return std::get<std::string>(
            session.sql.query(R"(SELECT "env" FROM "job_environment" WHERE "job_id" = ?)", {job.id.value})[0][0]);
    });
    CHECK(recorded.find("BANK_TOKEN") != std::string::npos);
    CHECK(recorded.find("swordfish") == std::string::npos);
    CHECK(server.state_of_credential() == "available");
}

TEST_CASE("jobs wait for a sealed vault, which is asked once, and start when it is open") {
    VaultServer server;
    server.double_.seal();
    std::vector<Job> jobs{server.launch(server.origin, test_time)};
    for (int i = 0; i < 4; ++i) jobs.push_back(server.launch(server.another(), test_time));
    server.dispatcher->start();
    for (const auto& job : jobs) {
        const auto waiting = server.wait_for_reason(job.id);
        CHECK(waiting.state == JobState::pending);
        CHECK(waiting.reason->starts_with("The credential 'Vault of Acme' (HashiCorpVault) is unavailable: "));
    }
    CHECK(server.double_.requests().size() == 1);
    CHECK(server.number(R"(SELECT COUNT(*) FROM "schedule" WHERE "after" > ?)", {ms(test_time)}) == 5);
    CHECK(server.state_of_credential() == "unavailable");

    server.double_.unseal();
    server.clock.advance(61s);
    server.queue.notify();
    server.executor.wait_for_start(5);
    CHECK(server.double_.requests().size() == 2);
    for (int i = 0; i < 5; ++i) server.executor.finish(i);
    server.drain();
    for (const auto& job : jobs) {
        CHECK(server.get(job.id).state == JobState::succeeded);
        CHECK_FALSE(server.get(job.id).reason);
    }
}

TEST_CASE("a credential that somebody has to correct blocks the job at once") {
    VaultServer server;
    server.change(server.credential.id, [](Credential& c) { c.name = "Wrong path"; });
    server.double_.remove_newest("team/app");
    const auto job = server.launch(server.origin, test_time);
    server.dispatcher->start();
    server.wait_for_end(job.id);
    const auto blocked = server.get(job.id);
    CHECK(blocked.state == JobState::blocked);
    CHECK(blocked.exitcode == exit_code_of_blocked);
    REQUIRE(blocked.reason);
    CHECK(blocked.reason->starts_with("The credential 'Wrong path' (HashiCorpVault) is not usable as it is: "));
    CHECK(server.state_of_credential() == "misconfigured");
    server.drain();
}

TEST_CASE("a job does not wait beyond its window") {
    VaultServer server;
    server.double_.seal();
    Id<Job> id;
    SUBCASE("the deadline of an expected run") {
        id = server.plan(server.origin, test_time).id;  // its window is an hour
    }
    SUBCASE("an hour for a job that somebody launched") { id = server.launch(server.origin, test_time).id; }
    server.dispatcher->start();
    CHECK(server.wait_for_reason(id).state == JobState::pending);
    server.clock.advance(59min + 30s);
    server.queue.notify();
    server.wait_for_end(id);
    const auto blocked = server.get(id);
    CHECK(blocked.state == JobState::blocked);
    CHECK(blocked.exitcode == exit_code_of_unavailable);
    server.drain();
}

TEST_CASE("other jobs start while somebody waits for a vault that does not answer") {
    VaultServer server;
    testing::DeafPort deaf;
    server.database.write([&](Session& session) {
        session.sql.execute(R"(UPDATE "credential_value" SET "value" = ? WHERE "name" = 'VAULT_ADDR')",
                            {std::string("http://127.0.0.1:") + std::to_string(deaf.port())});
    });
    server.launch(server.origin, test_time);
    const auto free = server.launch(server.add_run_template(), test_time);
    server.dispatcher->start();
    CHECK(server.executor.wait_for_start(1).job_id == free.id.value);
    server.executor.finish(0);
    // The stop ends the question, and the job goes back.
    server.drain();
    CHECK(server.number(R"(SELECT COUNT(*) FROM "job" WHERE "state" = 'pending')") == 1);
}
