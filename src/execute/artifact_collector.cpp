// SPDX-License-Identifier: MIT
#include "execute/artifact_collector.h"

#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <re2/re2.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace mf {

namespace {

constexpr std::size_t most_entries = 100'000;
constexpr int deepest = 64;

Timestamp modified(const struct stat& status) {
    return Timestamp(
        std::chrono::milliseconds(std::int64_t{status.st_mtim.tv_sec} * 1000 + status.st_mtim.tv_nsec / 1'000'000));
}

/// One search through a work directory.
class Search {
public:
    Search(const WorkDirectory& directory, const ArtifactRules& rules) : directory_(directory), rules_(rules) {
        for (const auto& pattern : rules.patterns) {
            patterns_.push_back(
                {compile(pattern, RE2::Options::EncodingUTF8), compile(pattern, RE2::Options::EncodingLatin1)});
            if (const auto& text = *patterns_.back().for_text; !text.ok())
                skip(pattern,
                     fmt::format("The pattern cannot be used: {}. Look-around and back-references are not supported.",
                                 text.error()));
        }
    }

    Collection run() && {
        const auto result = result_inside();
        walk(directory_.descriptor(), "", result, 0);
        std::sort(found_.artifacts.begin(), found_.artifacts.end(), [](const auto& a, const auto& b) {
            return std::tuple(!a.is_result, a.name) < std::tuple(!b.is_result, b.name);
        });
        if (!rules_.result_file.empty() && !result)
            take_outside();
        else if (result && (found_.artifacts.empty() || !found_.artifacts.front().is_result) && !result_reported_)
            skip(rules_.result_file, "The job did not write its RESULT_FILE.");
        apply_limits();
        return std::move(found_);
    }

private:
    /// RESULT_FILE relative to the work directory, if it lies in it.
    std::optional<std::string> result_inside() const {
        if (rules_.result_file.empty()) return std::nullopt;
        const auto whole = (directory_.path() / rules_.result_file).lexically_normal();
        const auto relative = whole.lexically_relative(directory_.path().lexically_normal());
        if (relative.empty() || *relative.begin() == ".." || relative == ".") return std::nullopt;
        auto name = relative.string();
        if (name.ends_with('/')) name.pop_back();
        return name;
    }

    /// File names are bytes. For one that is not UTF-8 each byte counts as a character.
    struct Pattern {
        std::unique_ptr<RE2> for_text, for_bytes;
    };
    static std::unique_ptr<RE2> compile(const std::string& pattern, RE2::Options::Encoding encoding) {
        RE2::Options options(RE2::Quiet);
        options.set_encoding(encoding);
        options.set_max_mem(1 << 20);
        return std::make_unique<RE2>(pattern, options);
    }

    std::optional<std::size_t> match(const std::string& name) const {
        const bool text = is_utf8(name);
        for (std::size_t i = 0; i < patterns_.size(); ++i) {
            const RE2& pattern = text ? *patterns_[i].for_text : *patterns_[i].for_bytes;
            if (pattern.ok() && RE2::PartialMatch(name, pattern)) return i;
        }
        return std::nullopt;
    }

    void walk(int directory, const std::string& prefix, const std::optional<std::string>& result, int depth) {
        const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);  // closed together with the list
        const std::unique_ptr<DIR, int (*)(DIR*)> list(copy < 0 ? nullptr : ::fdopendir(copy), ::closedir);
        if (!list) return skip(prefix, fmt::format("The directory cannot be read: {}.", error_text(errno)));
        while (const dirent* item = ::readdir(list.get())) {
            const std::string_view entry = item->d_name;
            if (entry == "." || entry == "..") continue;
            if (++entries_ > most_entries) {
                if (entries_ == most_entries + 1)
                    skip(prefix,
                         fmt::format("The work directory has more than {} entries; the others were not looked at.",
                                     most_entries));
                return;
            }
            visit(directory, item->d_name, prefix + item->d_name, result, depth);
        }
    }

