// SPDX-License-Identifier: MIT
#include "domain/command_template.h"

#include "base/text.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <map>

using namespace mf;

namespace {

using Words = std::vector<std::string>;

Words words(std::string_view text) {
    auto split = split_words(text);
    REQUIRE(split);
    return *split;
}

Result<CommandTemplate::Filled> filled(std::string_view text, const std::map<std::string, std::string>& values,
                                       const std::string& secret = "") {
    auto parsed = CommandTemplate::parse(text);
    REQUIRE(parsed);
    return parsed->fill([&](std::string_view name) -> std::optional<CommandTemplate::Value> {
        const auto found = values.find(std::string(name));
        if (found == values.end()) return std::nullopt;
        return CommandTemplate::Value{found->second, name == secret};
    });
}

Words arguments(std::string_view text, const std::map<std::string, std::string>& values) {
    return filled(text, values)->arguments;
}

Words remarks(std::string_view text) { return CommandTemplate::parse(text)->remarks(); }

}  // namespace

TEST_CASE("words are split as a shell does") {
    CHECK(words("") == Words{});
    CHECK(words(" \t\n\r ") == Words{});
    CHECK(words("--a 'x y' \"z w\" w\\ q") == Words{"--a", "x y", "z w", "w q"});
    CHECK(words("a''b \"\" ''") == Words{"ab", "", ""});
    CHECK(words(R"('a\b' "a\b" "a\"b" "a\\b" "a\$b" a\'b)") ==
          Words{R"(a\b)", R"(a\b)", "a\"b", R"(a\b)", "a$b", "a'b"});
    CHECK(words("a\\\nb \"c\\\nd\" 'e\nf'") == Words{"ab", "cd", "e\nf"});
    CHECK(words("$(id) `id` | && ; > * #x") == Words{"$(id)", "`id`", "|", "&&", ";", ">", "*", "#x"});
    CHECK(words("žluť 'ou čký'") == Words{"žluť", "ou čký"});
}

TEST_CASE("open quotes are errors with a position") {
    CHECK(split_words("--a \"unterminated").error().message == "The quote \" at byte 5 of the command is not closed.");
    CHECK(split_words("'a").error().message == "The quote ' at byte 1 of the command is not closed.");
    CHECK(split_words("a \\").error().message == "The backslash at byte 3 of the command has nothing behind it.");
    CHECK(split_words("\"a\\\"").error().message == "The quote \" at byte 1 of the command is not closed.");
    CHECK(split_words(std::string_view("a\0b", 3)).error().message == "There is a NUL byte at byte 2 of the command.");
}

TEST_CASE("joined words split into the same words") {
    CHECK(join_words(Words{"ls", "-l", "a b", "", "it's", "$x"}) == "ls -l 'a b' '' 'it'\\''s' '$x'");
    CHECK(rc::check("split(join(words)) is words", [](std::vector<std::string> given) {
        for (auto& word : given) std::erase(word, '\0');
        RC_ASSERT(*split_words(join_words(given)) == given);
    }));
    const auto texts = rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab '\"\\$\n{}A")));
    CHECK(rc::check("split(join(split(text))) is split(text)", [&] {
        const auto once = split_words(*texts);
        if (!once) return;
        RC_ASSERT(*split_words(join_words(*once)) == *once);
    }));
}

TEST_CASE("placeholders of both kinds are replaced inside words") {
    const std::map<std::string, std::string> values{{"A", "1"}, {"B", "x y; id"}, {"E", ""}, {"N", "0"}};
    CHECK(arguments("-u ${A} --b={B} {A}{N}", values) == Words{"-u", "1", "--b=x y; id", "10"});
    CHECK(arguments("'{A}' \"${A} {B}\" $${A}", values) == Words{"1", "1 x y; id", "$1"});
    CHECK(arguments("{{A}}", values) == Words{"{1}"});
    CHECK(arguments("${A}${A}$", values) == Words{"11$"});
}

TEST_CASE("a value never becomes two arguments, nor is it looked at again") {
    CHECK(arguments("{A}", {{"A", "a 'b\" $(id) {B} ${B}"}, {"B", "no"}}) == Words{"a 'b\" $(id) {B} ${B}"});
    CHECK(arguments("{A}", {{"A", "-oProxyCommand=id"}}) == Words{"-oProxyCommand=id"});
}

TEST_CASE("an unquoted word that becomes empty is dropped, a quoted one stays") {
    CHECK(arguments("a {E} \"${E}\" '' b {E}{E} x{E}", {{"E", ""}}) == Words{"a", "", "", "b", "x"});
}

TEST_CASE("other braces are text") {
    CHECK(arguments("{{ ISDOC_FILE }} {a} {} ${b} {1}", {}) ==
          Words{"{{", "ISDOC_FILE", "}}", "{a}", "{}", "${b}", "{1}"});
    CHECK(arguments("--a ${FOO --b", {}) == Words{"--a", "${FOO", "--b"});
}

TEST_CASE("unknown placeholders are an error that names all of them") {
    const auto result = filled("--a ${NOPE} --b {ALSO} {A} {NOPE}", {{"A", "1"}});
    REQUIRE_FALSE(result);
    CHECK(
        result.error().message.starts_with("The command template uses {NOPE}, {ALSO}, but there is no such variable."));
    CHECK(CommandTemplate::parse("${B} {A} {B}")->names() == Words{"B", "A"});
}

TEST_CASE("secrets are masked where arguments are shown") {
    const auto result = filled("-p{P} {A} {Q}x", {{"P", "hunter2"}, {"A", "1"}, {"Q", ""}}, "P");
    CHECK(result->arguments == Words{"-phunter2", "1", "x"});
    CHECK(result->shown == Words{"-p••••••••", "1", "x"});
}

TEST_CASE("what only a shell understands is remarked") {
    for (const auto text : {"$(id>/tmp/pwned)", "`id`", "| nc", "&& reboot", "> /etc/x", "a${IFS}b;id", "\"$(id)\"",
                            "\"`id`\"", "{{ ISDOC_FILE }}", "--a ${FOO --b", "--a ${FOO}\nreboot", "a\r\n\n'b'"}) {
        CAPTURE(text);
        CHECK(remarks(text).size() == 1);
    }
    for (const auto text : {"/etc/*", "--a ${FOO} {B}", "'a|b' \"a;b\" a\\;b", "$x $", "--json={\"a\":1}", "\n--a b \n",
                            "--a \\\n --b", "'a\nb'"}) {
        CAPTURE(text);
        CHECK(remarks(text).empty());
    }
}

TEST_CASE("templates and arguments have limits") {
    CHECK_FALSE(CommandTemplate::parse(std::string(65'537, 'a')));
    CHECK(CommandTemplate::parse(std::string(65'536, '{')));
    CHECK_FALSE(CommandTemplate::parse("\"a"));
    CHECK(arguments("{A}", {{"A", std::string(131'071, 'x')}}).size() == 1);
    CHECK(filled("a {A}", {{"A", std::string(131'072, 'x')}}).error().message.starts_with("Argument 2 has more than"));
    std::string many;
    for (int i = 0; i < 20; ++i) many += "{A} ";
    CHECK(filled(many, {{"A", std::string(100'000, 'x')}}).error().message.starts_with("The arguments have more than"));
}

TEST_CASE("executables of one or several words") {
    CHECK(*command_words("docker run myimage") == Words{"docker", "run", "myimage"});
    CHECK(*command_words("'/opt/My App/run' -x") == Words{"/opt/My App/run", "-x"});
    CHECK(*command_words("/usr/bin/true") == Words{"/usr/bin/true"});
    CHECK(*command_words("./probe") == Words{"./probe"});
    CHECK(*command_words("rm -rf /; true") == Words{"rm", "-rf", "/;", "true"});
    for (const auto bad : {"", " ", "''", "--help", "-x y", "../../bin/sh", "a/../b", "true\nid", "\x01", "true\x7f",
                           "\"a", "/", "bin/", "..", "."}) {
        CAPTURE(bad);
        CHECK_FALSE(command_words(bad));
    }
    CHECK_FALSE(command_words(std::string_view("true\0x", 6)));
    CHECK_FALSE(command_words(std::string(5000, 'a')));
    CHECK(command_words("a..b"));
}
