// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"
#include "domain/access.h"
#include "domain/audit.h"
#include "domain/entity_json.h"
#include "domain/job.h"
#include "domain/variable_name.h"
#include "net/http_client.h"
#include "secure/password.h"
#include "service/operation_input.h"
#include "store/queries/data_keys.h"
#include "store/records.h"
#include "store/scoped_sql.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace mf {

/// Who asks, and from where.
struct Actor {
    Id<User> user;
    std::string login;
    std::string entry = "cli";            ///< the way in: "cli", "api", "web", "mcp", "server"
    std::string address = {};             ///< of the one who asks, if the way in knows
    std::optional<Timestamp> until = {};  ///< came with a token that ends then
    bool restricted = false;  ///< came with a token that is narrower than its owner: makes no keys, changes no password
};

/// Everything a use case may touch while it runs. One per call; lives for the call.
struct Call {
    Session& session;
    Scope scope;           ///< what the operation may work with: see perform()
    const Rights& rights;  ///< all that the actor may do
    Actor actor;
    Timestamp now;                    ///< the same for the whole call
    VaultOfSession vault;             ///< seals and opens secret values
    std::string zone;                 ///< IANA name of the zone of the one who asks, for times without an offset
    AllowedNames allowed_names = {};  ///< dangerous variable names that the operator permits
    int credential_versions = 10;     ///< how many versions of the values of a credential are kept
    PasswordCost password_cost = {};  ///< of passwords that are stored
    /// Set by a use case: the password or the code by which the actor should prove who he is was wrong. When the call
    /// has failed, it counts like a failed sign-in.
    bool wrong_proof = false;
    bool wake_server = false;  ///< set by a use case: the server has something to do as soon as this is committed
    std::vector<AuditEntry> audited = {};  ///< what was done so far; see audit()
    json::storage_ptr memory = {};         ///< for the answer: see CallSurroundings

    template <class T>
    Repository<T> repository() {
        return Repository<T>(session, scope);
    }
    ScopedSql sql() { return ScopedSql(session, scope); }
    /// What the actor may see: for what an answer tells of the companies that a change of the installation concerns.
    Scope seen() const { return Scope::of(rights, Permission::view); }
};

/// That an operation should not be used any more.
struct Deprecation {
    Timestamp since{};
    std::optional<Timestamp> sunset = {};  ///< it may be gone from then on
    std::string successor = {};            ///< the operation that does it instead; empty: none
};

/// Whether an operation needs a transaction that writes.
enum class Access { reads, changes };

/// Whether the answer holds a secret in clear: one that is stored, or one that was made and is shown this once. Such an
/// answer is for the one who asked alone: it is not to be cached, and no assistant may ask for it.
enum class Discloses { nothing, secret };

/// Where an operation asks other machines: between two transactions, so that nobody waits for a lock meanwhile.
struct Outside {
    HttpClient& http;
    Timestamp now;
    std::chrono::milliseconds time_limit;
    std::vector<std::filesystem::path> file_roots = {};  ///< see ProviderContext
    std::stop_token stop = {};
};
using Talk = std::function<json::value(Outside&)>;

/// Something a person or a program can ask for.
///
/// CLI commands, REST routes and the audit log are made from this description; nothing else has to be written for a
/// new operation. Input members that are std::optional are options that may be left out.
struct Operation {
    std::string name;     ///< "job:cancel": the CLI command, the audit entry
    std::string route;    ///< "POST /jobs/{id}/cancel"
    std::string summary;  ///< one sentence for --help and OpenAPI
    Permission permission;
    Access access;
    const Entity* input;  ///< fields accepted from the caller
    std::function<Result<json::value>(Call&, const json::object&)> run;
    /// Of an operation that asks other machines: what it reads beforehand, and what it then does without a database.
    /// `run` gets what it heard as the member "heard" of its input.
    std::function<Result<Talk>(Call&, const json::object&)> talk = {};
    Discloses discloses = Discloses::nothing;
    const Entity* output = nullptr;  ///< of the record that the answer is, or of each in its list; null: other JSON
    bool lists = false;              ///< with `output`: the answer is a list of them
    std::optional<Deprecation> deprecated = {};
    Needs needs = {};
    /// Everything that is wrong with an input as such, without a look at anything else.
    std::function<Result<void>(const json::object&)> check = {};
};

using Operations = std::vector<Operation>;

