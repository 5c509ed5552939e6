// SPDX-License-Identifier: MIT
#include "domain/definition/file_pattern.h"

#include <fmt/format.h>
#include <re2/re2.h>
#include <algorithm>
#include <vector>

namespace mf {
namespace {

bool is_name_start(char c) { return (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

/// The name when text starts with "{NAME}" (length of all) .
std::string_view variable_at(std::string_view text) {
    if (text.size() < 3 || text[0] != '{' || !is_name_start(text[1])) return {};
    std::size_t end = 2;
    while (end < text.size() && is_name_part(text[end])) ++end;
    return end < text.size() && text[end] == '}' ? text.substr(1, end - 1) : std::string_view{};
}

std::string quoted_for_re2(std::string_view text) { return RE2::QuoteMeta(re2::StringPiece(text.data(), text.size())); }

/// How long the escape at the start of text is: two bytes, and with braces for \p{L}, \P{L} and \x{1F434}, which are
/// no variables.
std::size_t escape_length(std::string_view text) {
    if (text.size() < 3 || text[2] != '{' || std::string_view("pPx").find(text[1]) == std::string_view::npos) return 2;
    const auto end = text.find('}');
    return end == std::string_view::npos ? 2 : end + 1;
}

std::string expand(std::string_view pattern, const FilePattern::Lookup& lookup) {
    std::string out;
    for (std::size_t at = 0; at < pattern.size();) {
        const std::size_t dollar = pattern[at] == '$' ? 1 : 0;
        if (const auto name = variable_at(pattern.substr(at + dollar)); !name.empty() && lookup) {
            if (const auto value = lookup(name)) {
                out += quoted_for_re2(*value);
                at += dollar + name.size() + 2;
                continue;
            }
        }
        if (pattern[at] == '\\' && at + 1 < pattern.size()) {
            const auto length = escape_length(pattern.substr(at));
            out += pattern.substr(at, length);
            at += length;
            continue;
        }
        out += pattern[at++];
    }
    return out;
}

std::string expression_of_glob(std::string_view glob) {
    std::string out = "^";
    for (std::size_t at = 0; at < glob.size(); ++at) {
        if (glob[at] == '*')
            out += ".*";
        else if (glob[at] == '?')
            out += '.';
        else
            out += quoted_for_re2(glob.substr(at, 1));
    }
    return out + "$";
}

}  // namespace

struct FilePattern::State {
    RE2 expression;
};

FilePattern::FilePattern(std::unique_ptr<State> state) : state_(std::move(state)) {}
FilePattern::FilePattern(FilePattern&&) noexcept = default;
FilePattern& FilePattern::operator=(FilePattern&&) noexcept = default;
FilePattern::~FilePattern() = default;

Result<FilePattern> FilePattern::compile(std::string_view pattern, const Lookup& lookup) {
    if (pattern.size() > longest)
        return Error{ErrorCode::invalid, fmt::format("The pattern is longer than {} bytes.", longest)};
    RE2::Options options;
    options.set_max_mem(1 << 20);
    options.set_log_errors(false);
    const std::string expression = pattern.starts_with('*') ? expression_of_glob(pattern) : expand(pattern, lookup);
    auto state = std::unique_ptr<State>(new State{RE2(expression, options)});
    if (!state->expression.ok())
        return Error{ErrorCode::invalid, fmt::format("This is not a regular expression that can be used: {} (RE2 "
                                                     "syntax, without look-around and back-references).",
                                                     state->expression.error())};
    return FilePattern(std::move(state));
}

bool FilePattern::matches(std::string_view path) const {
    return RE2::PartialMatch(re2::StringPiece(path.data(), path.size()), state_->expression);
}

bool matches_every_name(const FilePattern& pattern) {
    return pattern.matches("\x01q") && pattern.matches("zz/9-7") && pattern.matches("é+") && pattern.matches("A");
}

bool repeats_a_repetition(std::string_view pattern) {
    // One entry for each open group: does it hold an unbounded repetition or an alternative?
    std::vector<bool> open{false};
    bool closed = false;  // a group ended just here
    bool inner = false;   // what that group held
    for (std::size_t at = 0; at < pattern.size(); ++at) {
        const char c = pattern[at];
        bool repeats = c == '*' || c == '+';
        bool unbounded = repeats;
        std::size_t skip = 0;
        if (c == '{') {
            const auto end = pattern.find('}', at);
            const auto body = end == std::string_view::npos ? std::string_view{} : pattern.substr(at + 1, end - at - 1);
            const bool counted = !body.empty() && body.find_first_not_of("0123456789,") == std::string_view::npos;
            if (counted) {
                repeats = body != "1" && body != "0,1";
                unbounded = body.ends_with(',');
                skip = body.size() + 1;
            }
        }
        if (repeats && closed && inner) return true;
        if (unbounded || c == '|') open.back() = true;
        closed = false;
        if (c == '\\') {
            ++at;
        } else if (c == '[') {
            std::size_t end = at + (pattern.substr(at + 1, 1) == "^" ? 2 : 1);
            for (++end; end < pattern.size() && pattern[end] != ']'; ++end)
                if (pattern[end] == '\\') ++end;
            at = end;
        } else if (c == '(') {
            open.push_back(false);
        } else if (c == ')' && open.size() > 1) {
            inner = open.back();
            open.pop_back();
            if (inner) open.back() = true;
            closed = true;
        }
        at += skip;
    }
    return false;
}

}  // namespace mf
