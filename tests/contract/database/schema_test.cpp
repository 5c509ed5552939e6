// SPDX-License-Identifier: MIT
#include "domain/application.h"
#include "domain/credential.h"
#include "domain/event_change.h"
#include "domain/job.h"
#include "domain/node.h"
#include "domain/run_template.h"
#include "domain/task.h"
#include "store/migration.h"
#include "store/records.h"
#include "support/database_servers.h"
#include "support/moment.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <algorithm>
#include <set>
#include <thread>

using namespace mf;
using mf::sql::Dialect;
using mf::testing::odd_moment;
using mf::testing::on_each_database;

namespace {

struct Column {
    std::string name;
    bool nullable;
    auto operator<=>(const Column&) const = default;
};

std::vector<Column> columns_of(Session& session, std::string_view table) {
    std::vector<Column> out;
    const auto add = [&](const sql::Rows& rows, const Value& nullable) {
        for (const auto& row : rows) out.push_back({std::get<std::string>(row[0]), row[1] == nullable});
    };
    switch (session.sql.dialect()) {
        case Dialect::sqlite:
            add(session.sql.query("SELECT name, \"notnull\" FROM pragma_table_info(?)", {std::string(table)}),
                Value(std::int64_t{0}));
            break;
        case Dialect::postgres:
        case Dialect::mariadb:
            add(session.sql.query(
                    fmt::format("SELECT column_name, is_nullable FROM information_schema.columns WHERE table_name = ? "
                                "AND table_schema = {}",
                                session.sql.dialect() == Dialect::postgres ? "current_schema()" : "database()"),
                    {std::string(table)}),
                Value(std::string("YES")));
            break;
    }
    std::ranges::sort(out);
    return out;
}

std::set<std::string> tables_of(Session& session) {
    const char* sql = "SELECT name FROM sqlite_master WHERE type = 'table'";
    if (session.sql.dialect() == Dialect::postgres)
        sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()";
    if (session.sql.dialect() == Dialect::mariadb)
        sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = database()";
    std::set<std::string> out;
    for (const auto& row : session.sql.query(sql, {})) out.insert(std::get<std::string>(row[0]));
    return out;
}

sql::Rows applied(Session& session) {
    return session.sql.query(R"(SELECT "number", "name", "checksum", "applied_at" FROM "migration" ORDER BY "number")",
                             {});
}

/// A value that tests the limits of a field: the longest text, a number of more than 32 bits.
Value sample(const Field& field, void* record, int round, const std::map<std::string_view, std::int64_t>& keys) {
    switch (field.type) {
        case FieldType::boolean: return round == 1;
        case FieldType::real: return 0.1 * round;
        case FieldType::timestamp: return std::int64_t{odd_moment.time_since_epoch().count() + round};
        case FieldType::bytes: return Bytes{std::string("\0\xff", 2)};
        case FieldType::reference: {
            const auto found = keys.find(field.options.references);
            INFO(std::string(field.name), " refers to ", std::string(field.options.references));
            REQUIRE(found != keys.end());
            return found->second;
        }
        case FieldType::integer:
            return field.write(record, std::int64_t{5'000'000'000} + round) ? std::int64_t{5'000'000'000} + round
                                                                            : std::int64_t{7 + round};
        case FieldType::json:
            return field.write(record, std::string("[\"a\"]")) ? std::string("[\"a\"]") : std::string("{\"a\":\"b\"}");
        case FieldType::text: break;
    }
    if (!field.choices.empty()) return std::string(field.choices.back());
    std::string text = std::to_string(round);
    while (text.size() + 2 <= field.options.max_length) text += "ž";
    return text;
}

/// Inserts, finds, changes and lists a record of T, once with everything set and once with nothing that may be null.
/// Leaves the first one behind, for others to refer to.
template <class T>
void round_trip(Session& session, std::map<std::string_view, std::int64_t>& keys) {
    const Entity& entity = entity_of<T>();
    INFO("entity ", std::string(entity.name));
    Repository<T> repository(session, Scope::everything());
    const auto same = [&](const T& a, const T& b) {
        for (const Field& field : entity.fields) {
            INFO("field ", std::string(field.name));
            CHECK(field.read(&a) == field.read(&b));
        }
    };
    const auto filled = [&](int round, bool with_nullable) {
        T record;
        for (const Field& field : entity.fields)
            if (!field.options.key && (with_nullable || !field.nullable)) {
                INFO("field ", std::string(field.name));
                REQUIRE(field.write(&record, sample(field, &record, round, keys)));
            } else if (!field.options.key) {
                REQUIRE(field.write(&record, {}));
            }
        return record;
    };
    T record = filled(1, true);
    const auto inserted = repository.insert(record);
    const auto reason = inserted ? std::string() : inserted.error().message;
    INFO(reason);
    REQUIRE(inserted);
    CHECK(record.id.value > 0);
    const auto found = repository.find(record.id);
    REQUIRE(found);
    same(*found, record);

    // An entry of the queue stands for one job, an assignment for one pair: a second one cannot refer to the same.
    if constexpr (!std::same_as<T, QueueEntry> && !std::same_as<T, RunTemplateCredential>) {
        T bare = filled(2, false);
        REQUIRE(repository.insert(bare));
        same(*repository.find(bare.id), bare);
        CHECK(repository.count() == 2);
        const auto list = repository.list({.newest_first = true});
        REQUIRE(list.size() == 2);
        same(list[0], bare);
        same(list[1], record);
        CHECK(repository.erase(bare.id));
    }
    T changed = filled(3, true);
    changed.id = record.id;
    REQUIRE(repository.update(record, changed));
    same(*repository.find(record.id), changed);
    CHECK(repository.count() == 1);
    keys[entity.name] = record.id.value;
}

template <class... T>
void round_trips(Session& session) {
    std::map<std::string_view, std::int64_t> keys;
    (round_trip<T>(session, keys), ...);
}

template <class... T>
std::vector<const Entity*> entities() {
    return {&entity_of<T>()...};
}

}  // namespace

TEST_CASE("the steps of the schema make the columns that the field tables describe") {
    on_each_database([](const sql::Address& address) {
        Database database(address);
        REQUIRE(migrate(database, odd_moment));
        database.read([&](Session& session) {
            for (const Entity* entity :
                 entities<User, ApiToken, LoginSession, Company, CompanyVariable, Application, ApplicationText,
                          ApplicationField, ApplicationArtifact, ApplicationExitCode, ApplicationData, RunTemplate,
                          Configuration, Task, Job, Artifact, QueueEntry, Node, CredentialPrototype,
                          CredentialPrototypeField, CredentialType, CredentialTypeField, CredentialTypeSetting,
                          Credential, CredentialVersion, CredentialValue, RunTemplateCredential, EventSource, EventRule,
                          EventChange, Topic, RunTemplateTopic>()) {
                INFO("entity ", std::string(entity->name));
                std::vector<Column> described;
                for (const Field& field : entity->fields)
                    described.push_back({std::string(field.name), field.nullable});
                std::ranges::sort(described);
                const auto real = columns_of(session, entity->name);
                REQUIRE(real.size() == described.size());
                for (std::size_t i = 0; i < real.size(); ++i) {
                    CHECK(real[i].name == described[i].name);
                    INFO("column ", real[i].name);
                    // A primary key of SQLite does not say NOT NULL.
                    if (real[i].name != entity->key().name) CHECK(real[i].nullable == described[i].nullable);
                }
            }
        });
    });
}

TEST_CASE("records of every entity come back as they were stored, with the longest texts") {
    on_each_database([](const sql::Address& address) {
        Database database(address);
        REQUIRE(migrate(database, odd_moment));
        database.write([&](Session& session) {
            round_trips<User, ApiToken, LoginSession, Company, CompanyVariable, Application, ApplicationText,
                        ApplicationField, ApplicationArtifact, ApplicationExitCode, ApplicationData, RunTemplate,
                        Configuration, Task, Job, Artifact, QueueEntry, Node, CredentialPrototype,
                        CredentialPrototypeField, CredentialType, CredentialTypeField, CredentialTypeSetting,
                        Credential, CredentialVersion, CredentialValue, RunTemplateCredential>(session);
        });
    });
}

TEST_CASE("names differ when one of their bytes differs") {
    on_each_database([](const sql::Address& address) {
        Database database(address);
        REQUIRE(migrate(database, odd_moment));
        database.write([&](Session& session) {
            Repository<Company> companies(session, Scope::everything());
            for (const char* name : {"acme", "Acme", "acme ", "ácme"}) {
                Company company{.name = name, .code = name};
                INFO(std::string(name));
                CHECK(companies.insert(company));
            }
            for (const char* name : {"acme", "Acme", "acme ", "ácme"})
                CHECK(companies.list({.equals = {{"name", std::string(name)}}}).size() == 1);
        });
    });
}

TEST_CASE("a database that has all steps is left alone") {
    on_each_database([](const sql::Address& address) {
        Database database(address);
        REQUIRE(migrate(database, odd_moment));
        const auto before = database.read([](Session& session) { return applied(session); });
        CHECK(before.size() == migrations().size());
        CHECK(database.read([](Session& session) { return schema_version(session); }) == migrations().back().number);
        Database later(address);
        CHECK(migrate(later, odd_moment + std::chrono::hours(1)));
        CHECK(later.read([](Session& session) { return applied(session); }) == before);
    });
}

TEST_CASE("a database of a newer program, or with a changed step, is refused and not touched") {
    on_each_database([](const sql::Address& address) {
        Database database(address);
        REQUIRE(migrate(database, odd_moment));
        const int newest = migrations().back().number;
        database.write([&](Session& session) {
            // As if this program had to add its last step to a database that has an unknown one.
            session.sql.execute(R"(UPDATE "migration" SET "number" = ? WHERE "number" = ?)",
                                {std::int64_t{9999}, std::int64_t{newest}});
            session.sql.execute(R"(DROP TABLE "audit")");
        });
        const auto rows = database.read([](Session& session) { return applied(session); });
        const auto tables = database.read([](Session& session) { return tables_of(session); });
        const auto outcome = migrate(database, odd_moment);
        REQUIRE(!outcome);
        CHECK(outcome.error().code == ErrorCode::conflict);
        CHECK(outcome.error().message.find("schema 9999") != std::string::npos);
        CHECK(database.read([](Session& session) { return applied(session); }) == rows);
        CHECK(database.read([](Session& session) { return tables_of(session); }) == tables);

        database.write([&](Session& session) {
            session.sql.execute(R"(UPDATE "migration" SET "number" = ?, "checksum" = 'other' WHERE "number" = 9999)",
                                {std::int64_t{newest}});
        });
        const auto changed = migrate(database, odd_moment);
        REQUIRE(!changed);
        CHECK(changed.error().code == ErrorCode::conflict);
        CHECK(database.read([](Session& session) { return tables_of(session); }) == tables);
    });
}

TEST_CASE("programs that start at the same time make the schema together") {
    on_each_database([](const sql::Address& address) {
        std::vector<std::string> failures(4);
        {
            std::vector<std::jthread> programs;
            for (auto& failure : failures)
                programs.emplace_back([&] {
                    try {
                        Database database(address);
                        if (const auto outcome = migrate(database, odd_moment); !outcome)
                            failure = outcome.error().message;
                    } catch (const std::exception& error) {
                        failure = error.what();
                    }
                });
        }
        for (const auto& failure : failures) CHECK(failure == "");
        Database database(address);
        CHECK(database.read([](Session& session) { return applied(session); }).size() == migrations().size());
    });
}
