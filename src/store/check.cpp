// SPDX-License-Identifier: MIT
#include "store/check.h"

#include "store/sql/transaction.h"
#include "store/table_pages.h"

#include <fmt/args.h>
#include <fmt/format.h>
#include <algorithm>

namespace mf {
namespace {

using sql::Dialect;

constexpr std::size_t most_broken_rows = 100;

/// A promise about the rows of a table. The query finds those that break it; its columns stand for {} in the sentence.
struct Promise {
    std::string_view table;
    std::string_view query;
    std::string_view sentence;
    std::string_view also_needs = {};  ///< another table, which an older schema has not
};

constexpr Promise promises[] = {
    {"job", R"(SELECT j."id" FROM "job" j WHERE j."state" = 'pending' AND NOT EXISTS
               (SELECT 1 FROM "schedule" s WHERE s."job_id" = j."id"))",
     "Job {} is pending and not in the queue, so it would never start; \"queue fix\" repairs that."},
    {"schedule", R"(SELECT s."id", s."job_id", j."state" FROM "schedule" s JOIN "job" j ON j."id" = s."job_id"
                    WHERE j."state" <> 'pending')",
     "The entry {} of the queue is about job {}, which is {} and not pending; \"queue fix\" repairs that."},
    {"schedule", R"(SELECT s."id", s."job_id" FROM "schedule" s JOIN "job" j ON j."id" = s."job_id"
                    LEFT JOIN "lane" l ON l."id" = s."lane_id"
                    WHERE l."id" IS NULL OR l."company_id" <> j."company_id" OR l."app_id" <> j."app_id")",
     "The entry {} of the queue is not in the lane of its job {}, where nodes look for it; \"queue fix\" repairs "
     "that.",
     "lane"},
    {"job",
     R"(SELECT "id", "state" FROM "job" WHERE "exclusive" IS NOT NULL AND "state" NOT IN ('claimed', 'running'))",
     "Job {} is {} and still holds its run template, whose other jobs would wait for ever."},
    {"job", R"(SELECT "id", "runtemplate_id", "exclusive" FROM "job" WHERE "exclusive" <> "runtemplate_id")",
     "Job {} of run template {} holds run template {}."},
    {"runtemplate", R"(SELECT "id" FROM "runtemplate" WHERE
                       ("next_slot" IS NULL AND "next_launch" IS NOT NULL) OR
                       ("next_slot" IS NOT NULL AND "next_launch" IS NULL))",
     "Run template {} has only one of the two times of its next run; update it to have it planned anew."},
    // Removed jobs stay in the counters of their run template, so those are compared where a company never lost one.
    {"runtemplate", R"(SELECT r."id", r."successfull_jobs_count", r."failed_jobs_count", x."good", x."bad"
         FROM "runtemplate" r JOIN (SELECT t."id" AS "id",
             COALESCE(SUM(CASE WHEN j."state" = 'succeeded' THEN 1 ELSE 0 END), 0) AS "good",
             COALESCE(SUM(CASE WHEN j."state" IN ('failed', 'blocked', 'timed_out', 'lost') THEN 1
                               WHEN j."state" = 'cancelled' AND j."begin" IS NOT NULL THEN 1 ELSE 0 END), 0) AS "bad"
             FROM "runtemplate" t LEFT JOIN "job" j ON j."runtemplate_id" = t."id" GROUP BY t."id") x ON x."id" = r."id"
         WHERE (r."successfull_jobs_count" <> x."good" OR r."failed_jobs_count" <> x."bad") AND NOT EXISTS
             (SELECT 1 FROM "job_count" c WHERE c."company_id" = r."company_id" AND c."removed" > 0))",
     "Run template {} counts {} succeeded and {} failed jobs, and has {} and {}."},
    {"job_count",
     R"(SELECT c."id", COALESCE((SELECT SUM(n."created") FROM "job_count" n WHERE n."company_id" = c."id"), 0),
                     (SELECT COUNT(*) FROM "job" j WHERE j."company_id" = c."id") FROM "company" c
                     WHERE COALESCE((SELECT SUM(n."created") FROM "job_count" n WHERE n."company_id" = c."id"), 0) <>
                           (SELECT COUNT(*) FROM "job" j WHERE j."company_id" = c."id"))",
     "Company {} counts {} jobs, and has {}."},
    {"task", R"(SELECT t."id", t."state" FROM "task" t WHERE t."state" IN ('open', 'running') AND NOT EXISTS
                (SELECT 1 FROM "job" j WHERE j."task_id" = t."id" AND j."state" IN ('pending', 'claimed', 'running')))",
     "Task {} is {} and has no job in the queue or running; the server closes it when its window has ended."},
    {"task", R"(SELECT t."id", t."state", j."id", j."state" FROM "task" t JOIN "job" j ON j."task_id" = t."id"
                WHERE t."state" NOT IN ('open', 'running') AND j."state" IN ('pending', 'claimed', 'running'))",
     "Task {} is {} although its job {} is {}."},
    {"task_count", R"(SELECT x."company_id", x."counted", x."there" FROM (SELECT c."id" AS "company_id",
         COALESCE((SELECT SUM(n."fulfilled" + n."fulfilled_late" + n."failed" + n."missed") FROM "task_count" n
             WHERE n."company_id" = c."id"), 0) AS "counted",
         (SELECT COUNT(*) FROM "task" t WHERE t."company_id" = c."id" AND t."state" NOT IN ('open', 'running')) AS "there"
         FROM "company" c) x WHERE x."counted" <> x."there")",
     "Company {} counts {} tasks with an outcome, and has {}."},
    {"credential", R"(SELECT c."id", c."version" FROM "credential" c WHERE c."live" = 1 AND NOT EXISTS
                      (SELECT 1 FROM "credential_version" v WHERE v."credential_id" = c."id" AND v."version" = c."version"))",
     "Credential {} uses version {} of its values, which is not there; go back to another one with credential "
     "rollback.",
     "credential_version"},
    {"runtemplate_credential", R"(SELECT a."runtemplate_id", a."credential_id" FROM "runtemplate_credential" a
         JOIN "runtemplate" r ON r."id" = a."runtemplate_id" JOIN "credential" c ON c."id" = a."credential_id"
         WHERE r."company_id" <> c."company_id" OR a."company_id" <> c."company_id")",
     "Run template {} has the credential {} of another company, so its jobs are blocked; unassign it."},
    {"event_rule", R"(SELECT e."id", e."runtemplate_id" FROM "event_rule" e
         JOIN "runtemplate" r ON r."id" = e."runtemplate_id"
         LEFT JOIN "runtemplate" b ON b."id" = e."runtemplate_source_id"
         LEFT JOIN "event_source" s ON s."id" = e."event_source_id"
         WHERE r."company_id" <> e."company_id" OR b."company_id" <> e."company_id" OR s."company_id" <> e."company_id")",
     "Event rule {} and its run template {} are not of the company of what fires the rule; remove the rule."},
    {"erasure_request", R"(SELECT "id", "status" FROM "erasure_request" WHERE
                           ("open" IS NULL AND "status" IN ('pending', 'approved')) OR
                           ("open" IS NOT NULL AND "status" IN ('rejected', 'completed')))",
     "The erasure request {} is {}, but whether it is marked as open says otherwise."},
    {"job_output", R"(SELECT "job_id", COUNT(*), MAX("seq") + 1 FROM "job_output" GROUP BY "job_id"
                      HAVING COUNT(*) <> MAX("seq") + 1 OR MIN("seq") <> 0)",
     "The output of job {} has {} pieces where there should be {}: part of it is lost."},
    {"content", R"(SELECT c."sha256", c."size", COALESCE(SUM(LENGTH(p."bytes")), 0) FROM "content" c
                   LEFT JOIN "content_piece" p ON p."content_id" = c."id" WHERE c."sha256" IS NOT NULL
                   GROUP BY c."sha256", c."size" HAVING COALESCE(SUM(LENGTH(p."bytes")), 0) <> c."size" OR
                   COALESCE(MAX(p."seq") + 1, 0) <> COUNT(p."seq"))",
     "The content {} should have {} bytes in pieces without gaps, and has {}: artifacts with it are damaged."},
    {"artifacts", R"(SELECT a."id", a."job_id" FROM "artifacts" a LEFT JOIN "content" c ON c."sha256" = a."sha256"
                     WHERE a."kind" = 'file' AND c."sha256" IS NULL)",
     "Artifact {} of job {} has no content."},
    {"artifacts", R"(SELECT a."id", a."job_id", a."size", c."size" FROM "artifacts" a JOIN "content" c ON
                     c."sha256" = a."sha256" WHERE a."kind" = 'file' AND c."size" <> a."size")",
     "Artifact {} of job {} should have {} bytes, its content has {}."},
};

