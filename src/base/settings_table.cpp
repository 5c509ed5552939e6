// SPDX-License-Identifier: MIT
#include "base/settings_table.h"

#include "base/labels.h"
#include "base/text.h"
#include "base/zone.h"

#include <fmt/format.h>

namespace mf {
namespace {

using Options = Setting::Options;

template <class E>
constexpr std::string_view names_of[] = {""};
template <>
constexpr std::string_view names_of<DatabaseKind>[] = {"sqlite", "pgsql", "mysql"};
template <>
constexpr std::string_view names_of<Synchronous>[] = {"full", "normal"};
template <>
constexpr std::string_view names_of<JobsAtStop>[] = {"leave", "end"};
template <>
constexpr std::string_view names_of<Assistants>[] = {"nothing", "read", "change"};
template <>
constexpr std::string_view names_of<log::Format>[] = {"text", "json"};
template <>
constexpr std::string_view names_of<log::Level>[] = {"debug", "info", "warning", "error"};

/// How the text of a setting becomes a value of type T. The general case: enumerations.
template <class T>
struct Reading {
    static std::string values(const Options&) { return fmt::format("one of: {}", fmt::join(names_of<T>, ", ")); }
    static std::string parse(std::string_view text, const Options& options, const SettingPlace&, T& out) {
        for (std::size_t i = 0; i < std::size(names_of<T>); ++i)
            if (equal_ignoring_case(text, names_of<T>[i])) {
                out = static_cast<T>(i);
                return {};
            }
        return values(options);
    }
    static std::string show(const T& value) { return std::string(names_of<T>[static_cast<std::size_t>(value)]); }
};

template <>
struct Reading<std::string> {
    static std::string values(const Options&) { return "a text"; }
    static std::string parse(std::string_view text, const Options&, const SettingPlace&, std::string& out) {
        out = text;
        return {};
    }
    static std::string show(const std::string& value) { return value; }
};

template <>
struct Reading<std::optional<std::string>> {
    static std::string values(const Options&) { return "a text"; }
    static std::string parse(std::string_view text, const Options&, const SettingPlace&,
                             std::optional<std::string>& out) {
        out = text;
        return {};
    }
    static std::string show(const std::optional<std::string>& value) { return value.value_or(""); }
};

template <>
struct Reading<int> {
    static std::string values(const Options& options) {
        return fmt::format("a whole number from {} to {}", options.least, options.most);
    }
    static std::string parse(std::string_view text, const Options& options, const SettingPlace&, int& out) {
        const auto number = to_integer(text);
        if (!number || *number < options.least || *number > options.most) return values(options);
        out = static_cast<int>(*number);
        return {};
    }
    static std::string show(int value) { return fmt::to_string(value); }
};

template <>
struct Reading<std::chrono::seconds> {
    static std::string values(const Options& options) {
        return fmt::format("a whole number of seconds from {} to {}", options.least, options.most);
    }
    static std::string parse(std::string_view text, const Options& options, const SettingPlace&,
                             std::chrono::seconds& out) {
        const auto number = to_integer(text);
        if (!number || *number < options.least || *number > options.most) return values(options);
        out = std::chrono::seconds(*number);
        return {};
    }
    static std::string show(std::chrono::seconds value) { return fmt::to_string(value.count()); }
};

template <>
struct Reading<bool> {
    static std::string values(const Options&) { return "true or false"; }
    static std::string parse(std::string_view text, const Options& options, const SettingPlace&, bool& out) {
        const auto is_one_of = [&](auto... words) { return (equal_ignoring_case(text, words) || ...); };
        out = is_one_of("true", "1", "yes", "on");
        return out || is_one_of("false", "0", "no", "off") ? "" : values(options);
    }
    static std::string show(bool value) { return value ? "true" : "false"; }
};

template <>
struct Reading<std::filesystem::path> {
    static std::string values(const Options&) { return "a path"; }
    static std::string parse(std::string_view text, const Options&, const SettingPlace& place,
                             std::filesystem::path& out) {
        out = resolved_path(text, place);
        return {};
    }
    static std::string show(const std::filesystem::path& value) { return value.string(); }
};

template <>
struct Reading<std::vector<std::string>> {
    static std::string values(const Options&) { return "names with commas between them"; }
    static std::string parse(std::string_view text, const Options& options, const SettingPlace&,
                             std::vector<std::string>& out) {
        out.clear();
        for (const auto part : split(text, ',')) {
            const auto name = trim(part);
            if (name.empty()) continue;
            const bool is_name = std::ranges::all_of(
                name, [&](unsigned char c) { return c > ' ' && (c != '=' || options.check) && c != 0x7f; });
            if (!is_name) return values(options);
            out.emplace_back(name);
        }
        return {};
    }
    static std::string show(const std::vector<std::string>& value) { return fmt::format("{}", fmt::join(value, ",")); }
};

template <auto Member>
constexpr Setting setting(std::string_view name, Options options) {
    using T = std::remove_cvref_t<decltype(std::declval<Settings>().*Member)>;
    return {name, options, &Reading<T>::values,
            [](Settings& settings, std::string_view text, const Options& rules, const SettingPlace& place) {
                if (rules.check)
                    if (auto demand = rules.check(text); !demand.empty()) return demand;
                return Reading<T>::parse(text, rules, place, settings.*Member);
            },
            [](const Settings& settings) { return Reading<T>::show(settings.*Member); }};
}

std::string check_zone(std::string_view text) {
    return Zone::named(text) ? "" : "a name of the IANA time zone list, such as Europe/Prague";
}

std::string check_node(std::string_view text) {
    return is_node_name(text) ? ""
                              : "at most 64 letters (a to z), digits, dots, hyphens and underscores, of which the "
                                "first is a letter or a digit, because files are named after it";
}

/// Whether anybody answers there is seen later.
std::string check_web_address(std::string_view text) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!equal_ignoring_case(text.substr(0, scheme.size()), scheme)) continue;
        const auto rest = text.substr(scheme.size());
        const bool is_printable = std::ranges::all_of(rest, [](unsigned char c) { return c > ' ' && c < 0x7f; });
        if (is_printable && rest.find_first_of("/?#:@") != 0 && !rest.empty()) return {};
    }
    return "an address that begins with http:// or https://, followed by the name of a host";
}

