// SPDX-License-Identifier: MIT
#include "app/chosen_backend.h"

namespace mf {

Result<void> ChosenBackend::use_server(const ServerAccess& server) {
    auto address = read_server_address(server.address, server.allow_plain ? Plain::allowed : Plain::only_here);
    if (!address) return address.error();
    auto channel = std::make_unique<CurlChannel>(address->shown, address->unix_socket);
    remote_.emplace(*std::move(address), server, std::move(channel), local_.operations(), clock_);
    return {};
}

}  // namespace mf
