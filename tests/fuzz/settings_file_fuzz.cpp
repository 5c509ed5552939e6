// SPDX-License-Identifier: MIT
// Settings files: any bytes are read line by line, and no message repeats what may be a secret.
#include "base/settings_file.h"
#include "fuzz/fuzz.h"

using namespace mf;
using mf::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const auto file = parse_settings_file(input.rest(), "fuzz.env");
    std::size_t before = 0;
    for (const auto& line : file.lines) {
        require(line.number > before, "lines come in their order");
        before = line.number;
        require(!line.name.empty() && line.name.find('=') == std::string::npos, "a name is a name");
        require(line.value.find('\n') == std::string::npos, "a value is one line");
    }
    // A text that is no name and stands in the seeds: messages name the names of settings, and nothing else of a line.
    const auto quiet = [&](const std::string& message) {
        require(message.find("q7-x") == std::string::npos, "a message does not repeat the content of a line");
    };
    for (const auto& error : file.errors) quiet(error.message);
    for (const auto& warning : file.warnings) quiet(warning);
    return 0;
}
