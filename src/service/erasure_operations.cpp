// SPDX-License-Identifier: MIT
#include "domain/erasure.h"
#include "service/audit.h"
#include "service/list_filter.h"
#include "service/people.h"
#include "store/queries/one_time_link.h"
#include "store/queries/sign_in_record.h"

#include <fmt/format.h>

namespace mf {

struct ErasureFilter {
    std::optional<std::int64_t> limit, offset, after;
    std::optional<ListOrder> order;
    std::optional<ErasureStatus> status;
};

struct ErasureInput {
    std::optional<std::int64_t> user_id;
    std::optional<std::string> user_login, reason;
    std::optional<DeletionType> deletion_type;
};

struct ErasureReview {
    std::int64_t request_id = 0;
    std::optional<std::string> notes, reason;
};

struct ErasureReference {
    std::int64_t request_id = 0;
};

struct ErasureCleanup {
    std::optional<std::int64_t> days;
};

template <>
const Entity& entity_of<ErasureFilter>() {
    using F = ErasureFilter;
    static constexpr auto fields = fields_of<F>(
        limit_field<&F::limit>(), offset_field<&F::offset>(), after_field<&F::after>(), order_field<&F::order>(),
        field<&F::status>("status", {.help = "Only these: pending, approved, rejected or completed"}));
    static constexpr Entity entity{"erasure_filter", "Erasure requests", fields};
    return entity;
}

template <>
const Entity& entity_of<ErasureInput>() {
    using I = ErasureInput;
    static constexpr auto fields =
        fields_of<I>(field<&I::user_id>("user_id", {.help = "Number of the user"}),
                     field<&I::user_login>("user_login", {.help = "Or the login", .max_length = 64}),
                     field<&I::reason>("reason", {.help = "Why", .max_length = 1024}),
                     field<&I::deletion_type>(
                         "deletion_type", {.help = "soft (disable), anonymize or hard (remove all that is personal)"}));
    static constexpr Entity entity{"erasure_input", "Erasure request", fields};
    return entity;
}

template <>
const Entity& entity_of<ErasureReview>() {
    using R = ErasureReview;
    static constexpr auto fields =
        fields_of<R>(field<&R::request_id>("request_id", {.help = "Number of the request", .required = true}),
                     field<&R::notes>("notes", {.help = "Remarks", .max_length = 1024}),
                     field<&R::reason>("reason", {.help = "Why", .max_length = 1024}));
    static constexpr Entity entity{"erasure_review", "Review of an erasure request", fields};
    return entity;
}

template <>
const Entity& entity_of<ErasureReference>() {
    using R = ErasureReference;
    static constexpr auto fields =
        fields_of<R>(field<&R::request_id>("request_id", {.help = "Number of the request", .required = true}));
    static constexpr Entity entity{"erasure_reference", "Erasure request", fields};
    return entity;
}

template <>
const Entity& entity_of<ErasureCleanup>() {
    using C = ErasureCleanup;
    static constexpr auto fields =
        fields_of<C>(field<&C::days>("days", {.help = "Those that were closed so many days ago; 365 when left out"}));
    static constexpr Entity entity{"erasure_cleanup", "Erasure requests", fields};
    return entity;
}

namespace {

Repository<ErasureRequest> erasures_of(Call& call) { return {call.session, Scope::everything()}; }
Repository<User> people_of(Call& call) { return {call.session, Scope::everything()}; }

std::optional<Id<User>> who_asks(const Call& call) {
    return call.actor.user.value ? std::optional(call.actor.user) : std::nullopt;
}

Result<std::vector<ErasureRequest>> list_erasures(Call& call, const ErasureFilter& filter) {
    auto query = query_of(filter);
    if (filter.status) query.equals.emplace_back("status", std::string(name_of(*filter.status)));
    return erasures_of(call).list(query);
}

Result<ErasureRequest> find_erasure(Call& call, std::int64_t id) {
    auto found = erasures_of(call).find({id});
    if (!found) return Error{ErrorCode::not_found, "No erasure request found with given identifier"};
    return found;
}

void audit_erasure(Call& call, const ErasureRequest& request, std::string_view action) {
    audit(call, {.entity = "erasure_request",
                 .id = request.id.value,
                 .action = action,
                 .details = {{"user_id", request.user_id.value}, {"deletion_type", name_of(request.deletion_type)}}});
}

/// The login of a row of which nothing but its number is left.
std::string erased_login(Id<User> person) { return retired_login(User{.id = person, .login = "deleted_user"}); }

/// Also somebody whose account was deleted: its row still has the former login.
Result<User> find_subject(Call& call, const ErasureInput& input) {
    if (!input.user_id) return find_person(call, {.login = input.user_login});
    auto found = people_of(call).find({*input.user_id});
    if (!found) return Error{ErrorCode::not_found, "No user found with given identifier"};
    return found;
}

Result<ErasureRequest> create_erasure(Call& call, const ErasureInput& input) {
    const auto person = find_subject(call, input);
    if (!person) return person.error();
    if (!person->live && person->login == erased_login(person->id))
        return Error{ErrorCode::conflict, "What was known about this user is erased already."};
    if (auto allowed = may_change(call, *person); !allowed) return allowed.error();
    if (const auto open = erasures_of(call).first({.equals = {{"user_id", person->id.value}, {"open", 1}}}))
        return Error{ErrorCode::conflict,
                     fmt::format("Request {} about this user is not closed yet; one at a time.", open->id.value)};
    ErasureRequest request{.user_id = person->id,
                           .requested_by = who_asks(call),
                           .requested_at = call.now,
                           .deletion_type = input.deletion_type.value_or(DeletionType::soft),
                           .reason = input.reason.value_or("")};
    if (auto inserted = erasures_of(call).insert(request); !inserted) return inserted.error();
    audit_erasure(call, request, "create");
    return request;
}

Result<ErasureRequest> decide(Call& call, const ErasureReview& review, ErasureStatus status) {
    const auto before = find_erasure(call, review.request_id);
    if (!before) return before;
    if (before->status != ErasureStatus::pending)
        return Error{ErrorCode::conflict, fmt::format("The request is {} already.", name_of(before->status))};
    ErasureRequest after = *before;
    after.status = status;
    if (status == ErasureStatus::rejected) after.open.reset();
    after.reviewed_by = who_asks(call);
    after.reviewed_at = call.now;
    after.review_notes = review.notes ? review.notes : review.reason;
    if (auto updated = erasures_of(call).update(*before, after); !updated) return updated.error();
    audit_erasure(call, after, status == ErasureStatus::approved ? "approve" : "reject");
    return after;
}

Result<ErasureRequest> approve_erasure(Call& call, const ErasureReview& review) {
    return decide(call, review, ErasureStatus::approved);
}
Result<ErasureRequest> reject_erasure(Call& call, const ErasureReview& review) {
    return decide(call, review, ErasureStatus::rejected);
}

/// Carries a request out and notes what it does, table by table.
class Eraser {
public:
    Eraser(Call& call, const ErasureRequest& request, const User& person)
        : call_(call), request_(request), person_(person), rows_(call.session, Scope::everything()) {}

