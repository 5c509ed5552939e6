// SPDX-License-Identifier: MIT
#include "api/compatible/answer.h"
#include "base/json.h"
#include "base/text.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <yaml-cpp/yaml.h>
#include <pugixml.hpp>

using namespace mf;
using namespace mf::compatible;

namespace {

/// What a reader of YAML has understood, as JSON; everything that is not quoted is null, a truth value or a number.
json::value read_again(const YAML::Node& node) {
    switch (node.Type()) {
        case YAML::NodeType::Sequence: {
            json::array out;
            for (const auto& each : node) out.push_back(read_again(each));
            return json::value(std::move(out));
        }
        case YAML::NodeType::Map: {
            json::object out;
            for (const auto& each : node) out[each.first.as<std::string>()] = read_again(each.second);
            return json::value(std::move(out));
        }
        case YAML::NodeType::Scalar:
            if (node.Tag() == "!") return json::value(node.as<std::string>());
            return *parse_json(node.as<std::string>());
        default: return nullptr;
    }
}

/// Some code points are no characters; the writer of YAML shows them as unreadable.
std::string as_yaml_has_it(std::string text) {
    for (auto at = text.find("\xEF\xBF\xBE"); at != std::string::npos; at = text.find("\xEF\xBF\xBE"))
        text.replace(at, 3, "\xEF\xBF\xBD");
    return text;
}

/// Values of any shape with texts that want to be something else.
json::value some_value(int depth) {
    const auto nasty = [] {
        return *rc::gen::element<std::string>(
            "", "plain", "no", "~", "1.0", "- a", "a: b", "# x", "'", "\"", "\\", "<b>&amp;</b>", "]]>", "<!--",
            "<script>alert(1)</script>", "javascript:alert(1)", "\x01\x02", "\x1b[31m", "tab\tline\nend\r\n", " blank ",
            "p\xC5\x99\xC3\xAD", "\xF0\x9F\x98\x80", "\xEF\xBF\xBE", "\xC2\x85", "\xE2\x80\xA8", "%YAML", "---\n...",
            std::string("nul\0in", 6), "\x7f");
    };
    const int kind = *rc::gen::inRange(0, depth > 0 ? 7 : 5);
    switch (kind) {
        case 0: return nullptr;
        case 1: return *rc::gen::arbitrary<bool>();
        case 2: return *rc::gen::arbitrary<std::int64_t>();
        case 3:
        case 4: return json::value(nasty());
        case 5: {
            json::array out;
            for (int i = *rc::gen::inRange(0, 4); i > 0; --i) out.push_back(some_value(depth - 1));
            return json::value(std::move(out));
        }
        default: {
            json::object out;
            for (int i = *rc::gen::inRange(0, 4); i > 0; --i) out[nasty()] = some_value(depth - 1);
            return json::value(std::move(out));
        }
    }
}

}  // namespace

TEST_CASE("what stands behind the last dot says the form") {
    CHECK(form_named("json") == Form::json);
    CHECK(form_named("XML") == Form::xml);
    CHECK(form_named("yaml") == Form::yaml);
    CHECK(form_named("html") == Form::html);
    CHECK(form_named("php") == Form::html);
    CHECK(represent({.body = {{"a", 1}}}, Form::json, "/x").headers.get("Content-Type") == "application/json");
    CHECK(represent({.body = {{"a", 1}}, .is_secret = true}, Form::xml, "/x").headers.get("Cache-Control") ==
          "no-store");
}

TEST_CASE("XML has a root, elements for records, 1 for true and nothing for false and null") {
    CHECK(to_xml({{"ping", json::array{{{"ping", "pong"}}}}}, "") ==
          "<?xml version=\"1.0\"?><ping><item><ping>pong</ping></item></ping>\n");
    CHECK(to_xml(json::array{{{"id", 1}, {"on", true}, {"off", false}, {"none", nullptr}}}, "company") ==
          "<?xml version=\"1.0\"?><root><company><id>1</id><on>1</on><off/><none/></company></root>\n");
    CHECK(to_xml({{"7", {{"id", 7}}}, {"8", {{"id", 8}}}}, "job") ==
          "<?xml version=\"1.0\"?><root><job><id>7</id></job><job><id>8</id></job></root>\n");
    CHECK(to_xml(json::object{}, "job") == "<?xml version=\"1.0\"?><root/>\n");
    CHECK(to_xml(json::array{}, "eventsource") == "<?xml version=\"1.0\"?><root/>\n");
    CHECK(
        to_xml({{"1 <b>", "a<b>&\"'"}, {"env", {{"-X", "\x01"}}}}, "") ==
        "<?xml version=\"1.0\"?><root><_1__b_>a&lt;b&gt;&amp;\"'</_1__b_><env><_-X>\xEF\xBF\xBD</_-X></env></root>\n");
}

TEST_CASE("YAML keeps texts texts") {
    CHECK(to_yaml({{"a", "no"}, {"b", true}, {"c", nullptr}, {"d", json::array{}}, {"e", json::object{}}, {"f", 7}}) ==
          "\"a\": \"no\"\n\"b\": true\n\"c\": ~\n\"d\": []\n\"e\": {}\n\"f\": 7\n");
    CHECK(to_yaml(json::array{{{"id", 1}}}) == "- \"id\": 1\n");
    CHECK(to_yaml(json::object{}) == "{}\n");
}

TEST_CASE("HTML shows texts as texts, and leads to the records") {
    const Answer list{.body = json::array{{{"id", 1}, {"name", "<script>alert(\"x\")</script>"}, {"company_id", 3}}},
                      .element = "credential",
                      .link = "credential"};
    const auto page = to_html(list, "/api");
    CHECK(page.find("<script") == std::string::npos);
    CHECK(page.find("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;") != std::string::npos);
    CHECK(page.find("<a href=\"/api/credential/1.html\">1</a>") != std::string::npos);
    CHECK(page.find("<a href=\"/api/company/3.html\">3</a>") != std::string::npos);
    const auto one = to_html({.body = {{"stdout", "a\n<b>"}}}, "/api");
    CHECK(one.find("<pre>a\n&lt;b&gt;</pre>") != std::string::npos);
}

TEST_CASE("every answer is well-formed in every form, whatever is in it") {
    CHECK(rc::check([] {
        const auto value = some_value(3);
        const std::string_view element = *rc::gen::element("", "job");
        pugi::xml_document document;
        RC_ASSERT(document.load_string(to_xml(value, element).c_str()).status == pugi::status_ok);
        for (const auto c : to_xml(value, element))
            RC_ASSERT(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t' || c == '\r');
        RC_ASSERT(is_utf8(to_yaml(value)));
        RC_ASSERT(to_text(read_again(YAML::Load(to_yaml(value)))) == as_yaml_has_it(to_text(value)));
        const auto page = to_html({.body = value, .element = element, .link = "job"}, "/api");
        RC_ASSERT(page.find("<script") == std::string::npos);
        RC_ASSERT(page.find("<b>") == std::string::npos);
    }));
}
