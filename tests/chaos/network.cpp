// SPDX-License-Identifier: MIT
#include "chaos/network.h"

#include "base/descriptor.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <cerrno>
#include <stdexcept>

namespace mf::chaos {
namespace {

using testing::Process;
using testing::Words;

void run_program(Words words) {
    Process process(words, {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}}, {});
    if (process.wait() != 0) throw std::runtime_error(fmt::format("failed: {}", fmt::join(words, " ")));
}

Words ip(std::initializer_list<std::string> words) {
    Words out{"ip"};
    out.insert(out.end(), words);
    return out;
}

}  // namespace

NodeNetwork::NodeNetwork(int number)
    : cable_(fmt::format("cable{}", number)),
      here_(fmt::format("10.77.{}.1", number)),
      holder_({"unshare", "--net", "--", "sleep", "infinity"}, {}, {}) {
    const auto holder = std::filesystem::path(fmt::format("/proc/{}/ns/net", holder_.pid()));
    const auto ours = std::filesystem::read_symlink("/proc/self/ns/net");
    if (!testing::comes_true([&] { return std::filesystem::read_symlink(holder) != ours; }))
        throw std::runtime_error("no network namespace was made");
    run_program(
        ip({"link", "add", cable_, "type", "veth", "peer", "name", "eth0", "netns", fmt::to_string(holder_.pid())}));
    run_program(ip({"addr", "add", here_ + "/24", "dev", cable_}));
    run_program(ip({"link", "set", cable_, "up"}));
    const auto inside = [&](std::initializer_list<std::string> words) {
        auto command = entrance();
        const auto rest = ip(words);
        command.insert(command.end(), rest.begin(), rest.end());
        run_program(command);
    };
    inside({"addr", "add", fmt::format("10.77.{}.2/24", number), "dev", "eth0"});
    inside({"link", "set", "lo", "up"});
    inside({"link", "set", "eth0", "up"});
    if (!answers()) throw std::runtime_error("the network of a node does not answer");
}

Words NodeNetwork::entrance() const { return {"nsenter", fmt::format("--net=/proc/{}/ns/net", holder_.pid()), "--"}; }

void NodeNetwork::unplug() const { run_program(ip({"link", "set", cable_, "down"})); }

bool NodeNetwork::answers() const {
    const Descriptor line(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // Nobody listens there, so that an answer is a refusal; without a cable there is no way.
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(9);
    const auto there = here_.substr(0, here_.rfind('.')) + ".2";
    ::inet_pton(AF_INET, there.c_str(), &place.sin_addr);
    return ::connect(line.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0 || errno == ECONNREFUSED;
}

void NodeNetwork::plug_in() const { run_program(ip({"link", "set", cable_, "up"})); }

}  // namespace mf::chaos
