// SPDX-License-Identifier: MIT
#include "cli/answers.h"

#include "base/text.h"

namespace mf {

json::object record_of(const json::value& answer) {
    if (!answer.is_object()) return {};
    const auto& object = answer.get_object();
    const json::value* record = object.if_contains("record");
    return record && record->is_object() ? record->get_object() : object;
}

std::string id_text(const Invocation& in, const json::object& record) {
    if (const auto id = integer_member(record, "id")) return std::to_string(*id);
    return in.arguments().value("id").value_or("");
}

int answer_created(Invocation& in, const Subject& subject, json::object extra) {
    return answer_made(in, subject, in.call(), std::move(extra));
}

int answer_made(Invocation& in, const Subject& subject, const Result<json::value>& made, json::object extra) {
    if (!made) return in.refuse(made.error());
    const auto record = record_of(*made);
    const json::value id = member(record, "id");
    if (in.verbose() && in.json()) return in.answer(shaped(subject.columns, record, in.zone()));
    json::object document{{subject.id_key, id}};
    for (const auto& [key, value] : extra) document[key] = value;
    document["id"] = id;
    const int code = in.answer(document, fmt::format("{} created with ID: {}", subject.title, plain_text(id)));
    return in.verbose() ? in.answer_record(shaped(subject.columns, record, in.zone())) : code;
}

bool changes_anything(const Invocation& in, std::string_view identity) {
    const auto identities = split(identity, '|');
    // What is accepted without effect counts as a change, too: older clients send nothing else.
    return std::ranges::any_of(in.arguments().all(), [&](const GivenOption& given) {
        return given.option.becomes != Becomes::local &&
               std::ranges::find(identities, given.option.name) == identities.end();
    });
}

int answer_updated(Invocation& in, const Subject& subject, std::string_view identity) {
    if (!changes_anything(in, identity)) return in.refuse(Refusal{.message = "No fields to update"});
    return answer_changed(in, subject, in.call());
}

int answer_changed(Invocation& in, const Subject& subject, const Result<json::value>& answer) {
    if (!answer) return in.refuse(answer.error());
    const auto record = record_of(*answer);
    const json::value* updated = answer->is_object() ? answer->get_object().if_contains("updated") : nullptr;
    const auto id = id_text(in, record);
    if (updated && updated->is_bool() && !updated->get_bool())
        return in.answer(json::object{{"updated", false}, {subject.id_key, id}, {"message", "No changes detected"}},
                         "No changes detected");
    if (in.verbose()) return in.answer_record(shaped(subject.columns, record, in.zone()));
    return in.answer(json::object{{"updated", true}, {subject.id_key, id}},
                     fmt::format("{} updated: ID={}", subject.title, id));
}

int answer_gone(Invocation& in, const Subject& subject, std::string_view word) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    const auto id = id_text(in, record_of(*answer));
    return in.answer(json::object{{subject.id_key, id}, {word, true}},
                     fmt::format("{} {}: ID={}", subject.title, word, id));
}

int answer_found(Invocation& in, const Subject& subject, std::string_view unknown) {
    auto found = in.call();
    if (!found && found.error().code == ErrorCode::not_found) return in.refuse(found.error(), std::string(unknown));
    if (!found) return in.refuse(found.error());
    return in.answer_record(shaped(subject.columns, record_of(*found), in.zone()));
}

}  // namespace mf
