// SPDX-License-Identifier: MIT
#include "domain/secret_forms.h"

#include "base/base64.h"
#include "domain/secret_mask.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <set>

using namespace mf;

namespace {

const std::string bullets = "••••••••";

bool has_form(std::string_view secret, std::string_view form) {
    const auto forms = forms_of(secret);
    return std::ranges::find(forms, form) != forms.end();
}

std::string output_without(const std::string& secret, std::string_view text) {
    return SecretMask(std::vector<std::string>{secret}).apply(text);
}

std::string for_addresses(std::string text) {
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return text;
}

}  // namespace

TEST_CASE("each form is there once, the secret itself first") {
    for (const std::string& secret : {std::string("hunter2"), std::string("a/b c\"d<'>&ž~*"),
                                      std::string("\0\x01\xFF\xFE", 4), std::string(), std::string("x")}) {
        const auto forms = forms_of(secret);
        REQUIRE_FALSE(forms.empty());
        CHECK(forms[0] == secret);
        CHECK(std::set<std::string>(forms.begin(), forms.end()).size() == forms.size());
    }
}

TEST_CASE("base 64 is found alone, at both ends and in the middle of a text") {
    const std::string secret = "hunter2-again";
    CHECK(output_without(secret, "aHVudGVyMi1hZ2Fpbg==") == bullets);
    CHECK(output_without(secret, "x=aHVudGVyMi1hZ2Fpbg;") == "x=" + bullets + ";");
    // "jana:hunter2-again", as a header of HTTP has it: the first characters belong to the login.
    CHECK(output_without(secret, "Authorization: Basic amFuYTpodW50ZXIyLWFnYWlu") ==
          "Authorization: Basic amFuYTp" + bullets);
    // "jan:hunter2-again~"
    CHECK(output_without(secret, "amFuOmh1bnRlcjItYWdhaW5+") == "amFuOm" + bullets + "5+");
}

TEST_CASE("base 64 within any text shows at most two characters that are not whole in it") {
    CHECK(rc::check("covered is what depends on the secret alone", [] {
        const auto bytes = [](std::size_t least, std::size_t most) {
            const auto size = *rc::gen::inRange<std::size_t>(least, most);
            return *rc::gen::container<std::string>(size, rc::gen::arbitrary<char>());
        };
        const auto secret = bytes(8, 60);
        const auto before = bytes(0, 8);
        auto behind = bytes(0, 8);
        if (!behind.empty()) behind[0] = '\xFF';  // else the last character could be that of an end
        const auto text = before + secret + behind;
        std::string encoded = to_base64(text);
        std::string expected;
        bool masked_before = false;
        for (std::size_t i = 0; i < encoded.size(); ++i) {
            const bool starts_inside = 6 * i >= 8 * before.size();
            const bool ends_inside = behind.empty() || 6 * (i + 1) <= 8 * (before.size() + secret.size());
            const bool is_masked = starts_inside && ends_inside;
            if (!is_masked) expected += encoded[i];
            if (is_masked && !masked_before) expected += bullets;
            masked_before = is_masked;
        }
        // White space at the ends of a secret may be missing; what is then found covers a part of the same.
        RC_ASSERT(output_without(secret, encoded) == expected);
        RC_ASSERT(output_without(secret, for_addresses(encoded)) == for_addresses(expected));
    }));
}

TEST_CASE("short base 64 is left alone") {
    for (std::size_t size = 1; size < 20; ++size)
        for (const auto& form : forms_of(std::string(size, '\x9D')))
            if (form.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=") ==
                form.npos)
                CHECK(form.size() >= shortest_base64);
    CHECK(has_form("root", "cm9vdA=="));
    CHECK_FALSE(has_form("root", "cm9vdA"));
    CHECK_FALSE(has_form("root", "cm9vd"));
    // "x:root": five characters and one that depends on the end.
    CHECK(output_without("root", "eDpyb290") == "eDpyb290");
    CHECK(output_without("rooted", "cm9vdGVk") == bullets);
}

TEST_CASE("percent-encoded as various programs do") {
    const std::string secret = "a b/c+d=e&f~g*h!i'j(k)ž\"";
    for (const char* form : {
             "a%20b%2Fc%2Bd%3De%26f~g%2Ah%21i%27j%28k%29%C5%BE%22",  // curl, rawurlencode
             "a%20b%2fc%2bd%3de%26f~g%2ah%21i%27j%28k%29%c5%be%22",  //
             "a+b%2Fc%2Bd%3De%26f%7Eg%2Ah%21i%27j%28k%29%C5%BE%22",  // urlencode
             "a+b%2Fc%2Bd%3De%26f%7Eg*h%21i%27j%28k%29%C5%BE%22",    // URLSearchParams, Java
             "a+b%2fc%2bd%3de%26f%7eg*h!i%27j(k)%c5%be%22",          // HttpUtility.UrlEncode
             "a%20b/c%2Bd%3De%26f~g%2Ah%21i%27j%28k%29%C5%BE%22",    // urllib.parse.quote
             "a+b%2Fc%2Bd%3De%26f~g%2Ah%21i%27j%28k%29%C5%BE%22",    // urllib.parse.quote_plus
             "a%20b%2Fc%2Bd%3De%26f~g*h!i'j(k)%C5%BE%22",            // encodeURIComponent
             "a%20b/c+d=e&f~g*h!i'j(k)%C5%BE%22",                    // encodeURI
             "a%20b%2Fc+d=e&f~g%2Ah%21i%27j%28k%29%C5%BE%22",        // url.UserPassword
             "a%20b%2Fc%2Bd%3De%26f~g%2Ah%21i%27j%28k%29%C5%BE\"",   // only what is reserved
         }) {
        CAPTURE(form);
        CHECK(has_form(secret, form));
        CHECK(output_without(secret, "https://example.com/?k=" + std::string(form) + "#") ==
              "https://example.com/?k=" + bullets + "#");
    }
}

