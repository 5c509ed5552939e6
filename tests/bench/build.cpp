// SPDX-License-Identifier: MIT
#include "bench/stand.h"

#include <fmt/format.h>
#include <cstdlib>
#include <stdexcept>

namespace mf::bench {
namespace {

void must_succeed(std::vector<std::string> words, const char* what) {
    // Whoever stops this program does not want to wait for the compilers.
    words.insert(words.begin(), {"/usr/bin/setpriv", "--pdeathsig", "TERM"});
    if (run(words).exit_code != 0) throw std::runtime_error(fmt::format("{} failed; scripts/build shows why.", what));
}

/// Seconds of a build of everything in the directory.
double seconds_to_build(const std::filesystem::path& directory) {
    const auto begin = std::chrono::steady_clock::now();
    must_succeed({"ninja", "-C", directory.string()}, "The build");
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// A source file that looks changed for a while.
class Touched {
public:
    explicit Touched(std::filesystem::path file) : file_(std::move(file)), before_(last_write_time(file_)) {
        last_write_time(file_, std::filesystem::file_time_type::clock::now());
    }
    ~Touched() {
        std::error_code problem;
        last_write_time(file_, before_, problem);
    }
    Touched(const Touched&) = delete;
    Touched& operator=(const Touched&) = delete;

private:
    const std::filesystem::path file_;
    const std::filesystem::file_time_type before_;
};

}  // namespace

Figures measure_build(const Places& places) {
    // Without the compiler's cache: what somebody waits for who has never built this, and who really changed a file.
    ::setenv("CCACHE_DISABLE", "1", 1);
    const std::filesystem::path source = MULTIFLEXI_SOURCE_DIRECTORY;
    const auto directory = places.state / "build";
    const bool with_tests = std::filesystem::exists("/usr/include/doctest/doctest.h") &&
                            std::filesystem::exists("/usr/include/rapidcheck.h");
    must_succeed({"cmake", "-S", source.string(), "-B", directory.string(), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                  fmt::format("-DMULTIFLEXI_TESTS={}", with_tests ? "ON" : "OFF")},
                 "CMake");
    Figures out;
    out.push_back(at_most(with_tests ? "clean build of everything, with the tests" : "clean build of the programs", 360,
                          seconds_to_build(directory), "s"));
    // One that everything links, the longest of the operations, and one that little depends on.
    for (const auto* file : {"base/text.cpp", "service/run_template_operations.cpp", "schedule/planner.cpp"}) {
        const Touched touched(source / "src" / file);
        out.push_back(
            at_most(fmt::format("... after {} was touched, with linking", file), 15, seconds_to_build(directory), "s"));
    }
    ::unsetenv("CCACHE_DISABLE");
    std::filesystem::remove_all(directory);
    return out;
}

}  // namespace mf::bench
