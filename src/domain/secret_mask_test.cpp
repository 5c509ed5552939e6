// SPDX-License-Identifier: MIT
#include "domain/secret_mask.h"

#include "domain/secret_forms.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mf;

namespace {

using Texts = std::vector<std::string>;
const std::string mask = "••••••••";

std::string masked(const Texts& secrets, std::string_view text) { return SecretMask(secrets).apply(text); }

// In chunks of the given sizes, over and over.
std::string streamed(const Texts& secrets, std::string_view text, const std::vector<std::size_t>& sizes) {
    const SecretMask search(secrets);
    SecretMaskStream stream(search);
    std::string out;
    for (std::size_t i = 0; !text.empty(); ++i) {
        const auto size = std::min(sizes[i % sizes.size()], text.size());
        stream.feed(text.substr(0, size), out);
        text.remove_prefix(size);
    }
    stream.finish(out);
    return out;
}

// The rule, written down as simply as possible: every byte of every occurrence of a form is covered, runs become masks.
std::string by_definition(const Texts& secrets, std::string_view text) {
    std::vector<bool> covered(text.size());
    for (const auto& secret : secrets) {
        if (secret.size() < 4) continue;
        for (const auto& form : forms_of(secret))
            for (auto at = text.find(form); at != std::string_view::npos; at = text.find(form, at + 1))
                for (std::size_t i = 0; i < form.size(); ++i) covered[at + i] = true;
    }
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!covered[i])
            out += text[i];
        else if (i == 0 || !covered[i - 1])
            out += mask;
    }
    return out;
}

}  // namespace

TEST_CASE("secrets are masked, everything else stays") {
    CHECK(masked({"hunter2"}, "password=hunter2;") == "password=" + mask + ";");
    CHECK(masked({"hunter2"}, "hunter2") == mask);
    CHECK(masked({"hunter2"}, "hunter hunter1 Hunter2 hunter") == "hunter hunter1 Hunter2 hunter");
    CHECK(masked({"hunter2", "correct horse"}, "a hunter2 b correct horse c") == "a " + mask + " b " + mask + " c");
    const std::string binary("\0\xFF\r\n\xC5\0", 6);
    CHECK(masked({"hunter2"}, binary) == binary);
    CHECK(masked({binary}, "x" + binary + "y") == "x" + mask + "y");
    CHECK(masked({}, "anything") == "anything");
}

TEST_CASE("short secrets are left alone") {
    CHECK(masked({"abc", "", "a"}, "abc abc") == "abc abc");
    CHECK_FALSE(SecretMask(Texts{"abc"}).active());
    CHECK(masked({"abcd"}, "abcd") == mask);
    CHECK_FALSE(SecretMask().active());
}

TEST_CASE("overlapping and touching secrets become one mask") {
    CHECK(masked({"abcd", "cdefgh"}, "xabcdefghx") == "x" + mask + "x");
    CHECK(masked({"abcd"}, "abcdabcd") == mask);
    CHECK(masked({"aaaa"}, "aaaaaaaaab") == mask + "b");
    CHECK(masked({"bcde", "abcdefgh"}, "abcdefgx abcdefgh") == "a" + mask + "fgx " + mask);
    CHECK(masked({"abcdefgh", "bcde"}, "abcdefghi") == mask + "i");
    CHECK(masked({"abab", "abababac"}, "ababababac") == mask);
}

TEST_CASE("white space at the ends of a secret may be missing in the output") {
    CHECK(masked({"token-1234\n"}, "got token-1234.") == "got " + mask + ".");
    CHECK(masked({"token-1234\n"}, "got token-1234\nend") == "got " + mask + "end");
    CHECK(masked({"ab \n"}, "ab ab \n") == "ab " + mask);
}

TEST_CASE("each line of a secret is one by itself") {
    const Texts key{"-----BEGIN KEY-----\nMIIEvQIBADANBg\r\n  kqhkiG9w0BAQEF\nend\n-----END KEY-----\n"};
    CHECK(masked(key, key[0]) == mask);
    CHECK(masked(key, "> MIIEvQIBADANBg\n> kqhkiG9w0BAQEF;\n") == "> " + mask + "\n> " + mask + ";\n");
    // In another form, too.
    CHECK(masked({"one two\nthree&four"}, "q=one%20two&r=three%26four") == "q=" + mask + "&r=" + mask);
    // Lines that anything else has as well, and those that are shorter than a secret.
    CHECK(masked(key, "-----BEGIN KEY-----\nother\n-----END KEY-----\n") ==
          "-----BEGIN KEY-----\nother\n-----END KEY-----\n");
    CHECK(masked(key, "the end") == "the end");
}

