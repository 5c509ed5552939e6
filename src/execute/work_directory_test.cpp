// SPDX-License-Identifier: MIT
#include "execute/work_directory.h"

#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fstream>

using namespace mf;
namespace fs = std::filesystem;
using mf::testing::TemporaryDirectory;

TEST_CASE("a work directory is private, named after its job, and goes with its object") {
    TemporaryDirectory base;
    fs::path path;
    {
        auto directory = WorkDirectory::create(base.path(), 42);
        REQUIRE(directory);
        path = directory->path();
        CHECK(path.parent_path() == base.path());
        CHECK(path.filename().string().starts_with("job-42-"));
        CHECK((fs::status(path).permissions() & fs::perms::mask) == fs::perms::owner_all);
        CHECK(directory->variables() ==
              std::map<std::string, std::string>{{"MULTIFLEXI_TMP", path.string()}, {"TMPDIR", path.string()}});
        auto other = WorkDirectory::create(base.path(), 42);
        REQUIRE(other);
        CHECK(other->path() != path);
        WorkDirectory moved = *std::move(directory);
        CHECK(fs::exists(path));
    }
    CHECK(!fs::exists(path));
    CHECK(fs::is_empty(base.path()));
}

TEST_CASE("a work directory for which there are no descriptors is refused for now and leaves nothing") {
    TemporaryDirectory base;
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    const int next = ::dup(0);  // the lowest free one
    REQUIRE(next >= 0);
    ::close(next);
    for (const int free : {0, 1}) {
        const rlimit low{static_cast<rlim_t>(next + free), limit.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
        const auto refused = WorkDirectory::create(base.path(), 1);
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
        REQUIRE(!refused);
        CHECK(refused.error().code == ErrorCode::unavailable);
        CHECK(refused.error().message.find("Too many open files") != std::string::npos);
        CHECK(fs::is_empty(base.path()));
    }
    CHECK(WorkDirectory::create(base.path() / "missing", 1).error().code == ErrorCode::forbidden);
}

TEST_CASE("a work directory can be kept and taken over") {
    TemporaryDirectory base;
    fs::path path;
    {
        auto directory = WorkDirectory::create(base.path(), 1);
        path = directory->path();
        directory->keep();
    }
    CHECK(fs::exists(path));
    { CHECK(WorkDirectory::reopen(path)); }
    CHECK(!fs::exists(path));
    CHECK(WorkDirectory::reopen(path).error().code == ErrorCode::not_found);
    fs::create_directory_symlink(base.path(), path);
    CHECK(!WorkDirectory::reopen(path));
}

TEST_CASE("no base directory, no work directory") {
    TemporaryDirectory base;
    CHECK(WorkDirectory::create(base.path() / "missing", 1).error().message.find("cannot be opened") !=
          std::string::npos);
    std::ofstream(base.path() / "file") << "x";
    CHECK(!WorkDirectory::create(base.path() / "file", 1));
}

TEST_CASE("removal does not leave the directory, whatever lies in it") {
    TemporaryDirectory base, precious;
    std::ofstream(precious.path() / "keep") << "x";
    auto directory = WorkDirectory::create(base.path(), 7);
    REQUIRE(directory);
    const auto& path = directory->path();
    fs::create_directories(path / "a/b/c");
    std::ofstream(path / "a/b/c/file") << "x";
    std::ofstream(path / "a/-rf ~;\n") << "x";
    fs::create_directory_symlink(precious.path(), path / "link");
    fs::create_directory_symlink(precious.path(), path / "a/link");
    fs::create_symlink("/no/such", path / "dangling");
    REQUIRE(::mkfifo((path / "pipe").c_str(), 0600) == 0);
    fs::create_directory(path / "locked");
    std::ofstream(path / "locked/file") << "x";
    fs::permissions(path / "locked", fs::perms::none);
    fs::permissions(path / "a/b/c", fs::perms::owner_read | fs::perms::owner_exec);
    CHECK(directory->remove());
    CHECK(!fs::exists(path));
    CHECK(fs::exists(precious.path() / "keep"));
    CHECK(directory->remove());  // nothing left to do
}

TEST_CASE("a directory can be emptied and left to be removed later, unless it is to be kept") {
    TemporaryDirectory base;
    auto left = WorkDirectory::create(base.path(), 1);
    REQUIRE(left);
    const auto path = left->path();
    fs::create_directories(path / "a/b");
    std::ofstream(path / "a/b/file") << "x";
    fs::permissions(path, fs::perms::none);
    const auto emptied = left->leave_empty();
    REQUIRE(emptied);
    CHECK(*emptied == path);
    CHECK(fs::is_empty(path));
    CHECK(left->remove());  // it is no longer its own
    CHECK(fs::exists(path));

    auto kept = WorkDirectory::create(base.path(), 2);
    REQUIRE(kept);
    std::ofstream(kept->path() / "file") << "x";
    kept->keep();
    CHECK(kept->leave_empty()->empty());
    CHECK(fs::exists(kept->path() / "file"));
}

TEST_CASE("removal reaches any depth with few descriptors") {
    TemporaryDirectory base;
    REQUIRE(fs::create_directory(base.path() / "deep"));
    Descriptor at(::open((base.path() / "deep").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (int i = 0; i < 3'000; ++i) {
        REQUIRE(::mkdirat(at.get(), "d", 0700) == 0);
        at = Descriptor(::openat(at.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
    const Descriptor parent(::open(base.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    CHECK(!remove_tree(parent.get(), "deep"));
    CHECK(fs::is_empty(base.path()));
    CHECK(!remove_tree(parent.get(), "deep"));  // is not there: fine
    fs::create_directory_symlink("/", base.path() / "link");
    CHECK(remove_tree(parent.get(), "link"));  // a link is not a tree
}
