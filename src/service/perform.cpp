// SPDX-License-Identifier: MIT
#include "service/perform.h"

#include "base/text.h"
#include "domain/definition/finding.h"
#include "service/company_operations.h"
#include "store/queries/audit_chain.h"
#include "store/queries/sign_in_record.h"

#include <fmt/format.h>

namespace mf {
namespace {

std::string_view least_role(Permission permission) {
    using enum Permission;
    switch (permission) {
        case view: return "viewer";
        case run: return "operator";
        case edit: return "editor";
        default: return "manager";
    }
}

Error forbidden(const Operation& operation) {
    const auto permission = operation.permission;
    if (is_of_company(permission))
        return {ErrorCode::forbidden, fmt::format("'{}' needs the role {} in the company. A manager of the company can "
                                                  "give it (user-company assign).",
                                                  operation.name, least_role(permission))};
    return {ErrorCode::forbidden,
            fmt::format("'{}' needs the permission '{}' of the installation. An administrator can give it (user-role "
                        "set).",
                        operation.name, name_of(permission))};
}

constexpr std::string_view company_id = "company_id";

/// Wherever the number of a company is asked for, its code will do.
Result<json::object> with_company_number(Call& call, const Operation& operation, const json::object& input) {
    const auto name = company_id;
    const auto* given = input.if_contains(name);
    if (!given || !given->is_string() || to_integer(given->get_string()) || !operation.input->find(name)) return input;
    // No database would look for that; what reads the input says what is wrong with it.
    if (!is_utf8(given->get_string()) || given->get_string().find('\0') != std::string::npos) return input;
    const auto company = company_named(call, given->get_string());
    if (!company) {
        const auto sentence = fmt::format("There is no company with the code '{}'.", printable(given->get_string()));
        return Error{company.error().code, sentence, {{std::string(name), sentence}}};
    }
    auto out = input;
    out[name] = company->id.value;
    return out;
}

template <class Answer>
struct Called {
    Result<Answer> answer;
    std::vector<AuditEntry> audited = {};
    bool wake_server = false;
    bool wrong_proof = false;
};

/// Runs a function of an operation with the scope that the rights of the caller give it.
template <class Answer>
Called<Answer> call_operation(const std::function<Result<Answer>(Call&, const json::object&)>& run, Session& session,
                              const Operation& operation, const json::object& input, const Caller& caller,
                              const CallSurroundings& surroundings) {
    if (!caller.rights.may(operation.permission)) return {forbidden(operation)};
    Call call{.session = session,
              .scope = Scope::of(caller.rights, operation.permission),
              .rights = caller.rights,
              .actor = caller.actor,
              .now = surroundings.now,
              .vault = {session, surroundings.vault},
              .zone = surroundings.zone,
              .allowed_names = surroundings.allowed_names,
              .credential_versions = surroundings.credential_versions,
              .password_cost = surroundings.password_cost,
              .memory = surroundings.memory};
    const auto attempt = [&] {
        if (!input.if_contains(company_id)) return run(call, input);
        return with_company_number(call, operation, input).and_then([&](const json::object& known) {
            return run(call, known);
        });
    };
    auto answer = attempt();
    // Seen, but in a company where the permission is missing? The transaction ends with a failure either way, so
    // whatever the second try does is rolled back. One that misses another thing has seen this one.
    if (!answer && answer.error().code == ErrorCode::not_found && is_of_company(operation.permission) &&
        operation.permission != Permission::view && !call.scope.is_everything()) {
        call.scope = Scope::of(caller.rights, Permission::view);
        if (const auto as_seen = attempt(); as_seen || as_seen.error().code != ErrorCode::not_found ||
                                            as_seen.error().message != answer.error().message)
            return {forbidden(operation)};
    }
    return {std::move(answer), std::move(call.audited), call.wake_server, call.wrong_proof};
}

Called<Performed> perform_call(Session& session, const Operation& operation, const json::object& input,
                               const Caller& caller, const CallSurroundings& surroundings, const Alongside& alongside) {
    const std::function with_all = [&](Call& call, const json::object& known) -> Result<json::value> {
        if (alongside.before) {
            auto early = alongside.before(call);
            if (!early) return early.error();
            if (*early) return **std::move(early);
        }
        auto answer = alongside.instead ? alongside.instead(call, known) : operation.run(call, known);
        if (answer && alongside.after)
            if (auto recorded = alongside.after(call, *answer); !recorded) return recorded.error();
        return answer;
    };
    auto done = call_operation(with_all, session, operation, input, caller, surroundings);
    if (!done.answer) return {done.answer.error(), {}, false, done.wrong_proof};
    if (!done.audited.empty())
        if (auto ready = ready_for_audit(session, surroundings.vault); !ready) return {ready.error()};
    append_to_audit(session, done.audited, surroundings.vault);
    return {Performed{*std::move(done.answer), done.wake_server}};
}

struct PreparedTalk {
    std::optional<json::value> answer = {};  ///< nobody has to be asked
    Talk talk = {};
};

/// What ends a call or answers it ends it before others are asked.
Result<PreparedTalk> prepare_talk(Database& database, const Operation& operation, const json::object& input,
                                  const Caller& caller, const CallSurroundings& surroundings,
                                  const Alongside& alongside) {
    const std::function prepare = [&](Call& call, const json::object& known) -> Result<PreparedTalk> {
        if (alongside.before) {
            auto early = alongside.before(call);
            if (!early) return early.error();
            if (*early) return PreparedTalk{.answer = **std::move(early)};
        }
        return operation.talk(call, known).transform([](Talk talk) { return PreparedTalk{.talk = std::move(talk)}; });
    };
    return database.read([&](Session& session) {
        return call_operation(prepare, session, operation, input, caller, surroundings).answer;
    });
}

/// What a failed call leaves behind.
void record_refusal(Database& database, const Operation& operation, const Caller& caller,
                    const CallSurroundings& surroundings, const Error& error, bool wrong_proof) {
    if (error.code != ErrorCode::forbidden && !wrong_proof) return;
    const auto& actor = caller.actor;
    // Anybody could fill the log otherwise.
    if (!wrong_proof && !actor.user.value && actor.login.empty()) return;
    AuditEntry entry{.at = surroundings.now,
                     .user_id = actor.user.value ? std::optional(actor.user) : std::nullopt,
                     .login = actor.login,
                     .entity = "operation",
                     .action = wrong_proof ? "proof_failed" : "denied",
                     .entry = actor.entry,
                     .address = actor.address,
                     .details = to_text(json::value{{"operation", operation.name}})};
    database.write([&](Session& session) {
        if (!ready_for_audit(session, surroundings.vault)) return;
        if (wrong_proof) record_attempt(session, {actor.login, address_group(actor.address)}, surroundings.now);
        auto added = entry;
        append_to_audit(session, std::span(&added, 1), surroundings.vault);
    });
}

}  // namespace

Result<Performed> perform(Session& session, const Operation& operation, const json::object& input, const Caller& caller,
                          const CallSurroundings& surroundings) {
    return perform_call(session, operation, input, caller, surroundings, {}).answer;
}

Result<Performed> perform_on(Database& database, const Operation& operation, const json::object& input,
                             const Caller& caller, const CallSurroundings& surroundings, Outside& outside,
                             const Alongside& alongside) {
    bool wrong_proof = false;
    const auto within_transactions = [&]() -> Result<Performed> {
        auto complete = input;
        if (operation.talk) {
            auto prepared = prepare_talk(database, operation, input, caller, surroundings, alongside);
            if (!prepared) return prepared.error();
            if (prepared->answer) return Performed{*std::move(prepared->answer)};
            complete["heard"] = prepared->talk(outside);
        }
        const auto work = [&](Session& session) {
            auto called = perform_call(session, operation, complete, caller, surroundings, alongside);
            wrong_proof = called.wrong_proof;
            return std::move(called.answer);
        };
        return operation.access == Access::changes ? database.write(work) : database.read(work);
    };
    auto done = within_transactions();
    if (!done) record_refusal(database, operation, caller, surroundings, done.error(), wrong_proof);
    return done;
}

}  // namespace mf
