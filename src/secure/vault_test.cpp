// SPDX-License-Identifier: MIT
#include "secure/vault.h"

#include "support/corpus.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <sys/stat.h>
#include <unistd.h>
#include <atomic>
#include <fstream>
#include <latch>
#include <set>
#include <thread>

using namespace mf;
using mf::testing::read_file;
using mf::testing::TemporaryDirectory;

namespace {

constexpr Place here{"credata", "value", 7};

Vault vault_of(std::string_view master_key) {
    auto vault = open_vault(master_key, "/nonexistent/key");
    REQUIRE(vault);
    return *std::move(vault);
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

mode_t mode_of(const std::filesystem::path& file) {
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

std::size_t entries_of(const std::filesystem::path& directory) {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(directory), std::filesystem::directory_iterator()));
}

}  // namespace

TEST_CASE("what was sealed opens at its place, whatever the bytes") {
    const auto vault = vault_of("raw text");
    CHECK(*vault.open(vault.seal("", here), here) == "");
    CHECK(rc::check(
        [&](const std::string& secret) { RC_ASSERT(*vault.open(vault.seal(secret, here), here) == secret); }));
}

TEST_CASE("the same secret never looks the same twice and never shows") {
    const auto vault = vault_of("raw text");
    const auto first = vault.seal("correct horse", here);
    CHECK(first != vault.seal("correct horse", here));
    CHECK(first.starts_with("v1:" + vault.key_id() + ":"));
    CHECK_FALSE(contains(first, "correct"));
}

TEST_CASE("a master key text means its SHA-256, and the format stays readable") {
    // Made by an independent program: key = SHA-256("raw text"), nonce = 0..11, secret "tajné heslo".
    const auto vault = vault_of("raw text");
    CHECK(vault.key_id() == "1cee158d");
    const auto opened = vault.open("v1:1cee158d:AAECAwQFBgcICQoL:0PKy3BORXh5MhCfpld0Dpb3jFpNuKV6DH7Evxg==", here);
    REQUIRE(opened);
    CHECK(*opened == "tajné heslo");
}

TEST_CASE("a sealed text in which any one byte differs does not open, and the error shows nothing of it") {
    const auto vault = vault_of("raw text");
    const auto sealed = vault.seal("secret", here);
    for (std::size_t i = 0; i < sealed.size(); ++i)
        for (const char other : {'A', 'B', '0', '=', ':', '\0', '\xFF'}) {
            if (sealed[i] == other) continue;
            auto changed = sealed;
            changed[i] = other;
            const auto opened = vault.open(changed, here);
            REQUIRE_FALSE(opened);
            CHECK(contains(opened.error().message, "credata.value of row 7"));
            CHECK_FALSE(contains(opened.error().message, sealed.substr(sealed.rfind(':') + 1)));
        }
    for (std::size_t length = 0; length < sealed.size(); ++length)
        CHECK_FALSE(vault.open(sealed.substr(0, length), here));
    CHECK_FALSE(vault.open(sealed + "A", here));
    CHECK_FALSE(vault.open(sealed + "AAAA", here));
}

TEST_CASE("a text that nobody sealed is no secret") {
    const auto vault = vault_of("raw text");
    const auto opened = vault.open("hunter2", here);
    REQUIRE_FALSE(opened);
    CHECK_FALSE(contains(opened.error().message, "hunter2"));
    CHECK(contains(opened.error().message, "Enter the secret again"));
}

TEST_CASE("a sealed text opens at no other place") {
    const auto vault = vault_of("raw text");
    const auto sealed = vault.seal("secret", here);
    CHECK_FALSE(vault.open(sealed, {"credata", "value", 8}));
    CHECK_FALSE(vault.open(sealed, {"credata", "note", 7}));
    CHECK_FALSE(vault.open(sealed, {"companyenv", "value", 7}));
    // The same letters with another border between them.
    CHECK_FALSE(vault.open(vault.seal("secret", {"a:b", "c", 1}), {"a", "b:c", 1}));
}

