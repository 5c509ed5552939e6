// SPDX-License-Identifier: MIT
#include "app/caller_place.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <unistd.h>
#include <array>
#include <cstdlib>

namespace mf {
namespace {

constexpr std::size_t longest_place = 64;

std::string name_of_machine() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? to_utf8(name.data()) : std::string();
}

bool is_network_address(const std::string& text) {
    std::array<unsigned char, 16> bytes{};
    const auto without_zone = text.substr(0, text.find('%'));
    return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
           ::inet_pton(AF_INET6, without_zone.c_str(), bytes.data()) == 1;
}

}  // namespace

std::string place_of_caller() {
    auto place = name_of_machine();
    if (const char* connection = std::getenv("SSH_CONNECTION")) {
        const std::string client(split(connection, ' ').front());
        if (client.size() < longest_place && is_network_address(client) && is_utf8(client))
            place = fmt::format("{} (ssh to {})", client, place);
    }
    // Names of machines are ASCII (RFC 1123); if one is not, nothing is left that is no text.
    place.resize(std::min(place.size(), longest_place));
    return is_utf8(place) ? place : std::string();
}

}  // namespace mf
