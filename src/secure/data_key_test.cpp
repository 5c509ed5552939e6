// SPDX-License-Identifier: MIT
#include "secure/vault.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

constexpr Place old_place{"credata", "value", 7};

Vault keyring_of(std::string_view master_key) {
    auto vault = open_vault(master_key, "/nonexistent/key");
    REQUIRE(vault);
    return *std::move(vault);
}

// Made with the original's code: the data key is 00 01 02 … 1f, the master key SHA-256("raw text").
constexpr const char* legacy_wrapped =
    "oKGio6SlpqeoqaqrrK2ur2fI78Pp6Xm107v1rafpOOPJ5B2Xd1rsLYLSNfrbc2ra4eLx3rfAXo6fxJH76qAJew==";
constexpr const char* legacy_gcm =
    R"({"ciphertext":"M2O8dQZM4nPoMvvk","iv":"AAECAwQFBgcICQoL","tag":"4ZMdsalULvPMj5n2O0KeHQ==",)"
    R"("algorithm":"AES-256-GCM","key_name":"credentials","encrypted_at":1700000000,"key_version":2})";
constexpr const char* legacy_cbc =
    R"({"ciphertext":"fuE/lc2qwNvsqYm+XFZF4A==","iv":"oKGio6SlpqeoqaqrrK2urw==","algorithm":"AES-256-CBC",)"
    R"("key_name":"credentials","encrypted_at":1700000000,"key_version":2})";

WrappedKey legacy_key() { return {.name = "credentials", .version = 2, .wrapped = legacy_wrapped, .legacy = true}; }

}  // namespace

TEST_CASE("secrets are sealed with the data key in use, and those of earlier keys still open") {
    const auto vault = keyring_of("raw text");
    const auto by_master = vault.seal("first", old_place);
    auto keys = std::vector{vault.make_data_key("secrets", 1)};
    vault.learn(keys);
    const auto by_first = vault.seal("second", old_place, keys[0].id);
    CHECK(key_of_sealed(by_first) == keys[0].id);
    CHECK(keys[0].id != vault.key_id());
    keys.push_back(vault.make_data_key("secrets", 2));
    vault.learn(keys);
    const auto by_second = vault.seal("third", old_place, keys[1].id);
    CHECK(key_of_sealed(by_second) == keys[1].id);
    CHECK(*vault.open(by_master, old_place) == "first");
    CHECK(*vault.open(by_first, old_place) == "second");
    CHECK(*vault.open(by_second, old_place) == "third");
    CHECK(key_of_sealed(by_master) == vault.key_id());
}

TEST_CASE("what others learn in between does not change which key is sealed with") {
    // The other transaction may be rolled back, and its key with it.
    const auto vault = keyring_of("raw text");
    const auto own = vault.make_data_key("secrets", 1);
    vault.learn({own});
    auto of_another = vault.make_data_key("secrets", 1);
    of_another.in_use = true;
    vault.learn({of_another});
    vault.learn({});
    const auto sealed = vault.seal("secret", old_place, own.id);
    CHECK(key_of_sealed(sealed) == own.id);
    CHECK(*vault.open(sealed, old_place) == "secret");
    CHECK_THROWS_AS((void)vault.seal("secret", old_place, "00000000"), std::runtime_error);
}

TEST_CASE("a data key of another master key opens nothing and seals nothing") {
    const auto vault = keyring_of("raw text");
    const auto keys = std::vector{vault.make_data_key("secrets", 1)};
    vault.learn(keys);
    const auto sealed = vault.seal("secret", old_place, keys[0].id);
    const auto other = keyring_of("another text");
    other.learn(keys);
    CHECK_FALSE(other.knows(keys[0]));
    CHECK(other.open(sealed, old_place).error().message.find("it was sealed with the key") != std::string::npos);
    CHECK_THROWS_AS((void)other.seal("secret", old_place, keys[0].id), std::runtime_error);
}

TEST_CASE("a wrapped key does not stand in for another one") {
    const auto vault = keyring_of("raw text");
    auto key = vault.make_data_key("secrets", 1);
    CHECK(vault.knows(key));
    auto moved = key;
    moved.version = 2;
    CHECK_FALSE(vault.knows(moved));
    auto renamed = key;
    renamed.id = "00000000";
    CHECK_FALSE(vault.knows(renamed));
    auto damaged = key;
    damaged.wrapped[damaged.wrapped.size() / 2] ^= 1;
    CHECK_FALSE(vault.knows(damaged));
}

TEST_CASE("what the former MultiFlexi has encrypted opens with its data key") {
    const auto vault = keyring_of("raw text");
    vault.learn({legacy_key()});
    CHECK(vault.knows(legacy_key()));
    CHECK(*vault.open(legacy_gcm, old_place) == "tajné heslo");
    CHECK(*vault.open(legacy_cbc, old_place) == "tajné heslo");

    const auto without = keyring_of("raw text");
    const auto refused = without.open(legacy_gcm, old_place);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("the former MultiFlexi with its key 'credentials/2'") != std::string::npos);
    const auto other = keyring_of("another text");
    other.learn({legacy_key()});
    CHECK_FALSE(other.open(legacy_gcm, old_place));
}

TEST_CASE("a damaged envelope of the former MultiFlexi gives no secret, and shows nothing") {
    const auto vault = keyring_of("raw text");
    vault.learn({legacy_key()});
    for (const std::string_view part : {"M2O8", "AAEC", "4ZMd"}) {
        std::string text = legacy_gcm;
        text[text.find(part)] ^= 1;
        const auto opened = vault.open(text, old_place);
        REQUIRE_FALSE(opened);
        CHECK(opened.error().message.find(part.substr(1)) == std::string::npos);
    }
    for (const auto* text :
         {"{}", R"({"ciphertext":1,"iv":2})", "{",
          R"({"ciphertext":"","iv":"","key_name":"credentials","key_version":2})",
          R"({"ciphertext":"AAAA","iv":"AAAA","algorithm":"ROT13","key_name":"credentials","key_version":2})"})
        CHECK_FALSE(vault.open(text, old_place));
}
