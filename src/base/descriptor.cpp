// SPDX-License-Identifier: MIT
#include "base/descriptor.h"

#include <sys/resource.h>
#include <unistd.h>
#include <cerrno>

namespace mf {

Descriptor::~Descriptor() {
    if (value_ >= 0) ::close(value_);
}

DescriptorLimit raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
    const auto before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    // Refused where the hard limit is above fs.nr_open.
    return {before, ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before};
}

bool is_shortage(int error) { return error == EMFILE || error == ENFILE || error == EAGAIN || error == ENOMEM; }

}  // namespace mf
