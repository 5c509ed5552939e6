// SPDX-License-Identifier: MIT
// Command lines: any words are a request or a misuse, and running them gives an exit code, whatever the operations say.
#include "cli/commands.h"
#include "cli/grammar.h"
#include "cli/testing/fake_backend.h"
#include "fuzz/fuzz.h"

#include <set>

using namespace mf;
using mf::fuzz::require;

namespace {

/// Answers of every shape that an operation could give, the wrong ones too.
Result<json::value> answer(std::uint8_t choice) {
    switch (choice % 8) {
        case 0: return json::value(json::object{{"id", 1}, {"name", "Acme"}, {"active", true}});
        case 1: return json::value(json::array{json::object{{"id", 1}, {"name", "a\x1b[31m\nb"}}, json::object{}});
        case 2: return Error{ErrorCode::not_found, "There is none."};
        case 3: return Error{ErrorCode::invalid, "No.", {{"name", "It is wrong."}}};
        case 4: return json::value(nullptr);
        case 5: return json::value(json::object{{"items", json::array{}}, {"total", 0}});
        case 6: return Error{ErrorCode::conflict, "It changed."};
        default: return json::value("text");
    }
}

testing::FakeBackend backend_of(const std::uint8_t& choice) {
    testing::FakeBackend backend;
    std::set<std::string> names;
    for (const auto& table : command_tables())
        for (const Command& command : table)
            if (!command.operation.empty()) names.emplace(command.operation);
    for (const std::string& name : names)
        backend.offer(name, {"id", "name", "code", "?active", "*config", "limit", "cron", "zone"},
                      [&choice](const json::object&) { return answer(choice); });
    backend.outputs[{1, JobStream::out}] = {"some ", "output\n"};
    backend.artifacts[1] = {"content"};
    return backend;
}

bool writes_or_reads_files(std::string_view word) {
    return word.find('/') != std::string_view::npos || word.find("file") != std::string_view::npos ||
           word.find("batch") != std::string_view::npos || word.find("dir") != std::string_view::npos ||
           word.find("json") != std::string_view::npos || word.find("artifact") != std::string_view::npos ||
           word.find("out") != std::string_view::npos;
}

}  // namespace

// A byte that chooses the answer of the operations, one for the look of the terminal, then a word on each line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static std::uint8_t choice = 0;
    static testing::FakeBackend backend = backend_of(choice);
    static const Catalog catalog(backend.operations());
    fuzz::Input input(data, size);
    choice = input.byte();
    const auto look = input.byte();
    std::vector<std::string> words;
    bool only_read = false;
    while (!input.empty() && words.size() < 64) {
        words.emplace_back(input.line());
        only_read |= writes_or_reads_files(words.back());
    }
    const auto reading = read_arguments(words, catalog);
    if (const auto* misuse = std::get_if<Misuse>(&reading))
        require(!misuse->message.empty(), "a misuse says what is wrong");
    // Commands that touch files are only read: fuzzers must not write where chance leads them.
    if (only_read) return 0;

    backend.asked.clear();
    testing::Shell shell{.backend = backend,
                         .input = "{\"cron\":\"@daily\"}\n",
                         .terminal = (look & 1) != 0,
                         .width = static_cast<std::size_t>(look % 160)};
    shell(words);
    require(shell.code >= 0 && shell.code <= 255, "a call ends with an exit code");
    require(shell.code == 0 || !shell.err.empty() || !shell.out.empty() ||
                std::ranges::any_of(words,
                                    [](auto& word) {
                                        return word.starts_with("--si") || word.starts_with("--exit") ||
                                               word.starts_with("-q") || word == "--quiet";
                                    }),
            "a refused call says why");
    return 0;
}
