// SPDX-License-Identifier: MIT
#include "base/descriptor.h"

#include <unistd.h>

namespace mf {

Descriptor::~Descriptor() {
    if (value_ >= 0) ::close(value_);
}

}  // namespace mf
