// SPDX-License-Identifier: MIT
#include "net/server/wire.h"

#include "base/log.h"
#include "base/text.h"
#include "net/server/content_coding.h"

#include <fmt/format.h>
#include <algorithm>
#include <ctime>
#include <stdexcept>

namespace mf::http {
namespace {

/// Compressing less gains nothing: it fits into one packet anyway.
constexpr std::size_t least_compressed = 1024;
/// A longer body is not copied behind its head.
constexpr std::size_t most_copied = 16 * 1024;

bool is_own_header(std::string_view name) {
    static constexpr std::string_view own[] = {"Content-Length", "Transfer-Encoding", "Date", "Server", "Keep-Alive"};
    return std::ranges::any_of(own, [&](std::string_view each) { return equal_ignoring_case(each, name); });
}

/// Nothing that could end the line, or that programs disagree about.
bool is_field_value(std::string_view value) {
    return std::ranges::all_of(value,
                               [](char c) { return static_cast<unsigned char>(c) >= ' ' ? c != 0x7F : c == '\t'; });
}

void check_answer(const Response& answer, bool is_head) {
    if (answer.status < 200 || answer.status > 599)
        throw std::logic_error(fmt::format("the status {} of an answer is none from 200 to 599", answer.status));
    for (const auto& [name, value] : answer.headers) {
        if (!is_token(name)) throw std::logic_error("an answer has a header with a name that HTTP does not allow");
        if (!is_field_value(value))
            throw std::logic_error(
                fmt::format("the header {} of an answer has a control character in its value", name));
        if (equal_ignoring_case(name, "Connection") && !equal_ignoring_case(value, "close"))
            throw std::logic_error("an answer has a header Connection with another word than close");
        const bool is_length_of_head = is_head && answer.body.empty() && !answer.source &&
                                       equal_ignoring_case(name, "Content-Length") &&
                                       to_integer(value).value_or(-1) >= 0;
        if (is_own_header(name) && !is_length_of_head)
            throw std::logic_error(fmt::format("an answer sets the header {}, which is that of the server", name));
    }
    if ((answer.source != nullptr) + (answer.events != nullptr) + !answer.body.empty() > 1)
        throw std::logic_error("an answer has more than one body");
}

void compress(Response& answer, const AnswerFacts& facts, std::optional<std::uint64_t>& length) {
    const bool is_long =
        answer.source ? length.value_or(least_compressed) >= least_compressed : answer.body.size() >= least_compressed;
    if (!is_long) return;
    const Coding coding = coding_for(answer, facts.accept_encoding);
    announce(coding, answer.headers);
    if (coding != Coding::gzip) return;
    // Nobody gets the bytes, so nobody makes them: then their number is not known either (RFC 9110, section 9.3.2).
    length = std::nullopt;
    if (facts.is_head) {
        answer.body.clear();
        answer.source = nullptr;
    } else if (answer.source) {
        answer.source = gzip_source(std::move(answer.source));
    } else {
        answer.body = gzipped(answer.body);
        length = answer.body.size();
    }
}

void add_header(std::string& head, std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

Wire to_wire(Response answer, const AnswerFacts& facts) {
    Viewer viewer(answer.events);  // whatever is thrown
    check_answer(answer, facts.is_head);
    const bool has_no_content = answer.status == 204 || answer.status == 304;
    std::optional<std::uint64_t> length = answer.source ? answer.source->size() : answer.body.size();
    if (!has_no_content) compress(answer, facts, length);

    Wire wire{.status = answer.status};
    const bool ends_by_closing = !facts.is_head && (viewer || (answer.source && !length && facts.minor_version == 0));
    wire.keeps_alive = facts.keeps_alive && !ends_by_closing && !answer.headers.has("Connection");
    wire.is_chunked = answer.source && !length && facts.minor_version >= 1;
    wire.length = length;

    std::string& head = wire.head;
    head.reserve(512 + (answer.body.size() <= most_copied ? answer.body.size() : 0));
    fmt::format_to(std::back_inserter(head), "HTTP/1.1 {} {}\r\nServer: MultiFlexi\r\n", answer.status,
                   reason_phrase(answer.status));
    add_header(head, "Date", date_now());
    for (const auto& [name, value] : answer.headers)
        if (!equal_ignoring_case(name, "Connection")) add_header(head, name, value);
    if (viewer) {
        if (!answer.headers.has("Content-Type")) add_header(head, "Content-Type", "text/event-stream");
        if (!answer.headers.has("Cache-Control")) add_header(head, "Cache-Control", "no-store");
        // nginx would collect events until its buffer is full.
        add_header(head, "X-Accel-Buffering", "no");
    } else if (wire.is_chunked) {
        add_header(head, "Transfer-Encoding", "chunked");
    } else if (length && !has_no_content && !answer.headers.has("Content-Length") && (*length > 0 || !facts.is_head)) {
        // An empty answer to HEAD says nothing about the length that GET would give.
        fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", *length);
    }
    if (!wire.keeps_alive)
        add_header(head, "Connection", "close");
    else if (facts.minor_version == 0)
        add_header(head, "Connection", "keep-alive");
    head += "\r\n";

    if (facts.is_head || has_no_content) return wire;
    wire.source = std::move(answer.source);
    wire.viewer = std::move(viewer);
    if (answer.body.size() <= most_copied)
        head += answer.body;
    else
        wire.body = std::move(answer.body);
    return wire;
}

void fill(Piece& piece, std::size_t most) {
    std::string& bytes = piece.bytes;
    constexpr std::size_t frame = 16;  // room for "ffff\r\n" before the bytes
    bytes.assign(frame + most, '\0');
    std::size_t count = 0;
    try {
        const auto read = piece.source->read(std::span(bytes).subspan(frame, most));
        if (!read) log::error("the body of an answer cannot be read", {{"reason", read.error().message}});
        piece.is_broken = !read;
        count = read ? *read : 0;
    } catch (const std::exception& error) {
        log::error("the body of an answer cannot be read", {{"reason", error.what()}});
        piece.is_broken = true;
    }
    if (piece.is_broken) return;
    piece.is_last = count == 0;
    if (piece.left) {
        piece.is_broken = count > *piece.left || (count == 0 && *piece.left > 0);
        if (piece.is_broken) return log::error("the body of an answer has not the length that it promised");
        *piece.left -= count;
        piece.is_last = *piece.left == 0;
    }
    bytes.resize(frame + count);
    if (!piece.is_chunked) {
        bytes.erase(0, frame);
    } else if (piece.is_last) {
        bytes = "0\r\n\r\n";
    } else {
        const std::string head = fmt::format("{:x}\r\n", count);
        bytes.replace(0, frame, head);
        bytes += "\r\n";
    }
}

std::string_view date_now() {
    thread_local std::time_t second = 0;
    thread_local std::string text;
    if (const std::time_t now = std::time(nullptr); now != second) {
        second = now;
        text = http_date(std::chrono::sys_seconds(std::chrono::seconds(now)));
    }
    return text;
}

}  // namespace mf::http
