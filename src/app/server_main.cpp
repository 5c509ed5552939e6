// SPDX-License-Identifier: MIT
#include "app/chosen_backend.h"
#include "app/database_advice.h"
#include "app/mcp_command.h"
#include "app/option_word.h"
#include "app/server.h"
#include "app/server_manual.h"
#include "app/signal_watch.h"
#include "app/start_check.h"

#include "base/text.h"
#include "domain/entity_json.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace {

using namespace mf;

struct Arguments {
    std::string roles = "all";
    std::optional<std::filesystem::path> settings_file;
    bool check = false;
    Installation::NewKey new_key = Installation::NewKey::refuse;
};

void complain(const std::string& message) { std::fputs((message + "\n").c_str(), stderr); }

/// None: the command line was refused, and the reason printed.
std::optional<Arguments> read_arguments(const std::vector<std::string>& words, const std::string& role_of_name) {
    Arguments out;
    if (!role_of_name.empty()) out.roles = role_of_name;
    for (std::size_t i = 0; i < words.size(); ++i) {
        auto [name, value] = OptionWord(words[i]);
        const auto take_value = [&]() -> bool {
            if (value) return true;
            if (i + 1 >= words.size()) {
                complain(fmt::format("The option {} needs a value.", name));
                return false;
            }
            value = words[++i];
            return true;
        };
        if (name == "--check" && !value) {
            out.check = true;
        } else if (name == "--new-key" && !value) {
            out.new_key = Installation::NewKey::accept;
        } else if (name == "--roles") {
            if (!take_value()) return std::nullopt;
            if (!role_of_name.empty() && *value != role_of_name) {
                complain(fmt::format("A program of this name has the role {} alone; use multiflexi serve --roles {}.",
                                     role_of_name, *value));
                return std::nullopt;
            }
            out.roles = *value;
        } else if (name == "-e" || name == "--environment") {
            if (!take_value()) return std::nullopt;
            out.settings_file = *value;
        } else {
            complain(fmt::format("'{}' is not an option of 'multiflexi serve'. See multiflexi --help.", words[i]));
            return std::nullopt;
        }
    }
    return out;
}

void complain(const Error& error) {
    if (error.fields.empty()) return complain(error.message);
    for (const auto& field : error.fields) complain(field.message);
}

int check(const Installation& installation, const Roles& roles, Installation::NewKey new_key) {
    for (const auto& setting : installation.settings().effective)
        std::fputs(fmt::format("{}={}  ({})\n", setting.name, setting.value, setting.origin).c_str(), stdout);
    const auto& zone = installation.found_zone();
    std::fputs(fmt::format("time zone: {} ({})\n", zone.zone.name(), zone.source).c_str(), stdout);
    for (const auto& warning : installation.settings().warnings) complain("Warning: " + warning);
    if (!zone.complaint.empty()) complain("Warning: " + zone.complaint);
    std::fputs("The settings can be read.\n", stdout);
    const auto found = check_start(installation, roles, new_key);
    for (const auto& sentence : found.fine) std::fputs((sentence + "\n").c_str(), stdout);
    for (const auto& sentence : found.wrong) complain(sentence);
    return found.wrong.empty() ? 0 : 1;
}

/// What every spelling of the program answers without starting anything.
bool told_about_itself(const std::vector<std::string>& words) {
    for (const auto& word : words) {
        if (word == "--help" || word == "-h") {
            std::fputs(server_help().c_str(), stdout);
            return true;
        }
        if (word == "--man") {
            std::fputs(server_manual().c_str(), stdout);
            return true;
        }
        if (word == "--version" || word == "-V") {
            std::fputs("multiflexi " MULTIFLEXI_VERSION "\n", stdout);
            return true;
        }
    }
    return false;
}

int run_server(const std::vector<std::string>& words, const std::string& role_of_name) {
    if (told_about_itself(words)) return 0;
    const auto arguments = read_arguments(words, role_of_name);
    if (!arguments) return EX_CONFIG;
    const int refusal = arguments->check ? EXIT_FAILURE : EX_CONFIG;
    const auto roles = roles_named(arguments->roles);
    if (!roles) return complain(roles.error()), refusal;
    auto installation = Installation::load(arguments->settings_file);
    if (!installation) return complain(installation.error()), refusal;
    if (arguments->check) return check(*installation, *roles, arguments->new_key);

    const Settings& settings = installation->settings();
    log::configure(settings.log_level, settings.log_format);
    for (const auto& warning : settings.warnings) log::warning("settings", {{"problem", warning}});
    if (!installation->found_zone().complaint.empty())
        log::warning("time zone", {{"problem", installation->found_zone().complaint}});
    // Memory of the server holds secrets while jobs start.
    ::prctl(PR_SET_DUMPABLE, 0);

    try {
        const std::stop_source stop;
        HangUp hang_up;
        const SignalWatch signals(stop, [&] {
            log::info("hang-up: certificates are read anew; other settings are read at the start only");
            hang_up.happen();
        });
        return serve(*installation, *roles, arguments->new_key, stop.get_token(), hang_up);
    } catch (const sql::DatabaseError& error) {
        log::error("server failed", {{"error", told(error, settings)}});
        return lasts_until_changed(error) ? EX_CONFIG : EXIT_FAILURE;
    } catch (const std::exception& error) {
        log::error("server failed", {{"error", error.what()}});
        return 1;
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    const auto name = std::filesystem::path(argc > 0 ? argv[0] : "multiflexi").filename().string();
    if (name == "multiflexi-scheduler") return run_server(words, "scheduler");
    if (name == "multiflexi-executor") return run_server(words, "executor");
    if (name == "multiflexi-eventor") return run_server(words, "events");
    if (name.starts_with("multiflexi-") && name != "multiflexi-cli") {
        complain(
            fmt::format("There is no role '{}'. Links that are the server in one role are multiflexi-scheduler, "
                        "multiflexi-executor and multiflexi-eventor; the command line is multiflexi-cli.",
                        name.substr(std::string_view("multiflexi-").size())));
        return 1;
    }
    if (!words.empty() && words[0] == "serve") return run_server({words.begin() + 1, words.end()}, {});
    if (!words.empty() && words[0] == "mcp") {
        if (told_about_itself(words)) return 0;
        return run_mcp(std::span(words).subspan(1));
    }
    // With more words it is a call of the command line, which may want JSON.
    if (words.size() <= 1 && told_about_itself(words.empty() ? std::vector<std::string>{"--help"} : words)) return 0;
    ChosenBackend backend;
    auto terminal = process_terminal();
    std::signal(SIGPIPE, SIG_IGN);
    return run_cli(words, backend, terminal);
}
