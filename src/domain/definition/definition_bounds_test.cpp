// SPDX-License-Identifier: MIT
#include "domain/definition/application_definition.h"
#include "domain/definition/credential_prototype_definition.h"

#include <doctest/doctest.h>
#include <ctime>

using namespace mf;

namespace {

constexpr std::size_t whole_file = 5 * 1024 * 1024;

/// begin, as many parts as fit into a file, end. part(i) makes the i-th.
template <class F>
std::string filled_file(std::string begin, F&& part, std::string_view end) {
    for (std::size_t i = 0; begin.size() + 200 < whole_file; ++i) begin += part(i);
    if (begin.ends_with(',')) begin.pop_back();
    return begin + std::string(end);
}

void check(std::string_view what, const std::string& text) {
    CAPTURE(what);
    const auto start = std::clock();
    const auto reading = read_application(text);
    (void)read_credential_prototype(text);
    (void)read_credential_type(text);
    // Of the processor's time: how busy the machine is makes no difference.
    CHECK(std::clock() - start < 5 * CLOCKS_PER_SEC);
    CHECK(reading.findings.size() <= 1001);
    CHECK_FALSE(reading.definition);
}

}  // namespace

// Run by ctest a second time with 256 MiB of address space and 8 MiB of stack (corpus_bounds).
TEST_CASE("files as large as they may be stay within time and memory") {
    const auto number = [](std::size_t i) { return std::to_string(i); };
    check("numbers", filled_file(
                         "[", [&](std::size_t) { return "0,"; }, "]"));
    check("objects", filled_file(
                         "[", [&](std::size_t) { return "{},"; }, "]"));
    check("arrays", filled_file(
                        "[", [&](std::size_t) { return "[[]],"; }, "]"));
    check("deep", filled_file(
                      "[", [&](std::size_t) { return std::string(60, '[') + std::string(60, ']') + ","; }, "]"));
    check("floats", filled_file(
                        "[", [&](std::size_t) { return "1.7976931348623157e308,"; }, "]"));
    check("escapes", filled_file(
                         "{\"name\":\"", [&](std::size_t) { return "\\u0041"; }, "\"}"));
    check("one repeated key", filled_file(
                                  "{", [&](std::size_t) { return "\"a\":1,"; }, "}"));
    check("settings", filled_file(
                          "{\"environment\":{", [&](std::size_t i) { return "\"A" + number(i) + "\":{},"; }, "}}"));
    check("languages", filled_file(
                           "{\"name\":{", [&](std::size_t i) { return "\"x" + number(i) + "\":\"\","; }, "}}"));
    check("artifacts", filled_file(
                           "{\"artifacts\":[", [&](std::size_t) { return "{},"; }, "]}"));
    check("tags", filled_file(
                      "{\"tags\":[", [&](std::size_t) { return "1,"; }, "]}"));
    check("tags as text", filled_file(
                              "{\"tags\":\"", [&](std::size_t) { return "a,"; }, "\"}"));
    check("requirements", filled_file(
                              "{\"requirements\":[", [&](std::size_t) { return "\"a b\","; }, "]}"));
    check("options", filled_file(
                         "{\"environment\":{\"A\":{\"type\":\"set\",\"options\":[",
                         [&](std::size_t i) { return number(i) + ","; }, "]}}}"));
    check("macros", filled_file(
                        "{\"environment\":{\"A\":{\"defval\":\"", [&](std::size_t) { return "{A}"; }, "\"}}}"));
    check("unknown keys", filled_file(
                              "{", [&](std::size_t i) { return "\"k" + number(i) + "\":1,"; }, "}"));
    check("icon", filled_file(
                      "{\"image\":\"data:image/svg+xml,", [&](std::size_t) { return " on"; }, "\"}"));
    check("fields", filled_file(
                        "{\"fields\":[", [&](std::size_t i) { return "{\"keyword\":\"A" + number(i) + "\"},"; }, "]}"));
    check("patterns", filled_file(
                          "{\"produces\":{\"p\":{\"patterns\":[", [&](std::size_t) { return "\"(a+)+\","; }, "]}}}"));
    check("consumed fields", filled_file(
                                 "{\"consumes\":{\"c\":{\"format\":\"json\",\"fields\":{",
                                 [&](std::size_t i) { return "\"f" + number(i) + "\":{\"target\":\"B\"},"; }, "}}}}"));
    check("helm", filled_file(
                      "{\"kubernetes\":{\"helm\":{\"set\":{",
                      [&](std::size_t i) { return "\"f" + number(i) + "\":1,"; }, "}}}}"));
    std::string settings = "{\"environment\":{";
    for (std::size_t i = 0; i < 2000; ++i)
        settings += (i ? ",\"A" : "\"A") + number(i) + "\":{\"defval\":\"" + std::string(2000, 'x') + "{A" +
                    number((i + 1) % 2000) + "}{B}\"}";
    check("a long cycle", settings + "}}");
}
