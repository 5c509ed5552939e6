// SPDX-License-Identifier: MIT
#include "net/server/request_reader.h"

#include "base/text.h"
#include "net/server/target.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>

namespace mf::http {
namespace {

namespace beast_http = boost::beast::http;
using BeastError = boost::beast::error_code;
using BeastText = boost::beast::string_view;

constexpr std::size_t most_empty_lines = 4;
constexpr std::size_t most_length_digits = 18;

std::string_view to_view(BeastText text) { return {text.data(), text.size()}; }

const char* what_beast_says(const BeastError& error) {
    using E = beast_http::error;
    if (error == E::bad_method) return "The method of the request cannot be read.";
    if (error == E::bad_target) return "The target of the request cannot be read.";
    if (error == E::bad_field) return "A header field of the request has a name that HTTP does not allow.";
    if (error == E::bad_value) return "A header field of the request has a value that HTTP does not allow.";
    if (error == E::bad_line_ending) return "A line of the request does not end with CR LF.";
    if (error == E::bad_content_length || error == E::multiple_content_length)
        return "The request must have one Content-Length, a number, and no Transfer-Encoding with it.";
    if (error == E::bad_transfer_encoding)
        return "The request must have one Transfer-Encoding and no Content-Length with it.";
    return "The request is no HTTP.";
}

}  // namespace

/// Hands on what Beast reads of a head. Bodies are read here (ChunkDecoder).
class RequestReader::HeadParser final : public beast_http::basic_parser<true> {
public:
    explicit HeadParser(RequestReader& reader) : reader_(reader) {
        body_limit(boost::none);
        header_limit(~std::uint32_t{0});  // find_end_of_head() has measured
    }

private:
    void on_request_impl(beast_http::verb, BeastText method, BeastText target, int version, BeastError&) override {
        reader_.request_.method = to_view(method);
        reader_.target_ = to_view(target);
        reader_.request_.minor_version = version % 10;
    }
    void on_response_impl(int, BeastText, int, BeastError&) override {}
    void on_field_impl(beast_http::field, BeastText name, BeastText value, BeastError&) override {
        reader_.request_.headers.add(std::string(to_view(name)), std::string(to_view(value)));
    }
    void on_header_impl(BeastError&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}
    std::size_t on_body_impl(BeastText, BeastError&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, BeastText, BeastError&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, BeastText, BeastError&) override { return 0; }
    void on_finish_impl(BeastError&) override {}

    RequestReader& reader_;
};

void RequestReader::refuse(int status, std::string message) {
    state_ = State::refused;
    refusal_ = {status, std::move(message)};
}

std::size_t RequestReader::read(std::string_view input) {
    if (state_ == State::head) return read_head(input);
    if (state_ == State::has_head) state_ = is_chunked_ || left_ > 0 ? State::body : State::complete;
    return state_ == State::body ? read_body(input) : 0;
}

std::size_t RequestReader::read_body(std::string_view input) {
    if (!is_chunked_) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
        request_.body += input.substr(0, count);
        left_ -= count;
        if (left_ == 0) state_ = State::complete;
        return count;
    }
    const auto used = chunks_.read(input, request_.body, body_limit_);
    switch (chunks_.state()) {
        case ChunkDecoder::State::more: break;
        case ChunkDecoder::State::complete: state_ = State::complete; break;
        case ChunkDecoder::State::malformed: refuse(400, "The chunks of the request's body cannot be read."); break;
        case ChunkDecoder::State::too_long:
            refuse(413, "The body of the request is longer than this server takes here.");
            break;
    }
    return used;
}

void RequestReader::parse_head(std::string_view head) {
    HeadParser parser(*this);
    BeastError error;
    const auto used = parser.put(boost::asio::const_buffer(head.data(), head.size()), error);
    if (error == beast_http::error::bad_version) return refuse(505, "This server speaks HTTP/1.1 and HTTP/1.0.");
    if (error && error != beast_http::error::need_more) return refuse(400, what_beast_says(error));
    if (!parser.is_header_done() || used != head.size()) return refuse(400, "The head of the request is no HTTP.");
    if (auto refusal = check_head()) return refuse(refusal->status, std::move(refusal->message));
    keeps_alive_ = parser.keep_alive();
    is_chunked_ = parser.chunked();
    left_ = parser.content_length().value_or(0);
    state_ = State::has_head;
}

std::size_t RequestReader::read_head(std::string_view input) {
    // Some clients send one after a body (RFC 9112, section 2.2).
    if (!has_begun_ && input.starts_with("\r\n")) {
        if (++empty_lines_ > most_empty_lines) refuse(400, "The request begins with too many empty lines.");
        return 2;
    }
    if (input.empty() || input == "\r") return 0;
    has_begun_ = true;
    const auto end = find_end_of_head(input);
    if (!end) return 0;
    parse_head(input.substr(0, *end));
    return *end;
}

