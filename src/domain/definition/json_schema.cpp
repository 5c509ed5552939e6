// SPDX-License-Identifier: MIT
#include "domain/definition/json_schema.h"

#include "base/embedded.h"
#include "base/text.h"
#include "domain/definition/finding.h"
#include "domain/definition/uri.h"

#include <fmt/format.h>
#include <re2/re2.h>
#include <cmath>
#include <map>
#include <stdexcept>

namespace mf {

std::span<const EmbeddedFile> embedded_schemas();  // made by mf_embed

namespace {

constexpr std::size_t most_problems = 1000;
constexpr int deepest = 200;  // schemas that refer to themselves without looking at a deeper value

std::string_view type_name(const json::value& value) {
    switch (value.kind()) {
        case json::kind::null: return "null";
        case json::kind::bool_: return "boolean";
        case json::kind::int64:
        case json::kind::uint64: return "integer";
        case json::kind::double_: return "number";
        case json::kind::string: return "string";
        case json::kind::array: return "array";
        case json::kind::object: return "object";
    }
    return "";
}

bool has_type(const json::value& value, std::string_view type) {
    const auto actual = type_name(value);
    if (actual == type) return true;
    if (type == "number") return actual == "integer";
    // 1.0 is an integer too (draft-06 and later).
    return type == "integer" && actual == "number" && std::trunc(value.get_double()) == value.get_double();
}

bool same(const json::value& a, const json::value& b) {
    if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
    return a == b;
}

}  // namespace

struct JsonSchema::State {
    json::value root;
    std::map<std::string, std::unique_ptr<RE2>, std::less<>> patterns;

    void compile(const json::value& schema);
    void add_pattern(std::string_view pattern);
    bool matches(std::string_view pattern, std::string_view text) const {
        return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *patterns.find(pattern)->second);
    }

    using Problems = std::vector<SchemaProblem>;
    void check(const json::value& schema, const json::value& value, const std::string& pointer, Problems& problems,
               int depth) const;
    bool valid(const json::value& schema, const json::value& value, int depth) const {
        Problems problems;
        check(schema, value, "", problems, depth);
        return problems.empty();
    }
    void check_object(const json::object& schema, const json::object& value, const std::string& pointer,
                      Problems& problems, int depth) const;
    void check_array(const json::object& schema, const json::array& value, const std::string& pointer,
                     Problems& problems, int depth) const;
    void check_string(const json::object& schema, std::string_view value, const std::string& pointer,
                      Problems& problems) const;
    void check_combinations(const json::object& schema, const json::value& value, const std::string& pointer,
                            Problems& problems, int depth) const;
};

void JsonSchema::State::add_pattern(std::string_view pattern) {
    if (patterns.contains(pattern)) return;
    RE2::Options options;
    options.set_log_errors(false);
    auto compiled = std::make_unique<RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
    if (!compiled->ok()) throw std::logic_error("schema pattern: " + compiled->error());
    patterns.emplace(pattern, std::move(compiled));
}

void JsonSchema::State::compile(const json::value& schema) {
    if (const json::array* array = schema.if_array())
        for (const json::value& element : *array) compile(element);
    const json::object* object = schema.if_object();
    if (!object) return;
    for (const auto& [key, value] : *object) {
        if (key == "pattern" && value.is_string()) add_pattern(value.get_string());
        if (key == "patternProperties" && value.is_object())
            for (const auto& member : value.get_object()) add_pattern(member.key());
        compile(value);
    }
}

