// SPDX-License-Identifier: MIT
#include "net/curl_exchange.h"

#include <mutex>

namespace mf {
namespace {

constexpr std::size_t most_idle_lines = 8;

}  // namespace

/// The handles that nobody uses at the moment.
class CurlClient::Lines {
public:
    std::unique_ptr<CurlLine> take() {
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                auto line = std::move(idle_.back());
                idle_.pop_back();
                return line;
            }
        }
        return std::make_unique<CurlLine>();
    }
    void give_back(std::unique_ptr<CurlLine> line) {
        const std::lock_guard lock(mutex_);
        if (idle_.size() < most_idle_lines) idle_.push_back(std::move(line));
    }

private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<CurlLine>> idle_;
};

CurlClient::CurlClient() : lines_(std::make_unique<Lines>()) {}
CurlClient::~CurlClient() = default;

Result<HttpReply> CurlClient::send(const HttpRequest& request) {
    if (!has_curl()) return without_curl();
    auto line = lines_->take();
    auto done = exchange(*line, request);
    if (done.reply) lines_->give_back(std::move(line));
    return std::move(done.reply);
}

Result<void> CurlClient::reach(const TcpTarget& target) { return connect_to(target); }

}  // namespace mf
