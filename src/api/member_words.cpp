// SPDX-License-Identifier: MIT
#include "api/member_words.h"

#include "base/text.h"

namespace mf {
namespace {

/// A word without what stands around it: "(--id," is "--id".
std::string_view bare_word(std::string_view word) {
    constexpr std::string_view around = "()'\",.;:";
    const auto first = word.find_first_not_of(around);
    if (first == std::string_view::npos) return {};
    return word.substr(first, word.find_last_not_of(around) - first + 1);
}

/// "run-template" and "update" are "runtemplate:update", among others.
bool is_command(const Operations& operations, std::string_view entity, std::string_view verb) {
    const auto plain = [](std::string_view word) {
        std::string out(word);
        std::erase(out, '-');
        return out;
    };
    const auto wanted = plain(entity) + ":" + plain(verb);
    return std::ranges::any_of(operations, [&](const Operation& one) { return plain(one.name) == wanted; });
}

std::string member_of_option(const Operation& asked, std::string_view word) {
    if (!word.starts_with("--")) return {};
    std::string name(word.substr(2));
    std::ranges::replace(name, '-', '_');
    return asked.input->find(name) ? name : std::string();
}

std::string with_members(const Operations& operations, const Operation& asked, const std::string& sentence) {
    if (sentence.find("--") == std::string::npos) return sentence;
    std::string out;
    std::string_view before;
    bool in_command = false, is_first = true;
    for (const auto word : split(sentence, ' ')) {
        const auto bare = bare_word(word);
        in_command = in_command || (!before.empty() && is_command(operations, before, bare));
        std::string shown(word);
        if (const auto member = member_of_option(asked, bare); !in_command && !member.empty())
            shown.replace(static_cast<std::size_t>(bare.data() - word.data()), bare.size(), member);
        out += (std::exchange(is_first, false) ? "" : " ") + shown;
        if (!word.empty() && std::string_view(",.;:)").find(word.back()) != std::string_view::npos) in_command = false;
        before = bare;
    }
    return out;
}

}  // namespace

Error in_words_of_members(const Operations& operations, const Operation& asked, Error error) {
    error.message = with_members(operations, asked, error.message);
    for (auto& each : error.fields) each.message = with_members(operations, asked, each.message);
    return error;
}

bool prefers_options(const http::Request& request) {
    const auto preferences = request.headers.list("Prefer");
    return std::ranges::any_of(split(preferences, ','), [](std::string_view each) {
        return equal_ignoring_case(trim(each.substr(0, each.find(';'))), "names=options");
    });
}

}  // namespace mf
