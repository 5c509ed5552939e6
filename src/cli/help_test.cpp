// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/testing/fake_backend.h"
#include "domain/run_template.h"

#include <doctest/doctest.h>

using namespace mf;
using mf::testing::FakeBackend;
using mf::testing::Shell;

namespace {
FakeBackend backend_with_help() {
    FakeBackend fake;
    fake.offer("company:get", {"id", "name", "ic", "code"}, json::value(json::object{}));
    fake.offer("company:create", {"name", "code"}, json::value(json::object{}));
    fake.offer("application:import", {"document", "file", "?dry_run"}, json::value(json::object{}));
    fake.offer("job:get", {"id", "output"}, json::value(json::object{}));
    return fake;
}
}  // namespace

TEST_CASE("help, lists, descriptions and scripts open no database") {
    auto fake = backend_with_help();
    Shell shell{fake};
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{},
                                                                                       {"list"},
                                                                                       {"list", "--format", "json"},
                                                                                       {"--help"},
                                                                                       {"help"},
                                                                                       {"help", "--help"},
                                                                                       {"help", "company:get"},
                                                                                       {"help", "company", "get"},
                                                                                       {"help", "company"},
                                                                                       {"help", "--man"},
                                                                                       {"company:get", "--help"},
                                                                                       {"company", "get", "-h"},
                                                                                       {"company", "--help"},
                                                                                       {"describe"},
                                                                                       {"describe", "-f", "text"},
                                                                                       {"completion"},
                                                                                       {"completion", "zsh"},
                                                                                       {"completion", "fish"},
                                                                                       {"application", "schema"},
                                                                                       {"--version"},
                                                                                       {"company:get", "-V"}}) {
        CAPTURE(words.size());
        CHECK(shell(words).code == 0);
        CHECK(shell.out.size() > 10);
        CHECK(shell.err.empty());
        CHECK(shell.out.ends_with('\n'));
    }
    CHECK_FALSE(fake.opened);
}

TEST_CASE("help and manual name the values of an option, once") {
    FakeBackend fake;
    struct Input {
        std::optional<Overlap> overlap;
        std::optional<CatchUp> catch_up;
    };
    using I = Input;
    static constexpr auto fields = fields_of<I>(field<&I::overlap>("overlap", {.help = "Together"}),
                                                field<&I::catch_up>("catch_up", {.help = "None, the last (or all)"}));
    static constexpr Entity entity{"input", "Input", fields};
    fake.offer_with("thing:make", entity, json::object{});
    Shell shell{fake};
    CHECK(shell({"thing:make", "--help"}).out.find("Together: coalesce, skip, queue or parallel\n") !=
          std::string::npos);
    CHECK(shell.out.find("None, the last (or all)\n") != std::string::npos);
    CHECK(shell({"help", "--man"}).out.find("Together: coalesce, skip, queue or parallel\n") != std::string::npos);
}

TEST_CASE("help names the options of the command, its operation and the program") {
    auto fake = backend_with_help();
    Shell shell{fake};
    shell({"company:get", "--help"});
    for (const auto text :
         {"Shows a company", "multiflexi-cli company:get", "--slug", "--fields", "-f, --format", "-h, --help"})
        CHECK_MESSAGE(shell.out.find(text) != std::string::npos, text);
    shell({"application:import-json", "--help"});
    CHECK(shell.out.find("--document") == std::string::npos);
    CHECK(shell.out.find("--dry-run") != std::string::npos);
    shell({"job:get", "--help"});
    CHECK(shell.out.find("--output") == std::string::npos);
    CHECK(shell({"help", "nonsense"}).code == 1);
    CHECK(shell({"completion", "tcsh"}).code == 1);
    shell({"completion", "fish", "-f", "json"});
    CHECK(shell.document().at("script").as_string().find("complete -c") != std::string::npos);
}

TEST_CASE("only commands whose operation exists are there") {
    auto fake = backend_with_help();
    Shell shell{fake};
    CHECK(shell({"list"}).out.find("company:remove") == std::string::npos);
    CHECK(shell({"company:remove", "--id", "1"}).code == 1);
}

TEST_CASE("describe tells programs every command and option, itself excluded") {
    auto fake = backend_with_help();
    Shell shell{fake};
    const auto commands = shell({"describe"}).document().as_object();
    CHECK_FALSE(commands.contains("describe"));
    const auto& create = commands.at("company:create").as_object();
    CHECK(create.at("description") == "Creates a company");
    CHECK(
        to_text(create.at("options").as_object().at("name")) ==
        R"({"name":"--name","shortcut":"","is_value_required":true,"description":"Name of the company","default":null})");
    CHECK(
        to_text(create.at("options").as_object().at("format")) ==
        R"({"name":"--format","shortcut":"-f","is_value_required":true,"description":"text or json","default":"text"})");
    CHECK(create.at("options").as_object().at("enabled").as_object().at("is_value_required") == false);
    CHECK(commands.at("company:get").as_object().at("arguments").as_object().contains("id"));
}

TEST_CASE("the version and the width of the terminal") {
    auto fake = backend_with_help();
    Shell shell{fake};
    CHECK(shell({"-V"}).out == "multiflexi-cli " MULTIFLEXI_VERSION "\n");
    shell.terminal = true;
    shell.width = 60;
    shell({"application:import-json", "--help", "--no-ansi"});
    for (const auto line : split(shell.out, '\n')) CHECK_MESSAGE(line.size() <= 66, line);
    CHECK(shell.out.find('\x1b') == std::string::npos);
    CHECK(shell({"--help"}).out.find('\x1b') != std::string::npos);
}