std::string check_path_prefix(std::string_view text) {
    for (const auto segment : split(text, '/')) {
        const bool is_plain = std::ranges::all_of(segment, [](char c) {
            return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.' || c == '~';
        });
        if (!is_plain || segment == "." || segment == "..")
            return "the beginning of a path, such as /multiflexi, of letters, digits, '-', '_', '.' and '~', without "
                   "'.' or '..' as a part";
    }
    return {};
}

std::string check_labels(std::string_view text) {
    return parse_labels(text) ? ""
                              : "labels of small letters, digits, dots, underscores, equals signs and hyphens, "
                                "with commas between them, together at most 512 bytes";
}

using S = Settings;
constexpr Setting table[] = {
    setting<&S::db_connection>("DB_CONNECTION", {.help = "Which database keeps everything: an embedded SQLite file, a "
                                                         "PostgreSQL server, or a MariaDB server."}),
    setting<&S::db_host>("DB_HOST", {.help = "Where the database server is: a name, an address, or the path of its "
                                             "socket. Not for sqlite."}),
    setting<&S::db_port>("DB_PORT", {.help = "The port of the database server. 0 is the usual one.",
                                     .default_text = "5432 for pgsql, 3306 for mysql",
                                     .least = 0,
                                     .most = 65535}),
    setting<&S::db_database>("DB_DATABASE", {.help = "The name of the database; for sqlite its file. A file name "
                                                     "without '/' lives in MULTIFLEXI_DATA.",
                                             .default_text = "multiflexi, for sqlite multiflexi.db"}),
    setting<&S::db_username>("DB_USERNAME", {.help = "The user of the database server."}),
    setting<&S::db_password>("DB_PASSWORD", {.help = "The password of that user.", .secret = true}),
    setting<&S::synchronous>("MULTIFLEXI_SYNCHRONOUS",
                             {.help = "How sqlite writes: full keeps a finished job through a loss of power, normal is "
                                      "faster and may lose the last seconds."}),
    setting<&S::master_key>("ENCRYPTION_MASTER_KEY",
                            {.help = "The text that all stored secrets are sealed with. When it is not set, the key "
                                     "file is used.",
                             .alias = "MULTIFLEXI_MASTER_KEY",
                             .secret = true}),
    setting<&S::key_file>(
        "MULTIFLEXI_KEY_FILE",
        {.help = "The file with the key of stored secrets, made by the first "
                 "start of a server or with the first secret. Keep a copy of it apart from the database.",
         .default_text = "beside the sqlite database, with .key after its "
                         "name; else multiflexi.key in MULTIFLEXI_DATA"}),
    setting<&S::data_directory>("MULTIFLEXI_DATA",
                                {.help = "The directory for everything that is kept.",
                                 .default_text = "/var/lib/multiflexi for root and for users who may write there, else "
                                                 "$XDG_DATA_HOME/multiflexi or ~/.local/share/multiflexi"}),
    setting<&S::work_directory>("MULTIFLEXI_WORK_DIRECTORY",
                                {.help = "The directory in which each running job has a private directory; "
                                         "several installations may share it.",
                                 .default_text = "work in MULTIFLEXI_DATA; when that is in the home directory by "
                                                 "default, $XDG_STATE_HOME/multiflexi/work or "
                                                 "~/.local/state/multiflexi/work"}),
    setting<&S::max_parallel>("MULTIFLEXI_MAX_PARALLEL",
                              {.help = "How many jobs may run at once on this node. 0 is the default.",
                               .default_text = "four for each processor, at least sixteen",
                               .least = 0,
                               .most = 10'000}),
    setting<&S::jobs_at_stop>("MULTIFLEXI_JOBS_AT_STOP",
                              {.help = "What becomes of jobs that still run when the server ends (SIGTERM): leave lets "
                                       "them run on, and the next start of the server takes them up; end tells them to "
                                       "end."}),
    setting<&S::drain_timeout>("MULTIFLEXI_DRAIN_TIMEOUT",
                               {.help = "How long the server waits at its end for running jobs to end by themselves, "
                                        "before MULTIFLEXI_JOBS_AT_STOP decides.",
                                .default_text = "0; 60 when MULTIFLEXI_JOBS_AT_STOP is end",
                                .least = 0,
                                .most = 86'400}),
    setting<&S::node>("MULTIFLEXI_NODE",
                      {.help = "The name of this machine among all servers on one database: letters, "
                               "digits, dots, hyphens, underscores. It must stay the same over "
                               "restarts.",
                       .default_text = "the host name",
                       .check = check_node}),
    setting<&S::node_labels>("MULTIFLEXI_NODE_LABELS",
                             {.help = "What this machine is or has, with commas between the labels. A run template can "
                                      "ask for labels (--runs_on); its jobs run on machines that have them all.",
                              .check = check_labels}),
    setting<&S::lease>("MULTIFLEXI_LEASE",
                       {.help = "How long this machine may be silent before other servers on the database declare its "
                                "running jobs lost. It says six times in this time, at least every 30 seconds, that it "
                                "lives.",
                        .least = 2,
                        .most = 3'600}),
    setting<&S::timezone>("MULTIFLEXI_TIMEZONE", {.help = "The time zone of schedules that name none, and of times "
                                                          "that are shown.",
                                                  .default_text = "the zone of the machine",
                                                  .check = check_zone}),
    setting<&S::session_idle>(
        "MULTIFLEXI_SESSION_IDLE",
        {.help = "How long somebody stays signed in without doing anything.", .least = 60, .most = 2'592'000}),
    setting<&S::session_max>("MULTIFLEXI_SESSION_MAX",
                             {.help = "How long somebody stays signed in at most.", .least = 60, .most = 31'536'000}),
    setting<&S::oidc_issuer>("MULTIFLEXI_OIDC_ISSUER",
                             {.help = "Where people may sign in instead of here, by OpenID Connect: the address of the "
                                      "provider, as it calls itself. Empty: nowhere."}),
    setting<&S::oidc_client_id>("MULTIFLEXI_OIDC_CLIENT_ID",
                                {.help = "The name of this installation at the provider."}),
    setting<&S::oidc_client_secret>("MULTIFLEXI_OIDC_CLIENT_SECRET",
                                    {.help = "Its password there. Empty: a public client.", .secret = true}),
    setting<&S::oidc_redirect>("MULTIFLEXI_OIDC_REDIRECT",
                               {.help = "The address of this installation to which the provider sends people back."}),
    setting<&S::oidc_scopes>("MULTIFLEXI_OIDC_SCOPES", {.help = "What the provider is asked for."}),
    setting<&S::oidc_create_users>("MULTIFLEXI_OIDC_CREATE_USERS",
                                   {.help = "Whether people whom the provider knows, but not this installation, get an "
                                            "account. It has no roles."}),
    setting<&S::oidc_match_email>("MULTIFLEXI_OIDC_MATCH_EMAIL",
                                  {.help = "Whether somebody gets the account with the same e-mail address, if the "
                                           "provider has verified it."}),
    setting<&S::listen>("MULTIFLEXI_LISTEN",
                        {.help = "Where the REST API is served, with commas between them: an address and a port "
                                 "(127.0.0.1:8080, [::1]:8080), https:// before it for TLS, or unix:/path of a socket. "
                                 "none: nowhere."}),
    setting<&S::tls_certificate>("MULTIFLEXI_TLS_CERTIFICATE",
                                 {.help = "The PEM file with the certificate for https, and those of its authorities "
                                          "behind it. It is read anew at SIGHUP."}),
    setting<&S::tls_key>("MULTIFLEXI_TLS_KEY", {.help = "The PEM file with its private key, without a password."}),
    setting<&S::trusted_proxies>("MULTIFLEXI_TRUSTED_PROXIES",
                                 {.help = "Addresses and networks of proxies, such as 10.0.0.0/8, with commas between "
                                          "them; unix for those at a socket. Only what these say about where a request "
                                          "comes from is believed."}),
    setting<&S::access_log>("MULTIFLEXI_ACCESS_LOG", {.help = "Whether each request is logged."}),
    setting<&S::rate_limit>("MULTIFLEXI_RATE_LIMIT",
                            {.help = "How many requests an account may make in a minute, with all its tokens and "
                                     "sessions together. 0: as many as it likes.",
                             .least = 0,
                             .most = 10'000'000}),
    setting<&S::rate_limit_anonymous>("MULTIFLEXI_RATE_LIMIT_ANONYMOUS",
                                      {.help = "The same for an address, counting requests that name nobody, or "
                                               "somebody who does not exist.",
                                       .least = 0,
                                       .most = 10'000'000}),
    setting<&S::connections_per_address>(
        "MULTIFLEXI_CONNECTIONS_PER_ADDRESS",
        {.help = "How many connections of one address, or of one /64 network of IPv6, may be open at a time; more are "
                 "turned away with status 429. Trusted proxies and sockets are not counted. A page that shows what "
                 "happens keeps one open.",
         .least = 1,
         .most = 10'000}),
    setting<&S::assistants>("MULTIFLEXI_MCP",
                            {.help = "What assistants may do that speak the Model Context Protocol at /mcp of the "
                                     "endpoints, within the rights of their tokens."}),
    setting<&S::api_prefix>("MULTIFLEXI_API_PREFIX",
                            {.help = "Where clients of the former REST interface look for it: what stands before "
                                     "/api/VitexSoftware/MultiFlexi/1.0.0 in the path, such as /multiflexi.",
                             .check = check_path_prefix}),
    setting<&S::api_anonymous_reads>("MULTIFLEXI_API_ANONYMOUS_READS",
                                     {.help = "Whether that interface shows everybody topics, credential types and "
                                              "the names of credentials, which some of its clients read without "
                                              "signing in. Never values, and nothing is changed."}),
    setting<&S::nodered_webhook_url>("NODERED_WEBHOOK_URL",
                                     {.help = "Where Node-RED (node-red-contrib-multiflexi) is told of each job that "
                                              "has ended. Empty: it is not.",
                                      .check = check_web_address}),
    setting<&S::nodered_token>("NODERED_TOKEN", {.help = "Sent to Node-RED as X-MultiFlexi-Token.", .secret = true}),
    setting<&S::nodered_forward_changes>(
        "NODERED_FORWARD_CHANGES",
        {.help = "Whether NODERED_WEBHOOK_URL is also told of each change that was taken over from an event source."}),
    setting<&S::nodered_catalog_url>("NODERED_CATALOG_URL",
                                     {.help = "Where Node-RED is told which companies, run templates and credentials "
                                              "there are. Empty: it is not.",
                                      .check = check_web_address}),
    setting<&S::nodered_catalog_interval>(
        "NODERED_CATALOG_INTERVAL",
        {.help = "How often it is looked whether they have changed.", .least = 1, .most = 86'400}),
    setting<&S::env_allow>("MULTIFLEXI_ENV_ALLOW", {.help = "Variables of the server that jobs get as well, and names "
                                                            "that definitions may use although they are refused "
                                                            "otherwise."}),
    setting<&S::envfile_roots>("MULTIFLEXI_ENVFILE_ROOTS",
                               {.help = "Directories, with commas between them, whose files credentials of the kind "
                                        "EnvFile may name. Without any, none may be read."}),
    setting<&S::credential_time_limit>("MULTIFLEXI_CREDENTIAL_TIME_LIMIT",
                                       {.help = "How long a vault, or whatever stands behind a credential, has for its "
                                                "answer before it counts as unavailable.",
                                        .least = 1,
                                        .most = 300}),
    setting<&S::credential_keep>(
        "MULTIFLEXI_CREDENTIAL_CACHE",
        {.help = "How long values that came from a vault are kept in memory, so that jobs that "
                 "start together ask once. 0 asks for each job.",
         .least = 0,
         .most = 86'400}),
    setting<&S::credential_versions>(
        "MULTIFLEXI_CREDENTIAL_VERSIONS",
        {.help = "How many versions of the values of a credential are kept, the one in use "
                 "among them; older ones go with the next change.",
         .least = 1,
         .most = 1'000}),
    setting<&S::log_format>("MULTIFLEXI_LOG_FORMAT", {.help = "How the log is written to standard error."}),
    setting<&S::log_level>("MULTIFLEXI_LOG_LEVEL", {.help = "The least important lines that are logged."}),
    setting<&S::app_debug>("APP_DEBUG", {.help = "Logs everything, unless MULTIFLEXI_LOG_LEVEL is set."}),
};

}  // namespace

std::span<const Setting> settings_table() { return table; }

bool is_node_name(std::string_view text) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    return !text.empty() && text.size() <= 64 && is_plain(text.front()) &&
           std::ranges::all_of(text, [&](char c) { return is_plain(c) || c == '.' || c == '-' || c == '_'; });
}

std::string wrong_value(const Setting& setting, std::string_view value, std::string_view where,
                        std::string_view demand) {
    if (setting.options.secret) return fmt::format("{} in {} must be {}.", setting.name, where, demand);
    std::string shown = to_utf8(value.substr(0, 80));
    for (char& c : shown)
        if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = '?';
    if (value.size() > 80) shown += "…";
    return fmt::format("{} in {} is '{}', but must be {}.", setting.name, where, shown, demand);
}

std::filesystem::path resolved_path(std::string_view text, const SettingPlace& place) {
    std::filesystem::path path(text);
    if (text.starts_with("~/") && !place.home.empty()) path = place.home / text.substr(2);
    return (place.base / path).lexically_normal();
}

}  // namespace mf
