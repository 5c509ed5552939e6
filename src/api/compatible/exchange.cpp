// SPDX-License-Identifier: MIT
#include "api/compatible/exchange.h"

#include "api/member_words.h"

#include "base/json.h"
#include "base/text.h"
#include "net/server/target.h"

#include <fmt/format.h>

namespace mf::compatible {
namespace {

/// Of the query, but no part of a record.
constexpr std::string_view about_the_answer[] = {"limit", "offset", "order", "token"};

std::optional<bool> truth_of(const json::value& value) {
    if (value.is_bool()) return value.get_bool();
    const auto text = lower(text_of(value));
    if (text == "1" || text == "true") return true;
    if (text == "0" || text == "false") return false;
    return std::nullopt;
}

std::optional<std::int64_t> number_of(const json::value& value) {
    if (value.is_int64()) return value.get_int64();
    if (value.is_string())
        if (const auto number = to_integer(trim(value.get_string()))) return *number;
    return std::nullopt;
}

/// An array of texts.
std::optional<json::value> words_of(const json::value& value) {
    json::array out;
    if (const auto* list = value.if_array()) {
        for (const auto& word : *list) {
            if (!word.is_string()) return std::nullopt;
            out.push_back(word);
        }
    } else if (value.is_string()) {
        for (const auto part : split(value.get_string(), ','))
            if (const auto word = trim(part); !word.empty()) out.emplace_back(word);
    } else {
        return std::nullopt;
    }
    return json::value(std::move(out));
}

std::optional<json::value> taken_as(Takes as, const json::value& value) {
    switch (as) {
        case Takes::text:
            if (value.is_object() || value.is_array()) return std::nullopt;
            return json::value(text_of(value));
        case Takes::words: return words_of(value);
        case Takes::flag:
            if (const auto truth = truth_of(value)) return json::value(*truth);
            return std::nullopt;
        case Takes::number:
            if (const auto number = number_of(value)) return json::value(*number);
            return std::nullopt;
    }
    return std::nullopt;
}

std::string_view wanted_kind(Takes as) {
    switch (as) {
        case Takes::text: return "a text";
        case Takes::words: return "a list of texts, or a text with commas between the words";
        case Takes::flag: return "true or false";
        case Takes::number: return "a whole number";
    }
    return {};
}

}  // namespace

Zone Exchange::zone_of(const ApiContext& context) {
    const auto zone = Zone::named(context.zone);
    return zone ? *zone : Zone::utc();
}

Result<void> Exchange::read_body() {
    for (const auto& [name, value] : request_.query)
        if (std::ranges::find(about_the_answer, name) == std::end(about_the_answer) && !value.empty())
            given_[name] = value;
    const auto body = trim(request_.body);
    if (body.empty() || request_.method == "GET" || request_.method == "HEAD" || request_.method == "DELETE") return {};
    const auto type = request_.header("Content-Type");
    if (equal_ignoring_case(trim(type.substr(0, type.find(';'))), "application/x-www-form-urlencoded")) {
        http::Request form;
        if (auto read = http::read_target("/?" + std::string(body), form); !read)
            return invalid("The body is no form: it has a '%' that stands for no text in UTF-8, or too many fields.");
        for (const auto& [name, value] : form.query) given_[name] = value;
        return {};
    }
    const auto parsed = parse_json(body);
    if (!parsed) return invalid(fmt::format("The body is no JSON. {}", parsed.error().message));
    if (!parsed->is_object()) return invalid("The body must be a JSON object.");
    for (const auto& [name, value] : parsed->get_object()) {
        if (value.is_null())
            given_.erase(name);
        else
            given_[name] = value;
    }
    return {};
}

std::optional<std::string> Exchange::text(std::string_view name) const {
    const auto* value = given_.if_contains(name);
    if (!value || value->is_object() || value->is_array()) return std::nullopt;
    return text_of(*value);
}

std::optional<std::int64_t> Exchange::number(std::string_view name) const {
    const auto* value = given_.if_contains(name);
    return value ? number_of(*value) : std::nullopt;
}

Result<std::optional<std::int64_t>> Exchange::meant_record(std::string_view name) const {
    if (const auto found = number(name)) return found;
    if (!given_.contains(name) && !request_.query_value(name)) return std::optional<std::int64_t>();
    auto sentence = fmt::format("{} must be a whole number. Without it, a new record is made.", name);
    return Error{ErrorCode::invalid, sentence, {{std::string(name), sentence}}};
}

std::optional<std::string> Exchange::query(std::string_view name) const {
    const auto value = request_.query_value(name);
    if (!value || value->empty()) return std::nullopt;
    return std::string(*value);
}

bool Exchange::has(std::string_view operation) const {
    return std::ranges::find(context_.operations, operation, &Operation::name) != context_.operations.end();
}

Result<json::value> Exchange::call(std::string_view operation, const json::object& input) const {
    const auto found = std::ranges::find(context_.operations, operation, &Operation::name);
    if (found == context_.operations.end())
        return Error{ErrorCode::unavailable, fmt::format("This server has no '{}'.", operation)};
    auto done = call_operation(context_, *found, input, caller_.caller);
    return done ? std::move(done) : in_words_of_members(context_.operations, *found, done.error());
}

Result<json::object> Exchange::record(std::string_view operation, const json::object& input) const {
    auto answer = call(operation, input);
    if (!answer) return answer.error();
    auto& members = answer->as_object();
    if (auto* inside = members.if_contains("record"); inside && inside->is_object())
        return std::move(inside->get_object());
    return std::move(members);
}

Result<json::object> taken(const Exchange& exchange, std::span<const Taken> wanted) {
    json::object out;
    Error error;
    for (const auto& [name, key, as] : wanted) {
        const auto* value = exchange.given().if_contains(name);
        if (!value) continue;
        if (auto converted = taken_as(as, *value)) {
            out[key.empty() ? name : key] = *std::move(converted);
            continue;
        }
        auto sentence = fmt::format("{} must be {}.", name, wanted_kind(as));
        error.message += (error.message.empty() ? "" : " ") + sentence;
        error.fields.push_back({std::string(name), std::move(sentence)});
    }
    if (!error.fields.empty()) return error;
    return out;
}

}  // namespace mf::compatible
