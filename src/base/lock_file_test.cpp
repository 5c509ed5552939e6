// SPDX-License-Identifier: MIT
#include "base/lock_file.h"

#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mf;

TEST_CASE("a lock file is private, stays, and belongs to the owner of its directory when root makes it") {
    const testing::TemporaryDirectory directory;
    const bool is_root = ::geteuid() == 0;
    if (is_root) REQUIRE(::chown(directory.path().c_str(), 65534, 65533) == 0);
    const auto file = directory.path() / "x.lock";
    for (int round = 0; round < 2; ++round) {
        const auto lock = lock_file(file);
        REQUIRE(lock);
        struct stat status {};
        REQUIRE(::stat(file.c_str(), &status) == 0);
        CHECK((status.st_mode & 07777) == 0600);
        CHECK(status.st_uid == (is_root ? 65534 : ::geteuid()));
    }
    const auto missing = lock_file(directory.path() / "no" / "x.lock");
    REQUIRE(!missing);
    CHECK(missing.error().code == ErrorCode::unavailable);
    CHECK(missing.error().message.find((directory.path() / "no" / "x.lock").string()) != std::string::npos);
}
