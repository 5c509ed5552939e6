// SPDX-License-Identifier: MIT
#include "support/large_definitions.h"

namespace mf::testing {
namespace {

constexpr std::size_t whole_file = 5 * 1024 * 1024;

/// begin, as many parts as fit into a file, end. part(i) makes the i-th.
template <class F>
std::string filled_file(std::string begin, F&& part, std::string_view end) {
    for (std::size_t i = 0; begin.size() + 200 < whole_file; ++i) begin += part(i);
    if (begin.ends_with(',')) begin.pop_back();
    return begin + std::string(end);
}

}  // namespace

void for_each_large_definition(const std::function<void(std::string_view, const std::string&)>& take) {
    const auto number = [](std::size_t i) { return std::to_string(i); };
    take("numbers", filled_file(
                        "[", [&](std::size_t) { return "0,"; }, "]"));
    take("objects", filled_file(
                        "[", [&](std::size_t) { return "{},"; }, "]"));
    take("arrays", filled_file(
                       "[", [&](std::size_t) { return "[[]],"; }, "]"));
    take("deep", filled_file(
                     "[", [&](std::size_t) { return std::string(60, '[') + std::string(60, ']') + ","; }, "]"));
    take("floats", filled_file(
                       "[", [&](std::size_t) { return "1.7976931348623157e308,"; }, "]"));
    take("escapes", filled_file(
                        "{\"name\":\"", [&](std::size_t) { return "\\u0041"; }, "\"}"));
    take("one repeated key", filled_file(
                                 "{", [&](std::size_t) { return "\"a\":1,"; }, "}"));
    take("settings", filled_file(
                         "{\"environment\":{", [&](std::size_t i) { return "\"A" + number(i) + "\":{},"; }, "}}"));
    take("languages", filled_file(
                          "{\"name\":{", [&](std::size_t i) { return "\"x" + number(i) + "\":\"\","; }, "}}"));
    take("artifacts", filled_file(
                          "{\"artifacts\":[", [&](std::size_t) { return "{},"; }, "]}"));
    take("tags", filled_file(
                     "{\"tags\":[", [&](std::size_t) { return "1,"; }, "]}"));
    take("tags as text", filled_file(
                             "{\"tags\":\"", [&](std::size_t) { return "a,"; }, "\"}"));
    take("requirements", filled_file(
                             "{\"requirements\":[", [&](std::size_t) { return "\"a b\","; }, "]}"));
    take("options", filled_file(
                        "{\"environment\":{\"A\":{\"type\":\"set\",\"options\":[",
                        [&](std::size_t i) { return number(i) + ","; }, "]}}}"));
    take("macros", filled_file(
                       "{\"environment\":{\"A\":{\"defval\":\"", [&](std::size_t) { return "{A}"; }, "\"}}}"));
    take("unknown keys", filled_file(
                             "{", [&](std::size_t i) { return "\"k" + number(i) + "\":1,"; }, "}"));
    take("icon", filled_file(
                     "{\"image\":\"data:image/svg+xml,", [&](std::size_t) { return " on"; }, "\"}"));
    take("fields", filled_file(
                       "{\"fields\":[", [&](std::size_t i) { return "{\"keyword\":\"A" + number(i) + "\"},"; }, "]}"));
    take("patterns", filled_file(
                         "{\"produces\":{\"p\":{\"patterns\":[", [&](std::size_t) { return "\"(a+)+\","; }, "]}}}"));
    take("consumed fields", filled_file(
                                "{\"consumes\":{\"c\":{\"format\":\"json\",\"fields\":{",
                                [&](std::size_t i) { return "\"f" + number(i) + "\":{\"target\":\"B\"},"; }, "}}}}"));
    take("helm", filled_file(
                     "{\"kubernetes\":{\"helm\":{\"set\":{", [&](std::size_t i) { return "\"f" + number(i) + "\":1,"; },
                     "}}}}"));
    std::string settings = "{\"environment\":{";
    for (std::size_t i = 0; i < 2000; ++i)
        settings += (i ? ",\"A" : "\"A") + number(i) + "\":{\"defval\":\"" + std::string(2000, 'x') + "{A" +
                    number((i + 1) % 2000) + "}{B}\"}";
    take("a long cycle", settings + "}}");
}

}  // namespace mf::testing
