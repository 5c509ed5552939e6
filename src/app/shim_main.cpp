// SPDX-License-Identifier: MIT
// multiflexi-shim SPOOL-DIRECTORY [OPEN-FILES]: started by the server, with its socket as descriptor 3 and its pipe
// as 4. OPEN-FILES is ShimSurroundings::usual_open_files.
#include "base/text.h"
#include "execute/shim/shim.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

// A shim runs jobs of one company after those of another: what it frees may have been a secret.
void* operator new(std::size_t size) {
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    if (memory) ::explicit_bzero(memory, ::malloc_usable_size(memory));
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { ::operator delete(memory); }

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "--version") {
        std::puts("multiflexi-shim " MULTIFLEXI_VERSION);
        return 0;
    }
    if (argc < 2 || argc > 3 || ::fcntl(3, F_GETFD) < 0 || ::fcntl(4, F_GETFD) < 0) {
        std::fputs(
            "multiflexi-shim watches the jobs of a MultiFlexi server. The server starts it; it has no use for "
            "people.\n",
            stderr);
        return 2;
    }
    ::syscall(SYS_close_range, 5U, ~0U, 0U);
    for (const int descriptor : {3, 4}) ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    ::umask(077);
    // Holds no file system that somebody may want to unmount.
    if (::chdir("/") != 0) return 1;
    mf::ShimSurroundings surroundings{.spool = argv[1], .wake = 4};
    if (argc == 3)
        if (const auto files = mf::to_integer(argv[2]))
            surroundings.usual_open_files = static_cast<std::uint64_t>(*files);
    return mf::run_shim_maker(3, surroundings);
}