/// What describes an operation apart from its code.
struct OperationInfo {
    std::string name, route, summary;
    Permission permission = Permission::view;
    Access access = Access::reads;
    Discloses discloses = Discloses::nothing;
    Needs needs = {};  ///< what must be given and is std::optional, because other operations share the input
};

/// An input about which more can be said without a look at anything stored than that its fields have the right form:
/// what this says is told together with what is wrong with the form. Fields that could not be read are as if they were
/// not given.
template <class Input>
concept CheckedInput = requires(const Input& input) {
    { check_input(input) } -> std::same_as<Result<void>>;
};

namespace detail {
template <class Input>
Result<void> checked(Result<void> read, const Input& typed) {
    if constexpr (CheckedInput<Input>)
        return with_complaints(std::move(read), check_input(typed));
    else
        return read;
}
template <class Input>
Result<void> read_input(const Needs& needs, const json::object& input, Input& typed) {
    return checked(read_operation_input(entity_of<Input>(), needs, input, &typed), typed);
}
template <class Input>
auto check_of(const Needs& needs) {
    return [needs](const json::object& input) {
        Input typed;
        return checked(check_operation_input(entity_of<Input>(), needs, input, &typed), typed);
    };
}
template <class Output>
struct Answered {
    static const Entity* entity() { return &entity_of<Output>(); }
    static constexpr bool is_list = false;
};
template <>
struct Answered<json::value> {
    static const Entity* entity() { return nullptr; }
    static constexpr bool is_list = false;
};
template <class Record>
struct Answered<std::vector<Record>> {
    static const Entity* entity() { return &entity_of<Record>(); }
    static constexpr bool is_list = true;
};
inline json::value render(json::value output, const json::storage_ptr&) { return output; }
template <class Output>
json::value render(const Output& output, const json::storage_ptr& memory) {
    return to_json(entity_of<Output>(), &output, memory);
}
template <class Output>
json::value render(const std::vector<Output>& outputs, const json::storage_ptr& memory) {
    json::array out(memory);
    out.reserve(outputs.size());
    for (const Output& output : outputs) out.push_back(to_json(entity_of<Output>(), &output, memory));
    return out;
}
}  // namespace detail

/// Adds an operation: a function from a described struct to a described struct, a vector of those, or JSON.
template <class Input, class Output>
void add(Operations& operations, OperationInfo info, Result<Output> (*run)(Call&, const Input&)) {
    operations.push_back({std::move(info.name),
                          std::move(info.route),
                          std::move(info.summary),
                          info.permission,
                          info.access,
                          &entity_of<Input>(),
                          [run, needs = info.needs](Call& call, const json::object& input) -> Result<json::value> {
                              Input typed;
                              if (auto read = detail::read_input(needs, input, typed); !read) return read.error();
                              auto output = run(call, typed);
                              if (!output) return output.error();
                              return detail::render(*std::move(output), call.memory);
                          },
                          {},
                          info.discloses,
                          detail::Answered<Output>::entity(),
                          detail::Answered<Output>::is_list,
                          {},
                          info.needs,
                          detail::check_of<Input>(info.needs)});
}

/// Adds an operation that asks other machines: `prepare` reads in a transaction of its own, `run` gets what was heard.
template <class Input>
void add_talking(Operations& operations, OperationInfo info, Result<Talk> (*prepare)(Call&, const Input&),
                 Result<json::value> (*run)(Call&, const Input&, const json::value& heard)) {
    const auto read = [needs = info.needs](const json::object& input, auto&& use) {
        Input typed;
        auto own = input;
        own.erase("heard");
        using Answer = decltype(use(typed));
        if (auto done = detail::read_input(needs, own, typed); !done) return Answer(done.error());
        return use(typed);
    };
    operations.push_back({std::move(info.name),
                          std::move(info.route),
                          std::move(info.summary),
                          info.permission,
                          info.access,
                          &entity_of<Input>(),
                          [run, read](Call& call, const json::object& input) {
                              return read(input,
                                          [&](const Input& typed) { return run(call, typed, input.at("heard")); });
                          },
                          [prepare, read](Call& call, const json::object& input) {
                              return read(input, [&](const Input& typed) { return prepare(call, typed); });
                          },
                          info.discloses,
                          nullptr,
                          false,
                          {},
                          info.needs,
                          detail::check_of<Input>(info.needs)});
}

}  // namespace mf
