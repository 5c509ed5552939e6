// SPDX-License-Identifier: MIT
#include "provider/env_file.h"
#include "support/fake_http.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fstream>

using namespace mf;
using namespace mf::testing;
namespace fs = std::filesystem;

namespace {

/// A directory whose files may be read, and one whose files may not.
struct EnvFileWorld {
    TemporaryDirectory directory;
    fs::path inside = directory.path() / "inside";
    fs::path outside = directory.path() / "outside";
    FakeHttp http{HttpReply{}};
    ProviderContext context{.http = http, .now = {}, .file_roots = {inside}};
    EnvFile provider;

    EnvFileWorld() {
        fs::create_directory(inside);
        fs::create_directory(outside);
        write(outside / "secret.env", "A=secret");
    }
    static void write(const fs::path& file, const std::string& content) {
        std::ofstream(file, std::ios::binary) << content;
    }
    Result<std::vector<ProvidedVariable>> resolve(const std::string& path) {
        return provider.resolve({{"ENV_FILE_PATH", path}}, context);
    }
    Availability check(const std::string& path) { return provider.check({{"ENV_FILE_PATH", path}}, context); }

    void refuse(const std::string& path, std::string_view reason) {
        CAPTURE(path);
        const auto variables = resolve(path);
        REQUIRE(!variables);
        CHECK(variables.error().code == ErrorCode::invalid);
        CHECK(variables.error().message.find(reason) != std::string::npos);
        CHECK(variables.error().fields.at(0).field == "ENV_FILE_PATH");
        CHECK(check(path).state == AvailabilityState::misconfigured);
        CHECK(check(path).message == variables.error().message);
    }
};

}  // namespace

TEST_CASE("the lines of an environment file") {
    EnvFileWorld world;
    world.write(world.inside / "a.env",
                "\xEF\xBB\xBF"
                "FIRST=1\r\n"
                "  # comment\n"
                "\n"
                " SPACED \t=  a b  \n"
                "QUOTED=\"x\"\n"
                "#COMMENTED=1\n"
                "EMPTY=\n"
                "EQUALS=a=b#c\n"
                "FIRST=2\n"
                "LAST=end");
    const auto variables = world.resolve(world.inside / "a.env");
    REQUIRE(variables);
    CHECK(*variables == std::vector<ProvidedVariable>{{"FIRST", "2", true},
                                                      {"SPACED", "a b", true},
                                                      {"QUOTED", "\"x\"", true},
                                                      {"EMPTY", "", true},
                                                      {"EQUALS", "a=b#c", true},
                                                      {"LAST", "end", true}});
    const auto availability = world.check(world.inside / "a.env");
    CHECK(availability.state == AvailabilityState::available);
    CHECK(availability.message == "The file has 6 variables.");
}

TEST_CASE("lines that are none are skipped and told") {
    EnvFileWorld world;
    world.write(world.inside / "a.env", "A=1\nexport B=2\nnothing\n=x\nC=3\n");
    const auto variables = world.resolve(world.inside / "a.env");
    REQUIRE(variables);
    CHECK(*variables == std::vector<ProvidedVariable>{{"A", "1", true}, {"C", "3", true}});
    const auto availability = world.check(world.inside / "a.env");
    CHECK(availability.state == AvailabilityState::degraded);
    CHECK(availability.message == "The file has 2 variables. Skipped, because they are not NAME=VALUE: lines 2, 3, 4.");
}

TEST_CASE("without a path there is nothing, and that is no error") {
    EnvFileWorld world;
    REQUIRE(world.resolve(" "));
    CHECK(world.resolve(" ")->empty());
    REQUIRE(world.provider.resolve({}, world.context));
    CHECK(world.check("").state == AvailabilityState::misconfigured);
}

TEST_CASE("only files below the roots are read, wherever links lead") {
    EnvFileWorld world;
    world.write(world.inside / "good.env", "A=1");
    fs::create_symlink("good.env", world.inside / "good-link.env");
    CHECK(world.resolve(world.inside / "good-link.env"));
    CHECK(world.resolve(world.inside / "../inside/good.env"));

    world.refuse(world.outside / "secret.env", "outside the directories of the setting MULTIFLEXI_ENVFILE_ROOTS");
    world.refuse(world.outside / "no-such.env", "outside the directories of the setting MULTIFLEXI_ENVFILE_ROOTS");
    world.refuse(world.inside / "../outside/secret.env", "outside the directories");
    fs::create_symlink(world.outside / "secret.env", world.inside / "bad-link.env");
    world.refuse(world.inside / "bad-link.env", "outside the directories");
    fs::create_directory_symlink(world.outside, world.inside / "bad-directory");
    world.refuse(world.inside / "bad-directory/secret.env", "outside the directories");
    world.refuse(world.inside / "bad-directory/no-such.env", "outside the directories");
    // A name that only begins like the root.
    fs::create_directory(world.directory.path() / "inside-not");
    world.write(world.directory.path() / "inside-not/a.env", "A=1");
    world.refuse(world.directory.path() / "inside-not/a.env", "outside the directories");
    world.refuse("inside/good.env", "whole path");
    world.refuse(world.inside, "names a file outside");
}

TEST_CASE("a root may be a link, and may be written with a slash at its end") {
    EnvFileWorld world;
    world.write(world.inside / "a.env", "A=1");
    fs::create_directory_symlink(world.inside, world.directory.path() / "link");
    world.context.file_roots = {world.directory.path() / "link/"};
    CHECK(world.resolve(world.directory.path() / "link/a.env"));
    CHECK(world.resolve(world.inside / "a.env"));
    world.context.file_roots = {"/"};
    CHECK(world.resolve(world.inside / "a.env"));
}

TEST_CASE("without roots nothing is read") {
    EnvFileWorld world;
    world.write(world.inside / "a.env", "A=1");
    world.context.file_roots = {};
    world.refuse(world.inside / "a.env", "MULTIFLEXI_ENVFILE_ROOTS");
    world.context.file_roots = {"", "."};
    world.refuse(world.inside / "a.env", "outside the directories");
}

TEST_CASE("what is no readable file of a sensible size") {
    EnvFileWorld world;
    world.refuse(world.inside / "no-such.env", "cannot be read: No such file or directory");
    fs::create_directory(world.inside / "directory");
    world.refuse(world.inside / "directory", "names no regular file");
    REQUIRE(mkfifo((world.inside / "pipe").c_str(), 0600) == 0);
    world.refuse(world.inside / "pipe", "names no regular file");
    world.write(world.inside / "largest.env", "A=" + std::string((1 << 20) - 2, 'x'));
    CHECK(world.resolve(world.inside / "largest.env"));
    world.write(world.inside / "larger.env", "A=" + std::string((1 << 20) - 1, 'x'));
    world.refuse(world.inside / "larger.env", "more than 1048576 bytes");
    std::string many;
    for (int i = 0; i < 1001; ++i) many += "A" + std::to_string(i) + "=1\n";
    world.write(world.inside / "many.env", many);
    world.refuse(world.inside / "many.env", "1001 variables; at most 1000");
}
