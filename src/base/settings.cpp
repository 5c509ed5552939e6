// SPDX-License-Identifier: MIT
#include "base/settings.h"

#include "base/settings_file.h"
#include "base/settings_table.h"
#include "base/text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>
#include <climits>
#include <thread>

namespace mf {
namespace {

constexpr std::string_view own_prefix = "MULTIFLEXI_";

/// Names that the platform gives to jobs; programs that a job starts find them in their environment.
constexpr std::string_view given_to_jobs[] = {
    "MULTIFLEXI_JOB_ID",           "MULTIFLEXI_EXECUTOR",
    "MULTIFLEXI_VERSION",          "MULTIFLEXI_TMP",
    "MULTIFLEXI_APPLICATION_ID",   "MULTIFLEXI_APPLICATION_NAME",
    "MULTIFLEXI_APPLICATION_UUID", "MULTIFLEXI_COMPANY_ID",
    "MULTIFLEXI_COMPANY_CODE",     "MULTIFLEXI_COMPANY_NAME",
    "MULTIFLEXI_RUNTEMPLATE_ID",   "MULTIFLEXI_RUNTEMPLATE_NAME",
};

/// Read by a command of the command line, not kept in a file of settings.
constexpr std::string_view given_to_commands[] = {"MULTIFLEXI_TO_PASSWORD", "MULTIFLEXI_TOKEN", "MULTIFLEXI_TOKEN_FILE",
                                                  "MULTIFLEXI_SERVER", "MULTIFLEXI_PROFILE"};

/// Settings of the former MultiFlexi that have no effect any more, and why.
constexpr std::pair<std::string_view, std::string_view> retired[] = {
    {"MULTIFLEXI_DAEMONIZE", "the server always stays until it is told to end"},
    {"MULTIFLEXI_CYCLE_PAUSE", "the server is woken when there is something to do"},
    {"MULTIFLEXI_MEMORY_LIMIT_MB", "limit the memory of the service with MemoryMax= in its unit"},
    {"MULTIFLEXI_CLI_PATH", "the programs need not find each other"},
    {"DB_PERSISTENT", "connections are always kept open"},
};

/// Where a value was found.
struct Found {
    std::string value;
    std::string origin;
    SettingPlace place;
    std::string sentence;  ///< "line 3 of /etc/…" or "the environment"
};
using Layer = std::map<std::string, Found, std::less<>>;

class Loader {
public:
    explicit Loader(const SettingsSources& sources) : sources_(sources) {}

    Result<Settings> load() {
        if (sources_.file) add_file(absolute(*sources_.file), Need::must_exist);
        add_file(sources_.default_file, sources_.file ? Need::nice : Need::may_be_missing);
        add_environment();
        for (const Setting& setting : settings_table()) assign(setting);
        complete();
        if (!errors_.empty())
            return Error{ErrorCode::invalid,
                         errors_.size() == 1 ? errors_[0].message
                                             : fmt::format("{} settings are wrong; each is listed.", errors_.size()),
                         std::move(errors_)};
        for (const Setting& setting : settings_table()) report(setting);
        return std::move(settings_);
    }

private:
    enum class Need { must_exist, may_be_missing, nice };

    std::filesystem::path absolute(const std::filesystem::path& path) const {
        return (sources_.current_directory / path).lexically_normal();
    }

    void add_file(const std::filesystem::path& path, Need need) {
        auto& layer = need == Need::must_exist ? chosen_file_ : default_file_;
        const auto content = read_settings_file(path);
        if (!content) {
            if (need == Need::nice)
                settings_.warnings.push_back(content.error().message);
            else
                errors_.push_back({path.string(), content.error().message});
            return;
        }
        if (!*content) {
            if (need == Need::must_exist)
                errors_.push_back({path.string(), fmt::format("There is no settings file {}. Check the path after -e.",
                                                              path.string())});
            return;
        }
        auto file = parse_settings_file(**content, path.string());
        std::ranges::move(file.errors, std::back_inserter(errors_));
        std::ranges::move(file.warnings, std::back_inserter(settings_.warnings));
        for (auto& line : file.lines) {
            const auto sentence = fmt::format("line {} of {}", line.number, path.string());
            warn_about_name(line.name, sentence, Strictness::every_name);
            layer[line.name] = {std::move(line.value),
                                fmt::format("{}:{}", path.string(), line.number),
                                {path.parent_path(), sources_.home},
                                sentence};
        }
    }

    void add_environment() {
        for (const auto& [name, value] : sources_.environment) {
            warn_about_name(name, "the environment", Strictness::likely_mistakes);
            environment_[name] = {value, "environment", {sources_.current_directory, sources_.home}, "the environment"};
        }
    }

