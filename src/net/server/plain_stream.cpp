// SPDX-License-Identifier: MIT
#include "net/server/stream.h"

#include <sys/socket.h>
#include <cerrno>

namespace mf::http {
namespace {

class PlainStream final : public Stream {
public:
    explicit PlainStream(int socket) : socket_(socket) {}

    Outcome read(std::span<char> into) override {
        for (;;) {
            const auto count = ::recv(socket_, into.data(), into.size(), 0);
            if (count > 0)
                return {Wait::none, static_cast<std::size_t>(count), static_cast<std::size_t>(count) < into.size()};
            if (count == 0) return {Wait::ended};
            if (errno == EAGAIN || errno == EWOULDBLOCK) return {Wait::until_read};
            if (errno != EINTR) return {Wait::failed};
        }
    }

    Outcome write(std::string_view bytes) override {
        for (;;) {
            const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count >= 0) return {Wait::none, static_cast<std::size_t>(count)};
            if (errno == EAGAIN || errno == EWOULDBLOCK) return {Wait::until_write};
            if (errno != EINTR) return {Wait::failed};
        }
    }

    void end_writing() override { ::shutdown(socket_, SHUT_WR); }

private:
    const int socket_;
};

}  // namespace

std::unique_ptr<Stream> plain_stream(int socket) { return std::make_unique<PlainStream>(socket); }

}  // namespace mf::http
