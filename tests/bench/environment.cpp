// SPDX-License-Identifier: MIT
#include "bench/stand.h"
#include "domain/credential.h"
#include "secure/vault.h"
#include "service/environment_layers.h"

#include <fmt/format.h>
#include <time.h>
#include <stdexcept>

namespace mf::bench {
namespace {

constexpr int declared_variables = 16, credentials = 3, values_of_each = 7, secrets_together = 10, own_values = 3;
constexpr int repetitions = 2000;

template <class T>
T added(Session& session, T record) {
    if (auto inserted = Repository<T>(session, Scope::everything()).insert(record); !inserted)
        throw std::runtime_error(inserted.error().message);
    return record;
}

/// Processor time of this thread, in microseconds, that `work` takes once.
template <class F>
double microseconds_of(F&& work) {
    const auto cpu = [] {
        timespec at{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
        return static_cast<double>(at.tv_sec) * 1e6 + static_cast<double>(at.tv_nsec) / 1e3;
    };
    const auto begin = cpu();
    for (int i = 0; i < repetitions; ++i) work();
    return (cpu() - begin) / repetitions;
}

/// The variables of the application and of the run template, and credentials that have the rest.
void add_variables(Session& session, const Vault& vault, const RunTemplate& origin) {
    for (int i = 0; i < declared_variables; ++i)
        added(session, ApplicationField{.application_id = origin.app_id,
                                        .name = fmt::format("DECLARED_{}", i),
                                        .position = i,
                                        .type = "string",
                                        .defval = "https://example.com/{DECLARED_0}"});
    for (int i = 0; i < own_values; ++i)
        added(session, Configuration{.runtemplate_id = origin.id,
                                     .company_id = origin.company_id,
                                     .name = fmt::format("OWN_{}", i),
                                     .value = "a value of the run template"});
    int secrets = 0;
    for (int i = 0; i < credentials; ++i) {
        const auto type = added(session, CredentialType{.company_id = origin.company_id,
                                                        .owner = origin.company_id.value,
                                                        .uuid = fmt::format("bench-{}", i),
                                                        .name = "Bench",
                                                        .prototype = fmt::format("Bench{}", i)});
        const auto credential = added(session, Credential{.company_id = origin.company_id,
                                                          .credential_type_id = type.id,
                                                          .name = fmt::format("Credential {}", i)});
        added(session, RunTemplateCredential{.runtemplate_id = origin.id,
                                             .company_id = origin.company_id,
                                             .credential_id = credential.id,
                                             .position = i});
        for (int k = 0; k < values_of_each; ++k) {
            const bool secret = k % 2 == 0 && secrets < secrets_together;
            auto value = added(session, CredentialValue{.credential_id = credential.id,
                                                        .company_id = origin.company_id,
                                                        .name = fmt::format("CREDENTIAL_{}_{}", i, k),
                                                        .value = "a value of the credential",
                                                        .sealed = secret});
            if (!secret) continue;
            ++secrets;
            session.sql.execute(
                R"(UPDATE "credential_value" SET "value" = ? WHERE "id" = ?)",
                {vault.seal("a secret of 32 bytes, more or less", {"credential_value", "value", value.id.value}),
                 value.id.value});
        }
    }
    if (secrets != secrets_together) throw std::logic_error("the bench has another number of secrets than it says");
}

}  // namespace

Figures measure_environment(const Places& places) {
    Stand stand(places);
    const auto vault = open_vault("key of the bench", "");
    if (!vault) throw std::runtime_error(vault.error().message);
    const auto id = stand.add_run_templates(stand.add_application("env", "/usr/bin/env", ""), 1, Overlap::coalesce);
    const auto origin = stand.database().write([&](Session& session) -> RunTemplate {
        const auto found = Repository<RunTemplate>(session, Scope::everything()).find({id});
        if (!found) throw std::runtime_error(found.error().message);
        add_variables(session, *vault, *found);
        return *found;
    });
    return stand.database().read([&](Session& session) -> Figures {
        const EnvironmentSubject subject{.run_template = origin, .job_id = 1, .work_directory = "/work"};
        const LayerRows rows(session, std::span(&origin, 1));
        std::size_t variables = 0;
        const auto assemble = microseconds_of([&] {
            const auto environment = rows.layers(*vault, subject).and_then(assemble_environment);
            if (!environment) throw std::runtime_error(environment.error().message);
            variables = environment->variables.size();
        });
        const auto read = microseconds_of([&] { LayerRows(session, std::span(&origin, 1)); });
        return {at_most(fmt::format("environment of a job: {} variables, {} credentials, {} secrets opened", variables,
                                    credentials, secrets_together),
                        200, assemble, "us"),
                told("  reading what it is made of from SQLite, for one job alone", read, "us")};
    });
}

}  // namespace mf::bench