TEST_CASE("escaped in JSON as various programs do") {
    const std::string secret =
        "a\"b\\c/d\ne\x01"
        "f<g>&h'ž😀\x1F";
    for (const char* form : {
             "a\\\"b\\\\c/d\\ne\\u0001f<g>&h'ž😀\\u001f",                       // JSON.stringify
             "a\\\"b\\\\c/d\\ne\\u0001f<g>&h'ž😀\\u001F",                       //
             "a\\\"b\\\\c\\/d\\ne\\u0001f<g>&h'\\u017e\\ud83d\\ude00\\u001f",  // PHP
             "a\\\"b\\\\c/d\\ne\\u0001f<g>&h'\\u017e\\ud83d\\ude00\\u001f",    // Python
             "a\\\"b\\\\c/d\\ne\\u0001f<g>&h'\\u017E\\uD83D\\uDE00\\u001F",    //
             "a\\\"b\\\\c\\/d\\ne\\u0001f<g>&h'ž😀\\u001f",                     // unescaped Unicode
             "a\\\"b\\\\c/d\\ne\\u0001f\\u003cg\\u003e\\u0026h'ž😀\\u001f",     // Go
             "a\\u0022b\\\\c/d\\ne\\u0001f\\u003Cg\\u003E\\u0026h\\u0027\\u017E\\uD83D\\uDE00\\u001F",  // .NET
         }) {
        CAPTURE(form);
        CHECK(has_form(secret, form));
        CHECK(output_without(secret, "{\"k\":\"" + std::string(form) + "\"}") == "{\"k\":\"" + bullets + "\"}");
    }
    // Bytes that are no UTF-8 stay.
    CHECK(has_form("a\"\xFF\xC5", "a\\\"\xFF\xC5"));
}

TEST_CASE("escaped for HTML as various programs do") {
    const std::string secret = "a&b<c>d\"e'f/g=";
    for (const char* form : {
             "a&amp;b&lt;c&gt;d\"e'f/g=",
             "a&amp;b&lt;c&gt;d&quot;e'f/g=",
             "a&amp;b&lt;c&gt;d&quot;e&#039;f/g=",
             "a&amp;b&lt;c&gt;d&quot;e&#39;f/g=",
             "a&amp;b&lt;c&gt;d&quot;e&#x27;f/g=",
             "a&amp;b&lt;c&gt;d&quot;e&apos;f/g=",
             "a&amp;b&lt;c&gt;d&#34;e&#39;f/g=",
             "a&amp;b&lt;c&gt;d&quot;e&#39;f&#x2F;g&#x3D;",
         }) {
        CAPTURE(form);
        CHECK(has_form(secret, form));
        CHECK(output_without(secret, "<td>" + std::string(form) + "</td>") == "<td>" + bullets + "</td>");
    }
}

TEST_CASE("escaped for shells as various programs do") {
    const std::string secret = "s\"w&x y'z!a,b=c$d`e\\f";
    for (const char* form : {
             R"(s\"w\&x\ y\'z\!a\,b=c\$d\`e\\f)",  // printf %q of bash
             R"(s\"w\&x\ y\'z\!a,b\=c\$d\`e\\f)",  // Shellwords of Ruby
             R"(s"w&x y'\''z!a,b=c$d`e\f)",        // within '…': set -x, escapeshellarg of PHP
             R"(s"w&x y'"'"'z!a,b=c$d`e\f)",       // shlex.quote of Python
             R"(s\"w&x y'z!a,b=c\$d\`e\\f)",       // within "…"
             R"(s"w&x y\'z!a,b=c$d`e\\f)",         // within $'…'
         }) {
        CAPTURE(form);
        CHECK(has_form(secret, form));
        CHECK(output_without(secret, "+ login " + std::string(form) + " now") == "+ login " + bullets + " now");
    }
    CHECK(has_form("a\n\x01'\xC5\xBE\x1B", R"(a\n\001\')"
                                           "\xC5\xBE"
                                           R"(\E)"));
    CHECK(has_form("a\n\x01'\xC5\xBE\x1B", R"(a\n\001\'\305\276\E)"));
    CHECK(has_form("~a#b", R"(\~a#b)"));
    CHECK(has_form("#a~b", R"(\#a~b)"));
}

TEST_CASE("percent-encoded byte by byte") {
    CHECK(output_without("jk~7", "x%6A%6B%7E%37y%6a%6b%7e%37z") == "x" + bullets + "y" + bullets + "z");
}

TEST_CASE("ordinary secrets have few forms, large ones fewer") {
    const auto total = [](std::string_view secret) {
        std::size_t sum = 0;
        for (const auto& form : forms_of(secret)) sum += form.size();
        return sum;
    };
    CHECK(total("kQ9xwP2mZr7TnB4cVd8sLf3h") < 24 * 17);
    CHECK(total("pa$$w0rd! with/some=signs") < 25 * 40);
    const std::string hostile(8 << 10, '"');
    CHECK(total(hostile) < hostile.size() * 60);
    const std::string key(longest_in_text + 1, '+');
    CHECK(has_form(key, to_base64(key)));
    CHECK_FALSE(has_form(std::string(longest_in_text + 1, '&'), [] {
        std::string html;
        for (std::size_t i = 0; i <= longest_in_text; ++i) html += "&amp;";
        return html;
    }()));
    CHECK(forms_of(std::string(longest_encoded, '+')).size() > 1);
    CHECK(forms_of(std::string(longest_encoded + 1, '+')).size() == 1);
}
