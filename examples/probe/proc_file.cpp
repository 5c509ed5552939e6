// SPDX-License-Identifier: MIT
#include "probe/proc_file.h"

#include "base/descriptor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>

namespace mf::probe {

std::string read_proc(const std::filesystem::path& file) {
    const auto fail = [&] {
        throw std::system_error(errno, std::generic_category(), fmt::format("{} cannot be read", file.string()));
    };
    const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!in) fail();
    std::string content;
    char block[8192];
    for (;;) {
        const auto got = ::read(in.get(), block, sizeof block);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail();
        if (got == 0) return content;
        content.append(block, static_cast<std::size_t>(got));
    }
}

}  // namespace mf::probe
