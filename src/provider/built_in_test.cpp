// SPDX-License-Identifier: MIT
#include "domain/definition/credential_prototype_definition.h"
#include "domain/definition/version.h"
#include "provider/provider.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <set>

using namespace mf;

TEST_CASE("every built-in prototype is read without complaint") {
    std::set<std::string> codes;
    std::set<std::string> uuids;
    for (const EmbeddedFile& file : built_in_prototypes()) {
        CAPTURE(file.name);
        const auto reading = read_credential_prototype(file.content, file.name);
        REQUIRE(reading.definition);
        // Older programs knew no languages here; that is said of every prototype that has some (rule P01).
        for (const Finding& finding : reading.findings) {
            CAPTURE(describe(finding));
            CHECK(finding.code == FindingCode::tolerated);
            CHECK(finding.pointer == "/name");
        }
        CHECK(reading.findings.size() == 1);
        CHECK(codes.insert(reading.definition->code).second);
        CHECK(uuids.insert(reading.definition->uuid).second);
        CHECK(file.name == reading.definition->code + ".json");
        // The published definitions begin with 1.0, and have to be an update.
        CHECK(compare_versions(reading.definition->version, "1.0") < 0);
    }
    CHECK(codes == std::set<std::string>{"AbraFlexi", "Csas", "DatabaseConnection", "EnvFile", "FioBank",
                                         "HashiCorpVault", "Mail", "Office365", "RaiffeisenBank", "SQLServer",
                                         "VaultWarden", "mServer"});
}

TEST_CASE("every text of a built-in prototype is there in English and in Czech") {
    const auto is_complete = [](const LocalizedText& text) {
        std::set<std::string> languages;
        for (const auto& each : text.translations)
            if (!each.text.empty()) languages.insert(each.language);
        return languages == std::set<std::string>{"cs", "en"};
    };
    for (const EmbeddedFile& file : built_in_prototypes()) {
        CAPTURE(file.name);
        const auto definition = *read_credential_prototype(file.content).definition;
        CHECK(is_complete(definition.name));
        CHECK(is_complete(definition.description));
        CHECK(!definition.tags.empty());
        CHECK(definition.homepage.starts_with("https://"));
        for (const FieldDefinition& field : definition.fields) {
            CAPTURE(field.name);
            CHECK(is_complete(field.label));
            CHECK(is_complete(field.description));
        }
    }
}

TEST_CASE("fields with passwords in them are secret") {
    for (const EmbeddedFile& file : built_in_prototypes()) {
        const auto definition = *read_credential_prototype(file.content).definition;
        for (const FieldDefinition& field : definition.fields) {
            CAPTURE(field.name);
            const auto has = [&](std::string_view word) { return field.name.find(word) != std::string::npos; };
            const bool is_meant_secret = (has("PASS") || has("SECRET") || has("TOKEN") || has("KEY") || has("DSN")) &&
                                         field.name != "FIO_TOKEN_NAME";
            CHECK(field.secret == (is_meant_secret || field.name == "XIBMCLIENTID"));
        }
    }
}

TEST_CASE("every built-in prototype has its provider, in every spelling") {
    for (const EmbeddedFile& file : built_in_prototypes()) {
        const auto definition = *read_credential_prototype(file.content).definition;
        CAPTURE(definition.code);
        const CredentialProvider* provider = find_provider(definition.code);
        REQUIRE(provider);
        CHECK(provider->code() == definition.code);
        CHECK(provider->checks());
        // A provider that resolves takes all its fields for itself, others leave all of them to the job.
        for (const FieldDefinition& field : definition.fields)
            CHECK(provider->is_internal(field.name) == provider->resolves());
        CHECK(!provider->is_internal("DB_PASSWORD"));
    }
    CHECK(find_provider("MServer") == find_provider("mserver"));
    CHECK(find_provider("Probe") == nullptr);
    CHECK(find_provider("") == nullptr);
    CHECK(find_provider("VaultWarden")->is_remote());
    CHECK(find_provider("HashiCorpVault")->is_remote());
    CHECK(!find_provider("EnvFile")->is_remote());
}
