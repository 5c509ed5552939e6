// SPDX-License-Identifier: MIT
#include "app/start_check.h"

#include "app/database_advice.h"
#include "app/maintenance.h"
#include "execute/native.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace mf {
namespace {

namespace fs = std::filesystem;

/// As the user of this process, whatever it was started by.
bool may(const fs::path& path, int mode) { return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0; }

fs::path directory_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

/// Why files cannot be made in a directory that has to be there; null: they can.
const char* flaw_of(const fs::path& directory) {
    struct stat status {};
    if (::stat(directory.c_str(), &status) != 0) return std::strerror(errno);
    if (!S_ISDIR(status.st_mode)) return std::strerror(ENOTDIR);
    return may(directory, R_OK | W_OK | X_OK) ? nullptr : std::strerror(errno);
}

class Look {
public:
    Look(const Installation& installation, const Roles& roles, Installation::NewKey new_key)
        : settings_(installation.settings()), roles_(roles), new_key_(new_key) {}

    StartCheck all() {
        look_at_directory("data", settings_.data_directory, "MULTIFLEXI_DATA");
        look_at_database();
        if (roles_.executor || roles_.web || roles_.events) look_at_key();
        if (roles_.executor) {
            look_at_work_directory();
            look_at_shim();
        }
        return std::move(out_);
    }

private:
    void fine(std::string sentence) { out_.fine.push_back(std::move(sentence)); }
    void wrong(std::string sentence) { out_.wrong.push_back(std::move(sentence)); }
    std::string named(std::string_view setting) const { return with_origin(setting, settings_); }

    /// Below the data directory, which the start makes with all above it when it is missing.
    bool is_made_with_data(const fs::path& directory) const {
        std::error_code ignored;
        if (fs::exists(directory, ignored)) return false;
        const auto below = settings_.data_directory.lexically_normal().lexically_relative(directory.lexically_normal());
        return !below.empty() && *below.begin() != "..";
    }

    /// One that the start makes, with all above it, when it is missing.
    void look_at_directory(std::string_view what, const fs::path& directory, std::string_view setting) {
        auto nearest = directory;
        struct stat status {};
        while (::stat(nearest.c_str(), &status) != 0 && errno == ENOENT && nearest.has_relative_path())
            nearest = directory_of(nearest);
        const bool is_there = nearest == directory;
        if (const auto* flaw = flaw_of(nearest))
            wrong(is_there ? fmt::format("The {} directory {} cannot be used: {}. Let this user write there: {}.", what,
                                         directory.string(), flaw, named(setting))
                           : fmt::format("The {} directory {} cannot be made in {}: {}. Let this user write there, or "
                                         "create it: {}.",
                                         what, directory.string(), nearest.string(), flaw, named(setting)));
        else
            fine(fmt::format("The {} directory {} {}.", what, directory.string(),
                             is_there ? "can be used" : "is made when the server starts"));
    }

    void look_at_work_directory() {
        const auto& given = settings_.work_directory;
        const auto directory = given.has_filename() ? given : given.parent_path();  // "work/"
        struct stat status {};
        if (::stat(directory.c_str(), &status) == 0 && status.st_uid != ::geteuid() && ::geteuid() != 0)
            return wrong(
                fmt::format("The work directory {} belongs to another user. Give it to the user of the "
                            "server: {}.",
                            directory.string(), named("MULTIFLEXI_WORK_DIRECTORY")));
        look_at_directory("work", directory, "MULTIFLEXI_WORK_DIRECTORY");
    }

    void look_at_database() {
        const fs::path file = settings_.db_database;
        if (settings_.db_connection == DatabaseKind::sqlite && !look_at_file(file)) return;
        const SystemClock clock;
        const auto status = Maintenance(settings_, clock, {}).status();
        if (const auto* problem = status.if_contains("problem")) return wrong(std::string(problem->as_string()));
        fine("The database can be used.");
        // The key of a database is noted by tables that an older one may not have.
        if (status.at("schema") == status.at("program_schema")) note_needed_key();
    }

    /// False when nothing is left to say about the database.
    bool look_at_file(const fs::path& file) {
        std::error_code ignored;
        const auto directory = directory_of(file);
        const auto refuse = [&](std::string_view what, const char* flaw, std::string_view remedy) {
            wrong(fmt::format("The database file {} cannot be {}: {}. {}: {}.", file.string(), what, flaw, remedy,
                              named("DB_DATABASE")));
            return false;
        };
        if (!fs::exists(file, ignored)) {
            if (!is_made_with_data(directory))
                if (const auto* flaw = flaw_of(directory))
                    return refuse("made in its directory", flaw,
                                  "Create the directory, owned by the user of the server");
            fine(fmt::format("The database {} is made when the server starts.", file.string()));
            return false;
        }
        // What is no file is told by the database itself.
        if (fs::is_directory(file, ignored)) return true;
        constexpr std::string_view remedy =
            "Give this user the right to write to the file and to the directory it is in";
        if (!may(file, R_OK | W_OK)) return refuse("written", std::strerror(errno), remedy);
        if (const auto* flaw = flaw_of(directory)) return refuse("used in its directory", flaw, remedy);
        return true;
    }

    void note_needed_key() {
        auto address = address_of(settings_);
        address.read_only = true;
        try {
            const auto connection = sql::open(address);
            Session session{*connection};
            needed_key_ = Installation::needed_key(session, new_key_, settings_.node);
        } catch (const sql::DatabaseError& error) {
            wrong(told(error, settings_));
        }
    }

    void look_at_key() {
        const bool is_text = settings_.master_key && !settings_.master_key->empty();
        const auto& file = settings_.key_file;
        struct stat status {};
        const bool is_missing = !is_text && ::stat(file.c_str(), &status) != 0 && errno == ENOENT;
        if (is_missing && !needed_key_) {
            const auto directory = directory_of(file);
            const auto* flaw = is_made_with_data(directory) ? nullptr : flaw_of(directory);
            if (flaw)
                return wrong(
                    fmt::format("The key file {} cannot be made in its directory: {}. Make the directory and "
                                "let this user write there, or set ENCRYPTION_MASTER_KEY: {}.",
                                file.string(), flaw, named("MULTIFLEXI_KEY_FILE")));
            return fine(fmt::format("The key file {} is made when the server starts.", file.string()));
        }
        // With a key that is needed none is made.
        if (const auto vault = open_vault({settings_.master_key, file, needed_key_}); !vault)
            return wrong(fmt::format("{} ({})", vault.error().message,
                                     named(is_text ? "ENCRYPTION_MASTER_KEY" : "MULTIFLEXI_KEY_FILE")));
        fine(is_text ? std::string("The key of ENCRYPTION_MASTER_KEY can be used.")
                     : fmt::format("The key file {} can be used.", file.string()));
    }

    void look_at_shim() {
        const auto program = shim_program();
        if (may(program, X_OK)) return;
        wrong(fmt::format("The program {}, which watches jobs, cannot be started: {}. Install it beside this one.",
                          program.string(), std::strerror(errno)));
    }

    const Settings& settings_;
    const Roles roles_;
    const Installation::NewKey new_key_;
    std::optional<std::string> needed_key_;
    StartCheck out_;
};

}  // namespace

StartCheck check_start(const Installation& installation, const Roles& roles, Installation::NewKey new_key) {
    return Look(installation, roles, new_key).all();
}

}  // namespace mf
