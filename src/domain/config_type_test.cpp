// SPDX-License-Identifier: MIT
#include "domain/config_type.h"

#include "domain/decimal.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mf;

TEST_CASE("type names of all dialects are read") {
    const std::pair<const char*, ConfigType> names[] = {
        {"", ConfigType::string},           {"string", ConfigType::string},
        {"text", ConfigType::text},         {"textarea", ConfigType::text},
        {"password", ConfigType::password}, {"secret", ConfigType::password},
        {"email", ConfigType::email},       {"url", ConfigType::url},
        {"integer", ConfigType::integer},   {"int", ConfigType::integer},
        {"number", ConfigType::integer},    {"float", ConfigType::float_},
        {"double", ConfigType::float_},     {"bool", ConfigType::bool_},
        {"boolean", ConfigType::bool_},     {"checkbox", ConfigType::bool_},
        {"switch", ConfigType::bool_},      {"set", ConfigType::set},
        {"select", ConfigType::set},        {"file-path", ConfigType::file_path},
        {"file", ConfigType::file_path},    {"directory", ConfigType::file_path},
    };
    for (const auto& [name, type] : names) {
        CAPTURE(name);
        const auto reading = read_config_type(name);
        REQUIRE(reading);
        CHECK(reading->type == type);
        CHECK(reading->remark.empty() == (*name == '\0' || to_text(type) == name));
    }
    for (const auto type : config_types()) CHECK(config_type_named(to_text(type)) == type);
    CHECK(config_types().size() == 10);
}

TEST_CASE("another case of a type name is read with a remark") {
    REQUIRE(read_config_type("String"));
    CHECK(read_config_type("String")->remark == "The type \"String\" is written string.");
    CHECK(read_config_type("BOOLEAN")->type == ConfigType::bool_);
}

