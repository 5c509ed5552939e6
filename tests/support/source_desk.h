// SPDX-License-Identifier: MIT
#pragma once

#include "base/text.h"
#include "schedule/change_launcher.h"
#include "schedule/source_reader.h"
#include "service/launch.h"
#include "store/queries/source_change.h"
#include "support/desk.h"
#include "support/manual_clock.h"

#include <fmt/format.h>

namespace mf::testing {

/// Another program with a table of changes.
class ChangesProgram {
public:
    explicit ChangesProgram(sql::Address address) : address_(std::move(address)), connection_(sql::open(address_)) {
        connection_->execute(
            R"(CREATE TABLE "changes_cache" ("inversion" BIGINT NOT NULL PRIMARY KEY, "evidence" VARCHAR(400),
               "operation" VARCHAR(100), "recordid" VARCHAR(400), "document_uri" VARCHAR(400), "context" TEXT))");
    }
    void tell(std::int64_t inversion, std::string evidence = "invoice", std::string operation = "create",
              Value context = {}) {
        connection_->execute(
            R"(INSERT INTO "changes_cache" ("inversion", "evidence", "operation", "recordid", "context")
               VALUES (?, ?, ?, ?, ?))",
            {inversion, std::move(evidence), std::move(operation), fmt::format("r{}", inversion), std::move(context)});
    }
    std::vector<std::int64_t> left() {
        std::vector<std::int64_t> out;
        for (const auto& row :
             connection_->query(R"(SELECT "inversion" FROM "changes_cache" ORDER BY "inversion")", {}))
            out.push_back(integer_of(row[0]));
        return out;
    }
    sql::Connection& connection() { return *connection_; }
    const sql::Address& address() const { return address_; }

private:
    const sql::Address address_;
    std::unique_ptr<sql::Connection> connection_;
};

/// An installation that follows event sources, as far as a test lets it.
struct SourceDesk : Desk {
    ManualClock clock{moment};
    int queued = 0;
    SourceReader reader{database, clock, vault, {.holder = "node", .time_limit = std::chrono::seconds(4)}};
    ChangeLauncher launcher{database, clock, vault, {.zone = "UTC", .user = user}, [this] { ++queued; }};
    RunTemplate target = add_run_template([](RunTemplate& r) { r.name = "target"; });

    sql::Address file(const std::string& name) const { return {.database = (directory() / name).string()}; }

    Id<EventSource> source_at(const sql::Address& address, json::object more = {}) {
        more["name"] = fmt::format("source {}", ++sources_);
        more["db_connection"] = address.dialect == sql::Dialect::sqlite     ? "sqlite"
                                : address.dialect == sql::Dialect::postgres ? "pgsql"
                                                                            : "mysql";
        more["db_database"] = address.database;
        if (address.dialect != sql::Dialect::sqlite) {
            more["db_host"] = address.host;
            more["db_port"] = fmt::to_string(address.port);
            more["db_username"] = address.user;
            more["db_password"] = address.password;
        }
        return {must(run("event-source:create", more)).at("id").as_int64()};
    }
    Id<EventRule> rule(Id<EventSource> source, const RunTemplate& to, json::object more = {}) {
        more["event_source_id"] = source.value;
        more["runtemplate_id"] = to.id.value;
        return {must(run("event-rule:create", more)).at("id").as_int64()};
    }
    std::vector<Job> jobs_of(const RunTemplate& of) { return all<Job>({.equals = {{"runtemplate_id", of.id.value}}}); }
    TextMap environment_of(const Job& job) {
        const auto rows = database.read([&](Session& session) {
            return session.sql.query(R"(SELECT "sealed" FROM "job_override" WHERE "job_id" = ?)", {job.id.value});
        });
        return must(launch_values_from(must(
                        vault.open(std::get<std::string>(rows.at(0)[0]), {"job_override", "sealed", job.id.value}))))
            .env;
    }
    /// The numbers of the changes after which the run template was launched, in that order.
    std::vector<std::int64_t> launched_after(const RunTemplate& of) {
        std::vector<std::int64_t> out;
        for (const auto& job : jobs_of(of)) out.push_back(*to_integer(environment_of(job).at("EVENT_INVERSION")));
        return out;
    }
    std::vector<EventChange> changes(EventChangeState state) {
        return all<EventChange>({.equals = {{"state", std::string(names_of(state)[static_cast<std::size_t>(state)])}}});
    }
    /// One look at the source when it is due, and everything that follows.
    void follow(Id<EventSource> source) {
        clock.advance(std::chrono::minutes(1));
        reader.look(source);
        launcher.launch_due();
    }

private:
    int sources_ = 0;
};

}  // namespace mf::testing