    void visit(int parent, const char* entry, const std::string& name, const std::optional<std::string>& result,
               int depth) {
        struct stat status {};
        if (::fstatat(parent, entry, &status, AT_SYMLINK_NOFOLLOW) != 0) return;  // has gone
        if (S_ISDIR(status.st_mode)) {
            if (result && name == *result) {
                result_reported_ = true;
                skip(rules_.result_file, "RESULT_FILE is a directory, not a file.");
            }
            if (depth >= deepest) return skip(name, fmt::format("It lies more than {} directories deep.", deepest));
            const Descriptor child(::openat(parent, entry, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
            if (!child) return skip(name, fmt::format("The directory cannot be read: {}.", error_text(errno)));
            return walk(child.get(), name + "/", result, depth + 1);
        }
        const auto pattern = match(name);
        const bool is_result = result && name == *result;
        if (!pattern && !is_result) return;
        if (is_result) result_reported_ = true;
        if (S_ISLNK(status.st_mode)) return skip(name, "It is a symbolic link; links are not followed.");
        if (!S_ISREG(status.st_mode)) return skip(name, "It is not a regular file.");
        add({.name = name,
             .path = directory_.path() / name,
             .size = static_cast<std::uint64_t>(status.st_size),
             .modified_at = modified(status),
             .pattern = pattern,
             .is_result = is_result});
    }

    void take_outside() {
        const std::filesystem::path path = (directory_.path() / rules_.result_file).lexically_normal();
        if (rules_.outside_result == ArtifactRules::OutsideResult::refused)
            return skip(rules_.result_file,
                        "RESULT_FILE lies outside the work directory, which is not allowed. Name it relative to "
                        "MULTIFLEXI_TMP.");
        if (rules_.outside_result == ArtifactRules::OutsideResult::ambiguous)
            return skip(rules_.result_file,
                        "A job of another company ran at the same time with this RESULT_FILE, so it is not known whose "
                        "it is. Name it relative to MULTIFLEXI_TMP.");
        struct stat status {};
        if (::lstat(path.c_str(), &status) != 0)
            return skip(rules_.result_file, "The job did not write its RESULT_FILE.");
        if (!S_ISREG(status.st_mode)) return skip(rules_.result_file, "RESULT_FILE is not a regular file.");
        // The clock of file systems ticks coarsely, and lags behind by up to one tick.
        if (modified(status) + std::chrono::milliseconds(10) < rules_.started_at)
            return skip(rules_.result_file, "RESULT_FILE is older than the job, which therefore did not write it.");
        found_.artifacts.insert(found_.artifacts.begin(), {.name = path.filename().string(),
                                                           .path = path,
                                                           .size = static_cast<std::uint64_t>(status.st_size),
                                                           .modified_at = modified(status),
                                                           .is_result = true,
                                                           .is_inside = false});
    }

    /// After sorting, so that the same files are taken each time.
    void apply_limits() {
        std::vector<FoundArtifact> taken;
        for (auto& artifact : found_.artifacts) {
            if (taken.size() >= rules_.most_files) {
                skip(artifact.name, fmt::format("The job left more than {} artifacts.", rules_.most_files));
            } else if (artifact.size > rules_.most_bytes - found_.total_bytes) {
                skip(artifact.name, fmt::format("With its {} bytes the artifacts of the job would exceed {} bytes.",
                                                artifact.size, rules_.most_bytes));
            } else {
                found_.total_bytes += artifact.size;
                taken.push_back(std::move(artifact));
            }
        }
        found_.artifacts = std::move(taken);
    }

    void add(FoundArtifact artifact) { found_.artifacts.push_back(std::move(artifact)); }
    void skip(std::string name, std::string why) {
        constexpr std::size_t most_reasons = 1'000;
        if (found_.skipped.size() < most_reasons) found_.skipped.push_back({std::move(name), std::move(why)});
    }

    const WorkDirectory& directory_;
    const ArtifactRules& rules_;
    std::vector<Pattern> patterns_;
    Collection found_;
    std::size_t entries_ = 0;
    bool result_reported_ = false;  // found, or skipped for another reason than that it is missing
};

}  // namespace

Collection collect_artifacts(const WorkDirectory& directory, const ArtifactRules& rules) {
    if (rules.patterns.empty() && rules.result_file.empty()) return {};  // whatever is there, nobody asked for it
    return Search(directory, rules).run();
}

}  // namespace mf
