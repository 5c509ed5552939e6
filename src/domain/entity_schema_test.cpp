// SPDX-License-Identifier: MIT
#include "domain/entity_schema.h"

#include "domain/company.h"
#include "domain/entity_json.h"

#include <doctest/doctest.h>
#include <boost/json.hpp>

namespace {

enum class Colour { red, green };
constexpr auto names_of(Colour) { return std::to_array<std::string_view>({"red", "green"}); }

struct Lamp {
    mf::Id<Lamp> id;
    std::string name;
    std::optional<std::string> note;
    Colour colour = Colour::green;
    std::optional<Colour> other;
    std::optional<std::string> pin;
    mf::TextList places;
    std::optional<mf::TextMap> values;
    std::optional<mf::Timestamp> until;
    bool lit = true;
    std::int64_t watts = 40;
    double price = 0.5;
    mf::Bytes plan;
    mf::Timestamp made_at{};
};

}  // namespace

namespace mf {
template <>
const Entity& entity_of<Lamp>() {
    using L = Lamp;
    static constexpr auto fields = fields_of<L>(
        field<&L::id>("id", {.key = true, .read_only = true}),
        field<&L::name>("name", {.label = "Name", .help = "What it is called", .max_length = 20, .required = true}),
        field<&L::note>("note"), field<&L::colour>("colour"), field<&L::other>("other"),
        field<&L::pin>("pin", {.max_length = 8, .secret = true}), field<&L::places>("places"),
        field<&L::values>("values", {.help = "Value, KEY=VALUE"}), field<&L::until>("until", {.help = "When it ends"}),
        field<&L::lit>("lit"), field<&L::watts>("watts"), field<&L::price>("price"), field<&L::plan>("plan"),
        field<&L::made_at>("made_at", {.read_only = true}));
    static constexpr Entity entity{"lamp", "Lamp", fields};
    return entity;
}
}  // namespace mf

using namespace mf;

TEST_CASE("the schema of an input names what may be written, with its limits") {
    const auto schema = input_schema(entity_of<Lamp>());
    CHECK(
        to_text(schema) ==
        R"({"type":"object","properties":{)"
        R"("name":{"type":"string","title":"Name","description":"What it is called","minLength":1,"maxLength":20},)"
        R"("note":{"type":"string","maxLength":255},)"
        R"("colour":{"type":"string","enum":["red","green"]},"other":{"type":"string","enum":["red","green"]},)"
        R"("pin":{"type":"string","maxLength":8,"format":"password","writeOnly":true},)"
        R"("places":{"type":"array","items":{"type":"string"}},)"
        R"("values":{"type":"object","additionalProperties":{"type":["string","number","boolean"]},"description":"Value, KEY=VALUE"},)"
        R"("until":{"type":"integer","description":"When it ends, in milliseconds since 1970-01-01T00:00:00Z"},)"
        R"("lit":{"type":"boolean"},"watts":{"type":"integer"},"price":{"type":"number"},)"
        R"("plan":{"type":"string","maxLength":255}},"required":["name"],"additionalProperties":false})");
}

TEST_CASE("defaults are told when they are known, never those of a secret") {
    const Lamp lamp{.note = {}, .pin = "1234", .values = {}, .until = {}};
    const auto schema = input_schema(entity_of<Lamp>(), &lamp);
    const auto& properties = schema.at("properties");
    CHECK(properties.at("lit").at("default") == true);
    CHECK(properties.at("watts").at("default") == 40);
    CHECK(properties.at("price").at("default") == 0.5);
    CHECK(properties.at("colour").at("default") == "green");
    for (const auto* without : {"name", "note", "other", "pin", "places", "values", "until", "plan"})
        CHECK_FALSE(properties.at(without).as_object().contains("default"));
}

TEST_CASE("the schema of a record says what may be null and what the server sets") {
    const auto schema = record_schema(entity_of<Lamp>());
    CHECK(schema.at("title") == "Lamp");
    const auto& properties = schema.at("properties");
    const auto told = [&](std::string_view name) { return to_text(properties.at(name)); };
    CHECK(told("id") == R"({"type":"integer","readOnly":true})");
    CHECK(told("name") == R"({"type":"string","title":"Name","description":"What it is called"})");
    CHECK(told("note") == R"({"type":["string","null"]})");
    CHECK(told("colour") == R"({"type":"string","enum":["red","green"]})");
    CHECK(told("other") == R"({"type":["string","null"],"enum":["red","green",null]})");
    CHECK(told("pin") == R"({"type":"string"})");
    CHECK(told("places") == R"({"type":"array","items":{"type":"string"}})");
    CHECK(told("values") ==
          R"({"type":["object","null"],"additionalProperties":{"type":"string"},"description":"Value, KEY=VALUE"})");
    CHECK(told("until") == R"({"type":["string","null"],"format":"date-time","description":"When it ends"})");
    CHECK(told("made_at") == R"({"type":"string","format":"date-time","readOnly":true})");
    CHECK_FALSE(schema.contains("additionalProperties"));
}

TEST_CASE("a record has every field that its schema requires") {
    const auto record = to_json(Company{.name = "Acme", .code = "acme"});
    const auto schema = record_schema(entity_of<Company>());
    for (const auto& name : schema.at("required").as_array()) CHECK(record.contains(name.as_string()));
    CHECK(schema.at("required").as_array().size() == record.size());
}
