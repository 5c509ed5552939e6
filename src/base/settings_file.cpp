// SPDX-License-Identifier: MIT
#include "base/settings_file.h"

#include "base/descriptor.h"
#include "base/text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <set>

namespace mf {
namespace {

constexpr std::size_t most_bytes = 1 << 20;

bool is_name(std::string_view text) {
    const auto begins = [](char c) { return is_letter(c) || c == '_'; };
    const auto is_part = [&](char c) { return begins(c) || is_digit(c); };
    return !text.empty() && begins(text[0]) && std::ranges::all_of(text, is_part);
}

/// What is between the quotes; none when they are not closed.
std::optional<std::string_view> unquoted(std::string_view value) {
    const char quote = value[0];
    for (auto end = value.find(quote, 1); end != std::string_view::npos; end = value.find(quote, end + 1)) {
        const auto rest = value.substr(end + 1);
        const auto comment = trim(rest);
        if (comment.empty() || (comment[0] == '#' && rest[0] != '#')) return value.substr(1, end - 1);
    }
    return std::nullopt;
}

/// "export NAME" without "export".
std::string_view bare_name(std::string_view name) {
    constexpr std::string_view word = "export";
    if (name.starts_with(word) && name.size() > word.size() && (name[word.size()] == ' ' || name[word.size()] == '\t'))
        name.remove_prefix(word.size());
    return trim(name);
}

}  // namespace

SettingsFile parse_settings_file(std::string_view content, std::string_view file_name) {
    SettingsFile file;
    std::set<std::string_view> seen;
    if (content.starts_with("\xEF\xBB\xBF")) content.remove_prefix(3);
    std::size_t number = 0;
    for (const auto raw : split(content, '\n')) {
        ++number;
        const auto place = fmt::format("{}:{}", file_name, number);
        const auto complain = [&](std::string_view what) {
            file.errors.push_back({place, fmt::format("Line {} of {} {}", number, file_name, what)});
        };
        const auto line = trim(raw);
        if (line.empty() || line[0] == '#') continue;
        if (line.find('\0') != std::string_view::npos) {
            complain("has a zero byte. Write the file as plain text.");
            continue;
        }
        const auto equals = line.find('=');
        if (equals == std::string_view::npos) {
            complain("is not NAME=VALUE. Put '#' in front of it if it is a comment.");
            continue;
        }
        const auto name = bare_name(line.substr(0, equals));
        if (!is_name(name)) {
            complain("has no valid name before '='. A name has letters, digits and '_', and starts with no digit.");
            continue;
        }
        auto value = trim(line.substr(equals + 1));
        if (!value.empty() && (value[0] == '"' || value[0] == '\'')) {
            const auto inner = unquoted(value);
            if (!inner) {
                complain(
                    fmt::format("opens a quote that it does not close. Close the quote after the value of {}.", name));
                continue;
            }
            value = *inner;
        } else if (value.find(" #") != std::string_view::npos) {
            file.warnings.push_back(
                fmt::format("The value of {} in line {} of {} goes to the end of the line, with '#'. "
                            "Put a comment on a line of its own, or the value in quotes.",
                            name, number, file_name));
        }
        if (!seen.insert(name).second)
            file.warnings.push_back(
                fmt::format("{} stands more than once in {}; line {} counts so far.", name, file_name, number));
        file.lines.push_back({std::string(name), std::string(value), number});
    }
    return file;
}

Result<std::optional<std::string>> read_settings_file(const std::filesystem::path& file) {
    const auto failure = [&](int reason) {
        return Error{ErrorCode::unavailable,
                     fmt::format("The settings file {} cannot be read: {}. Let this user read it, or name another file "
                                 "with -e.",
                                 file.string(), std::strerror(reason))};
    };
    const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened && (errno == ENOENT || errno == ENOTDIR)) return std::optional<std::string>();
    if (!opened) return failure(errno);
    std::string content;
    char piece[16384];
    for (;;) {
        const auto count = ::read(opened.get(), piece, sizeof piece);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failure(errno);
        if (count == 0) return std::optional(std::move(content));
        content.append(piece, static_cast<std::size_t>(count));
        if (content.size() > most_bytes)
            return Error{ErrorCode::invalid, fmt::format("The settings file {} is larger than 1 MiB. Is it the right "
                                                         "file?",
                                                         file.string())};
    }
}

}  // namespace mf
