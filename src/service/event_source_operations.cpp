// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "domain/definition/finding.h"
#include "domain/visible_text.h"
#include "service/audit.h"
#include "service/company_operations.h"
#include "service/credential_type_operations.h"
#include "service/event_operations.h"
#include "service/event_source_probe.h"
#include "service/list_filter.h"
#include "service/sealing.h"
#include "store/queries/source_change.h"

#include <fmt/format.h>

namespace mf {

struct EventSourceFilter {
    std::optional<std::int64_t> limit, offset, after, company_id;
    std::optional<ListOrder> order;
};

struct EventSourceLookup {
    std::optional<std::int64_t> id;
    std::optional<std::string> name;
};

struct EventSourceInput {
    std::optional<std::int64_t> id, company_id;
    std::optional<std::string> name, adapter_type;
    std::optional<SourceDatabase> db_connection;
    std::optional<std::string> db_host, db_port, db_database, db_username, db_password;
    std::optional<bool> enabled;
    std::optional<std::int64_t> last_processed_id, poll_interval;
};

template <>
const Entity& entity_of<EventSourceFilter>() {
    using F = EventSourceFilter;
    static constexpr auto fields = fields_of<F>(
        limit_field<&F::limit>(), offset_field<&F::offset>(), after_field<&F::after>(),
        field<&F::company_id>("company_id", {.help = "Only what this company may use"}), order_field<&F::order>());
    static constexpr Entity entity{"event_source_filter", "Event sources", fields};
    return entity;
}

template <>
const Entity& entity_of<EventSourceLookup>() {
    using L = EventSourceLookup;
    static constexpr auto fields = fields_of<L>(field<&L::id>("id", {.help = "Number of the event source"}),
                                                field<&L::name>("name", {.help = "Its name"}));
    static constexpr Entity entity{"event_source_lookup", "Event source", fields};
    return entity;
}

template <>
const Entity& entity_of<EventSourceInput>() {
    using I = EventSourceInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::id>("id", {.help = "Number of the event source"}),
        field<&I::company_id>("company_id", {.help = "Number of the company; without one it is for every company"}),
        field<&I::name>("name", {.help = "Name"}),
        field<&I::adapter_type>(
            "adapter_type", {.help = "Which program writes the changes, such as abraflexi-webhook", .max_length = 60}),
        field<&I::db_connection>("db_connection", {.help = "Kind of its database: mysql, pgsql or sqlite"}),
        field<&I::db_host>("db_host", {.help = "Host of the database; a path is its Unix socket"}),
        field<&I::db_port>("db_port", {.help = "Port; empty for the usual one", .max_length = 10}),
        field<&I::db_database>("db_database", {.help = "Name of the database; of SQLite the file", .max_length = 1024}),
        field<&I::db_username>("db_username", {.help = "User of the database"}),
        field<&I::db_password>("db_password",
                               {.help = "Password of the user; empty for none", .max_length = 2048, .secret = true}),
        field<&I::enabled>("enabled", {.help = "Whether changes are looked for"}),
        field<&I::last_processed_id>("last_processed_id", {.help = "Go on after the change with this number"}),
        field<&I::poll_interval>("poll_interval", {.help = "Seconds between two looks"}));
    static constexpr Entity entity{"event_source_input", "Event source", fields};
    return entity;
}

