// SPDX-License-Identifier: MIT
#include "execute/spawn.h"

#include "execute/children.h"
#include "execute/process_table.h"
#include "execute/start_failure.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>

// glibc's clone under its other name. The thread sanitizer intercepts only "clone", and would take the call for a fork
// and run the fork's clean-up in the child: in our memory.
extern "C" int __clone(int (*function)(void*), void* stack, int flags, void* argument, ...) noexcept;

namespace mf {

namespace {

// The child runs in our memory, on our thread's data. It may therefore neither run instrumented code (the sanitizers
// would count it as ours) nor call functions they intercept: only bare system calls.
#define MF_IN_CHILD __attribute__((no_sanitize("address", "thread", "undefined"), noinline))

struct ChildLimit {
    int resource;
    std::uint64_t value;
    bool soft_only = false;  ///< the child may raise it again
};

/// Written by the parent, read by the child, except for the last three, which go the other way.
struct Child {
    const char* directory;
    std::vector<const char*> paths;  // to try in this order
    std::vector<char*> argv;
    std::vector<char*> environment;
    int in, out, err;
    ::mode_t mask;
    std::array<ChildLimit, 5> limits{};
    std::size_t limit_count = 0;
    pid_t dies_with = 0;  // 0: with nobody
    std::atomic<pid_t>* pid = nullptr;
    SpawnStep step = SpawnStep::prepare;
    int error = 0;
};

/// struct rlimit64 of the kernel.
struct KernelLimit {
    std::uint64_t soft, hard;
};

MF_IN_CHILD long limit_resource(const ChildLimit& limit) {
    KernelLimit now{};
    if (::syscall(SYS_prlimit64, 0, limit.resource, nullptr, &now) != 0) return -1;
    const std::uint64_t value = limit.value < now.hard ? limit.value : now.hard;
    // The processor time limit warns by SIGXCPU first and kills a second later.
    const bool warns = limit.resource == RLIMIT_CPU && value < now.hard;
    const KernelLimit wanted{value, limit.soft_only ? now.hard : warns ? value + 1 : value};
    return ::syscall(SYS_prlimit64, 0, limit.resource, &wanted, nullptr);
}

MF_IN_CHILD void exec_first(Child& child, const char* const* paths, char* const* argv, char* const* environment) {
    int error = ENOENT;
    for (; *paths; ++paths) {
        ::syscall(SYS_execve, *paths, argv, environment);
        if (errno == EACCES)
            error = EACCES;  // remembered, as execvp does: a later directory may still have it
        else if (errno != ENOENT && errno != ENOTDIR) {
            error = errno;
            break;
        }
    }
    child.error = error;
}

MF_IN_CHILD int run_child(void* argument) {
    auto& child = *static_cast<Child*>(argument);
    // Ignored signals survive exec, and a handler of ours must not run in here: all get their default. A kernel
    // sigaction of zeros says exactly that on every architecture.
    const std::uint64_t defaults[8] = {};
    for (int number = 1; number <= 64; ++number) ::syscall(SYS_rt_sigaction, number, defaults, nullptr, 8);
    __atomic_store_n(reinterpret_cast<pid_t*>(child.pid), static_cast<pid_t>(::syscall(SYS_getpid)), __ATOMIC_SEQ_CST);
    if (child.dies_with != 0) {
        ::syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        // It may have died before it was asked for.
        if (::syscall(SYS_getppid) != child.dies_with) ::syscall(SYS_exit_group, 126);
    }
    ::syscall(SYS_setsid);
    ::syscall(SYS_umask, child.mask);
    child.step = SpawnStep::limits;
    for (std::size_t i = 0; i < child.limit_count; ++i) {
        if (limit_resource(child.limits[i]) == 0) continue;
        child.error = errno;
        return 126;
    }
    child.step = SpawnStep::directory;
    if (::syscall(SYS_chdir, child.directory) != 0) {
        child.error = errno;
        return 126;
    }
    child.step = SpawnStep::descriptors;
    if (::syscall(SYS_dup3, child.in, 0, 0) < 0 || ::syscall(SYS_dup3, child.out, 1, 0) < 0 ||
        ::syscall(SYS_dup3, child.err, 2, 0) < 0 || ::syscall(SYS_close_range, 3U, ~0U, 0U) != 0) {
        child.error = errno;
        return 126;
    }
    const std::uint64_t nothing = 0;
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &nothing, nullptr, 8);
    child.step = SpawnStep::exec;
    exec_first(child, child.paths.data(), child.argv.data(), child.environment.data());
    return 127;
}

/// No signal handler of ours may run between clone and exec: the child would run it in our memory.
class AllSignalsBlocked {
public:
    AllSignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~AllSignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_;
};

/// Above the standard descriptors, which the child replaces one after the other.
Descriptor above_standard(Descriptor fd) {
    if (!fd || fd.get() > 2) return fd;
    return Descriptor(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
}

struct Pipe {
    Descriptor read, write;
};

std::optional<Pipe> make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
    Pipe pipe{above_standard(Descriptor(ends[0])), above_standard(Descriptor(ends[1]))};
    if (!pipe.read || !pipe.write) return std::nullopt;
    // The end of the job keeps blocking, as programs expect of their standard output.
    ::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
    return pipe;
}

void add_limits(Child& child, const ResourceLimits& limits, std::optional<std::uint64_t> usual_open_files) {
    const auto add = [&](int resource, std::uint64_t value) { child.limits[child.limit_count++] = {resource, value}; };
    add(RLIMIT_CORE, 0);
    if (limits.memory) add(RLIMIT_AS, *limits.memory);
    if (limits.cpu) add(RLIMIT_CPU, *limits.cpu);
    if (limits.open_files)
        add(RLIMIT_NOFILE, *limits.open_files);
    else if (usual_open_files)
        child.limits[child.limit_count++] = {RLIMIT_NOFILE, *usual_open_files, true};
    if (limits.file_size) add(RLIMIT_FSIZE, *limits.file_size);
}

std::uint64_t our_peak_memory() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

/// -1, errno set: not now.
int open_null() {
    static std::mutex mutex;
    static Descriptor null;
    const std::lock_guard lock(mutex);
    if (!null) null = above_standard(Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
    return null.get();
}

}  // namespace

std::variant<Spawned, StartFailure> spawn(const ProcessCommand& command,
                                          std::optional<std::uint64_t> usual_open_files) {
    if (auto refused = refuse(command)) return *std::move(refused);
    const auto paths = executable_candidates(command);
    std::vector<std::string> entries;
    entries.reserve(command.environment.size());
    for (const auto& [name, value] : command.environment) {
        auto& entry = entries.emplace_back();
        entry.reserve(name.size() + value.size() + 1);
        entry.append(name).append(1, '=').append(value);
    }
    Child child{.directory = command.directory.c_str(), .in = open_null(), .mask = command.file_mode_mask};
    for (const auto& path : paths) child.paths.push_back(path.c_str());
    child.paths.push_back(nullptr);
    for (const auto& text : command.argv) child.argv.push_back(const_cast<char*>(text.c_str()));  // exec does not write
    child.argv.push_back(nullptr);
    for (auto& entry : entries) child.environment.push_back(entry.data());
    child.environment.push_back(nullptr);
    if (child.in < 0) return explain(command, SpawnStep::prepare, errno);
    add_limits(child, command.resources, usual_open_files);

    auto out = make_pipe();
    auto err = out ? make_pipe() : std::nullopt;
    if (!err) return explain(command, SpawnStep::prepare, errno);
    child.out = out->write.get();
    child.err = err->write.get();
    if (command.dies_with_us) child.dies_with = ::getpid();

    constexpr std::size_t stack_size = 64 * 1024;
    // Kept: this thread stands still until the child has left it, and blocks of this size are dear to malloc.
    thread_local const auto stack = std::make_unique_for_overwrite<char[]>(stack_size);
    void* stack_top =
        reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(stack.get() + stack_size) & ~std::uintptr_t{63});

    children::Birth birth;
    child.pid = &birth.slot();
    int pidfd = -1;
    pid_t pid = 0;
    {
        const AllSignalsBlocked blocked;
        pid = ::__clone(run_child, stack_top, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &child, &pidfd);
        if (pid < 0) child.error = errno;
    }
    // Values may be secrets.
    for (auto& entry : entries) ::explicit_bzero(entry.data(), entry.size());
    if (pid < 0) return explain(command, SpawnStep::prepare, child.error);
    Spawned spawned{
        .identity = {.pid = pid}, .pidfd = Descriptor(pidfd), .out = std::move(out->read), .err = std::move(err->read)};
    if (child.error != 0) {
        while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
        }
        return explain(command, child.step, child.error);
    }
    // To look at the entry needs a descriptor; these two are the child's.
    out->write.reset();
    err->write.reset();
    // It stays a zombie at least until we wait for it, so this is its own entry.
    spawned.identity.start_time = start_time_of(pid).value_or(0);
    spawned.our_peak_memory = our_peak_memory();
    birth.register_child(pid);
    return spawned;
}

}  // namespace mf
