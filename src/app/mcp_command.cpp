// SPDX-License-Identifier: MIT
#include "app/mcp_command.h"

#include "app/acting_caller.h"
#include "app/endpoint.h"
#include "app/mcp_host.h"
#include "app/mcp_over_http.h"
#include "app/mcp_pipe.h"
#include "app/option_word.h"
#include "app/signal_watch.h"
#include "base/log.h"
#include "cli/password_input.h"
#include "service/job_operations.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>

namespace mf {
namespace {

constexpr McpOption options_of_mcp[] = {
    {"--allow-changes", "also offer what changes something, as far as the caller may; otherwise tools only read"},
    {"--token-file FILE",
     "act with the token in this file instead of as the administrator of this machine; MULTIFLEXI_TOKEN does the same"},
    {"--listen ADDRESS:PORT",
     "serve assistants by HTTP at /mcp instead of one by standard input and output; each request brings its token "
     "(Authorization: Bearer)"},
    {"--certificate FILE", "with --listen: TLS with this certificate (PEM, with those of its authorities)"},
    {"--key FILE", "the key of the certificate (PEM, without a password)"},
    {"--origin ORIGIN", "with --listen: pages of this origin (https://chat.example.com) may call; may be repeated"},
    {"-e, --environment FILE", "settings to load after /etc/multiflexi/multiflexi.env"},
};

struct McpArguments {
    mcp::Changes changes = mcp::Changes::refuse;
    std::optional<std::string> token_file, settings_file, listen, certificate, key;
    std::vector<std::string> origins;
};

Result<McpArguments> read_mcp_arguments(std::span<const std::string> words) {
    McpArguments out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        auto [name, value] = OptionWord(words[i]);
        if (name == "--allow-changes" && !value) {
            out.changes = mcp::Changes::allow;
            continue;
        }
        const std::pair<std::string_view, std::optional<std::string>*> known[] = {{"--token-file", &out.token_file},
                                                                                  {"-e", &out.settings_file},
                                                                                  {"--environment", &out.settings_file},
                                                                                  {"--listen", &out.listen},
                                                                                  {"--certificate", &out.certificate},
                                                                                  {"--key", &out.key},
                                                                                  {"--origin", nullptr}};
        const auto option = std::ranges::find(known, name, [](const auto& each) { return each.first; });
        if (option == std::end(known))
            return invalid(fmt::format("'{}' is not an option of 'multiflexi mcp'. See multiflexi --help.", words[i]));
        if (!value && i + 1 < words.size()) value = words[++i];
        if (!value || value->empty()) return invalid(fmt::format("The option {} needs a value.", name));
        if (option->second)
            *option->second = *value;
        else
            out.origins.push_back(*value);
    }
    if (!out.listen && (out.certificate || out.key || !out.origins.empty()))
        return invalid("--certificate, --key and --origin belong to --listen.");
    if (out.certificate.has_value() != out.key.has_value()) return invalid("--certificate and --key belong together.");
    if (out.listen && (out.token_file || std::getenv(token_variable)))
        return invalid(fmt::format("With --listen each request brings its token. Call it without --token-file and {}.",
                                   token_variable));
    return out;
}

int fail(std::string_view sentence) {
    std::fputs(fmt::format("{}\n", sentence).c_str(), stderr);
    return EXIT_FAILURE;
}

mcp::Options session_options(const McpArguments& arguments) {
    return {.changes = arguments.changes,
            .how_to_allow = "Whoever starts it can allow changes: multiflexi mcp --allow-changes.",
            .version = MULTIFLEXI_VERSION};
}

int converse(Installation& installation, const McpArguments& arguments, const std::optional<std::string>& token,
             std::stop_token stop) {
    const SystemClock clock;
    McpHost host(installation, [&] { return acting_caller(installation, token, "mcp", clock); });
    const auto caller = host.caller();
    if (!caller) return fail(caller.error().message);

    // Standard output is for messages alone, whatever some library may print.
    const Descriptor out(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!out || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) return fail("Standard output cannot be used.");
    const Operations operations = all_operations();
    const auto options = session_options(arguments);
    mcp::Session session(operations, options);
    log::info("serving an assistant",
              {{"login", caller->actor.login}, {"changes", arguments.changes == mcp::Changes::allow}});
    McpPipe pipe(STDIN_FILENO, out.get(), stop);
    if (pipe.serve(session, host, options.most_message) != McpPipe::End::output) return EXIT_SUCCESS;
    log::warning("nobody reads the answers any more");
    return EXIT_FAILURE;
}

int listen(Installation& installation, const McpArguments& arguments, std::stop_token stop) {
    auto endpoint = read_endpoint(*arguments.listen);
    if (!endpoint) return fail(endpoint.error().message);
    McpOverHttp wanted{
        .listen = *std::move(endpoint), .origins = arguments.origins, .session = session_options(arguments)};
    if (arguments.certificate) {
        wanted.listen.tls = true;
        wanted.tls_files = {.certificate = *arguments.certificate, .key = *arguments.key};
    }
    if (auto served = serve_mcp_over_http(installation, wanted, stop); !served) return fail(served.error().message);
    return EXIT_SUCCESS;
}

}  // namespace

std::span<const McpOption> mcp_options() { return options_of_mcp; }

int run_mcp(std::span<const std::string> words) {
    const auto arguments = read_mcp_arguments(words);
    if (!arguments) return fail(arguments.error().message);
    std::optional<std::string> token;
    if (arguments->token_file) {
        // Standard input is where messages come from.
        if (*arguments->token_file == "-") return fail("The token cannot come from standard input. Name a file.");
        auto terminal = process_terminal();
        auto read = secret_from_file(*arguments->token_file, terminal);
        if (!read) return fail(read.error().message);
        token = *std::move(read);
    }
    auto installation = Installation::load(arguments->settings_file);
    if (!installation) return fail(installation.error().message);
    const Settings& settings = installation->settings();
    log::configure(settings.log_level, settings.log_format);
    for (const auto& warning : settings.warnings) log::warning("settings", {{"problem", warning}});
    ::prctl(PR_SET_DUMPABLE, 0);
    try {
        const std::stop_source stop;
        const SignalWatch signals(stop, [] { log::info("hang-up ignored: SIGTERM ends the program"); });
        if (auto open = installation->open(SystemClock()); !open) return fail(open.error().message);
        if (arguments->listen) return listen(*installation, *arguments, stop.get_token());
        return converse(*installation, *arguments, token, stop.get_token());
    } catch (const std::exception& error) {
        return fail(fmt::format("The program ended: {}.", error.what()));
    }
}

}  // namespace mf
