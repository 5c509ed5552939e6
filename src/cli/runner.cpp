// SPDX-License-Identifier: MIT
#include "cli/runner.h"

#include "base/text.h"
#include "cli/help.h"
#include "cli/invocation.h"
#include "cli/json_text.h"
#include "cli/password_input.h"
#include "cli/server_choice.h"

namespace mf {
namespace {

bool given(const Arguments& arguments, std::string_view alternatives) {
    // An option without its value ("--name" of an optional value) says nothing; an empty value does.
    return std::ranges::any_of(split(alternatives, '|'), [&](std::string_view name) {
        const GivenOption* option = arguments.find(name);
        return option && !(option->values.empty() && option->option.takes != Takes::flag);
    });
}

std::string missing_sentence(const Command& command) {
    if (!command.missing.empty()) return std::string(command.missing);
    std::string out = "Missing";
    for (const auto need : command.needs)
        if (!need.empty()) out += fmt::format("{}--{}", out == "Missing" ? " " : ", ", need);
    return out;
}

class Runner {
public:
    Runner(Backend& backend, Terminal& terminal, std::stop_token stop)
        : backend_(backend), terminal_(terminal), out_(terminal), stop_(std::move(stop)) {}

    int run(std::span<const std::string> words) {
        try {
            const int code = understood(words);
            out_.flush();
            if (!out_.failed()) return code;
            // Who closes the pipe early, as head does, knows why.
            if (!terminal_.reader_gone || !terminal_.reader_gone())
                complain("The output could not be written completely.");
        } catch (const std::exception& problem) {
            // The last resort of the program: the database is gone, memory is out. The command did not do its work.
            report(problem.what());
        }
        return 1;
    }

private:
    int understood(std::span<const std::string> words) {
        const Catalog catalog(backend_.operations());
        const auto reading = read_arguments(words, catalog);
        if (const auto* misuse = std::get_if<Misuse>(&reading)) return refuse(*misuse);
        const auto& request = std::get<Request>(reading);
        globals_ = request.globals;
        if (globals_.quiet || globals_.silent) out_.discard();
        if (globals_.version) {
            if (globals_.json) return print(json::object{{"name", "multiflexi-cli"}, {"version", MULTIFLEXI_VERSION}});
            out_.write(version_line());
            return 0;
        }
        const HelpLook look{
            .width = terminal_.out_is_terminal ? terminal_.width : 100,
            .coloured = globals_.colours.value_or(terminal_.out_is_terminal && !terminal_.colours_unwanted)};
        if (!request.entity.empty())
            return show_help(entity_of(request), help_of_entity(request.entity, globals_.json ? HelpLook{} : look));
        // Without a command, --help speaks about the program.
        if (globals_.help) {
            if (request.entry->command->name != "list")
                return show_help(request.entry->command->name,
                                 help_of_command(*request.entry, globals_.json ? HelpLook{} : look));
            if (!globals_.json) return show_help({}, help_of_program(catalog, look));
        }
        return execute(request, catalog);
    }

    static std::string_view entity_of(const Request& request) {
        const std::string_view name = request.entity.front()->command->name;
        return name.substr(0, name.find(':'));
    }

    int show_help(std::string_view name, const std::string& help) {
        if (globals_.json) return print(json::object{{"name", name}, {"help", help}});
        out_.write(help);
        return 0;
    }

    int print(const json::object& document) {
        std::string text;
        append_ascii_json(text, document);
        out_.line(text);
        return 0;
    }

    int execute(const Request& request, const Catalog& catalog) {
        Invocation invocation(request, catalog, backend_, terminal_, out_, stop_);
        const Command& command = *request.entry->command;
        globals_.json = invocation.json();
        for (const auto need : command.needs)
            if (!need.empty() && !given(request.arguments, need))
                return invocation.refuse(Refusal{.message = missing_sentence(command)});
        if (!command.stays_here)
            if (auto prepared = prepare_backend(invocation); !prepared) return invocation.refuse(prepared.error());
        return command.run(invocation);
    }

    /// Says where and as whom things are done.
    Result<void> prepare_backend(Invocation& invocation) {
        auto server = chosen_server(globals_, terminal_);
        if (!server) return server.error();
        if (!*server && !globals_.settings_file.empty())
            if (auto used = backend_.use_settings(globals_.settings_file); !used) return used;
        const bool has_token = *server && !(*server)->token.empty() && globals_.token_file.empty();
        std::string token;
        if (!has_token) {
            auto found = token_of(invocation, *server ? OwnToken::is_none : OwnToken::finds_it);
            if (!found) return found.error();
            token = *std::move(found);
        }
        if (*server) {
            if (!has_token) (*server)->token = std::move(token);
            return backend_.use_server(**server);
        }
        if (!token.empty()) backend_.use_token(std::move(token));
        return {};
    }

    /// The token of a file, else for a server that of MULTIFLEXI_TOKEN: on this machine the backend knows it itself.
    enum class OwnToken { finds_it, is_none };
    Result<std::string> token_of(Invocation& invocation, OwnToken own) {
        const auto file = token_file_of(globals_, terminal_);
        if (!file) return file.error();
        if (file->empty()) return own == OwnToken::finds_it ? std::string() : token_of_environment(terminal_);
        auto token = secret_from_file(*file, terminal_);
        if (token) warn_of_open_file(invocation, *file, "the token");
        return token;
    }

    int refuse(const Misuse& misuse) {
        globals_ = misuse.globals;
        if (globals_.silent) return 1;
        const bool coloured = globals_.colours.value_or(terminal_.err_is_terminal && !terminal_.colours_unwanted);
        terminal_.err(misuse_box(misuse, coloured));
        // Whoever asked for JSON reads standard output only.
        if (globals_.json && !globals_.quiet) print_error(misuse.message);
        return 1;
    }

    void report(std::string_view problem) {
        complain(problem);
        // Half a document is worse than none, so nothing is added to what is already there.
        if (globals_.json && !out_.used()) print_error(problem);
        out_.flush();
    }

    void print_error(std::string_view message) {
        std::string text;
        append_ascii_json(text, json::object{{"status", "error"}, {"message", message}});
        out_.line(text);
        out_.flush();
    }

    void complain(std::string_view sentence) {
        if (!globals_.silent) terminal_.err(fmt::format("{}\n", one_line(sentence)));
    }

    Backend& backend_;
    Terminal& terminal_;
    Output out_;
    std::stop_token stop_;
    Globals globals_;
};

}  // namespace

int run_cli(std::span<const std::string> arguments, Backend& backend, Terminal& terminal, std::stop_token stop) {
    return Runner(backend, terminal, std::move(stop)).run(arguments);
}

}  // namespace mf
