// SPDX-License-Identifier: MIT
#include "chaos/evidence.h"

#include "execute/process_table.h"

#include <fmt/format.h>
#include <ctime>
#include <fstream>
#include <sstream>

namespace mf::chaos {
namespace {

std::string line(const char* word, std::int64_t job, pid_t pid, int code) {
    return fmt::format("{} {} {} {} {} {}\n", word, job, pid, start_time_of(pid).value_or(0), uptime_ms(), code);
}

Progress progress_of(const std::filesystem::path& file) {
    Progress out;
    std::ifstream(file, std::ios::binary).read(reinterpret_cast<char*>(&out), sizeof out);
    return out;
}

}  // namespace

std::int64_t uptime_ms() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

std::string begin_line(std::int64_t job, pid_t pid) { return line("begin", job, pid, 0); }
std::string child_line(std::int64_t job, pid_t pid) { return line("child", job, pid, 0); }
std::string end_line(std::int64_t job, pid_t pid, int code) { return line("end", job, pid, code); }

Evidence read_evidence(const std::filesystem::path& directory) {
    Evidence out;
    std::ifstream log(directory / "log");
    for (std::string text; std::getline(log, text);) {
        std::istringstream words(text);
        std::string word;
        std::int64_t job = 0, at = 0;
        Identity process;
        int code = 0;
        if (!(words >> word >> job >> process.pid >> process.start >> at >> code)) {
            out.faults.push_back(fmt::format("The evidence has a line that is none: '{}'.", text));
            continue;
        }
        auto& runs = out.runs[job];
        if (word == "begin") {
            runs.push_back({.process = process,
                            .began_ms = at,
                            .progress = progress_of(directory / "progress" / fmt::format("{}-{}", job, process.pid))});
        } else if (word == "child") {
            out.children[job].push_back(process);
        } else if (runs.empty() || runs.back().process != process || runs.back().code) {
            out.faults.push_back(fmt::format("The evidence has an end without a beginning: '{}'.", text));
        } else {
            runs.back().ended_ms = at;
            runs.back().code = code;
        }
    }
    return out;
}

}  // namespace mf::chaos