    Result<void> erase() {
        User after = person_;
        end_sessions(call_.session, person_.id, call_.now);
        if (request_.deletion_type == DeletionType::soft) {
            revoke_tokens(call_.session, person_.id, call_.now);
            void_links(call_.session, person_.id, call_.now);
            after.enabled = false;
            after.updated_at = call_.now;
            note("user", 1, "retained", "The account is disabled; what is known about the person stays.");
        } else {
            take_access();
            forget_sign_ins();
            after = User{.id = person_.id,
                         .login = erased_login(person_.id),
                         .created_at = person_.created_at,
                         .updated_at = call_.now,
                         .live = std::nullopt};
            note("user", 1, "anonymized", "Jobs and the audit log name the account by its number.");
        }
        note_history();
        if (auto updated = people_of(call_).update(person_, after); !updated) return updated;
        Repository<ErasureAction> stored(call_.session, Scope::everything());
        for (auto& action : actions_)
            if (auto inserted = stored.insert(action); !inserted) return inserted.error();
        return {};
    }

private:
    void take_access() {
        constexpr std::pair<const char*, const char*> statements[] = {
            {"user_role", R"(DELETE FROM "user_role" WHERE "user_id" = ?)"},
            {"company_user", R"(DELETE FROM "company_user" WHERE "user_id" = ? AND {scope})"},
            {"token", R"(DELETE FROM "token" WHERE "user_id" = ?)"},
            {"recovery_code", R"(DELETE FROM "recovery_code" WHERE "user_id" = ?)"},
            {"one_time_link", R"(DELETE FROM "one_time_link" WHERE "user_id" = ?)"},
            {"user_identity", R"(DELETE FROM "user_identity" WHERE "user_id" = ?)"},
            {"data_export", R"(DELETE FROM "data_export" WHERE "user_id" = ?)"}};
        for (const auto& [table, statement] : statements)
            note(table, rows_.execute(statement, {person_.id.value}), "deleted", "It gave the person access.");
    }
    void forget_sign_ins() {
        constexpr std::string_view reason = "It told from where the person was signed in.";
        if (request_.deletion_type == DeletionType::hard)
            note("login_session",
                 rows_.execute(R"(DELETE FROM "login_session" WHERE "user_id" = ?)", {person_.id.value}), "deleted",
                 reason);
        else
            note("login_session",
                 rows_.execute(R"(UPDATE "login_session" SET "address" = '', "user_agent" = '' WHERE "user_id" = ?)",
                               {person_.id.value}),
                 "anonymized", reason);
        note("sign_in_attempt", rows_.execute(R"(DELETE FROM "sign_in_attempt" WHERE "login" = ?)", {person_.login}),
             "deleted", "It has the login.");
        note("idempotency", rows_.execute(R"(DELETE FROM "idempotency" WHERE "user_id" = ?)", {person_.id.value}),
             "deleted", "Answers that were kept for the person to ask again.");
    }
    void note_history() {
        const auto of = [&](const char* text) { return integer_of(rows_.query(text, {person_.id.value})[0][0]); };
        note("job", of(R"(SELECT COUNT(*) FROM "job" WHERE "launched_by" = ? AND {scope})"), "retained",
             "The history of jobs names the account by its number alone.");
        note("audit", of(R"(SELECT COUNT(*) FROM "audit" WHERE "user_id" = ? AND {shared})"), "retained",
             "The audit log is evidence that must not be changed; it has the former login.");
    }
    void note(std::string_view table, std::int64_t records, std::string_view action, std::string_view reason) {
        actions_.push_back({.request_id = request_.id,
                            .table_name = std::string(table),
                            .records = records,
                            .action = std::string(action),
                            .reason = std::string(reason),
                            .performed_by = who_asks(call_),
                            .performed_at = call_.now});
    }