std::optional<std::size_t> RequestReader::find_end_of_head(std::string_view input) {
    for (;;) {
        const auto line_end = input.find('\n', scanned_);
        if (line_end == std::string_view::npos) break;
        if (line_end == line_begin_ || input[line_end - 1] != '\r') {
            refuse(400, "A line of the request does not end with CR LF.");
            return std::nullopt;
        }
        const auto line = input.substr(line_begin_, line_end - 1 - line_begin_);
        if (auto refusal = check_line(line)) {
            refuse(refusal->status, std::move(refusal->message));
            return std::nullopt;
        }
        ++lines_;
        line_begin_ = scanned_ = line_end + 1;
        if (line.empty()) {
            if (line_begin_ > limits_.head_bytes) break;
            return line_begin_;
        }
    }
    scanned_ = input.size();
    // Another protocol is answered at once.
    const bool is_garbage = lines_ == 0 && std::ranges::any_of(input, [](char c) {
                                return static_cast<unsigned char>(c) < ' ' && c != '\r';
                            });
    if (is_garbage)
        refuse(400, "The request is no HTTP.");
    else if (lines_ == 0 && input.size() > limits_.target_bytes + 100)
        refuse(414, "The target of the request is too long.");
    else if (input.size() > limits_.head_bytes)
        refuse(431, "The header fields of the request are too long.");
    return std::nullopt;
}

std::optional<Refusal> RequestReader::check_line(std::string_view line) const {
    if (line.find('\r') != std::string_view::npos || line.find('\0') != std::string_view::npos)
        return Refusal{400, "A line of the request has a NUL or a CR within."};
    // A little more than the target, for method and version.
    if (lines_ == 0 && line.size() > limits_.target_bytes + 100)
        return Refusal{414, "The target of the request is too long."};
    if (line.starts_with(' ') || line.starts_with('\t'))
        return Refusal{400,
                       "A header field of the request goes on in the next line, which HTTP does not allow any more."};
    if (lines_ > limits_.fields && !line.empty()) return Refusal{431, "The request has too many header fields."};
    return std::nullopt;
}

std::optional<Refusal> RequestReader::check_length() const {
    std::size_t lengths = 0;
    std::size_t codings = 0;
    std::string_view length;
    std::string_view coding;
    for (const auto& [name, value] : request_.headers) {
        if (equal_ignoring_case(name, "Content-Length")) ++lengths, length = value;
        if (equal_ignoring_case(name, "Transfer-Encoding")) ++codings, coding = value;
    }
    if (lengths + codings > 1)
        return Refusal{400, "The request must have one Content-Length or one Transfer-Encoding, not more."};
    if (lengths == 1 && (length.empty() || !std::ranges::all_of(length, is_digit)))
        return Refusal{400, "The Content-Length of the request is no number."};
    if (length.size() > most_length_digits) return Refusal{413, "The body of the request is too long."};
    if (codings == 0) return std::nullopt;
    if (request_.minor_version == 0) return Refusal{400, "HTTP/1.0 has no Transfer-Encoding."};
    // Anything else has been read as no coding at all by servers behind proxies that understood it.
    if (!equal_ignoring_case(coding, "chunked"))
        return Refusal{501, "This server knows no other Transfer-Encoding than chunked."};
    return std::nullopt;
}

std::optional<Refusal> RequestReader::check_head() {
    if (auto refusal = check_length()) return refusal;
    if (request_.method == "CONNECT" || request_.method == "TRACE")
        return Refusal{405, "This server does not have the methods CONNECT and TRACE."};
    if (const auto taken = read_target(target_, request_); !taken) return Refusal{400, taken.error().message};
    const auto hosts = std::ranges::count_if(
        request_.headers, [](const auto& field) { return equal_ignoring_case(field.first, "Host"); });
    const auto host = request_.header("Host");
    if (hosts > 1 || (hosts == 0 && request_.minor_version >= 1))
        return Refusal{400, "The request must have one header field Host."};
    if (hosts == 1 && !is_host(host)) return Refusal{400, "The header field Host of the request cannot be read."};
    if (request_.host.empty()) request_.host = lower(host);
    if (const auto expected = request_.header("Expect"); !expected.empty()) {
        if (!equal_ignoring_case(expected, "100-continue"))
            return Refusal{417, "This server cannot do what the header field Expect asks for."};
        expects_continue_ = request_.minor_version >= 1;
    }
    return std::nullopt;
}

void RequestReader::limit_body(std::size_t bytes) {
    body_limit_ = bytes;
    if (left_ > bytes) refuse(413, "The body of the request is longer than this server takes here.");
}

}  // namespace mf::http