std::string shown(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* number = std::get_if<std::int64_t>(&value)) return fmt::to_string(*number);
    if (const auto* number = std::get_if<double>(&value)) return fmt::to_string(*number);
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "1" : "0";
    return is_null(value) ? "null" : "octets";
}

std::string shown(std::span<const Value> key) {
    std::string out;
    for (const Value& value : key) out += (out.empty() ? "" : ", ") + shown(value);
    return out;
}

class Check {
public:
    Check(sql::Connection& connection, std::span<const SchemaTable> tables)
        : connection_(connection), tables_(tables) {}

    /// What the database itself knows; MariaDB ends transactions by this.
    void own_checks() {
        if (connection_.dialect() == Dialect::sqlite) {
            for (const auto& row : connection_.query(fmt::format("PRAGMA integrity_check({})", most_broken_rows), {}))
                if (row[0] != Value(std::string("ok")))
                    add("", fmt::format("SQLite finds the file damaged: {}. Restore a backup.", shown(row[0])));
        } else if (connection_.dialect() == Dialect::mariadb) {
            for (const auto& table : tables_)
                for (const auto& row : connection_.query(fmt::format("CHECK TABLE \"{}\"", table.name), {}))
                    if (row[2] == Value(std::string("error")) || row[2] == Value(std::string("warning")) ||
                        (row[2] == Value(std::string("status")) && row[3] != Value(std::string("OK"))))
                        add(table.name, fmt::format("MariaDB finds the table \"{}\" damaged: {}. Restore a backup.",
                                                    table.name, shown(row[3])));
        }
    }

