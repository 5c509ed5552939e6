// SPDX-License-Identifier: MIT
#include "domain/user.h"

#include "base/text.h"

#include <doctest/doctest.h>

using namespace mf;

TEST_CASE("logins and e-mail addresses of people") {
    const auto field_of = [](User user) {
        const auto checked = check(user);
        return checked ? std::string() : checked.error().fields.front().field;
    };
    CHECK(field_of({.login = "alice"}).empty());
    CHECK(field_of({.login = "Žofie Nováková", .email = "zofie@example.com"}).empty());
    CHECK(field_of({.login = "alice", .email = ""}).empty());
    CHECK(field_of({.login = std::string(64, 'a')}).empty());
    for (const auto& login :
         {std::string(), std::string("  "), std::string("alice "), std::string("a\nb"), std::string(65, 'a')}) {
        CAPTURE(login);
        CHECK(field_of({.login = login}) == "login");
    }
    for (const char* email : {"alice", "@example.com", "alice@", "a b@example.com", "Alice <a@example.com>"}) {
        CAPTURE(email);
        CHECK(field_of({.login = "alice", .email = email}) == "email");
    }
}

TEST_CASE("the login of somebody who was deleted is free, and tells who it was") {
    CHECK(retired_login({.id = {12}, .login = "alice"}) == "alice (deleted 12)");
    std::string longest;
    for (int i = 0; i < 32; ++i) longest += "ž";
    const auto retired = retired_login({.id = {1'000'000}, .login = longest});
    CHECK(retired.size() <= 64);
    CHECK(is_utf8(retired));
    CHECK(retired.ends_with(" (deleted 1000000)"));
}