    Call& call_;
    const ErasureRequest& request_;
    const User& person_;
    ScopedSql rows_;
    std::vector<ErasureAction> actions_;
};

Result<ErasureRequest> process_erasure(Call& call, const ErasureReference& input) {
    const auto before = find_erasure(call, input.request_id);
    if (!before) return before;
    if (before->status != ErasureStatus::approved)
        return Error{ErrorCode::conflict, fmt::format("The request is {}; only one that is approved is carried out.",
                                                      name_of(before->status))};
    const auto person = people_of(call).find(before->user_id);
    if (!person) return person.error();
    if (auto allowed = may_change(call, *person); !allowed) return allowed.error();
    if (auto kept = keep_a_super_admin(call, *person); !kept) return kept.error();
    if (auto erased = Eraser(call, *before, *person).erase(); !erased) return erased.error();
    ErasureRequest after = *before;
    after.status = ErasureStatus::completed;
    after.open.reset();
    after.completed_at = call.now;
    if (auto updated = erasures_of(call).update(*before, after); !updated) return updated.error();
    audit_erasure(call, after, "process");
    return after;
}

Result<json::value> audit_of_erasure(Call& call, const ErasureReference& input) {
    const auto request = find_erasure(call, input.request_id);
    if (!request) return request.error();
    json::array actions;
    for (const auto& action : Repository<ErasureAction>(call.session, Scope::everything())
                                  .list({.equals = {{"request_id", request->id.value}}}))
        actions.push_back(to_json(action));
    return json::value{{"request", to_json(*request)}, {"actions", std::move(actions)}};
}

Result<json::value> clean_erasures_up(Call& call, const ErasureCleanup& input) {
    const auto days = input.days.value_or(365);
    if (days < 1 || days > 36500) {
        constexpr const char* sentence = "The number of days is from 1 to 36500.";
        return Error{ErrorCode::invalid, sentence, {{"days", sentence}}};
    }
    const auto removed = call.sql().execute(
        R"(DELETE FROM "erasure_request" WHERE "open" IS NULL AND COALESCE("completed_at", "reviewed_at") < ?)",
        {ms(call.now - std::chrono::days{days})});
    audit(call, {.entity = "erasure_request", .action = "cleanup", .details = {{"days", days}, {"removed", removed}}});
    return json::value{{"status", "success"}, {"removed", removed}};
}

}  // namespace

void add_erasure_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations, {"user-erasure:list", "GET /erasure-requests", "List requests to erase people.", administer},
        list_erasures);
    add(operations,
        {"user-erasure:create",
         "POST /erasure-requests",
         "Ask for the erasure of what is known about a user.",
         administer,
         changes,
         Discloses::nothing,
         {"user_id|user_login"}},
        create_erasure);
    add(operations,
        {"user-erasure:approve", "POST /erasure-requests/{request_id}/approve", "Approve a request.", administer,
         changes},
        approve_erasure);
    add(operations,
        {"user-erasure:reject", "POST /erasure-requests/{request_id}/reject", "Reject a request.", administer, changes},
        reject_erasure);
    add(operations,
        {"user-erasure:process", "POST /erasure-requests/{request_id}/process",
         "Carry out a request that was approved.", administer, changes},
        process_erasure);
    add(operations,
        {"user-erasure:audit", "GET /erasure-requests/{request_id}/audit", "Show what a request has done.", administer},
        audit_of_erasure);
    add(operations,
        {"user-erasure:cleanup", "DELETE /erasure-requests", "Remove requests that were closed long ago.", administer,
         changes},
        clean_erasures_up);
}

}  // namespace mf
