// SPDX-License-Identifier: MIT
#include "domain/run_template.h"
#include "service/audit.h"
#include "service/event_operations.h"
#include "service/list_filter.h"
#include "service/run_template_operations.h"

namespace mf {

struct TopicAssignmentInput {
    std::int64_t id = 0;
    std::int64_t topic_id = 0;
};

template <>
const Entity& entity_of<TopicAssignmentInput>() {
    using I = TopicAssignmentInput;
    static constexpr auto fields =
        fields_of<I>(field<&I::id>("id", {.help = "Number of the run template", .required = true}),
                     field<&I::topic_id>("topic_id", {.help = "Number of the topic", .required = true}));
    static constexpr Entity entity{"runtemplate_topic_input", "Assignment of a topic", fields};
    return entity;
}

namespace {

Result<Topic> topic_for(Call& call, std::int64_t id) {
    auto found = Repository<Topic>(call.session, Scope::everything()).find({id});
    if (found) return found;
    return Error{ErrorCode::not_found, "No topic found with given identifier", {{"topic_id", "is none"}}};
}

std::optional<RunTemplateTopic> topic_assignment(Call& call, const RunTemplate& run_template, const Topic& topic) {
    return call.repository<RunTemplateTopic>().first(
        {.equals = {{"runtemplate_id", run_template.id.value}, {"topic_id", topic.id.value}}});
}

json::value told_assignment(std::string_view status, const RunTemplate& run_template, const Topic& topic) {
    return {{"status", status},
            {"runtemplate_id", run_template.id.value},
            {"topic_id", topic.id.value},
            {"name", topic.name},
            {"color", topic.color}};
}

void note_assignment(Call& call, std::string_view action, const RunTemplate& run_template, const Topic& topic) {
    audit(call, {.entity = "runtemplate",
                 .id = run_template.id.value,
                 .action = std::string(action),
                 .company = run_template.company_id,
                 .details = {{"topic_id", topic.id.value}, {"topic", topic.name}}});
}

Result<json::value> assign_topic(Call& call, const TopicAssignmentInput& input) {
    const auto run_template = find_run_template(call, input.id);
    if (!run_template) return run_template.error();
    const auto topic = topic_for(call, input.topic_id);
    if (!topic) return topic.error();
    if (!topic_assignment(call, *run_template, *topic)) {
        RunTemplateTopic made{
            .runtemplate_id = run_template->id, .company_id = run_template->company_id, .topic_id = topic->id};
        if (auto inserted = call.repository<RunTemplateTopic>().insert(made); !inserted) return inserted.error();
        note_assignment(call, "assign_topic", *run_template, *topic);
    }
    return told_assignment("ok", *run_template, *topic);
}

Result<json::value> unassign_topic(Call& call, const TopicAssignmentInput& input) {
    const auto run_template = find_run_template(call, input.id);
    if (!run_template) return run_template.error();
    const auto topic = topic_for(call, input.topic_id);
    if (!topic) return topic.error();
    const auto found = topic_assignment(call, *run_template, *topic);
    if (!found) return told_assignment("not_found", *run_template, *topic);
    if (auto erased = call.repository<RunTemplateTopic>().erase(found->id); !erased) return erased.error();
    note_assignment(call, "unassign_topic", *run_template, *topic);
    return told_assignment("ok", *run_template, *topic);
}

Result<std::vector<Topic>> list_topics_of(Call& call, const Reference& input) {
    const auto run_template = find_run_template(call, input.id);
    if (!run_template) return run_template.error();
    std::vector<Topic> out;
    for (const auto& each :
         call.repository<RunTemplateTopic>().list({.equals = {{"runtemplate_id", run_template->id.value}}})) {
        auto topic = topic_for(call, each.topic_id.value);
        if (!topic) return topic.error();
        out.push_back(*std::move(topic));
    }
    return out;
}

Result<std::vector<RunTemplate>> list_run_templates_of(Call& call, const Reference& input) {
    const auto topic = topic_for(call, input.id);
    if (!topic) return topic.error();
    std::vector<RunTemplate> out;
    for (const auto& each : call.repository<RunTemplateTopic>().list({.equals = {{"topic_id", topic->id.value}}})) {
        auto run_template = call.repository<RunTemplate>().find(each.runtemplate_id);
        if (run_template && run_template->live) out.push_back(*std::move(run_template));
    }
    return out;
}

}  // namespace

void add_topic_assignment_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations,
        {"runtemplate:assign-topic", "PUT /runtemplates/{id}/topics/{topic_id}", "Give a run template a topic.", edit,
         changes},
        assign_topic);
    add(operations,
        {"runtemplate:unassign-topic", "DELETE /runtemplates/{id}/topics/{topic_id}",
         "Take a topic from a run template.", edit, changes},
        unassign_topic);
    add(operations,
        {"runtemplate:list-topics", "GET /runtemplates/{id}/topics", "List the topics of a run template.", view},
        list_topics_of);
    add(operations,
        {"topic:list-runtemplates", "GET /topics/{id}/runtemplates", "List the run templates that have a topic.", view},
        list_run_templates_of);
}

}  // namespace mf
