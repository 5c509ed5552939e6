// SPDX-License-Identifier: MIT
#pragma once

#include "base/log.h"
#include "base/result.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

enum class DatabaseKind { sqlite, pgsql, mysql };
enum class Synchronous { full, normal };
enum class JobsAtStop { leave, end };
/// What assistants may do, within the rights of their tokens.
enum class Assistants { nothing, read, change };

/// A setting as it was found, for `--check` and status reports; secrets are masked.
struct EffectiveSetting {
    std::string name;
    std::string value;
    std::string origin;  ///< "default", "environment", or "file:line"
};

/// The settings of the programs, checked and complete. A new setting is a member here and a line in settings_table.cpp.
struct Settings {
    DatabaseKind db_connection = DatabaseKind::sqlite;
    std::string db_host = "localhost";
    int db_port = 0;          ///< of a database server; 0 for sqlite
    std::string db_database;  ///< sqlite: an absolute path
    std::string db_username;
    std::string db_password;
    Synchronous synchronous = Synchronous::full;
    std::optional<std::string> master_key;  ///< for open_vault, with key_file
    std::filesystem::path key_file;
    std::filesystem::path data_directory;
    std::filesystem::path work_directory;  ///< private directories of jobs are made here
    std::filesystem::path wake_directory;  ///< for WakeListener; follows from the database
    int max_parallel = 0;                  ///< at least 1
    JobsAtStop jobs_at_stop = JobsAtStop::leave;
    std::chrono::seconds drain_timeout{0};
    std::string node;
    std::vector<std::string> node_labels;  ///< see base/labels.h
    std::chrono::seconds lease{120};       ///< of the node, see NodeClaim
    std::string timezone;                  ///< for Zone::of_machine; empty: that of the machine
    std::chrono::seconds session_idle{14'400};
    std::chrono::seconds session_max{604'800};
    std::string oidc_issuer;  ///< empty: nobody signs in at another provider
    std::string oidc_client_id;
    std::string oidc_client_secret;
    std::string oidc_redirect;
    std::string oidc_scopes = "openid profile email";
    bool oidc_create_users = false;
    bool oidc_match_email = true;
    /// Endpoints of the role web; empty: it listens nowhere.
    std::vector<std::string> listen{"127.0.0.1:8080"};
    std::filesystem::path tls_certificate;  ///< PEM; empty: no endpoint has TLS
    std::filesystem::path tls_key;
    std::vector<std::string> trusted_proxies;  ///< addresses and networks
    bool access_log = true;
    int rate_limit = 6'000;             ///< requests a minute of one token or account; 0: no limit
    int rate_limit_anonymous = 300;     ///< requests a minute from one address of whom nobody knows
    int connections_per_address = 256;  ///< open at a time
    Assistants assistants = Assistants::read;
    std::string nodered_webhook_url;  ///< empty: Node-RED is not told of jobs that have ended
    std::string nodered_catalog_url;  ///< empty: it is not told what there is to run
    std::string nodered_token;
    bool nodered_forward_changes = false;  ///< of event sources, to the webhook
    std::chrono::seconds nodered_catalog_interval{300};
    std::string api_prefix;            ///< of the path of the compatible interface, such as "/multiflexi"
    bool api_anonymous_reads = false;  ///< there, of harmless things
    std::vector<std::string> env_allow;
    std::vector<std::string> envfile_roots;          ///< directories whose files credentials may name
    std::chrono::seconds credential_time_limit{10};  ///< of one question to a vault, a bank …
    std::chrono::seconds credential_keep{60};        ///< how long values from a vault count
    int credential_versions = 10;  ///< how many versions of the values of a credential are kept, at least 1
    log::Format log_format = log::Format::text;
    log::Level log_level = log::Level::info;
    bool app_debug = false;

    std::vector<std::string> warnings = {};  ///< whole sentences: unknown names, doubtful lines
    std::vector<EffectiveSetting> effective = {};
};

/// Everything that decides the settings; tests make their own.
struct SettingsSources {
    std::filesystem::path default_file = "/etc/multiflexi/multiflexi.env";  ///< may be missing
    std::optional<std::filesystem::path> file = {};                         ///< of the option -e, must exist
    std::map<std::string, std::string, std::less<>> environment = {};
    std::filesystem::path current_directory = "/";
    std::filesystem::path home = {};                            ///< empty: unknown
    std::filesystem::path system_data = "/var/lib/multiflexi";  ///< of the service
    unsigned euid = 0;
    unsigned cores = 1;
    std::string host_name = "localhost";

    /// Of this process. Not thread-safe against setenv().
    static SettingsSources of_process(std::optional<std::filesystem::path> file = std::nullopt);
};

/// Lowest first: defaults, the default file, the file of -e, the process environment. The highest source that has the
/// name decides; an empty value there means the default. A relative path is taken from the directory of the file it
/// stands in, so that all programs with that file agree, and from the current directory in the environment. The default
/// file may be unreadable only when -e names another one.
/// The error has one field for every wrong value and every wrong line; values of secrets are never shown.
Result<Settings> load_settings(const SettingsSources& sources);

struct SettingDescription {
    std::string_view name;
    std::string_view alias;  ///< another name, used when the first is not set; may be empty
    std::string_view help;   ///< a sentence
    std::string values;      ///< "one of: sqlite, pgsql, mysql"
    std::string default_value;
    bool secret = false;
};

/// Every setting in the order of the manual.
std::vector<SettingDescription> describe_settings();
/// The same as plain text for --help.
std::string settings_help();

}  // namespace mf
