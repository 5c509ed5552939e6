// SPDX-License-Identifier: MIT
#include "cli/profiles.h"

#include "base/json.h"
#include "base/lock_file.h"
#include "base/text.h"
#include "cli/shape.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace mf {
namespace {

constexpr std::size_t largest_profiles_file = 1 << 20;

Error profiles_problem(const std::filesystem::path& file, std::string_view what) {
    return invalid(fmt::format("{} {}.", to_utf8(file.string()), what));
}

Error profiles_failure(const std::filesystem::path& file, std::string_view doing) {
    const int error = errno;
    return profiles_problem(file, fmt::format("{}: {}", doing, std::strerror(error)));
}

/// What ssh asks of its keys.
Result<void> check_owner(const std::filesystem::path& file, const struct stat& status) {
    if (!S_ISREG(status.st_mode)) return profiles_problem(file, "is no file");
    if (status.st_uid != ::geteuid())
        return profiles_problem(file, "belongs to somebody else, who could have put another server into it");
    if ((status.st_mode & 077) != 0)
        return profiles_problem(file,
                                fmt::format("holds tokens and is open to others on this machine (mode {:04o}). Say "
                                            "chmod 600 {}",
                                            status.st_mode & 07777, to_utf8(file.string())));
    return {};
}

/// None: there is no file.
Result<std::optional<std::string>> content_of_profiles(const std::filesystem::path& file) {
    const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!opened && errno == ENOENT) return std::optional<std::string>();
    if (!opened) return profiles_failure(file, "cannot be read");
    struct stat status {};
    if (::fstat(opened.get(), &status) != 0) return profiles_failure(file, "cannot be read");
    if (auto fit = check_owner(file, status); !fit) return fit.error();
    std::string out(largest_profiles_file + 1, '\0');
    std::size_t size = 0;
    while (size < out.size()) {
        const auto got = ::read(opened.get(), out.data() + size, out.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return profiles_failure(file, "cannot be read");
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size > largest_profiles_file) return profiles_problem(file, "is longer than any file of profiles is");
    out.resize(size);
    return std::optional(std::move(out));
}

/// What is not understood must not count as not said: commands would go elsewhere.
bool is_text_or_missing(const json::object& record, std::string_view name) {
    const auto* value = record.if_contains(name);
    return !value || value->is_string();
}

Result<Profiles> parse_profiles(const std::filesystem::path& file, std::string_view text) {
    Profiles out;
    if (trim(text).empty()) return profiles_problem(file, "is empty. Remove it, or put the profiles back");
    const auto parsed = parse_json(text);
    if (!parsed)
        return profiles_problem(file, fmt::format("is no JSON. {} Mend it, or remove it", parsed.error().message));
    const auto* document = parsed->if_object();
    const auto* entries = document ? document->if_contains("profiles") : nullptr;
    if (!entries || !entries->is_object())
        return profiles_problem(file, "has no member \"profiles\" that is an object. Mend it, or remove it");
    if (!is_text_or_missing(*document, "current"))
        return profiles_problem(file, "has a member \"current\" that is no text. Mend it, or remove it");
    out.current = text_member(*document, "current");
    for (const auto& [name, value] : entries->get_object()) {
        const auto* entry = value.if_object();
        if (auto good = check_profile_name(name); !good || !entry || text_member(*entry, "server").empty())
            return profiles_problem(file,
                                    fmt::format("has a profile '{}' without a server, or with a name that none may "
                                                "have. Mend it, or remove it",
                                                to_utf8(std::string_view(name).substr(0, 80))));
        const auto& plain = member(*entry, "allow_plain");
        const std::pair<std::string_view, bool> parts[] = {
            {"token", is_text_or_missing(*entry, "token")},
            {"ca_file", is_text_or_missing(*entry, "ca_file")},
            {"allow_plain", plain.is_bool() || !entry->contains("allow_plain")}};
        for (const auto& [part, is_right] : parts)
            if (!is_right)
                return profiles_problem(file, fmt::format("has a profile '{}' whose \"{}\" must be {}. Mend it, or "
                                                          "remove it",
                                                          std::string_view(name), part,
                                                          part == "allow_plain" ? "true or false" : "a text"));
        out.entries[std::string(name)] = {.address = std::string(text_member(*entry, "server")),
                                          .token = std::string(text_member(*entry, "token")),
                                          .ca_file = std::string(text_member(*entry, "ca_file")),
                                          .allow_plain = plain.is_bool() && plain.get_bool()};
    }
    if (!out.current.empty() && !out.entries.contains(out.current))
        return profiles_problem(file, fmt::format("names '{}' as the profile in use, and there is none of this name",
                                                  out.current.substr(0, 80)));
    return out;
}

std::string text_of_profiles(const Profiles& profiles) {
    json::object entries;
    for (const auto& [name, access] : profiles.entries) {
        json::object entry{{"server", access.address}};
        if (!access.token.empty()) entry["token"] = access.token;
        if (!access.ca_file.empty()) entry["ca_file"] = access.ca_file;
        if (access.allow_plain) entry["allow_plain"] = true;
        entries[name] = std::move(entry);
    }
    json::object document;
    if (!profiles.current.empty()) document["current"] = profiles.current;
    document["profiles"] = std::move(entries);
    return to_pretty_text(json::value(std::move(document))) + "\n";
}

/// A file that is written and not moved into place does not stay.
class NewProfilesFile {
public:
    explicit NewProfilesFile(const std::filesystem::path& target)
        : target_(target), name_(target.string() + ".XXXXXX"), file_(::mkostemp(name_.data(), O_CLOEXEC)) {}
    ~NewProfilesFile() {
        if (file_) ::unlink(name_.c_str());
    }
    NewProfilesFile(const NewProfilesFile&) = delete;
    NewProfilesFile& operator=(const NewProfilesFile&) = delete;

