// SPDX-License-Identifier: MIT
#pragma once

#include "base/json.h"
#include "secure/vault.h"
#include "service/job_operations.h"
#include "service/perform.h"
#include "support/fake_http.h"
#include "support/queue.h"

namespace mf::testing {

/// Of "Ledger", the application that tests import, change and export.
constexpr const char* ledger_uuid = "4b8de4a4-6f2c-4d0c-9f0e-2b8d6b1f3a11";

/// What hashing a password costs in tests.
inline constexpr PasswordCost cheap{.passes = 1, .memory = 64 << 10};

/// What a manager of this company, and of nothing else, may do.
inline Rights manager_of(Id<Company> company) {
    Rights rights;
    rights.grant(company, CompanyRole::manager);
    return rights;
}

/// Every value of a row, as text.
inline std::string text_of(const sql::Row& row) {
    std::string out;
    for (const auto& value : row) {
        if (auto* text = std::get_if<std::string>(&value)) out += *text;
        if (auto* number = std::get_if<std::int64_t>(&value)) out += std::to_string(*number);
        if (auto* bytes = std::get_if<Bytes>(&value)) out += bytes->data;
        out += '|';
    }
    return out;
}

/// Runs operations by name on a fresh database, as a program would.
struct Desk : Queue {
    explicit Desk(Timestamp now_of_test = test_time) : Queue(now_of_test) {}

    Result<json::value> run(std::string_view name, const json::object& input, Rights rights = Rights::unlimited()) {
        const auto operation = std::ranges::find(operations, name, &Operation::name);
        if (operation == operations.end()) throw std::runtime_error("there is no such operation");
        const Caller caller{{user, "tester"}, std::move(rights)};
        Outside outside{.http = http, .now = moment, .time_limit = std::chrono::seconds(1)};
        const auto done = perform_on(database, *operation, input, caller,
                                     {.vault = vault, .now = moment, .zone = "UTC", .password_cost = cheap}, outside);
        if (!done) return done.error();
        woken = done->wake_server;
        return done->answer;
    }

    /// The error of an operation that is refused; it must have left everything as it was, the audit log too, unless
    /// that tells of what is forbidden.
    Error error_of(std::string_view operation, const json::object& input, Rights rights = Rights::unlimited()) {
        const auto before = dump(false), before_with_audit = dump(true);
        const auto answer = run(operation, input, std::move(rights));
        const bool is_noted = !answer && answer.error().code == ErrorCode::forbidden;
        if (dump(!is_noted) != (is_noted ? before : before_with_audit))
            throw std::runtime_error("what was refused has left something behind");
        if (answer) throw std::runtime_error("this was not refused");
        return answer.error();
    }

    /// Every value of every table, as text; the audit log only on request.
    std::string dump(bool with_audit = false) {
        return database.read([&](Session& session) {
            std::string out;
            for (const auto& table :
                 session.sql.query(R"(SELECT "name" FROM sqlite_master WHERE "type" = 'table' ORDER BY 1)")) {
                const auto& name = std::get<std::string>(table[0]);
                if (name.starts_with("sqlite_") || (name.starts_with("audit") && !with_audit)) continue;
                out += name + "\n";
                for (const auto& row : session.sql.query("SELECT * FROM \"" + name + "\"")) {
                    out += text_of(row) + '\n';
                }
            }
            return out;
        });
    }

    const Operations operations = all_operations();
    FakeHttp http{HttpReply{.status = 200}};
    Vault vault = must(open_vault("key of the tests", ""));
    bool woken = false;
};

}  // namespace mf::testing
