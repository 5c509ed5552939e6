// SPDX-License-Identifier: MIT
#include "net/server/refusal.h"
#include "net/server/session.h"

#include <utility>

namespace mf::http {
namespace {

constexpr std::size_t read_size = 64 * 1024;
constexpr std::size_t most_user_agent = 200;

}  // namespace

bool Session::read_on() {
    if (!input_.empty()) {
        feed({});
        if (phase_ != Phase::reading || has_unsent()) return true;
    }
    if (input_ended_) {
        end_answer(End::cut);
        return false;
    }
    if (!may_read_ && !stream_->has_buffered()) {
        wants_read_ = true;
        return false;
    }
    // One for all sessions of the thread: idle ones shall need no memory.
    thread_local const auto buffer = std::make_unique<char[]>(read_size);
    const auto outcome = stream_->read({buffer.get(), read_size});
    switch (outcome.wait) {
        case Stream::Wait::none: break;
        case Stream::Wait::ended: input_ended_ = true; return true;
        case Stream::Wait::failed: end_answer(End::cut); return false;
        default:
            may_read_ = false;
            note_wait(outcome.wait);
            return false;
    }
    may_read_ = !outcome.is_empty;
    feed({buffer.get(), outcome.count});
    return true;
}

void Session::feed(std::string_view bytes) {
    const bool was_empty = input_.empty();
    if (!was_empty) input_ += bytes;
    std::string_view rest = was_empty ? bytes : std::string_view(input_);
    while (phase_ == Phase::reading && read_request(rest)) {
    }
    if (phase_ == Phase::sending)
        input_ = {};  // refused
    else if (was_empty)
        input_ = rest;
    else if (rest.empty())
        input_ = {};  // with its memory
    else
        input_.erase(0, input_.size() - rest.size());
}

/// Reads from the front of the rest; false: more must come first, or something else be done.
bool Session::read_request(std::string_view& rest) {
    if (!reader_) {
        if (rest.empty()) return false;
        reader_ = std::make_unique<RequestReader>(HeadLimits{
            .head_bytes = limits_.head_bytes, .target_bytes = limits_.target_bytes, .fields = limits_.headers});
        has_said_continue_ = false;
    }
    const bool had_begun = reader_->has_begun();
    const auto used = reader_->read(rest);
    rest.remove_prefix(used);
    if (!had_begun && reader_->has_begun() && !is_first_) since_ = now_;
    switch (reader_->state()) {
        case RequestReader::State::head: return used > 0;
        case RequestReader::State::has_head: take_head(); return true;
        case RequestReader::State::body:
            window_bytes_ += used;
            count_body();
            if (used == 0 && reader_->expects_continue() && !has_said_continue_) {
                out_ += "HTTP/1.1 100 Continue\r\n\r\n";
                has_said_continue_ = true;
                begin_window();
            }
            return used > 0;
        case RequestReader::State::complete:
            count_body();
            dispatch();
            return false;
        case RequestReader::State::refused: refuse(reader_->refusal().status, reader_->refusal().message); return false;
    }
    return false;
}

void Session::take_head() {
    Request& request = reader_->request();
    record_ = {.client = peer_.address ? peer_.address->text() : std::string(),
               .method = request.method,
               .path = request.path,
               .minor_version = request.minor_version,
               .user_agent = std::string(request.header("User-Agent").substr(0, most_user_agent))};
    has_record_ = true;
    since_ = head_at_ = now_;
    begin_window();
    auto origin = origin_of(request.headers, peer_, shared_.options.trusted_proxies);
    if (!origin) return refuse(400, origin.error().message);
    request.peer = record_.client;
    request.peer_user = peer_.user;
    if (origin->client == peer_.address)
        request.client = record_.client;
    else if (origin->client)
        request.client = record_.client = origin->client->text();
    request.secure = origin->secure;
    if (origin->host) request.host = std::move(*origin->host);
    reader_->limit_body(shared_.options.body_limit ? shared_.options.body_limit(request) : limits_.body_bytes);
}

void Session::count_body() {
    if (phase_ != Phase::reading) return;
    const auto size = reader_->request().body.size();
    if (size == body_counted_) return;
    shared_.body_bytes += size - body_counted_;
    body_counted_ = size;
    if (shared_.body_bytes > limits_.bodies_bytes)
        refuse(503, "The server holds too many requests at the moment; try again in a second.");
}

void Session::release_body() { shared_.body_bytes -= std::exchange(body_counted_, 0); }

void Session::dispatch() {
    if (phase_ != Phase::reading) return;
    auto request = std::make_unique<Request>(std::move(reader_->request()));
    record_.request_bytes = request->body.size();
    AnswerFacts facts{
        .is_head = request->method == "HEAD",
        .minor_version = request->minor_version,
        .keeps_alive = reader_->keeps_alive() && ++requests_ < limits_.requests_per_connection && !draining_,
        .accept_encoding = request->headers.list("Accept-Encoding")};
    reader_.reset();
    phase_ = Phase::handling;
    host_.handle(std::move(request), std::move(facts));
}

void Session::refuse(int status, std::string_view sentence) {
    if (!has_record_) head_at_ = now_;
    if (!has_record_)
        record_ = {.client = peer_.address ? peer_.address->text() : std::string(), .method = {}, .path = {}};
    has_record_ = true;
    start(refusal(shared_.options, status, sentence,
                  {.is_head = record_.method == "HEAD", .minor_version = record_.minor_version, .keeps_alive = false}));
}

}  // namespace mf::http
