// SPDX-License-Identifier: MIT
#include "app/mcp_command.h"

#include "app/acting_caller.h"
#include "app/database_advice.h"
#include "app/signal_watch.h"
#include "base/log.h"
#include "cli/password_input.h"
#include "mcp/lines.h"
#include "mcp/session.h"
#include "service/job_operations.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>

namespace mf {
namespace {

constexpr McpOption options_of_mcp[] = {
    {"--allow-changes", "also offer what changes something, as far as the caller may; otherwise tools only read"},
    {"--token-file FILE",
     "act with the token in this file instead of as the administrator of this machine; MULTIFLEXI_TOKEN does the same"},
    {"-e, --environment FILE", "settings to load after /etc/multiflexi/multiflexi.env"},
};

struct McpArguments {
    mcp::Changes changes = mcp::Changes::refuse;
    std::optional<std::string> token_file, settings_file;
};

Result<McpArguments> read_mcp_arguments(std::span<const std::string> words) {
    McpArguments out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        std::string name = words[i];
        std::optional<std::string> value;
        if (const auto equals = name.find('='); name.starts_with("--") && equals != std::string::npos) {
            value = name.substr(equals + 1);
            name.resize(equals);
        }
        if (name == "--allow-changes" && !value) {
            out.changes = mcp::Changes::allow;
            continue;
        }
        const bool is_token = name == "--token-file";
        if (!is_token && name != "-e" && name != "--environment")
            return invalid(fmt::format("'{}' is not an option of 'multiflexi mcp'. See multiflexi --help.", words[i]));
        if (!value && i + 1 < words.size()) value = words[++i];
        if (!value || value->empty()) return invalid(fmt::format("The option {} needs a value.", name));
        (is_token ? out.token_file : out.settings_file) = *value;
    }
    return out;
}

/// The installation of this machine, for an assistant that was started on it.
class LocalHost final : public mcp::Host {
public:
    LocalHost(Installation& installation, std::optional<std::string> token)
        : installation_(installation), token_(std::move(token)) {}

    Result<Caller> caller() override {
        return guarded([&] { return acting_caller(installation_, token_, "mcp", clock_); });
    }
    Result<json::value> perform(const Operation& operation, const json::object& input, const Caller& caller) override {
        return guarded([&] { return installation_.run(operation, input, caller, clock_); });
    }
    Timestamp now() override { return clock_.now(); }
    Zone zone() override { return installation_.zone(); }
    const Clock& clock() const { return clock_; }

private:
    template <class F>
    auto guarded(F&& work) -> decltype(work()) {
        try {
            return work();
        } catch (const sql::DatabaseError& error) {
            return Error{ErrorCode::unavailable, told(error, installation_.settings())};
        }
    }

    Installation& installation_;
    const std::optional<std::string> token_;
    const SystemClock clock_;
};

/// Messages in and out through two descriptors, until the input ends, nobody reads the output, or a stop is requested.
class McpPipe {
public:
    McpPipe(int in, int out, std::stop_token stop)
        : in_(in), out_(out), stop_(stop), on_stop_(stop, [this] { stopped_.notify(); }) {}

    enum class End { input, output, stop };

    End serve(mcp::Session& session, mcp::Host& host, std::size_t most_message) {
        mcp::Lines lines(most_message);
        std::string buffer(64 << 10, '\0');
        for (bool is_open = true; is_open;) {
            if (!wait_for(in_, POLLIN)) return End::stop;
            const auto count = ::read(in_, buffer.data(), buffer.size());
            if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
            is_open = count > 0;
            if (is_open)
                lines.add({buffer.data(), static_cast<std::size_t>(count)});
            else
                lines.end();
            while (const auto line = lines.next()) {
                if (stop_.stop_requested()) return End::stop;
                const auto answer = session.answer_to(*line, host);
                if (!answer) continue;
                if (const auto end = write(*answer + "\n")) return *end;
            }
        }
        return End::input;
    }

private:
    /// False: a stop is requested.
    bool wait_for(int descriptor, short event) {
        pollfd watched[] = {{.fd = descriptor, .events = event, .revents = 0},
                            {.fd = stopped_.descriptor(), .events = POLLIN, .revents = 0}};
        while (!stop_.stop_requested())
            if (::poll(watched, std::size(watched), -1) > 0 && watched[0].revents) return !stop_.stop_requested();
        return false;
    }
    /// None: all of it was written.
    std::optional<End> write(std::string_view text) {
        while (!text.empty()) {
            if (!wait_for(out_, POLLOUT)) return End::stop;
            // So much never blocks when poll() has said that there is room (pipe(7)).
            const auto count = ::write(out_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
            if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
            if (count < 0) return End::output;
            text.remove_prefix(static_cast<std::size_t>(count));
        }
        return std::nullopt;
    }

    const int in_, out_;
    const std::stop_token stop_;
    Nudge stopped_;
    std::stop_callback<std::function<void()>> on_stop_;
};

int fail(std::string_view sentence) {
    std::fputs(fmt::format("{}\n", sentence).c_str(), stderr);
    return EXIT_FAILURE;
}

int converse(Installation& installation, const McpArguments& arguments, std::optional<std::string> token) {
    const std::stop_source stop;
    const SignalWatch signals(stop);
    LocalHost host(installation, std::move(token));
    if (auto open = installation.open(host.clock()); !open) return fail(open.error().message);
    const auto caller = host.caller();
    if (!caller) return fail(caller.error().message);

    // Standard output is for messages alone, whatever some library may print.
    const Descriptor out(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!out || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) return fail("Standard output cannot be used.");
    const Operations operations = all_operations();
    const mcp::Options options{.changes = arguments.changes,
                               .how_to_allow = "Whoever starts it can allow changes: multiflexi mcp --allow-changes.",
                               .version = MULTIFLEXI_VERSION};
    mcp::Session session(operations, options);
    log::info("serving an assistant",
              {{"login", caller->actor.login}, {"changes", arguments.changes == mcp::Changes::allow}});
    McpPipe pipe(STDIN_FILENO, out.get(), stop.get_token());
    const auto end = pipe.serve(session, host, options.most_message);
    if (end != McpPipe::End::output) return EXIT_SUCCESS;
    log::warning("nobody reads the answers any more");
    return EXIT_FAILURE;
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
        return converse(*installation, *arguments, std::move(token));
    } catch (const std::exception& error) {
        return fail(fmt::format("The conversation ended: {}.", error.what()));
    }
}

}  // namespace mf