TEST_CASE("lines of a large secret are found as they are") {
    std::string large;
    for (int i = 0; i < 2000; ++i) large += fmt::format("line-{}&{}\n", i, i * i);
    CHECK(masked({large}, "x line-7&49 y line-1999&3996001 z") == "x " + mask + " y " + mask + " z");
    CHECK(masked({large}, "line-7%2649") == "line-7%2649");
}

TEST_CASE("a secret may lie across any chunks") {
    const Texts secrets{"hunter2", "correct horse battery"};
    const std::string text = "x hunter2 y correct horse batter correct horse battery hunterhunter2hunter2z";
    const auto whole = masked(secrets, text);
    CHECK(whole == "x " + mask + " y correct horse batter " + mask + " hunter" + mask + "z");
    for (std::size_t size = 1; size < text.size(); ++size) CHECK(streamed(secrets, text, {size}) == whole);
}

TEST_CASE("only a possible beginning is held back") {
    const SecretMask search(Texts{"hunter2"});
    SecretMaskStream stream(search);
    std::string out;
    stream.feed("plain text hunt", out);
    CHECK(out == "plain text ");
    CHECK(stream.held() == 4);
    stream.feed("ing ", out);
    CHECK(out == "plain text hunting ");
    CHECK(stream.held() == 0);
    stream.feed("hunter2", out);
    CHECK(stream.held() <= 7);
    stream.feed("h", out);
    stream.finish(out);
    CHECK(out == "plain text hunting " + mask + "h");
    stream.feed("unter2", out);
    stream.finish(out);
    CHECK(out.ends_with("unter2"));
}

TEST_CASE("masking agrees with its definition in any chunks") {
    const auto text_of = [](std::string letters) {
        return rc::gen::container<std::string>(rc::gen::elementOf(std::move(letters)));
    };
    CHECK(rc::check("random secrets and texts of few letters", [&] {
        const auto secrets = *rc::gen::container<Texts>(text_of("aab"));
        const auto text = *rc::gen::resize(400, text_of("aaaab"));
        const auto sizes =
            *rc::gen::nonEmpty(rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(1, 9)));
        const auto expected = by_definition(secrets, text);
        RC_ASSERT(masked(secrets, text) == expected);
        RC_ASSERT(streamed(secrets, text, sizes) == expected);
    }));
    CHECK(rc::check("texts with the secrets in them", [&] {
        const auto secrets = *rc::gen::nonEmpty(rc::gen::container<Texts>(text_of("abcdefgh-1")));
        std::string text;
        for (const auto& part : *rc::gen::container<Texts>(text_of("abcdxyz"))) {
            const auto& secret = secrets[text.size() % secrets.size()];
            text += part + secret.substr(0, secret.size() - text.size() % 3 % (secret.size() + 1)) + secret;
        }
        const auto sizes =
            *rc::gen::nonEmpty(rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(1, 30)));
        RC_ASSERT(streamed(secrets, text, sizes) == by_definition(secrets, text));
    }));
}

TEST_CASE("what is held back is bounded by the longest secret") {
    const std::string secret(1000, 'a');
    const SecretMask search(Texts{secret + "b", "aaaa"});
    SecretMaskStream stream(search);
    std::string out;
    for (int i = 0; i < 1000; ++i) {
        stream.feed(std::string(100, 'a'), out);
        CHECK(stream.held() <= 1001);
    }
    stream.finish(out);
    CHECK(out == mask);
}

TEST_CASE("single bytes of a long secret cost no more than their number") {
    std::string secret;
    for (int i = 0; i < 20'000; ++i) secret += fmt::format("{:05}", i);
    const SecretMask search(Texts{secret, "00001"});
    SecretMaskStream stream(search);
    std::string out;
    for (const char c : secret.substr(0, secret.size() - 1)) stream.feed(std::string_view(&c, 1), out);
    CHECK(out.empty());
    CHECK(stream.held() == secret.size() - 1);
    stream.feed("x", out);
    stream.finish(out);
    CHECK(out == by_definition({"00001"}, secret.substr(0, secret.size() - 1) + "x"));
}
