// SPDX-License-Identifier: MIT
#pragma once

#include "store/migration.h"
#include "store/queries/job_queue.h"
#include "support/temporary_directory.h"

#include <functional>
#include <stdexcept>

namespace mf::testing {

/// The value of a result that cannot fail in this test.
template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return *std::move(result);
}

/// Where worlds are made, when that is not a file of SQLite in a directory of their own. Set before the first test.
inline std::function<sql::Address()> database_of_worlds;

/// A fresh database with a user, an application and a company, for tests of what works on records.
class World {
public:
    /// `lock_wait`: how long a statement waits for a lock of somebody else.
    explicit World(Timestamp now, std::chrono::milliseconds lock_wait = std::chrono::seconds(10))
        : now_(now), database(fresh_database(lock_wait)) {
        if (auto migrated = migrate(database, now); !migrated) throw std::runtime_error(migrated.error().message);
        user = add(User{.login = "tester", .created_at = now}).id;
        application = add(Application{.uuid = "0b2a55d4-8d64-4f5c-9e1e-d6e4c7c8f0a1",
                                      .name = "Probe",
                                      .version = "1.0",
                                      .executable = "/bin/true",
                                      .enabled = true,
                                      .created_at = now,
                                      .updated_at = now});
        company = add_company("acme");
    }

    template <class T>
    T add(T record) {
        database.write([&](Session& session) {
            if (auto inserted = Repository<T>(session, Scope::everything()).insert(record); !inserted)
                throw std::runtime_error(inserted.error().message);
        });
        return record;
    }

    Company add_company(const std::string& code) {
        return add(Company{.name = code, .code = code, .created_at = now_, .updated_at = now_});
    }

    /// An active run template of the first company; change() sees it before it is stored.
    template <class Change>
    RunTemplate add_run_template(Change change) {
        RunTemplate record{.app_id = application.id,
                           .company_id = company.id,
                           .name = "Run",
                           .activated_at = now_,
                           .created_at = now_,
                           .updated_at = now_};
        change(record);
        return add(record);
    }
    RunTemplate add_run_template() {
        return add_run_template([](RunTemplate&) {});
    }

    /// Changes a stored record.
    template <class T, class Change>
    void change(Id<T> id, Change change) {
        database.write([&](Session& session) {
            Repository<T> records(session, Scope::everything());
            const T before = must(records.find(id));
            T after = before;
            change(after);
            if (auto updated = records.update(before, after); !updated)
                throw std::runtime_error(updated.error().message);
        });
    }

    template <class T>
    T get(Id<T> id) {
        return database.read(
            [&](Session& session) { return must(Repository<T>(session, Scope::everything()).find(id)); });
    }
    template <class T>
    std::vector<T> all(const ListQuery& query = {}) {
        return database.read([&](Session& session) { return Repository<T>(session, Scope::everything()).list(query); });
    }
    /// The first cell of a statement.
    std::int64_t number(std::string_view sql, std::vector<Value> parameters = {}) {
        return database.read([&](Session& session) {
            const auto rows = session.sql.query(sql, parameters);
            return std::get<std::int64_t>(rows.at(0).at(0));
        });
    }

    /// A job that somebody launched.
    Job launch(const RunTemplate& run_template, Timestamp when) {
        return database.write([&](Session& session) {
            return must(enqueue(session, Scope::everything(),
                                {.run_template = run_template,
                                 .schedule = when,
                                 .schedule_type = "adhoc",
                                 .executor = run_template.executor,
                                 .launched_by = user},
                                now_));
        });
    }
    /// A job that the schedule planned, each hour.
    Job plan(const RunTemplate& run_template, Timestamp slot) {
        return database.write([&](Session& session) {
            return must(enqueue(session, Scope::everything(),
                                {.run_template = run_template,
                                 .schedule = slot,
                                 .window = TaskWindow{slot, slot + std::chrono::hours(1), slot + std::chrono::hours(1)},
                                 .schedule_type = "hourly",
                                 .executor = run_template.executor,
                                 .launched_by = user},
                                now_));
        });
    }

private:
    sql::Address fresh_database(std::chrono::milliseconds lock_wait) const {
        auto address = database_of_worlds
                           ? database_of_worlds()
                           : sql::Address{.database = (directory_.path() / "world.db").string(), .durable = false};
        address.lock_wait = lock_wait;
        return address;
    }

    const Timestamp now_;
    TemporaryDirectory directory_;

public:
    Database database;
    Id<User> user;
    Application application;
    Company company;
    std::filesystem::path directory() const { return directory_.path(); }
};

}  // namespace mf::testing