    Result<void> put(std::string_view text) {
        // mkostemp makes it with 0600.
        if (!file_) return profiles_failure(target_, "cannot be written, as nothing can be made beside it");
        while (!text.empty()) {
            const auto written = ::write(file_.get(), text.data(), text.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) return profiles_failure(target_, "cannot be written");
            text.remove_prefix(static_cast<std::size_t>(written));
        }
        if (::fsync(file_.get()) != 0 || ::rename(name_.c_str(), target_.c_str()) != 0)
            return profiles_failure(target_, "cannot be written");
        file_.reset();
        return {};
    }

private:
    const std::filesystem::path& target_;
    std::string name_;
    Descriptor file_;
};

}  // namespace

Result<void> check_profile_name(std::string_view name) {
    const bool is_word =
        !name.empty() && name.size() <= 64 && name != "." && name != ".." && std::ranges::all_of(name, [](char c) {
            return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
        });
    if (!is_word)
        return invalid("The name of a profile has letters, digits, '.', '_' and '-', and at most 64 of them.");
    if (name == local_profile)
        return invalid("The name 'local' stands for the installation on this machine; choose another one.");
    return {};
}

Result<std::filesystem::path> profiles_file(const Terminal& terminal) {
    const auto variable = [&](const char* name) {
        const auto value = terminal.variable ? terminal.variable(name) : std::nullopt;
        // Paths that are not absolute are to be ignored, says the specification.
        return value && value->starts_with('/') ? *value : std::string();
    };
    std::filesystem::path base = variable("XDG_CONFIG_HOME");
    if (base.empty()) {
        const auto home = variable("HOME");
        if (home.empty())
            return invalid("Profiles are kept in ~/.config, and neither XDG_CONFIG_HOME nor HOME says where that is.");
        base = std::filesystem::path(home) / ".config";
    }
    return base / "multiflexi" / "profiles.json";
}

Result<Profiles> read_profiles(const std::filesystem::path& file) {
    const auto text = content_of_profiles(file);
    if (!text) return text.error();
    return *text ? parse_profiles(file, **text) : Profiles{};
}

Result<void> change_profiles(const std::filesystem::path& file, const std::function<Result<void>(Profiles&)>& change) {
    const auto directory = file.parent_path();
    std::error_code failed;
    std::filesystem::create_directories(directory.parent_path(), failed);
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return profiles_failure(directory, "cannot be made");
    const auto lock = lock_file(directory / "profiles.lock");
    if (!lock) return lock.error();
    auto profiles = read_profiles(file);
    if (!profiles) return profiles.error();
    if (auto changed = change(*profiles); !changed) return changed;
    // A link stays one, as people who keep such files elsewhere want it.
    const auto target = std::filesystem::weakly_canonical(file, failed);
    return NewProfilesFile(failed ? file : target).put(text_of_profiles(*profiles));
}

}  // namespace mf