TEST_CASE("an unknown type name is refused with the nearest one") {
    CHECK(read_config_type("pasword").error().message.find("did you mean password?") != std::string::npos);
    CHECK(read_config_type("chekbox").error().message.find("did you mean bool?") != std::string::npos);
    CHECK(read_config_type("quaternion").error().message.find("did you mean") == std::string::npos);
    CHECK_FALSE(read_config_type("string "));
    CHECK_FALSE(read_config_type(std::string(100'000, 'x')));
}

static std::string canonical(ConfigType type, std::string_view text, const ConfigConstraints& constraints = {}) {
    auto value = canonical_value(type, text, constraints);
    return value ? *value : "refused";
}

TEST_CASE("values have one canonical form") {
    for (const auto yes : {"true", "True", "1", "yes", "ON"}) CHECK(canonical(ConfigType::bool_, yes) == "true");
    for (const auto no : {"false", "FALSE", "0", "No", "off"}) CHECK(canonical(ConfigType::bool_, no) == "false");
    CHECK(canonical(ConfigType::bool_, "maybe") == "refused");
    CHECK(canonical(ConfigType::integer, "0042") == "42");
    CHECK(canonical(ConfigType::integer, "-0") == "0");
    CHECK(canonical(ConfigType::integer, "-9223372036854775808") == "-9223372036854775808");
    for (const auto wrong : {"9223372036854775808", "12abc", "+5", " 5", "1.0", "1e3", "-", "0x10"})
        CHECK(canonical(ConfigType::integer, wrong) == "refused");
    CHECK(canonical(ConfigType::float_, "2.50") == "2.5");
    CHECK(canonical(ConfigType::float_, ".5") == "0.5");
    for (const auto wrong : {"1,5", "nan", "inf", "1.", "", "1e9999", "0x1p3", "1.5 "})
        CHECK(canonical(ConfigType::float_, wrong) == (*wrong == '\0' ? "" : "refused"));
    CHECK(canonical(ConfigType::string, "  a ") == "  a ");
    CHECK(canonical(ConfigType::text, "a\nb") == "a\nb");
    CHECK(canonical(ConfigType::file_path, "/tmp/x y") == "/tmp/x y");
}

TEST_CASE("an empty value is a value of every type") {
    for (const auto type : config_types()) CHECK(canonical(type, "", {.options = {"a"}}) == "");
    CHECK(canonical(ConfigType::string, "", {.minimum_length = 1}) == "refused");
}

TEST_CASE("a value with a macro waits for its job") {
    CHECK(canonical(ConfigType::integer, "{COUNT}") == "{COUNT}");
    CHECK(canonical(ConfigType::url, "{BASE}/api", {.pattern = "^https"}) == "{BASE}/api");
    CHECK(canonical(ConfigType::integer, "${COUNT}") == "refused");
    CHECK(canonical(ConfigType::integer, "{count}") == "refused");
}

TEST_CASE("no value holds NUL or malformed UTF-8") {
    for (const auto type : {ConfigType::string, ConfigType::password, ConfigType::text}) {
        CHECK(canonical(type, std::string_view("a\0b", 3)) == "refused");
        CHECK(canonical(type, "a\xFF") == "refused");
    }
}

TEST_CASE("e-mail addresses and URLs are checked") {
    for (const auto good : {"a@b.cz", "first.last+tag@sub.example.com", "root@localhost", "jiří@háčky.cz"})
        CHECK(canonical(ConfigType::email, good) == good);
    for (const auto bad : {"a", "@b.cz", "a@", "a b@c.cz", "a@b@c.cz", "a..b@c.cz", ".a@c.cz", "a@-b.cz", "a@b..cz",
                           "a@b.cz\n", "<a@b.cz>"})
        CHECK(canonical(ConfigType::email, bad) == "refused");
    for (const auto good : {"https://example.com", "http://user:pw@host:8080/p?q#f", "smtp://x", "mailto:a@b.cz",
                            "file:///etc/x", "sqlsrv:server=x"})
        CHECK(canonical(ConfigType::url, good) == good);
    for (const auto bad : {"example.com", "//host/x", "https://", "https:x", "http:///x", "1http://x", "http://a b",
                           "http://a\n", ":x", "http:"})
        CHECK(canonical(ConfigType::url, bad) == "refused");
}

TEST_CASE("constraints narrow a type") {
    CHECK(canonical(ConfigType::set, "a", {.options = {"a", "b"}}) == "a");
    CHECK(canonical_value(ConfigType::set, "c", {.options = {"a", "b"}}).error().message ==
          "\"c\" is not one of the options: a, b.");
    CHECK(canonical(ConfigType::set, "a") == "refused");
    CHECK(canonical(ConfigType::integer, "5", {.minimum = 5, .maximum = 5}) == "5");
    CHECK(canonical(ConfigType::integer, "4", {.minimum = 5}) == "refused");
    CHECK(canonical(ConfigType::float_, "-0.6", {.minimum = -0.5}) == "refused");
    CHECK(canonical(ConfigType::float_, "10.01", {.maximum = 10}) == "refused");
    CHECK(canonical(ConfigType::string, "žluť", {.minimum_length = 4, .maximum_length = 4}) == "žluť");
    CHECK(canonical(ConfigType::string, "abcde", {.maximum_length = 4}) == "refused");
    CHECK(canonical(ConfigType::string, "abc", {.minimum_length = 4}) == "refused");
    CHECK(canonical(ConfigType::string, "x42y", {.pattern = "[0-9]+"}) == "x42y");
    CHECK(canonical(ConfigType::string, "x42y", {.pattern = "^[0-9]+$"}) == "refused");
    CHECK(canonical(ConfigType::string, std::string(30, 'a').append("!"), {.pattern = "^(a+)+$"}) == "refused");
}

TEST_CASE("constraints that cannot be obeyed are refused") {
    CHECK(check_constraints({.pattern = "^a+$", .minimum = 1, .maximum = 1, .minimum_length = 0, .maximum_length = 0}));
    CHECK(check_constraints({.pattern = "(a"}).error().fields.at(0).field == "pattern");
    CHECK(check_constraints({.pattern = "(?=a)b"}).error().fields.at(0).field == "pattern");
    CHECK(check_constraints({.minimum = 2, .maximum = 1}).error().fields.at(0).field == "minimum");
    CHECK(check_constraints({.minimum_length = -1}).error().fields.at(0).field == "minLength");
    CHECK(check_constraints({.minimum_length = 3, .maximum_length = 2}).error().fields.at(0).field == "maxLength");
}

TEST_CASE("a refused password is not repeated") {
    const auto refused =
        canonical_value(ConfigType::password, "hunter2", {.pattern = "^[0-9]+$", .maximum_length = 20});
    CHECK(refused.error().message.find("hunter2") == std::string::npos);
}

TEST_CASE("defaults are exported as applications expect them") {
    CHECK(*exported_default(ConfigType::bool_, "True") == "1");
    CHECK(*exported_default(ConfigType::bool_, "off") == "0");
    CHECK(*exported_default(ConfigType::bool_, "") == "");
    CHECK(*exported_default(ConfigType::integer, "") == "");
    CHECK(*exported_default(ConfigType::integer, "042") == "42");
    CHECK(*exported_default(ConfigType::integer, "10.0") == "10");
    CHECK(*exported_default(ConfigType::integer, "-0") == "0");
    CHECK(*exported_default(ConfigType::float_, "2.50") == "2.5");
    CHECK(*exported_default(ConfigType::string, "0012") == "0012");
    CHECK_FALSE(exported_default(ConfigType::integer, "12abc"));
    CHECK_FALSE(exported_default(ConfigType::integer, "1.5"));
    CHECK_FALSE(exported_default(ConfigType::bool_, "maybe"));
}

TEST_CASE("JSON scalars become text") {
    const auto text = [](std::string_view json) { return *scalar_text(*parse_json(json)); };
    CHECK(text("null") == std::nullopt);
    CHECK(text("true") == "true");
    CHECK(text("5") == "5");
    CHECK(text("1.5") == "1.5");
    CHECK(text("\"a\"") == "a");
    CHECK_FALSE(scalar_text(*parse_json("{}")));
    CHECK_FALSE(scalar_text(*parse_json("[]")));
}

TEST_CASE("decimals keep every digit") {
    CHECK(canonical_decimal("12345678901234567890.10") == "12345678901234567890.1");
    CHECK(canonical_decimal("1e3") == "1000");
    CHECK(canonical_decimal("1.25E+1") == "12.5");
    CHECK(canonical_decimal("1e-3") == "0.001");
    CHECK(canonical_decimal("-0.0") == "0");
    CHECK(canonical_decimal("000") == "0");
    CHECK(canonical_decimal("1e+-3") == std::nullopt);
    CHECK(canonical_decimal("1e401") == std::nullopt);
    CHECK(canonical_decimal("--1") == std::nullopt);
    CHECK(compare_decimals("9", "10") < 0);
    CHECK(compare_decimals("-9", "-10") > 0);
    CHECK(compare_decimals("0.5", "0.25") > 0);
    CHECK(compare_decimals("-1", "0") < 0);
    CHECK(compare_decimals("1", "1") == 0);
    CHECK(rc::check("the canonical form is a fixpoint and has the same value", [](int whole, unsigned fraction) {
        const auto text = fmt::format("{}.{:06}", whole, fraction % 1'000'000);
        const auto plain = canonical_decimal(text);
        RC_ASSERT(plain.has_value());
        RC_ASSERT(canonical_decimal(*plain) == plain);
        RC_ASSERT(std::stod(*plain) == std::stod(text));
    }));
    CHECK(rc::check("comparison is that of the numbers", [](int a, int b) {
        RC_ASSERT(compare_decimals(std::to_string(a), std::to_string(b)) == (a < b ? -1 : a > b ? 1 : 0));
    }));
}
