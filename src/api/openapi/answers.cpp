// SPDX-License-Identifier: MIT
#include "api/openapi/answers.h"

#include "api/openapi/hand_made_answers.h"
#include "api/openapi/parts.h"
#include "base/text.h"
#include "domain/application.h"
#include "domain/audit.h"
#include "domain/company.h"
#include "domain/credential.h"
#include "domain/credential_prototype.h"
#include "domain/entity_schema.h"
#include "domain/erasure.h"
#include "domain/event.h"
#include "domain/job.h"
#include "domain/node.h"
#include "domain/run_template.h"
#include "domain/task.h"
#include "domain/user.h"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>

namespace mf::openapi {
namespace {

const Entity* entity_named(std::string_view name) {
    static const Entity* const entities[] = {&entity_of<Application>(),
                                             &entity_of<Artifact>(),
                                             &entity_of<AuditEntry>(),
                                             &entity_of<Company>(),
                                             &entity_of<Credential>(),
                                             &entity_of<CredentialPrototype>(),
                                             &entity_of<CredentialType>(),
                                             &entity_of<CredentialVersion>(),
                                             &entity_of<ErasureRequest>(),
                                             &entity_of<EventRule>(),
                                             &entity_of<EventSource>(),
                                             &entity_of<Topic>(),
                                             &entity_of<Job>(),
                                             &entity_of<Node>(),
                                             &entity_of<RunTemplate>(),
                                             &entity_of<Task>(),
                                             &entity_of<ApiToken>(),
                                             &entity_of<User>()};
    for (const auto* entity : entities)
        if (entity->name == name) return entity;
    throw std::logic_error(fmt::format("the description of answers has no entity {}", name));
}

json::object array_of(json::object items) { return {{"type", "array"}, {"items", std::move(items)}}; }

json::object schema_of_word(std::string_view word) {
    const json::object text{{"type", "string"}};
    if (word.starts_with('@')) {
        word.remove_prefix(1);
        if (word.ends_with("[]")) return array_of(schema_of_word("@" + std::string(word.substr(0, word.size() - 2))));
        return reference("schemas", entity_named(word)->name);
    }
    if (word == "text") return text;
    if (word == "time") return {{"type", "string"}, {"format", "date-time"}};
    if (word == "int") return {{"type", "integer"}};
    if (word == "bool") return {{"type", "boolean"}};
    if (word == "object") return {{"type", "object"}};
    if (word == "map") return {{"type", "object"}, {"additionalProperties", text}};
    if (word == "list") return array_of({{"type", "object"}});
    if (word == "texts") return array_of(text);
    if (word == "ints") return array_of({{"type", "integer"}});
    if (word == "any") return {};
    throw std::logic_error(fmt::format("the description of answers has no type {}", word));
}

json::object described_record(std::string_view description) {
    json::object properties, base;
    json::array required;
    for (auto word : split(description, ' ')) {
        if (word.empty() || word == "[]" || word.starts_with('-')) continue;
        if (word.starts_with('@')) {
            base = schema_of_word(word);
            continue;
        }
        const auto colon = word.find(':');
        const auto name = word.substr(0, colon);
        auto type = word.substr(colon + 1);
        const bool may_be_missing = type.ends_with('?');
        if (may_be_missing) type.remove_suffix(1);
        const bool may_be_null = type.ends_with('~');
        if (may_be_null) type.remove_suffix(1);
        auto schema = schema_of_word(type);
        if (may_be_null) schema["type"] = json::array{schema.at("type"), "null"};
        properties[name] = std::move(schema);
        if (!may_be_missing) required.emplace_back(name);
    }
    if (properties.empty()) return base;
    json::object members{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) members["required"] = std::move(required);
    if (base.empty()) return members;
    return {{"allOf", {std::move(base), std::move(members)}}};
}

json::object shown_record(const Entity& entity) {
    auto schema = record_schema(entity);
    const auto difference = difference_of_record(entity.name);
    auto& properties = schema.at("properties").as_object();
    auto& required = schema.at("required").as_array();
    for (const auto word : split(difference, ' ')) {
        if (!word.starts_with('-')) continue;
        properties.erase(word.substr(1));
        required.erase(std::ranges::find(required, json::value(word.substr(1))));
    }
    const auto besides = described_record(difference);
    if (!besides.contains("properties")) return schema;
    for (const auto& [member, about] : besides.at("properties").as_object()) {
        if (!properties.contains(member)) required.emplace_back(member);
        properties[member] = about;
    }
    return schema;
}

json::object list_of(json::object records) {
    return {{"type", "object"},
            {"properties",
             {{"items", array_of(std::move(records))},
              {"next", {{"type", {"string", "null"}}, {"description", "The cursor of the next page."}}}}},
            {"required", {"items", "next"}}};
}

}  // namespace

Answer answer_of(const Operation& operation) {
    if (operation.output) {
        auto record = reference("schemas", operation.output->name);
        if (!operation.lists) return {std::move(record)};
        return {list_of(std::move(record)), Answer::Kind::list};
    }
    const auto description = hand_made_answer(operation.name);
    if (description.empty()) return {{{"type", "object"}}};
    auto record = described_record(description);
    if (!description.starts_with("[]")) return {std::move(record)};
    return {list_of(std::move(record)), Answer::Kind::list};
}

json::object answer_schemas(const Operations& operations) {
    json::object out;
    const auto need = [&](const Entity& entity) {
        if (!out.contains(entity.name)) out[entity.name] = shown_record(entity);
    };
    for (const auto& operation : operations) {
        if (operation.output) {
            need(*operation.output);
            continue;
        }
        for (const auto word : split(hand_made_answer(operation.name), ' ')) {
            const auto at = word.find('@');
            if (at == std::string_view::npos) continue;
            const auto name = word.substr(at + 1);
            need(*entity_named(name.substr(0, name.find_first_of("[?~"))));
        }
    }
    return out;
}

}  // namespace mf::openapi
