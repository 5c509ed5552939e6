// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "domain/definition/finding.h"
#include "domain/visible_text.h"
#include "service/audit.h"
#include "service/event_operations.h"
#include "service/list_filter.h"

#include <fmt/format.h>

namespace mf {

struct TopicInput {
    std::optional<std::int64_t> id;
    std::optional<std::string> name, color, description;
};

template <>
const Entity& entity_of<TopicInput>() {
    using I = TopicInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::id>("id", {.help = "Number of the topic"}),
        field<&I::name>("name", {.help = "Name", .max_length = 128}),
        field<&I::color>("color", {.help = "Colour as in web pages, #rrggbb; empty for none", .max_length = 16}),
        field<&I::description>("description", {.help = "What it stands for", .max_length = 1024}));
    static constexpr Entity entity{"topic_input", "Topic", fields};
    return entity;
}

namespace {

Repository<Topic> topics_of(Call& call) { return {call.session, Scope::everything()}; }

Result<std::vector<Topic>> list_topics(Call& call, const ListInput& input) {
    return topics_of(call).list(query_of(input));
}

Result<Topic> find_topic(Call& call, std::optional<std::int64_t> id) {
    if (!id) return missing_input({"id"});
    auto found = topics_of(call).find({*id});
    if (!found) return Error{ErrorCode::not_found, "No topic found with given identifier"};
    return found;
}

Result<Topic> get_topic(Call& call, const Reference& input) { return find_topic(call, input.id); }

/// "#1a2B3c" for the six digits with or without the sign.
Result<std::string> colour_from(std::string_view text) {
    auto digits = trim(text);
    if (digits.empty()) return std::string();
    if (digits.starts_with('#')) digits.remove_prefix(1);
    constexpr std::string_view hexadecimal = "0123456789abcdefABCDEF";
    if (digits.size() == 6 && digits.find_first_not_of(hexadecimal) == std::string_view::npos)
        return fmt::format("#{}", digits);
    const auto sentence =
        fmt::format("'{}' is no colour; write six hexadecimal digits, such as #1a7f37.", printable(text));
    return Error{ErrorCode::invalid, sentence, {{"color", sentence}}};
}

Result<void> apply_topic_input(Call& call, const TopicInput& input, Topic& topic) {
    if (input.name) topic.name = trim(*input.name);
    if (input.description) topic.description = *input.description;
    if (input.color) {
        auto colour = colour_from(*input.color);
        if (!colour) return colour.error();
        topic.color = *std::move(colour);
    }
    if (topic.name.empty()) return missing_input({"name"});
    if (auto good = check_name("name", "The name", topic.name); !good) return good;
    const auto other = topics_of(call).first({.equals = {{"name", topic.name}}});
    if (!other || other->id == topic.id) return {};
    const auto sentence = fmt::format("A topic with the name '{}' already exists.", printable(topic.name));
    return Error{ErrorCode::conflict, sentence, {{"name", sentence}}};
}

Result<Topic> create_topic(Call& call, const TopicInput& input) {
    Topic topic;
    if (auto applied = apply_topic_input(call, input, topic); !applied) return applied.error();
    if (auto inserted = topics_of(call).insert(topic); !inserted) return inserted.error();
    audit(call, {.entity = "topic", .id = topic.id.value, .action = "create", .details = told_fields(topic)});
    return topic;
}

Result<json::value> update_topic(Call& call, const TopicInput& input) {
    const auto before = find_topic(call, input.id);
    if (!before) return before.error();
    Topic after = *before;
    if (auto applied = apply_topic_input(call, input, after); !applied) return applied.error();
    if (auto updated = topics_of(call).update(*before, after); !updated) return updated.error();
    audit(call, {.entity = "topic",
                 .id = after.id.value,
                 .action = "update",
                 .details = changed_fields(entity_of<Topic>(), &*before, &after)});
    return json::value{{"updated", true}, {"record", to_json(after)}};
}

Result<json::value> delete_topic(Call& call, const Reference& input) {
    const auto before = find_topic(call, input.id);
    if (!before) return before.error();
    if (auto erased = topics_of(call).erase(before->id); !erased) return erased.error();
    audit(call, {.entity = "topic", .id = before->id.value, .action = "delete", .details = told_fields(*before)});
    return json::value{{"deleted", true}, {"id", before->id.value}};
}

}  // namespace

void add_topic_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations, {"topic:list", "GET /topics", "List the topics, labels with a colour.", view_catalog}, list_topics);
    add(operations, {"topic:get", "GET /topics/{id}", "Show one topic.", view_catalog}, get_topic);
    add(operations,
        {"topic:create", "POST /topics", "Make a topic.", edit_catalog, changes, Discloses::nothing, {"name"}},
        create_topic);
    add(operations, {"topic:update", "PATCH /topics/{id}", "Change a topic.", edit_catalog, changes}, update_topic);
    add(operations, {"topic:delete", "DELETE /topics/{id}", "Remove a topic.", edit_catalog, changes}, delete_topic);
}

}  // namespace mf
