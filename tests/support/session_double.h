// SPDX-License-Identifier: MIT
#pragma once

#include "net/server/session.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace mf::testing {

/// A stream in memory, of which the test is the other side.
class MemoryStream final : public http::Stream {
public:
    struct Ends {
        std::string to_server;                      ///< what the client has sent and the server has not read
        std::string to_client;                      ///< what the server has written
        bool client_ended = false;                  ///< nothing comes behind to_server
        bool server_ended = false;                  ///< end_writing() was called
        std::size_t most_read = std::string::npos;  ///< at a time
        std::size_t window = std::string::npos;     ///< what the client still takes
    };
    explicit MemoryStream(Ends& ends) : ends_(ends) {}

    Outcome read(std::span<char> into) override {
        if (ends_.to_server.empty()) return {ends_.client_ended ? Wait::ended : Wait::until_read};
        const auto count = std::min({into.size(), ends_.to_server.size(), ends_.most_read});
        std::copy_n(ends_.to_server.begin(), count, into.begin());
        ends_.to_server.erase(0, count);
        return {Wait::none, count};
    }
    Outcome write(std::string_view bytes) override {
        const auto count = std::min(bytes.size(), ends_.window);
        if (count == 0) return {Wait::until_write};
        ends_.to_client += bytes.substr(0, count);
        if (ends_.window != std::string::npos) ends_.window -= count;
        return {Wait::none, count};
    }
    void end_writing() override { ends_.server_ended = true; }

private:
    Ends& ends_;
};

/// A session with everything around it, on one thread and with a clock that stands. Requests are answered by the
/// handler when work_off() is called.
class SessionDouble final : private http::SessionHost {
public:
    using Handler = std::function<http::Response(const http::Request&)>;
    explicit SessionDouble(Handler handler, http::ServerOptions how = {}, http::Peer peer = {})
        : options(std::move(how)),
          shared{options},
          session(shared, *this, std::make_unique<MemoryStream>(ends), std::move(peer), now),
          handler_(std::move(handler)) {}

    http::ServerOptions options;
    http::SessionShared shared;
    MemoryStream::Ends ends;
    http::Session::Time now{};
    http::Session session;
    std::vector<http::AccessRecord> records;
    std::size_t handled = 0;

    /// The client sends; everything happens that follows from it.
    void send(std::string_view bytes) {
        ends.to_server += bytes;
        session.advance(now);
        work_off();
    }
    /// Answers what waits for the handler, and reads what sources have.
    void work_off() {
        while (!requests_.empty() || !pieces_.empty() || std::exchange(woken_, false)) {
            if (!requests_.empty()) {
                auto [request, facts] = std::move(requests_.front());
                requests_.pop_front();
                ++handled;
                session.answer(http::to_wire(handler_(*request), facts), now);
            } else if (!pieces_.empty()) {
                http::Piece piece = std::move(pieces_.front());
                pieces_.pop_front();
                http::fill(piece, 1000);
                session.take(std::move(piece), now);
            } else {
                session.advance(now);
            }
        }
    }
    /// Time passes.
    void pass(std::chrono::milliseconds time) {
        now += time;
        session.tick(now);
        work_off();
    }
    std::string said() { return std::exchange(ends.to_client, {}); }

private:
    void handle(std::unique_ptr<http::Request> request, http::AnswerFacts facts) override {
        requests_.emplace_back(std::move(request), std::move(facts));
    }
    void fill_piece(http::Piece piece) override { pieces_.push_back(std::move(piece)); }
    std::function<void()> waker() override {
        return [this] { woken_ = true; };
    }
    void note(http::AccessRecord record) override { records.push_back(std::move(record)); }

    const Handler handler_;
    std::deque<std::pair<std::unique_ptr<http::Request>, http::AnswerFacts>> requests_;
    std::deque<http::Piece> pieces_;
    bool woken_ = false;
};

}  // namespace mf::testing
