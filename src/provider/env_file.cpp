// SPDX-License-Identifier: MIT
#include "provider/env_file.h"

#include "base/descriptor.h"
#include "base/text.h"
#include "domain/variable_name.h"
#include "provider/field_values.h"
#include "provider/variables.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>

namespace mf {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view path_keyword = "ENV_FILE_PATH";
constexpr std::size_t most_file_bytes = std::size_t{1} << 20;

Error wrong_env_file(std::string_view what) {
    return wrong_field(path_keyword, fmt::format("{} {}", path_keyword, what));
}

bool lies_below(const fs::path& path, const fs::path& root) {
    const auto [in_root, in_path] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
    // A root may be written with '/' at its end, which is an empty part.
    return (in_root == root.end() || (in_root->empty() && std::next(in_root) == root.end())) && in_path != path.end();
}

bool lies_below_any(const fs::path& path, const std::vector<fs::path>& roots) {
    return std::ranges::any_of(roots, [&](const fs::path& root) {
        std::error_code failure;
        const auto real = fs::canonical(root, failure);
        return !failure && root.is_absolute() && lies_below(path, real);
    });
}

/// What was really opened, whatever happened to links since somebody looked.
fs::path path_of_open(const Descriptor& file) {
    std::error_code failure;
    return fs::read_symlink(fmt::format("/proc/self/fd/{}", file.get()), failure);
}

Result<std::string> content_of_open(const Descriptor& file) {
    std::string content;
    char buffer[16 * 1024];
    for (;;) {
        const auto count = read(file.get(), buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return wrong_env_file(fmt::format("cannot be read: {}.", error_text(errno)));
        if (count == 0) return content;
        content.append(buffer, static_cast<std::size_t>(count));
        if (content.size() > most_file_bytes)
            return wrong_env_file(fmt::format("names a file of more than {} bytes.", most_file_bytes));
    }
}

/// The file, or one sentence for everything outside the roots: nobody learns from it what else is on the machine.
Result<std::string> read_below_roots(const fs::path& path, const std::vector<fs::path>& roots) {
    if (!path.is_absolute()) return wrong_env_file("must be a whole path, beginning with '/'.");
    if (roots.empty())
        return wrong_env_file(
            "cannot be used: the operator of this server allows no files. The setting "
            "MULTIFLEXI_ENVFILE_ROOTS names the directories whose files may be read.");
    std::error_code failure;
    const fs::path real = fs::weakly_canonical(path, failure);
    const auto outside = wrong_env_file(
        "names a file outside the directories of the setting MULTIFLEXI_ENVFILE_ROOTS. "
        "Put the file there, or ask the operator of this server.");
    if (failure || !lies_below_any(real, roots)) return outside;
    // Not blocking: a pipe would be waited for until somebody writes.
    const Descriptor file(open(real.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file && is_shortage(errno))
        return Error{ErrorCode::unavailable, fmt::format("A file cannot be read now: {}.", error_text(errno))};
    if (!file) return wrong_env_file(fmt::format("cannot be read: {}.", error_text(errno)));
    struct stat facts {};
    if (!lies_below_any(path_of_open(file), roots)) return outside;
    if (fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return wrong_env_file("names no regular file.");
    return content_of_open(file);
}

struct EnvFileReading {
    std::vector<ProvidedVariable> variables;
    std::vector<int> skipped_lines;  ///< from 1
};

EnvFileReading read_lines(std::string_view content) {
    EnvFileReading reading;
    if (content.starts_with("\xEF\xBB\xBF")) content.remove_prefix(3);
    std::map<std::string_view, std::size_t> places;
    int number = 0;
    for (const std::string_view each : split(content, '\n')) {
        ++number;
        const std::string_view line = trim(each);
        if (line.empty() || line.front() == '#') continue;
        const auto equals = line.find('=');
        const std::string_view name = trim(line.substr(0, equals));
        const auto value = equals == std::string_view::npos ? "" : trim(line.substr(equals + 1));
        if (equals == std::string_view::npos || judge_variable_name(name).verdict == NameVerdict::malformed) {
            reading.skipped_lines.push_back(number);
            continue;
        }
        const auto [known, is_new] = places.try_emplace(name, reading.variables.size());
        if (is_new)
            reading.variables.push_back({.name = std::string(name), .value = std::string(value)});
        else
            reading.variables[known->second].value = value;
    }
    return reading;
}

Result<EnvFileReading> read_env_file(const FieldValues& fields, const ProviderContext& context) {
    return read_below_roots(field_text(fields, path_keyword), context.file_roots)
        .transform([](const std::string& content) { return read_lines(content); });
}

}  // namespace

Result<std::vector<ProvidedVariable>> EnvFile::resolve(const FieldValues& fields, ProviderContext& context) const {
    if (field_text(fields, path_keyword).empty()) return std::vector<ProvidedVariable>{};
    return read_env_file(fields, context).and_then([](EnvFileReading reading) {
        return within_bounds(std::move(reading.variables), path_keyword);
    });
}

Availability EnvFile::check(const FieldValues& fields, ProviderContext& context) const {
    if (const auto given = require_fields(fields, {path_keyword}); !given) return availability_of(given.error());
    const auto reading = read_env_file(fields, context);
    if (!reading) return availability_of(reading.error());
    if (const auto bounded = within_bounds(reading->variables, path_keyword); !bounded)
        return availability_of(bounded.error());
    auto message = fmt::format("The file has {} variables.", reading->variables.size());
    if (reading->skipped_lines.empty()) return is_available(std::move(message));
    const auto& lines = reading->skipped_lines;
    message += fmt::format(" Skipped, because they are not NAME=VALUE: {} {}{}.", lines.size() == 1 ? "line" : "lines",
                           fmt::join(std::span(lines).first(std::min<std::size_t>(lines.size(), 10)), ", "),
                           lines.size() > 10 ? " and more" : "");
    return is_degraded(std::move(message));
}

}  // namespace mf
