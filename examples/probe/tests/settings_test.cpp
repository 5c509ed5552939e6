// SPDX-License-Identifier: MIT
#include "probe/settings.h"

#include "base/json.h"
#include "base/text.h"
#include "settings_of.h"
#include "support/corpus.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <set>

using namespace mf;
using namespace mf::probe;
using namespace mf::probe::testing;

namespace {

std::vector<std::string> complaints(const Environment& environment) {
    const auto settings = read_settings(environment);
    std::vector<std::string> fields;
    if (!settings)
        for (const auto& field : settings.error().fields) fields.push_back(field.field);
    return fields;
}

json::object definition() {
    const auto text = mf::testing::read_file(PROBE_DIRECTORY "/multiflexi-probe.multiflexi.app.json");
    return parse_json(text).operator*().as_object();
}

std::string plain(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : to_text(value);
}

}  // namespace

TEST_CASE("without any variable the defaults hold") {
    const auto settings = settings_of({});
    CHECK(settings.result_file == "probe_report.json");
    CHECK(settings.timeout == std::chrono::seconds(10));
    CHECK(settings.disk_warning == 15);
    CHECK(settings.tls_verify);
    CHECK(settings.disks.empty());
}

TEST_CASE("an empty variable counts as unset") { CHECK(settings_of({{"PROBE_LOAD_WARNING", " "}}).load_warning == 2); }

TEST_CASE("values are read by their type") {
    const auto settings = settings_of({{"PROBE_DISKS", "/, /srv/my data\n/var,,"},
                                       {"PROBE_TLS_VERIFY", "No"},
                                       {"PROBE_TIMEOUT", "2.5"},
                                       {"PROBE_DISK_WARNING", "12.5"}});
    CHECK(settings.disks == std::vector<std::string>{"/", "/srv/my data", "/var"});
    CHECK_FALSE(settings.tls_verify);
    CHECK(settings.timeout == std::chrono::milliseconds(2500));
    CHECK(settings.disk_warning == 12.5);
}

TEST_CASE("every mistake is named, all at once") {
    CHECK(complaints({{"PROBE_TIMEOUT", "soon"}, {"PROBE_TLS_VERIFY", "maybe"}, {"PROBE_DISK_WARNING", "101"}}) ==
          std::vector<std::string>{"PROBE_TIMEOUT", "PROBE_DISK_WARNING", "PROBE_TLS_VERIFY"});
    for (const auto* text : {"1e", "nan", "inf", "-1", "10 %", "0x10", "1,5"})
        CHECK(complaints({{"PROBE_DISK_WARNING", text}}) == std::vector<std::string>{"PROBE_DISK_WARNING"});
    CHECK(complaints({{"PROBE_TIMEOUT", "0"}}) == std::vector<std::string>{"PROBE_TIMEOUT"});
    CHECK(complaints({{"PROBE_URL_STATUS", "20"}}) == std::vector<std::string>{"PROBE_URL_STATUS"});
    CHECK(complaints({{"PROBE_SYSTEMD_SEVERITY", "bad"}}) == std::vector<std::string>{"PROBE_SYSTEMD_SEVERITY"});
    CHECK(complaints({{"PROBE_SKIP", "swap, sawp"}}) == std::vector<std::string>{"PROBE_SKIP"});
}

TEST_CASE("limits in the wrong order are a mistake") {
    for (const std::string name : {"DISK", "INODES", "MEMORY", "SWAP", "CERTIFICATE"}) {
        CHECK(complaints({{"PROBE_" + name + "_WARNING", "1"}, {"PROBE_" + name + "_CRITICAL", "2"}}) ==
              std::vector<std::string>{"PROBE_" + name + "_WARNING"});
        CHECK(complaints({{"PROBE_" + name + "_WARNING", "2"}, {"PROBE_" + name + "_CRITICAL", "2"}}).empty());
    }
    CHECK(complaints({{"PROBE_LOAD_WARNING", "9"}}) == std::vector<std::string>{"PROBE_LOAD_WARNING"});
}

TEST_CASE("a misspelt variable is pointed out") {
    const auto sentences = unknown_variables({{"PATH", "x"}, {"PROBE_DISK", "/"}, {"PROBE_URLS", ""}, {"PROBER", "x"}});
    REQUIRE(sentences.size() == 1);
    CHECK(sentences[0].find("PROBE_DISKS") != std::string::npos);
}

TEST_CASE("the report goes where the platform says") {
    CHECK(report_file({}) == "probe_report.json");
    CHECK(report_file({{"MULTIFLEXI_TMP", "/t"}}) == "/t/probe_report.json");
    CHECK(report_file({{"MULTIFLEXI_TMP", "/t"}, {"RESULT_FILE", "a/b.json"}}) == "/t/a/b.json");
    CHECK(report_file({{"MULTIFLEXI_TMP", "/t"}, {"RESULT_FILE", "/x/b.json"}}) == "/x/b.json");
    CHECK(report_file({{"RESULT_FILE", "b.json"}}) == "b.json");
}

TEST_CASE("the definition and the program know the same settings with the same defaults and bounds") {
    const auto fields = definition().at("environment").as_object();
    std::set<std::string> defined, known;
    for (const auto& [name, field] : fields) defined.emplace(name);
    for (const Setting& setting : all_settings()) {
        known.emplace(setting.name);
        INFO(setting.name);
        const auto* field = fields.if_contains(setting.name);
        REQUIRE(field);
        const auto& object = field->as_object();
        CHECK(plain(object.at("defval")) == setting.fallback);
        if (const auto* minimum = object.if_contains("minimum")) CHECK(minimum->to_number<double>() == setting.minimum);
        if (const auto* maximum = object.if_contains("maximum")) CHECK(maximum->to_number<double>() == setting.maximum);
        const auto type = std::string(object.at("type").as_string());
        CHECK((type == "bool") == std::holds_alternative<bool Settings::*>(setting.place));
        CHECK((type == "float") == (setting.maximum > 0));
        CHECK((type == "float") == (object.contains("minimum") && object.contains("maximum")));
    }
    CHECK(defined == known);
}

TEST_CASE("every text of the definition is there in English, Czech and German") {
    const std::function<void(const json::value&, const std::string&)> look = [&](const json::value& value,
                                                                                 const std::string& at) {
        if (value.is_array())
            for (const auto& element : value.get_array()) look(element, at + "[]");
        if (!value.is_object()) return;
        for (const auto& [key, element] : value.get_object()) {
            const auto here = fmt::format("{}/{}", at, std::string_view(key));
            const bool is_text = key == "description" || key == "hint" || key == "name" || key == "title";
            INFO(here);
            if (is_text && element.is_object()) {
                for (const auto* language : {"en", "cs", "de"}) {
                    REQUIRE(element.get_object().contains(language));
                    CHECK(element.get_object().at(language).as_string().size() > 0);
                    CHECK(element.get_object().at(language).as_string().size() <= 1024);
                }
            } else {
                CHECK_FALSE(is_text);
                look(element, here);
            }
        }
    };
    look(definition(), "");
}

TEST_CASE("README names every setting") {
    const auto readme = mf::testing::read_file(PROBE_DIRECTORY "/README.md");
    for (const Setting& setting : all_settings()) {
        INFO(setting.name);
        CHECK(readme.find(fmt::format("| `{}` | {} |", setting.name,
                                      setting.fallback.empty() ? "" : fmt::format("`{}`", setting.fallback))) !=
              std::string::npos);
    }
}
