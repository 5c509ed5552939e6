// SPDX-License-Identifier: MIT
#include "domain/event.h"

#include "base/json.h"
#include "base/text.h"
#include "domain/visible_text.h"

#include <fmt/format.h>
#include <boost/json/object.hpp>

namespace mf {

template <>
const Entity& entity_of<EventSource>() {
    using S = EventSource;
    static constexpr auto fields = fields_of<S>(
        field<&S::id>("id", {.key = true, .read_only = true, .listed = true}),
        field<&S::company_id>("company_id",
                              {.label = "Company", .references = "company", .tenant = true, .shared = true}),
        field<&S::name>("name", {.label = "Name", .required = true, .listed = true}),
        field<&S::adapter_type>("adapter_type", {.label = "Adapter", .max_length = 60}),
        field<&S::db_connection>("db_connection", {.label = "Kind of database", .max_length = 16, .listed = true}),
        field<&S::db_host>("db_host", {.label = "Host", .listed = true}),
        field<&S::db_port>("db_port", {.label = "Port", .max_length = 10}),
        field<&S::db_database>("db_database", {.label = "Database", .max_length = 1024, .listed = true}),
        field<&S::db_username>("db_username", {.label = "User"}),
        field<&S::db_password>("db_password", {.label = "Password", .max_length = 4096, .secret = true}),
        field<&S::enabled>("enabled", {.label = "Enabled", .listed = true}),
        field<&S::last_processed_id>("last_processed_id", {.label = "Last change"}),
        field<&S::poll_interval>("poll_interval", {.label = "Seconds between looks"}),
        field<&S::created_at>("created_at", {.read_only = true}),
        field<&S::updated_at>("updated_at", {.read_only = true}));
    static constexpr Entity entity{"event_source", "Event source", fields};
    return entity;
}

template <>
const Entity& entity_of<EventRule>() {
    using R = EventRule;
    static constexpr auto fields = fields_of<R>(
        field<&R::id>("id", {.key = true, .read_only = true, .listed = true}),
        field<&R::company_id>("company_id", {.label = "Company", .references = "company", .tenant = true}),
        field<&R::event_source_id>("event_source_id",
                                   {.label = "Event source", .references = "event_source", .listed = true}),
        field<&R::runtemplate_source_id>("runtemplate_source_id",
                                         {.label = "After", .references = "runtemplate", .listed = true}),
        field<&R::evidence>("evidence", {.label = "Evidence", .max_length = 60, .listed = true}),
        field<&R::operation>("operation", {.label = "Operation", .max_length = 10, .listed = true}),
        field<&R::runtemplate_id>(
            "runtemplate_id", {.label = "Run template", .references = "runtemplate", .required = true, .listed = true}),
        field<&R::env_mapping>("env_mapping", {.label = "Variables", .max_length = 65535}),
        field<&R::enabled>("enabled", {.label = "Enabled", .listed = true}),
        field<&R::priority>("priority", {.label = "Priority"}),
        field<&R::created_at>("created_at", {.read_only = true}),
        field<&R::updated_at>("updated_at", {.read_only = true}));
    static constexpr Entity entity{"event_rule", "Event rule", fields};
    return entity;
}

template <>
const Entity& entity_of<Topic>() {
    using T = Topic;
    static constexpr auto fields =
        fields_of<T>(field<&T::id>("id", {.key = true, .read_only = true, .listed = true}),
                     field<&T::name>("name", {.label = "Name", .max_length = 128, .required = true, .listed = true}),
                     field<&T::color>("color", {.label = "Colour", .max_length = 7, .listed = true}),
                     field<&T::description>("description", {.label = "Description", .max_length = 1024}));
    static constexpr Entity entity{"topic", "Topic", fields};
    return entity;
}

template <>
const Entity& entity_of<RunTemplateTopic>() {
    using A = RunTemplateTopic;
    static constexpr auto fields = fields_of<A>(
        field<&A::id>("id", {.key = true}), field<&A::runtemplate_id>("runtemplate_id", {.references = "runtemplate"}),
        field<&A::company_id>("company_id", {.references = "company", .tenant = true}),
        field<&A::topic_id>("topic_id", {.references = "topic"}));
    static constexpr Entity entity{"runtemplate_topic", "Topic of a run template", fields};
    return entity;
}

bool is_of_this_machine(const EventSource& source) {
    return source.db_connection == SourceDatabase::sqlite || source.db_host.starts_with('/');
}

Result<void> check(const EventSource& source) {
    Error error{ErrorCode::invalid, {}};
    const auto complain = [&](std::string_view field, std::string sentence) {
        error.message += (error.message.empty() ? "" : " ") + sentence;
        error.fields.push_back({std::string(field), std::move(sentence)});
    };
    if (trim(source.name).empty()) complain("name", "An event source needs a name.");
    if (auto good = check_name("name", "The name", source.name); !good) complain("name", good.error().message);
    if (auto good = check_name("adapter_type", "The adapter", source.adapter_type); !good)
        complain("adapter_type", good.error().message);
    if (trim(source.adapter_type).empty()) complain("adapter_type", "The adapter must not be empty.");
    if (source.db_connection == SourceDatabase::sqlite) {
        if (!source.db_database.empty() && !source.db_database.starts_with('/'))
            complain("db_database", "The file of a SQLite database must be an absolute path.");
    } else {
        const bool is_plain = std::ranges::all_of(source.db_host, [](unsigned char c) { return c > ' ' && c != 0x7f; });
        if (source.db_host.empty() || !is_plain)
            complain("db_host", "The host must be a name or an address without blanks.");
        const auto port = to_integer(source.db_port);
        if (!source.db_port.empty() && (!port || *port < 1 || *port > 65535))
            complain("db_port", "The port must be a number from 1 to 65535, or empty for the usual one.");
    }
    if (source.last_processed_id < 0) complain("last_processed_id", "The number of the last change is at least 0.");
    if (source.poll_interval < 1 || source.poll_interval > 86400)
        complain("poll_interval", "Between two looks there are from 1 to 86400 seconds.");
    if (error.fields.empty()) return {};
    return error;
}

namespace {

Error mapping_error(std::string sentence) {
    return {ErrorCode::invalid, sentence, {{"env_mapping", std::move(sentence)}}};
}

/// "$.a.b" and "a.b" as names; empty: it is no path.
std::vector<std::string_view> path_names(std::string_view text) {
    if (text.starts_with("$.")) text.remove_prefix(2);
    if (text.empty() || text.starts_with('$') || text.starts_with('@')) return {};
    auto names = split(text, '.');
    if (std::ranges::any_of(names, [](std::string_view name) { return trim(name).empty(); })) return {};
    return names;
}

bool is_selector(std::string_view text) {
    if (const auto file = file_selector(text)) return !trim(*file).empty();
    return !path_names(text).empty();
}

}  // namespace

std::optional<std::string_view> file_selector(std::string_view selector) {
    constexpr std::string_view mark = "@file:";
    if (!selector.starts_with(mark)) return std::nullopt;
    return selector.substr(mark.size());
}

std::optional<std::string> select_value(const json::object& data, std::string_view selector) {
    const auto names = path_names(selector);
    if (names.empty()) return std::nullopt;
    const json::object* at = &data;
    for (std::size_t i = 0;; ++i) {
        const auto* found = at->if_contains(names[i]);
        if (!found) return std::nullopt;
        if (i + 1 == names.size()) {
            if (const auto* text = found->if_string()) return std::string(text->data(), text->size());
            if (found->is_bool() || found->is_number()) return to_text(*found);
            return std::nullopt;
        }
        at = found->if_object();
        if (!at) return std::nullopt;
    }
}

Result<TextMap> read_env_mapping(std::string_view text, const AllowedNames& allowed) {
    const auto parsed = parse_json(text);
    if (!parsed) return mapping_error("The mapping must be a JSON object: " + parsed.error().message);
    const auto* object = parsed->if_object();
    if (!object) return mapping_error(R"(The mapping must be a JSON object such as {"INVOICE": "$.invoice.id"}.)");
    TextMap out;
    for (const auto& [key, value] : *object) {
        const std::string name(key.data(), key.size());
        if (const auto judged = judge_variable_name(name, allowed);
            judged.refused() || judged.verdict == NameVerdict::reserved)
            return mapping_error(fmt::format("{}: {}", shown_name(name), judged.reason));
        const auto* selector = value.if_string();
        if (!selector || !is_selector({selector->data(), selector->size()}))
            return mapping_error(
                fmt::format("{}: The selector must be a path of names such as '$.invoice.id', or '@file:' and the name "
                            "of something "
                            "produced.",
                            shown_name(name)));
        out[name] = std::string(selector->data(), selector->size());
    }
    return out;
}

}  // namespace mf
