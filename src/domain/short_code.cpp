// SPDX-License-Identifier: MIT
#include "domain/short_code.h"

#include "base/text.h"

namespace mf {
namespace {

std::string shortened(std::string_view code, std::size_t longest) {
    if (code.size() <= longest) return std::string(code);
    // A word counts as whole when a '_' follows it, perhaps as the first character that is cut off.
    const auto end = code.substr(0, longest + 1).rfind('_');
    return std::string(code.substr(0, end != code.npos && end >= (longest + 1) / 2 ? end : longest));
}

}  // namespace

std::string code_from_name(std::string_view name, std::size_t longest) {
    std::string out;
    for (const char c : lower(name)) {
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            out += c;
        else if (!out.ends_with('_'))
            out += '_';
    }
    if (out == "_") return {};
    return shortened(out, longest);
}

std::string numbered_code(std::string_view code, int number, std::size_t longest) {
    const std::string behind = "_" + std::to_string(number);
    auto out = shortened(code, longest - behind.size());
    // "acme_" becomes "acme_2", not "acme__2".
    while (out.size() > 1 && out.ends_with('_')) out.pop_back();
    return out + behind;
}

}  // namespace mf