    void table(const SchemaTable& table) {
        for (const auto& reference : table.references) dangling(table, reference);
        if (connection_.dialect() == Dialect::sqlite) other_kinds(table);
        for (const Promise& promise : promises)
            if (promise.table == table.name && (promise.also_needs.empty() || has(promise.also_needs)))
                each(table.name, promise.query, [&](const sql::Row& row) {
                    fmt::dynamic_format_arg_store<fmt::format_context> cells;
                    for (const Value& value : row) cells.push_back(shown(value));
                    return fmt::vformat(promise.sentence, cells);
                });
    }

    std::vector<DatabaseProblem> take() { return std::move(problems_); }

private:
    bool has(std::string_view name) const {
        return std::ranges::any_of(tables_, [&](const SchemaTable& table) { return table.name == name; });
    }
    void add(std::string_view table, std::string message) {
        problems_.push_back({std::string(table), std::move(message)});
    }

    template <class Sentence>
    void each(const std::string& table, std::string_view query, Sentence sentence) {
        const auto rows = connection_.query(fmt::format("{} LIMIT {}", query, most_broken_rows + 1), {});
        for (std::size_t i = 0; i < std::min(rows.size(), most_broken_rows); ++i) add(table, sentence(rows[i]));
        if (rows.size() > most_broken_rows)
            add(table, fmt::format("There are more than {} such rows in the table \"{}\".", most_broken_rows, table));
    }

    void dangling(const SchemaTable& table, const SchemaReference& reference) {
        std::string joined;
        std::string is_set;
        for (std::size_t i = 0; i < reference.columns.size(); ++i) {
            joined +=
                fmt::format("{}b.\"{}\" = a.\"{}\"", i ? " AND " : "", reference.referenced[i], reference.columns[i]);
            is_set += fmt::format("a.\"{}\" IS NOT NULL AND ", reference.columns[i]);
        }
        const auto query = fmt::format("SELECT {}, {} FROM \"{}\" a LEFT JOIN \"{}\" b ON {} WHERE {}b.\"{}\" IS NULL",
                                       quoted_names(table.primary_key, "a."), quoted_names(reference.columns, "a."),
                                       table.name, reference.table, joined, is_set, reference.referenced[0]);
        const auto keys = table.primary_key.size();
        each(table.name, query, [&](const sql::Row& row) {
            return fmt::format("The row {} of the table \"{}\" refers to the row {} of \"{}\", which is not there.",
                               shown(std::span(row).first(keys)), table.name, shown(std::span(row).subspan(keys)),
                               reference.table);
        });
    }

    void other_kinds(const SchemaTable& table) {
        for (const auto& column : table.columns) {
            const auto* kind = "'integer'";
            if (column.type == ColumnType::real) kind = "'real', 'integer'";
            if (column.type == ColumnType::text) kind = "'text'";
            if (column.type == ColumnType::blob) kind = "'blob'";
            const auto query =
                fmt::format("SELECT {} FROM \"{}\" WHERE \"{}\" IS NOT NULL AND TYPEOF(\"{}\") NOT IN ({})",
                            quoted_names(table.primary_key), table.name, column.name, column.name, kind);
            each(table.name, query, [&](const sql::Row& row) {
                return fmt::format("The row {} of the table \"{}\" holds a value of another kind in \"{}\".",
                                   shown(row), table.name, column.name);
            });
        }
    }

    sql::Connection& connection_;
    std::span<const SchemaTable> tables_;
    std::vector<DatabaseProblem> problems_;
};

}  // namespace

Result<std::vector<DatabaseProblem>> check_database(sql::Connection& connection, std::span<const SchemaTable> tables,
                                                    const CopyProgress& progress) {
    Check check(connection, tables);
    check.own_checks();
    const sql::Transaction snapshot(connection, sql::TransactionKind::snapshot);
    for (const auto& table : tables) {
        if (progress && !progress("checking", table.name, 0))
            return Error{ErrorCode::unavailable, "The check was interrupted."};
        check.table(table);
    }
    return check.take();
}

}  // namespace mf