namespace {

Result<std::vector<EventSource>> list_event_sources(Call& call, const EventSourceFilter& filter) {
    const auto scope = scope_within(call, filter.company_id);
    if (!scope) return scope.error();
    return Repository<EventSource>(call.session, *scope).list(query_of(filter));
}

Result<EventSource> get_event_source(Call& call, const EventSourceLookup& by) {
    if (!by.id && !by.name) return missing_input({"id", "name"});
    ListQuery query{.limit = 2};
    if (by.id) query.equals.emplace_back("id", *by.id);
    if (by.name) query.equals.emplace_back("name", *by.name);
    auto found = call.repository<EventSource>().list(query);
    if (found.size() == 1) return std::move(found.front());
    if (found.size() > 1)
        return Error{ErrorCode::conflict,
                     fmt::format("Several event sources have this name, {} and {} among them; say which by --id.",
                                 found[0].id.value, found[1].id.value)};
    return Error{ErrorCode::not_found, "No event source found with given identifier"};
}

/// Whose a new one is: a company that is named; else every company, if the caller works for all of them.
Result<std::optional<Id<Company>>> owner_of_new_source(Call& call, std::optional<std::int64_t> company) {
    if (company) return living_company(call, *company).transform([](Id<Company> id) { return std::optional(id); });
    if (call.scope.is_everything()) return std::optional<Id<Company>>();
    constexpr const char* sentence =
        "Only an administrator of the installation may make an event source for every company; name yours with "
        "--company_id.";
    return Error{ErrorCode::forbidden, sentence, {{"company_id", sentence}}};
}

void apply_source_input(const EventSourceInput& input, EventSource& source) {
    if (input.name) source.name = *input.name;
    if (input.adapter_type) source.adapter_type = *input.adapter_type;
    if (input.db_connection) source.db_connection = *input.db_connection;
    if (input.db_host) source.db_host = *input.db_host;
    if (input.db_port) source.db_port = *input.db_port;
    if (input.db_database) source.db_database = *input.db_database;
    if (input.db_username) source.db_username = *input.db_username;
    if (input.enabled) source.enabled = *input.enabled;
    if (input.last_processed_id) source.last_processed_id = *input.last_processed_id;
    if (input.poll_interval) source.poll_interval = *input.poll_interval;
}

bool has_same_place(const EventSource& a, const EventSource& b) {
    return a.db_connection == b.db_connection && a.db_host == b.db_host && a.db_port == b.db_port &&
           a.db_database == b.db_database;
}

/// What a company writes must not open files and sockets of this machine as the server: the own database is there.
Result<void> check_place(const Call& call, const EventSource& source) {
    if (!is_of_this_machine(source) || call.rights.may(Permission::administer)) return {};
    constexpr const char* sentence =
        "Only an administrator of the installation may name a file or a socket of this machine; name a host.";
    const auto* field = source.db_connection == SourceDatabase::sqlite ? "db_connection" : "db_host";
    return Error{ErrorCode::forbidden, sentence, {{field, sentence}}};
}

Result<void> check_source(Call& call, const EventSource& source) {
    if (auto good = check(source); !good) return good;
    const auto owner = source.company_id ? Value{source.company_id->value} : Value{};
    const auto other = call.repository<EventSource>().first({.equals = {{"company_id", owner}, {"name", source.name}}});
    if (!other || other->id == source.id) return {};
    const auto sentence = fmt::format("An event source with the name '{}' already exists.", printable(source.name));
    return Error{ErrorCode::conflict, sentence, {{"name", sentence}}};
}

/// Clients send back what they were shown when they save a form.
bool is_shown_secret(std::string_view text) { return text == secret_mask_text || text == secret_unset_text; }

Result<void> store_source_password(Call& call, const EventSource& source, const std::optional<std::string>& given) {
    if (!given || is_shown_secret(*given)) return {};
    EventSource after = source;
    after.db_password.reset();
    if (!given->empty()) {
        auto sealed = seal(call, *given, {"event_source", "db_password", source.id.value});
        if (!sealed) return sealed.error();
        after.db_password = *std::move(sealed);
    }
    return call.repository<EventSource>().update(source, after);
}

/// Who may change a source must not learn its password by pointing it at a machine of his own, or use it as somebody
/// else.
Result<void> check_password_stays(const EventSource& before, const EventSource& after,
                                  const std::optional<std::string>& given) {
    if (!before.db_password || (given && !is_shown_secret(*given))) return {};
    if (has_same_place(before, after) && before.db_username == after.db_username) return {};
    constexpr const char* sentence =
        "The event source would send its password elsewhere, or for another user: give the password anew "
        "(db_password), or an empty one for none.";
    return Error{ErrorCode::invalid, sentence, {{"db_password", sentence}}};
}

Result<EventSource> create_event_source(Call& call, const EventSourceInput& input) {
    const auto owner = owner_of_new_source(call, input.company_id);
    if (!owner) return owner.error();
    EventSource source{.company_id = *owner, .created_at = call.now, .updated_at = call.now};
    if (input.db_connection && *input.db_connection == SourceDatabase::pgsql) source.db_port = "5432";
    apply_source_input(input, source);
    if (auto good = check_source(call, source); !good) return good.error();
    if (auto allowed = check_place(call, source); !allowed) return allowed.error();
    auto sources = call.repository<EventSource>();
    if (auto inserted = sources.insert(source); !inserted) return inserted.error();
    if (auto stored = store_source_password(call, source, input.db_password); !stored) return stored.error();
    auto made = sources.find(source.id);
    if (!made) return made;
    audit(call, {.entity = "event_source",
                 .id = made->id.value,
                 .action = "create",
                 .company = made->company_id,
                 .details = told_fields(*made)});
    return made;
}

Result<json::value> update_event_source(Call& call, const EventSourceInput& input) {
    if (!input.id) return missing_input({"id"});
    const auto before = get_event_source(call, {.id = input.id});
    if (!before) return before.error();
    if (input.company_id && (!before->company_id || before->company_id->value != *input.company_id))
        return Error{ErrorCode::conflict,
                     "An event source stays with its company; make another one for the other company.",
                     {{"company_id", "cannot be changed"}}};
    EventSource after = *before;
    apply_source_input(input, after);
    if (auto good = check_source(call, after); !good) return good.error();
    const bool moved = !has_same_place(*before, after);
    if (moved)
        if (auto allowed = check_place(call, after); !allowed) return allowed.error();
    if (auto stays = check_password_stays(*before, after, input.db_password); !stays) return stays.error();
    after.updated_at = call.now;
    auto sources = call.repository<EventSource>();
    if (auto updated = sources.update(*before, after); !updated) return updated.error();
    if (auto stored = store_source_password(call, after, input.db_password); !stored) return stored.error();
    // What was taken over from the other database has the numbers of others in this one.
    if (moved) leave_at_source(call.session, after.id);
    look_soon(call.session, after.id);
    call.wake_server = true;
    const auto now = sources.find(after.id);
    if (!now) return now.error();
    auto changes = changed_fields(entity_of<EventSource>(), &*before, &*now);
    changes.erase("updated_at");
    if (before->db_password != now->db_password) changes["db_password"] = "changed";
    audit(call, {.entity = "event_source",
                 .id = now->id.value,
                 .action = "update",
                 .company = now->company_id,
                 .details = std::move(changes)});
    return json::value{{"updated", true}, {"record", to_json(*now)}};
}

Result<json::value> remove_event_source(Call& call, const Reference& input) {
    const auto before = get_event_source(call, {.id = input.id});
    if (!before) return before.error();
    if (!before->company_id && !call.scope.is_everything())
        return Error{ErrorCode::forbidden,
                     "The event source belongs to every company; only an administrator of the installation may remove "
                     "it."};
    for (const auto& rule : call.repository<EventRule>().list({.equals = {{"event_source_id", before->id.value}}}))
        if (auto removed = erase_event_rule(call, rule); !removed) return removed.error();
    if (auto erased = call.repository<EventSource>().erase(before->id); !erased) return erased.error();
    audit(call, {.entity = "event_source",
                 .id = before->id.value,
                 .action = "remove",
                 .company = before->company_id,
                 .details = told_fields(*before)});
    return json::value{{"removed", true}, {"id", before->id.value}};
}

std::string_view coarse_message(const SourceProbe& probe) {
    if (probe.readable) return "The database answers, and its changes can be read.";
    if (probe.reachable)
        return "The database was reached, but its changes cannot be read. It needs a table changes_cache with "
               "inversion, "
               "evidence, operation and recordid.";
    if (probe.answered)
        return "The database was reached, but it does not let the user in; check the database, the user and the "
               "password.";
    return "The database cannot be reached. An administrator of the installation is told why.";
}

Result<Talk> prepare_source_test(Call& call, const Reference& input) {
    const auto source = get_event_source(call, {.id = input.id});
    if (!source) return source.error();
    std::string password;
    if (source->db_password) {
        auto opened = call.vault->open(*source->db_password, {"event_source", "db_password", source->id.value});
        if (!opened) return opened.error();
        password = *std::move(opened);
    }
    // Whoever works for one company could otherwise find out what there is in the network of the server.
    const bool in_full = call.rights.may(Permission::administer);
    return Talk([source = *source, password = std::move(password), in_full](Outside& outside) -> json::value {
        const auto probe = probe_event_source(source, password, outside.time_limit);
        return {{"reachable", probe.reachable},
                {"readable", probe.readable},
                {"message", in_full ? std::string_view(probe.message) : coarse_message(probe)}};
    });
}

Result<json::value> record_source_test(Call& call, const Reference& input, const json::value& heard) {
    const auto source = get_event_source(call, {.id = input.id});
    if (!source) return source.error();
    audit(call, {.entity = "event_source",
                 .id = source->id.value,
                 .action = "test",
                 .company = source->company_id,
                 .details = {{"reachable", heard.at("reachable")}, {"readable", heard.at("readable")}}});
    return json::value{{"event_source_id", source->id.value},
                       {"reachable", heard.at("reachable")},
                       {"readable", heard.at("readable")},
                       {"message", heard.at("message")}};
}

}  // namespace

void add_event_source_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations,
        {"event-source:list", "GET /event-sources", "List the databases whose changes start run templates.", view},
        list_event_sources);
    add(operations, {"event-source:get", "GET /event-sources/{id}", "Show one event source.", view}, get_event_source);
    add(operations,
        {"event-source:create",
         "POST /event-sources",
         "Make an event source: a database with changes.",
         manage,
         changes,
         Discloses::nothing,
         {"name"}},
        create_event_source);
    add(operations, {"event-source:update", "PATCH /event-sources/{id}", "Change an event source.", manage, changes},
        update_event_source);
    add(operations,
        {"event-source:remove", "DELETE /event-sources/{id}", "Remove an event source and its rules.", manage, changes},
        remove_event_source);
    add_talking(operations,
                {"event-source:test", "POST /event-sources/{id}/test",
                 "Try whether the database of an event source can be reached and read.", manage, changes},
                prepare_source_test, record_source_test);
}

}  // namespace mf