TEST_CASE("a text sealed with another key names both keys and the way out") {
    const auto former = vault_of("former");
    const auto present = vault_of("present");
    CHECK(former.key_id() != present.key_id());
    const auto opened = present.open(former.seal("secret", here), here);
    REQUIRE_FALSE(opened);
    CHECK(contains(opened.error().message, former.key_id()));
    CHECK(contains(opened.error().message, present.key_id()));
    CHECK(contains(opened.error().message, "ENCRYPTION_MASTER_KEY"));
}

TEST_CASE("a key that only pretends to have the same id does not open") {
    const auto vault = vault_of("present");
    auto sealed = vault_of("former").seal("secret", here);
    sealed.replace(3, 8, vault.key_id());
    CHECK_FALSE(vault.open(sealed, here));
}

TEST_CASE("the key file is made once, for its owner only, and used again") {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "multiflexi.key";
    const auto former_mask = ::umask(0);
    const auto first = open_vault(std::nullopt, file);
    ::umask(former_mask);
    REQUIRE(first);
    CHECK(mode_of(file) == 0600);
    CHECK(read_file(file).size() == 32);
    CHECK(entries_of(directory.path()) == 1);
    // An empty text is what KEY= in a settings file gives.
    const auto second = open_vault("", file);
    REQUIRE(second);
    CHECK(*second->open(first->seal("secret", here), here) == "secret");
}

TEST_CASE("a vault on demand touches no key until it needs one") {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "multiflexi.key";
    const auto vault = vault_on_demand({.master_key = {}, .key_file = file});
    CHECK(entries_of(directory.path()) == 0);
    const auto sealed = vault.seal("secret", here);
    CHECK(read_file(file).size() == 32);
    CHECK(*vault_on_demand({.master_key = {}, .key_file = file}).open(sealed, here) == "secret");
}

TEST_CASE("where secrets are sealed already, no other key is taken and none is made") {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "multiflexi.key", away = directory.path() / "away";
    const auto id = open_vault(std::nullopt, file)->key_id();
    const auto refusal = [&](std::optional<std::string> text) {
        const auto vault = open_vault({.master_key = std::move(text), .key_file = file, .needed = id});
        REQUIRE_FALSE(vault);
        CHECK(contains(vault.error().message, "sealed with the key " + id));
        CHECK(contains(vault.error().message, "multiflexi serve --new-key"));
        return vault.error().message;
    };
    CHECK(open_vault({.master_key = {}, .key_file = file, .needed = id}));
    std::filesystem::rename(file, away);
    CHECK(contains(refusal({}), "The key file " + file.string() + " is missing"));
    CHECK_FALSE(std::filesystem::exists(file));
    const auto vault = vault_on_demand({.master_key = {}, .key_file = file, .needed = id});
    CHECK_THROWS_AS((void)vault.seal("secret", here), std::runtime_error);
    CHECK_FALSE(vault.open("v1:" + id + ":AAAA:AAAA", here));
    CHECK_FALSE(std::filesystem::exists(file));
    const auto other = open_vault(std::nullopt, file)->key_id();
    CHECK(contains(refusal({}), "The key file " + file.string() + " has the key " + other));
    CHECK(contains(refusal("a text"), "ENCRYPTION_MASTER_KEY gives the key "));
    // It is looked for again: the operator may bring it back while the program runs.
    std::filesystem::rename(away, file);
    CHECK(vault.load());
}

TEST_CASE("two installations have different keys") {
    const TemporaryDirectory directory;
    CHECK(open_vault(std::nullopt, directory.path() / "a")->key_id() !=
          open_vault(std::nullopt, directory.path() / "b")->key_id());
}

TEST_CASE("a key file that group or others may use is refused with the command that repairs it") {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "multiflexi.key";
    REQUIRE(open_vault(std::nullopt, file));
    for (const mode_t mode : {0640, 0604, 0620, 0602, 0610, 0601, 0644}) {
        REQUIRE(::chmod(file.c_str(), mode) == 0);
        const auto vault = open_vault(std::nullopt, file);
        REQUIRE_FALSE(vault);
        CHECK(vault.error().code == ErrorCode::forbidden);
        CHECK(contains(vault.error().message, "chmod 600 " + file.string()));
    }
    REQUIRE(::chmod(file.c_str(), 0400) == 0);
    CHECK(open_vault(std::nullopt, file));
}

