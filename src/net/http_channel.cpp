// SPDX-License-Identifier: MIT
#include "net/http_channel.h"

#include "net/curl_exchange.h"

namespace mf {
namespace {

constexpr std::chrono::minutes longest_silence{5};

}  // namespace

CurlChannel::CurlChannel(std::string server, std::string unix_socket)
    : server_(std::move(server)), unix_socket_(std::move(unix_socket)) {}
CurlChannel::~CurlChannel() = default;

Result<HttpReply> CurlChannel::send(const HttpRequest& request, Send how, const Sink& sink) {
    was_lost_ = false;
    if (!has_curl()) return without_curl();
    if (!line_) line_ = std::make_unique<CurlLine>();
    auto done = exchange(*line_, request,
                         {.sink = sink,
                          .unix_socket = unix_socket_,
                          .server = server_,
                          .stall = longest_silence,
                          .new_connection = how == Send::once});
    was_lost_ = done.was_lost;
    if (!done.reply) line_.reset();
    return std::move(done.reply);
}

}  // namespace mf
