// SPDX-License-Identifier: MIT
// chaos-job EVIDENCE SEED CONDUCT: what the jobs of the fault harness are. It writes down by itself what it does, past
// everything that is tested: a line when it begins and one when it ends, appended to EVIDENCE/log, and after each piece
// of output how many bytes it has written to either stream, in a file of its own in EVIDENCE/progress.
#include "chaos/evidence.h"
#include "chaos/job_script.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>

namespace {

using namespace mf::chaos;

constexpr int broken_code = 99;

[[noreturn]] void give_up(const char* what) {
    std::perror(what);
    std::_Exit(broken_code);
}

bool write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// Lines of several writers do not mix: each is one write at the end of the file.
void note(int log, const std::string& line) {
    if (::write(log, line.data(), line.size()) != std::ssize(line)) give_up("evidence");
}

Progress* progress_in(const std::filesystem::path& file) {
    // A second run of a job under the same process number would not go unseen either.
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0 || ::ftruncate(descriptor, sizeof(Progress)) != 0) give_up(file.c_str());
    void* place = ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (place == MAP_FAILED) give_up(file.c_str());
    ::close(descriptor);
    return static_cast<Progress*>(place);
}

/// A process that outlives its parent unless somebody ends it.
pid_t begin_child(int log, std::int64_t job, Dice dice) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    if (dice.one_in(2)) ::setsid();
    if (dice.one_in(3)) std::signal(SIGTERM, SIG_IGN);
    note(log, child_line(job, ::getpid()));
    ::poll(nullptr, 0, 600'000);
    std::_Exit(0);
}

bool leave_file(const JobScript::File& file) {
    const int descriptor = ::open(file.name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) return false;
    const bool written = write_all(descriptor, file.content);
    return ::close(descriptor) == 0 && written;
}

}  // namespace

int main(int argc, char** argv) {
    const char* id = std::getenv("MULTIFLEXI_JOB_ID");
    const auto conduct = argc == 4 ? conduct_named(argv[3]) : std::nullopt;
    if (!id || !conduct) return broken_code;
    const std::filesystem::path evidence = argv[1];
    const auto seed = std::strtoull(argv[2], nullptr, 10);
    const auto job = std::strtoll(id, nullptr, 10);

    if (*conduct == Conduct::stubborn) std::signal(SIGTERM, SIG_IGN);
    const int log = ::open((evidence / "log").c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (log < 0) give_up("evidence");
    note(log, begin_line(job, ::getpid()));
    auto* progress = progress_in(evidence / "progress" / fmt::format("{}-{}", job, ::getpid()));

    JobScript script(seed, job, *conduct);
    const pid_t child = *conduct == Conduct::parent ? begin_child(log, job, Dice(seed ^ mixed(job))) : 0;
    while (const auto step = script.next()) {
        if (!write_all(step->stream, step->text)) give_up("output");
        (step->stream == 1 ? progress->output : progress->error_output) += step->text.size();
        if (step->rest_ms > 0) ::poll(nullptr, 0, step->rest_ms);
    }
    int code = script.exit_code();
    for (const auto& file : script.files())
        if (!leave_file(file)) code = no_room_code;
    if (child > 0) {
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
    }
    note(log, end_line(job, ::getpid(), code));
    std::_Exit(code);
}