TEST_CASE("a key file of another length is refused and left alone") {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "multiflexi.key";
    for (const std::size_t length : {0, 31, 33}) {
        std::ofstream(file, std::ios::binary) << std::string(length, 'k');
        REQUIRE(::chmod(file.c_str(), 0600) == 0);
        const auto vault = open_vault(std::nullopt, file);
        REQUIRE_FALSE(vault);
        CHECK(contains(vault.error().message, std::to_string(length) + " bytes instead of 32"));
        CHECK(read_file(file) == std::string(length, 'k'));
    }
}

TEST_CASE("what is no file, and a place where none can be made, is a clear error") {
    const TemporaryDirectory directory;
    SUBCASE("a directory") {
        std::filesystem::create_directory(directory.path() / "key");
        CHECK(contains(open_vault(std::nullopt, directory.path() / "key").error().message, "not a regular file"));
    }
    SUBCASE("a pipe does not stop the program") {
        REQUIRE(::mkfifo((directory.path() / "key").c_str(), 0600) == 0);
        CHECK(contains(open_vault(std::nullopt, directory.path() / "key").error().message, "not a regular file"));
    }
    SUBCASE("a link to nothing") {
        std::filesystem::create_symlink("nothing", directory.path() / "key");
        CHECK(contains(open_vault(std::nullopt, directory.path() / "key").error().message, "cannot be opened"));
        CHECK_FALSE(std::filesystem::exists(directory.path() / "nothing"));
    }
    SUBCASE("a missing directory") {
        const auto vault = open_vault(std::nullopt, directory.path() / "no" / "key");
        REQUIRE_FALSE(vault);
        CHECK(contains(vault.error().message, "Make its directory"));
    }
}

TEST_CASE("a key file that root makes belongs to the owner of the directory") {
    if (::geteuid() != 0) return;
    const TemporaryDirectory directory;
    REQUIRE(::chown(directory.path().c_str(), 65534, 65534) == 0);
    REQUIRE(open_vault(std::nullopt, directory.path() / "key"));
    struct stat status {};
    REQUIRE(::stat((directory.path() / "key").c_str(), &status) == 0);
    CHECK(status.st_uid == 65534);
    CHECK(mode_of(directory.path() / "key") == 0600);
}

TEST_CASE("programs that start at the same moment agree on one key") {
    for (int round = 0; round < 20; ++round) {
        const TemporaryDirectory directory;
        constexpr int starters = 4;
        std::latch start(starters);
        std::vector<std::string> ids(starters);
        {
            std::vector<std::jthread> threads;
            for (auto& id : ids)
                threads.emplace_back([&] {
                    start.arrive_and_wait();
                    if (const auto vault = open_vault(std::nullopt, directory.path() / "key")) id = vault->key_id();
                });
        }
        CHECK(std::set(ids.begin(), ids.end()).size() == 1);
        CHECK(ids[0].size() == 8);
        CHECK(entries_of(directory.path()) == 1);
    }
}

TEST_CASE("the key is left out of core dumps") {
    const auto excluded = [] {
        // "dd" in VmFlags is MADV_DONTDUMP (man 5 proc, smaps).
        std::ifstream maps("/proc/self/smaps");
        long total = 0;
        long size = 0;
        for (std::string line; std::getline(maps, line);) {
            if (line.starts_with("Size:")) size = std::stol(line.substr(5));
            if (line.starts_with("VmFlags:") && contains(line + " ", " dd ")) total += size;
        }
        return total;
    };
    const auto before = excluded();
    {
        const auto vault = vault_of("raw text");
        CHECK(excluded() > before);
    }
    CHECK(excluded() == before);
}

TEST_CASE("one vault serves many threads") {
    const auto vault = vault_of("raw text");
    std::atomic<int> opened = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&, t] {
                for (int i = 0; i < 200; ++i) {
                    const Place place{"credata", "value", t * 1000 + i};
                    const auto secret = std::to_string(place.row);
                    if (const auto back = vault.open(vault.seal(secret, place), place); back && *back == secret)
                        ++opened;
                }
            });
    }
    CHECK(opened == 800);
}