void JsonSchema::State::check(const json::value& schema, const json::value& value, const std::string& pointer,
                              Problems& problems, int depth) const {
    if (problems.size() >= most_problems || depth > deepest) return;
    const auto complain = [&](std::string sentence) { problems.push_back({pointer, std::move(sentence)}); };
    if (const bool* everything = schema.if_bool()) {
        if (!*everything) complain("Nothing is allowed here.");
        return;
    }
    const json::object& rules = schema.as_object();
    if (const json::value* reference = rules.if_contains("$ref")) {
        // Draft-07: words beside $ref do not count.
        const std::string_view target = reference->as_string();
        json::error_code problem;
        const json::value* found = root.find_pointer(target.substr(1), problem);
        if (!found) throw std::logic_error("schema reference " + std::string(target));
        return check(*found, value, pointer, problems, depth + 1);
    }
    if (const json::value* type = rules.if_contains("type")) {
        bool matching = false;
        std::string wanted;
        if (const json::string* single = type->if_string()) {
            matching = has_type(value, *single);
            wanted = *single;
        } else {
            for (const json::value& one : type->as_array()) {
                matching = matching || has_type(value, one.as_string());
                wanted += (wanted.empty() ? "" : " or ") + std::string(one.as_string());
            }
        }
        if (!matching) return complain(fmt::format("This must be of type {}, not {}.", wanted, type_name(value)));
    }
    if (const json::value* choices = rules.if_contains("enum")) {
        const json::array& list = choices->as_array();
        if (std::none_of(list.begin(), list.end(), [&](const json::value& choice) { return same(choice, value); })) {
            std::string names;
            for (const json::value& choice : list)
                names += (names.empty() ? "" : ", ") +
                         (choice.is_string() ? std::string(choice.get_string()) : mf::to_text(choice));
            complain(fmt::format("This must be one of: {}.", names));
        }
    }
    if (const json::value* constant = rules.if_contains("const"); constant && !same(*constant, value))
        complain(fmt::format("This must be {}.", mf::to_text(*constant)));
    if (value.is_number()) {
        const double number = value.to_number<double>();
        if (const json::value* limit = rules.if_contains("minimum"); limit && number < limit->to_number<double>())
            complain(fmt::format("This must be at least {}.", mf::to_text(*limit)));
        if (const json::value* limit = rules.if_contains("maximum"); limit && number > limit->to_number<double>())
            complain(fmt::format("This must be at most {}.", mf::to_text(*limit)));
    }
    if (const json::string* text = value.if_string()) check_string(rules, *text, pointer, problems);
    if (const json::array* array = value.if_array()) check_array(rules, *array, pointer, problems, depth);
    if (const json::object* object = value.if_object()) check_object(rules, *object, pointer, problems, depth);
    check_combinations(rules, value, pointer, problems, depth);
}

void JsonSchema::State::check_string(const json::object& schema, std::string_view value, const std::string& pointer,
                                     Problems& problems) const {
    const auto complain = [&](std::string sentence) { problems.push_back({pointer, std::move(sentence)}); };
    if (const json::value* limit = schema.if_contains("minLength");
        limit && character_count(value) < limit->to_number<std::size_t>())
        complain(fmt::format("This must have at least {} characters.", mf::to_text(*limit)));
    if (const json::value* limit = schema.if_contains("maxLength");
        limit && character_count(value) > limit->to_number<std::size_t>())
        complain(fmt::format("This must have at most {} characters.", mf::to_text(*limit)));
    if (const json::value* pattern = schema.if_contains("pattern"); pattern && !matches(pattern->as_string(), value))
        complain(fmt::format("This must match the regular expression {}.", std::string_view(pattern->as_string())));
    if (const json::value* format = schema.if_contains("format")) {
        if (format->as_string() == "uri" && !is_absolute_uri(value))
            complain("This must be an absolute URI with a scheme.");
        if (format->as_string() == "uuid" && !is_uuid(value))
            complain("This must be a UUID (8-4-4-4-12 hexadecimal digits).");
    }
}

void JsonSchema::State::check_array(const json::object& schema, const json::array& value, const std::string& pointer,
                                    Problems& problems, int depth) const {
    if (const json::value* limit = schema.if_contains("minItems");
        limit && value.size() < limit->to_number<std::size_t>())
        problems.push_back({pointer, fmt::format("This must have at least {} elements.", mf::to_text(*limit))});
    if (const json::value* limit = schema.if_contains("maxItems");
        limit && value.size() > limit->to_number<std::size_t>())
        problems.push_back({pointer, fmt::format("This must have at most {} elements.", mf::to_text(*limit))});
    if (const json::value* items = schema.if_contains("items"))
        for (std::size_t i = 0; i < value.size(); ++i)
            check(*items, value[i], pointer_to(pointer, i), problems, depth + 1);
}

