// SPDX-License-Identifier: MIT
#include "secure/signed_token.h"

#include "support/token_signer.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::TokenSigner;

namespace {

ErrorCode code_of(const Result<std::string>& content) {
    REQUIRE_FALSE(content);
    return content.error().code;
}

}  // namespace

TEST_CASE("the challenge of RFC 7636, appendix B") {
    CHECK(code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") ==
          "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST_CASE("the signed example of RFC 7515, appendix A.3") {
    const auto keys = R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                      R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";
    const auto token =
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
        "cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    const auto content = signed_content(token, keys);
    REQUIRE(content);
    CHECK(content->starts_with("{\"iss\":\"joe\""));
}

TEST_CASE("what one of the keys has signed is read, whatever else is refused") {
    for (const auto kind : {TokenSigner::Kind::rsa, TokenSigner::Kind::p256}) {
        const TokenSigner signer(kind, "one"), other(kind, "two"), impostor(kind, "one");
        const auto keys = TokenSigner::key_set({&other, &signer});
        const auto token = signer.sign(R"({"sub":"alice"})");
        const auto content = signed_content(token, keys);
        REQUIRE(content);
        CHECK(*content == R"({"sub":"alice"})");
        CHECK(code_of(signed_content(token, TokenSigner::key_set({&other}))) == ErrorCode::not_found);
        CHECK(code_of(signed_content(impostor.sign(R"({"sub":"root"})"), keys)) == ErrorCode::invalid);
        // Without the name of a key only a single one will do.
        const auto nameless = signer.sign(R"({"sub":"alice"})", false);
        CHECK(signed_content(nameless, TokenSigner::key_set({&signer})));
        CHECK(code_of(signed_content(nameless, keys)) == ErrorCode::not_found);

        auto altered = token;
        altered[token.find('.') + 3] = altered[token.find('.') + 3] == 'A' ? 'B' : 'A';
        CHECK(code_of(signed_content(altered, keys)) == ErrorCode::invalid);
        CHECK(code_of(signed_content(token.substr(0, token.rfind('.') + 1), keys)) == ErrorCode::invalid);
        CHECK(code_of(signed_content(token + ".x", keys)) == ErrorCode::invalid);
        CHECK(code_of(signed_content(token, "[]")) == ErrorCode::invalid);
    }
    CHECK(code_of(signed_content("", "{}")) == ErrorCode::invalid);
    CHECK(code_of(signed_content("..", "{}")) == ErrorCode::invalid);
}

TEST_CASE("the token does not decide how it is checked") {
    const TokenSigner signer(TokenSigner::Kind::rsa, "one");
    const auto keys = TokenSigner::key_set({&signer});
    const auto content = to_base64url(R"({"sub":"root"})");
    for (const char* header : {R"({"alg":"none"})", R"({"alg":"HS256","kid":"one"})", R"({"kid":"one"})",
                               R"({"alg":"RS256","kid":"one","crit":["exp"]})"}) {
        CAPTURE(std::string(header));
        CHECK(code_of(signed_content(to_base64url(header) + "." + content + ".", keys)) == ErrorCode::invalid);
    }
    CHECK(code_of(signed_content(to_base64url(R"({"alg":"ES256","kid":"one"})") + "." + content + ".AAAA", keys)) ==
          ErrorCode::not_found);
}