    /// A file is ours, its unknown names are mistakes; the environment belongs to many programs.
    enum class Strictness { every_name, likely_mistakes };
    void warn_about_name(std::string_view name, std::string_view where, Strictness strictness) {
        const bool is_ours = name.starts_with(own_prefix);
        if (!is_ours &&
            !(strictness == Strictness::every_name && (name.starts_with("DB_") || name.starts_with("ENCRYPTION_"))))
            return;
        for (const Setting& setting : settings_table())
            if (name == setting.name || name == setting.options.alias) return;
        if (std::ranges::find(given_to_jobs, name) != std::end(given_to_jobs)) return;
        if (strictness == Strictness::likely_mistakes &&
            std::ranges::find(given_to_commands, name) != std::end(given_to_commands))
            return;
        for (const auto& [former, reason] : retired)
            if (name == former) {
                settings_.warnings.push_back(fmt::format("{} in {} has no effect any more: {}.", name, where, reason));
                return;
            }
        // Without the prefix, which would make all of them alike.
        const auto significant = [&](std::string_view text) {
            return text.starts_with(own_prefix) ? text.substr(own_prefix.size()) : text;
        };
        std::vector<std::string_view> candidates;
        for (const Setting& setting : settings_table()) candidates.push_back(significant(setting.name));
        const auto meant = closest(significant(name), candidates);
        for (const Setting& setting : settings_table())
            if (!meant.empty() && significant(setting.name) == meant) {
                settings_.warnings.push_back(
                    fmt::format("{} in {} is no setting. Did you mean {}?", name, where, setting.name));
                return;
            }
        if (strictness == Strictness::every_name)
            settings_.warnings.push_back(fmt::format("{} in {} is no setting and has no effect.", name, where));
    }

    /// The value that counts; none when the default does.
    const Found* find(const Setting& setting) const {
        for (const Layer* layer : {&environment_, &chosen_file_, &default_file_}) {
            bool is_mentioned = false;
            for (const auto name : {setting.name, setting.options.alias}) {
                const auto at = name.empty() ? layer->end() : layer->find(name);
                if (at == layer->end()) continue;
                if (!at->second.value.empty()) return &at->second;
                is_mentioned = true;
            }
            if (is_mentioned) return nullptr;
        }
        return nullptr;
    }
    const Found* find(std::string_view name) const {
        return find(*std::ranges::find(settings_table(), name, &Setting::name));
    }

    void complain(std::string_view name, std::string message) {
        errors_.push_back({std::string(name), std::move(message)});
    }

    void assign(const Setting& setting) {
        const Found* found = find(setting);
        if (!found) return;
        const auto demand = setting.assign(settings_, found->value, setting.options, found->place);
        if (demand.empty()) return;
        complain(setting.name, wrong_value(setting, found->value, found->sentence, demand));
    }

    void complete() {
        const bool data_is_given = find("MULTIFLEXI_DATA") != nullptr;
        const bool data_is_at_home = !data_is_given && !uses_system_data();
        if (!data_is_given)
            settings_.data_directory =
                data_is_at_home ? home_directory("XDG_DATA_HOME", ".local/share") : sources_.system_data;
        if (!find("MULTIFLEXI_WORK_DIRECTORY"))
            settings_.work_directory = data_is_at_home ? home_directory("XDG_STATE_HOME", ".local/state") / "work"
                                                       : settings_.data_directory / "work";
        complete_database();
        // Jobs mostly wait for other machines.
        if (settings_.max_parallel == 0) settings_.max_parallel = static_cast<int>(std::max(16U, 4 * sources_.cores));
        if (settings_.jobs_at_stop == JobsAtStop::end && !find("MULTIFLEXI_DRAIN_TIMEOUT"))
            settings_.drain_timeout = std::chrono::seconds(60);
        if (!find("MULTIFLEXI_NODE")) take_host_name();
        if (settings_.listen == std::vector<std::string>{"none"}) settings_.listen.clear();
        if (settings_.app_debug && !find("MULTIFLEXI_LOG_LEVEL")) settings_.log_level = log::Level::debug;
    }

    void take_host_name() {
        settings_.node = sources_.host_name.empty() ? std::string("localhost") : sources_.host_name;
        // The kernel lets a host have any name.
        if (!is_node_name(settings_.node))
            complain("MULTIFLEXI_NODE", fmt::format("The name of this host, '{}', cannot be the name of a node. Set "
                                                    "MULTIFLEXI_NODE to a name of letters, digits, dots, hyphens and "
                                                    "underscores.",
                                                    to_utf8(settings_.node)));
    }