void JsonSchema::State::check_object(const json::object& schema, const json::object& value, const std::string& pointer,
                                     Problems& problems, int depth) const {
    if (const json::value* required = schema.if_contains("required"))
        for (const json::value& key : required->as_array())
            if (!value.contains(key.as_string()))
                problems.push_back(
                    {pointer_to(pointer, std::string_view(key.as_string())), "This is required and missing."});
    if (const json::value* limit = schema.if_contains("minProperties");
        limit && value.size() < limit->to_number<std::size_t>())
        problems.push_back({pointer, fmt::format("This must have at least {} keys.", mf::to_text(*limit))});
    if (const json::value* limit = schema.if_contains("maxProperties");
        limit && value.size() > limit->to_number<std::size_t>())
        problems.push_back({pointer, fmt::format("This must have at most {} keys.", mf::to_text(*limit))});
    const json::value* properties = schema.if_contains("properties");
    const json::value* by_pattern = schema.if_contains("patternProperties");
    const json::value* others = schema.if_contains("additionalProperties");
    const json::value* names = schema.if_contains("propertyNames");
    for (const auto& [key, member] : value) {
        bool known = false;
        const std::string place = pointer_to(pointer, std::string_view(key));
        if (names) check(*names, json::value(key), place, problems, depth + 1);
        if (const json::value* rule = properties ? properties->as_object().if_contains(key) : nullptr) {
            known = true;
            check(*rule, member, place, problems, depth + 1);
        }
        if (by_pattern) {
            for (const auto& [pattern, rule] : by_pattern->as_object()) {
                if (!matches(pattern, key)) continue;
                known = true;
                check(rule, member, place, problems, depth + 1);
            }
        }
        if (known || !others) continue;
        if (others->is_bool() && !others->get_bool())
            problems.push_back({place, "This key is not known here."});
        else
            check(*others, member, place, problems, depth + 1);
    }
}

void JsonSchema::State::check_combinations(const json::object& schema, const json::value& value,
                                           const std::string& pointer, Problems& problems, int depth) const {
    const auto holding = [&](const json::value& list) {
        return std::count_if(list.as_array().begin(), list.as_array().end(),
                             [&](const json::value& one) { return valid(one, value, depth + 1); });
    };
    if (const json::value* all = schema.if_contains("allOf"))
        for (const json::value& one : all->as_array()) check(one, value, pointer, problems, depth + 1);
    if (const json::value* any = schema.if_contains("anyOf"); any && holding(*any) == 0) {
        // The problems of the one alternative that looks at the same type say more than "none fits".
        for (const json::value& one : any->as_array()) {
            const json::value* type = one.is_object() ? one.get_object().if_contains("type") : nullptr;
            if (type && type->is_string() && has_type(value, type->get_string()))
                return check(one, value, pointer, problems, depth + 1);
        }
        problems.push_back({pointer, "This fits none of the allowed forms."});
    }
    if (const json::value* one = schema.if_contains("oneOf"); one && holding(*one) != 1)
        problems.push_back({pointer, "This must fit exactly one of the allowed forms."});
    if (const json::value* negated = schema.if_contains("not"); negated && valid(*negated, value, depth + 1))
        problems.push_back({pointer, "This form is not allowed."});
    if (const json::value* condition = schema.if_contains("if")) {
        const json::value* branch = schema.if_contains(valid(*condition, value, depth + 1) ? "then" : "else");
        if (branch) check(*branch, value, pointer, problems, depth + 1);
    }
}

JsonSchema::JsonSchema(std::string_view text) : state_(std::make_unique<State>()) {
    auto root = parse_json(text);
    if (!root) throw std::logic_error("schema: " + root.error().message);
    state_->root = std::move(*root);
    state_->compile(state_->root);
}
JsonSchema::JsonSchema(JsonSchema&&) noexcept = default;
JsonSchema::~JsonSchema() = default;

std::vector<SchemaProblem> JsonSchema::check(const json::value& document) const {
    State::Problems problems;
    state_->check(state_->root, document, "", problems, 0);
    return problems;
}

const JsonSchema* published_schema(std::string_view name) {
    static const auto schemas = [] {
        std::map<std::string, JsonSchema, std::less<>> all;
        for (const EmbeddedFile& file : embedded_schemas())
            all.emplace(file.name.substr(0, file.name.find(".json")), JsonSchema(file.content));
        return all;
    }();
    const auto found = schemas.find(name);
    return found == schemas.end() ? nullptr : &found->second;
}

std::string_view published_schema_text(std::string_view name) {
    return embedded_file(embedded_schemas(), std::string(name) + ".json");
}

}  // namespace mf
