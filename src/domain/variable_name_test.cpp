// SPDX-License-Identifier: MIT
#include "domain/variable_name.h"

#include "base/json.h"
#include "base/text.h"
#include "support/corpus.h"

#include <doctest/doctest.h>
#include <boost/json.hpp>

using namespace mf;

static NameVerdict verdict(std::string_view name) { return judge_variable_name(name).verdict; }

TEST_CASE("ordinary names are fine") {
    for (const auto name :
         {"A", "_", "ABRAFLEXI_URL", "1ABC", "42", "LANG", "LC_ALL", "TZ", "DEBUG", "MODULES", "LDAP_URL", "PATHS",
          "HOME_DIR", "ENVIRONMENT", "MULTIFLEXI", "PERL", "PYTHONUNBUFFERED", "HTTPS_PROXY"}) {
        CAPTURE(name);
        CHECK(verdict(name) == NameVerdict::plain);
        CHECK(judge_variable_name(name).reason.empty());
    }
}

TEST_CASE("a leading digit is told apart, it is no matter for a process") {
    CHECK(begins_with_digit("1ABC"));
    CHECK_FALSE(begins_with_digit("A1"));
    CHECK_FALSE(begins_with_digit(""));
}

TEST_CASE("unusual names are kept with a warning") {
    for (const auto name :
         {"path", "foo", "BANKA+", "BANKA-", "__proto__", "constructor", "MÍRA", "A.B", "multiflexi_job_id"}) {
        CAPTURE(name);
        CHECK(verdict(name) == NameVerdict::unusual);
        CHECK_FALSE(judge_variable_name(name).refused());
        CHECK(judge_variable_name(name).reason.find(name) != std::string::npos);
    }
}

TEST_CASE("malformed names are refused") {
    using std::string_view;
    for (const auto name :
         {string_view(""), string_view("A=B"), string_view("=A"), string_view(" FOO "), string_view("A B"),
          string_view("A\nLD_PRELOAD"), string_view("A\0B", 3), string_view("A\tB"), string_view("A\x7f"),
          string_view("A\xFF"), string_view("A\xE2\x80\x8B"), string_view("A\xE2\x80\xAE"), string_view("A\xC2\xA0"),
          string_view("\xEF\xBB\xBF"
                      "A"),
          string_view("A\xC2\x85")}) {
        CAPTURE(shown_name(name));
        CHECK(verdict(name) == NameVerdict::malformed);
        CHECK(judge_variable_name(name).refused());
    }
    CHECK(verdict(std::string(64, 'A')) == NameVerdict::plain);
    CHECK(verdict(std::string(65, 'A')) == NameVerdict::malformed);
    CHECK(judge_variable_name("A\nB").reason.find('\n') == std::string::npos);
    CHECK(judge_variable_name("A\nB").reason.find("A\\x0AB") != std::string::npos);
}

TEST_CASE("platform names are reserved") {
    CHECK(verdict("MULTIFLEXI_JOB_ID") == NameVerdict::reserved);
    CHECK(verdict("MULTIFLEXI_ANYTHING") == NameVerdict::reserved);
    CHECK_FALSE(judge_variable_name("MULTIFLEXI_JOB_ID").refused());
}

TEST_CASE("names that decide which code runs are refused unless allowed") {
    for (const auto name : {"LD_PRELOAD",
                            "LD_LIBRARY_PATH",
                            "LD_AUDIT",
                            "LD_ANYTHING",
                            "DYLD_INSERT_LIBRARIES",
                            "GCONV_PATH",
                            "GLIBC_TUNABLES",
                            "PATH",
                            "IFS",
                            "ENV",
                            "BASH_ENV",
                            "BASH_FUNC_ls%%",
                            "SHELLOPTS",
                            "PS4",
                            "PROMPT_COMMAND",
                            "PYTHONPATH",
                            "PYTHONHOME",
                            "PYTHONSTARTUP",
                            "GIT_SSH_COMMAND",
                            "GIT_CONFIG_COUNT",
                            "PHP_INI_SCAN_DIR",
                            "PHPRC",
                            "NODE_OPTIONS",
                            "PERL5OPT",
                            "PERL5LIB",
                            "RUBYOPT",
                            "RUBYLIB",
                            "JAVA_TOOL_OPTIONS",
                            "_JAVA_OPTIONS",
                            "DOTNET_STARTUP_HOOKS",
                            "LUA_INIT_5_4",
                            "OPENSSL_CONF",
                            "LESSOPEN",
                            "EDITOR",
                            "HOSTALIASES",
                            "HOME",
                            "XDG_CONFIG_HOME"}) {
        CAPTURE(name);
        CHECK(verdict(name) == NameVerdict::dangerous);
        CHECK(judge_variable_name(name).reason.starts_with(std::string("The environment name ") + name +
                                                           " is not allowed: it "));
        CHECK_FALSE(judge_variable_name(name, {name}).refused());
        CHECK(judge_variable_name(name, {"OTHER"}).refused());
    }
    CHECK(judge_variable_name("BASH_FUNC_ls%%", {"BASH_FUNC_ls%%"}).verdict == NameVerdict::unusual);
    CHECK(judge_variable_name("A=B", {"A=B"}).refused());
}

TEST_CASE("shells can set some names only") {
    for (const auto name : {"A", "_a1", "lower"}) CHECK(is_shell_name(name));
    for (const auto name : {"", "1A", "BANKA+", "A-B", "Í"}) CHECK_FALSE(is_shell_name(name));
}

TEST_CASE("names are shown without surprises") {
    CHECK(shown_name("A\nB") == "\"A\\x0AB\"");
    CHECK(shown_name(" A ") == "\" A \"");
    CHECK(shown_name(std::string(1000, 'x')).size() < 100);
}

// Every name in the collected definitions is one a job may have; the hostile ones get the verdict of their index.
TEST_CASE("names of real definitions" * doctest::test_suite("corpus")) {
    for (const auto part : {"apps", "apps-history"}) {
        const auto directory = testing::corpus(part);
        if (!directory) return;
        for (const auto& file : std::filesystem::directory_iterator(*directory)) {
            const auto document = parse_json(testing::read_file(file));
            if (!document || !document->is_object()) continue;
            const auto* environment = document->get_object().if_contains("environment");
            if (!environment || !environment->is_object()) continue;
            for (const auto& [name, field] : environment->get_object()) {
                CAPTURE(file.path().string());
                CHECK_MESSAGE((!judge_variable_name(name).refused() || name.empty()), std::string(name));
            }
        }
    }
    const auto hostile = testing::corpus("hostile");
    if (!hostile) return;
    const auto index = testing::read_table(*hostile / "INDEX.tsv");
    for (const auto& row : index.rows) {
        if (index.cell(row, "category") != "envname" || index.cell(row, "kind") != "app") continue;
        const auto& file = index.cell(row, "file");
        CAPTURE(file);
        if (!std::filesystem::exists(*hostile / file)) continue;
        const auto document = parse_json(testing::read_file(*hostile / file));
        REQUIRE(document);
        auto worst = NameVerdict::plain;
        for (const auto& [name, field] : document->at("environment").as_object())
            worst = std::max(worst, verdict(name));
        const auto& expected = index.cell(row, "expected");
        const auto outcome = worst >= NameVerdict::dangerous ? "reject"
                             : worst == NameVerdict::plain   ? "accept"
                                                             : "accept-warn";
        const auto choices = split(expected, '|');
        CHECK_MESSAGE(std::find(choices.begin(), choices.end(), outcome) != choices.end(),
                      expected << " expected, " << outcome << " found");
    }
}