    void complete_database() {
        const Found* database = find("DB_DATABASE");
        std::filesystem::path beside = settings_.data_directory / "multiflexi";
        if (settings_.db_connection == DatabaseKind::sqlite) {
            const std::string name = database ? database->value : "multiflexi.db";
            if (name.starts_with(":") || name.starts_with("file:"))
                complain("DB_DATABASE", fmt::format("DB_DATABASE in {} must be a file on the disk, because several "
                                                    "programs share it.",
                                                    database->sentence));
            const bool is_bare = name.find('/') == std::string::npos;
            beside = is_bare ? settings_.data_directory / name : resolved_path(name, database->place);
            settings_.db_database = beside.string();
            settings_.db_port = 0;
        } else {
            if (!database) settings_.db_database = "multiflexi";
            if (settings_.db_port == 0)
                settings_.db_port = settings_.db_connection == DatabaseKind::pgsql ? 5432 : 3306;
        }
        settings_.wake_directory = with_suffix(beside, ".wake");
        if (!find("MULTIFLEXI_KEY_FILE")) settings_.key_file = with_suffix(beside, ".key");
    }

    static std::filesystem::path with_suffix(std::filesystem::path path, std::string_view suffix) {
        path += suffix;
        return path;
    }

    bool uses_system_data() const {
        return sources_.euid == 0 || ::faccessat(AT_FDCWD, sources_.system_data.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
    }

    /// XDG Base Directory Specification: a relative path in these variables is ignored.
    std::filesystem::path home_directory(std::string_view variable, std::string_view usual) {
        const auto given = sources_.environment.find(variable);
        if (given != sources_.environment.end() && given->second.starts_with("/"))
            return std::filesystem::path(given->second) / "multiflexi";
        if (!sources_.home.empty()) return sources_.home / usual / "multiflexi";
        if (!is_homeless_)
            complain("MULTIFLEXI_DATA",
                     "This user has no home directory. Set MULTIFLEXI_DATA to the directory in which "
                     "everything is to be kept.");
        is_homeless_ = true;
        return "/";
    }

    void report(const Setting& setting) {
        const Found* found = find(setting);
        auto value = setting.show(settings_);
        if (setting.options.secret) value = value.empty() ? "(not set)" : "••••••••";
        settings_.effective.push_back({std::string(setting.name), std::move(value), found ? found->origin : "default"});
    }

    const SettingsSources& sources_;
    Settings settings_;
    Layer default_file_, chosen_file_, environment_;
    std::vector<FieldError> errors_;
    bool is_homeless_ = false;
};

}  // namespace

SettingsSources SettingsSources::of_process(std::optional<std::filesystem::path> file) {
    SettingsSources sources;
    sources.file = std::move(file);
    for (char** entry = environ; entry && *entry; ++entry) {
        const std::string_view line(*entry);
        const auto equals = line.find('=');
        if (equals == std::string_view::npos) continue;
        sources.environment.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
    sources.euid = ::geteuid();
    std::error_code gone;
    sources.current_directory = std::filesystem::current_path(gone);
    if (gone) sources.current_directory = "/";
    const auto home = sources.environment.find("HOME");
    if (home != sources.environment.end() && home->second.starts_with("/"))
        sources.home = home->second;
    else if (const passwd* user = ::getpwuid(sources.euid); user && user->pw_dir && user->pw_dir[0] == '/')
        sources.home = user->pw_dir;
    sources.cores = std::max(1U, std::thread::hardware_concurrency());
    char name[HOST_NAME_MAX + 1] = {};
    if (::gethostname(name, HOST_NAME_MAX) == 0) sources.host_name = name;
    return sources;
}

Result<Settings> load_settings(const SettingsSources& sources) { return Loader(sources).load(); }

std::vector<SettingDescription> describe_settings() {
    std::vector<SettingDescription> described;
    const Settings defaults;
    for (const auto& [name, options, values, assign, show] : settings_table()) {
        auto default_value = options.default_text.empty() ? show(defaults) : std::string(options.default_text);
        described.push_back(
            {name, options.alias, options.help, values(options), std::move(default_value), options.secret});
    }
    return described;
}

std::string settings_help() {
    std::string out;
    for (const auto& setting : describe_settings()) {
        out += setting.name;
        if (!setting.alias.empty()) out += fmt::format(" (or {})", setting.alias);
        out += '\n';
        auto text = fmt::format("{} Takes {}.", setting.help, setting.values);
        if (!setting.default_value.empty()) text += fmt::format(" Default: {}.", setting.default_value);
        std::string line;
        for (const auto word : split(text, ' ')) {
            if (!line.empty() && line.size() + 1 + word.size() > 74) {
                out += fmt::format("    {}\n", line);
                line.clear();
            }
            line += (line.empty() ? "" : " ") + std::string(word);
        }
        out += fmt::format("    {}\n", line);
    }
    return out;
}

}  // namespace mf
