// SPDX-License-Identifier: MIT
#include "chaos/node.h"

#include "base/wake_channel.h"

#include <fmt/format.h>
#include <fstream>

namespace mf::chaos {
namespace {

using testing::Words;
namespace fs = std::filesystem;

/// Empty where libfaketime is not installed: then there is one clock for all.
fs::path clock_library() {
    for (const auto* directory : {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"})
        if (auto file = fs::path(directory) / "faketime/libfaketimeMT.so.1"; fs::exists(file)) return file;
    return {};
}

}  // namespace

Node::Node(Place place)
    : place_(std::move(place)), name_(fmt::format("node-{}", place_.number)), environment_(place_.environment) {
    fs::create_directories(place_.data);
    environment_["MULTIFLEXI_NODE"] = name_;
    environment_["MULTIFLEXI_DATA"] = place_.data.string();
    if (const auto library = clock_library(); !library.empty()) {
        environment_["LD_PRELOAD"] = library.string();
        environment_["FAKETIME_TIMESTAMP_FILE"] = (place_.directory / (name_ + ".clock")).string();
        environment_["FAKETIME_NO_CACHE"] = "1";
        environment_["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        environment_["NO_FAKE_STAT"] = "1";
    }
    set_clock(std::chrono::seconds{0});
}

Words Node::with_entrance(Words words) const {
    if (place_.network) {
        const auto entrance = place_.network->entrance();
        words.insert(words.begin(), entrance.begin(), entrance.end());
    }
    return words;
}

void Node::start(std::string_view roles, std::string_view fault) {
    log_before_ = testing::file_content(log_file()).size();
    auto variables = environment_;
    if (!fault.empty()) variables["MULTIFLEXI_FAULT"] = fault;
    server_.emplace(
        with_entrance({(testing::programs() / "multiflexi").string(), "serve", "--roles", std::string(roles)}),
        variables, testing::Process::Streams{.out = log_file(), .err = log_file()});
}

std::optional<int> Node::has_ended(std::chrono::milliseconds within) {
    const auto code = server_->wait(within);
    if (code) server_.reset();
    return code;
}

bool Node::is_ready() const {
    return testing::file_content(log_file()).find("server ready", log_before_) != std::string::npos;
}

void Node::set_clock(std::chrono::seconds ahead) {
    clock_ = ahead;
    // In one step, because it is read all the time.
    const auto file = place_.directory / (name_ + ".clock"), next = place_.directory / (name_ + ".clock.next");
    std::ofstream(next) << fmt::format("{:+}\n", ahead.count());
    fs::rename(next, file);
}

void Node::nudge_planner() const {
    const auto found = place_.environment.find("DB_DATABASE");
    const bool sqlite = place_.environment.at("DB_CONNECTION") == "sqlite";
    wake_servers(sqlite ? fs::path(found->second + ".wake") : place_.data / "multiflexi.wake", Wake::plan);
}

Words Node::cli(const Words& words) const {
    Words out{(testing::programs() / "multiflexi-cli").string()};
    out.insert(out.end(), words.begin(), words.end());
    return with_entrance(std::move(out));
}

}  // namespace mf::chaos
