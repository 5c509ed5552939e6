// SPDX-License-Identifier: MIT
#include "net/server/chunk_decoder.h"

#include "base/text.h"
#include "net/server/message.h"

#include <algorithm>
#include <charconv>

namespace mf::http {
namespace {

/// Of one line; extensions and trailers of a whole body have four of these.
constexpr std::size_t most_line = 4096;
constexpr std::size_t most_overhead = 4 * most_line;

bool is_control(char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7F; }

void skip_white(std::string_view& text) { text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size())); }

bool take_token(std::string_view& text) {
    const auto end = std::ranges::find_if_not(text, [](char c) { return is_token({&c, 1}); });
    const auto size = static_cast<std::size_t>(end - text.begin());
    text.remove_prefix(size);
    return size > 0;
}

bool take_quoted(std::string_view& text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return true;
        }
    }
    return false;
}

/// *( ";" name [ "=" value ] ), with blanks between.
bool are_extensions(std::string_view text) {
    while (!text.empty()) {
        skip_white(text);
        if (!text.starts_with(';')) return false;
        text.remove_prefix(1);
        skip_white(text);
        if (!take_token(text)) return false;
        skip_white(text);
        if (!text.starts_with('=')) continue;
        text.remove_prefix(1);
        skip_white(text);
        if (!(text.starts_with('"') ? take_quoted(text) : take_token(text))) return false;
    }
    return true;
}

bool is_harmless_trailer(std::string_view line) {
    const auto name = line.substr(0, line.find(':'));
    if (name.size() == line.size() || !is_token(name)) return false;
    return !equal_ignoring_case(name, "Content-Length") && !equal_ignoring_case(name, "Transfer-Encoding") &&
           !equal_ignoring_case(name, "Host");
}

}  // namespace

std::size_t ChunkDecoder::read(std::string_view input, std::string& body, std::size_t most_bytes) {
    const auto size = input.size();
    while (state_ == State::more && read_part(input, body, most_bytes)) {
    }
    return size - input.size();
}

/// False: there is not enough input, or the state is another one now.
bool ChunkDecoder::read_part(std::string_view& input, std::string& body, std::size_t most_bytes) {
    std::string_view line;
    switch (part_) {
        case Part::size:
            if (!take_line(input, line)) return false;
            if (!read_size(line)) {
                state_ = State::malformed;
            } else if (left_ > most_bytes - body.size()) {
                state_ = State::too_long;
            } else {
                part_ = left_ > 0 ? Part::data : Part::trailers;
                return true;
            }
            return false;
        case Part::data: {
            const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
            if (count == 0) return false;
            body += input.substr(0, count);
            input.remove_prefix(count);
            left_ -= count;
            if (left_ == 0) part_ = Part::data_end;
            return true;
        }
        case Part::data_end:
            if (input.size() < 2 && std::string_view("\r\n").starts_with(input)) return false;
            if (!input.starts_with("\r\n")) {
                state_ = State::malformed;
                return false;
            }
            input.remove_prefix(2);
            part_ = Part::size;
            return true;
        case Part::trailers:
            if (!take_line(input, line)) return false;
            overhead_ += line.size();
            if (line.empty())
                state_ = State::complete;
            else if (overhead_ > most_overhead || !is_harmless_trailer(line))
                state_ = State::malformed;
            return state_ == State::more;
    }
    return false;
}

bool ChunkDecoder::take_line(std::string_view& input, std::string_view& line) {
    const auto end = input.substr(0, most_line).find('\n');
    const auto begun = input.substr(0, end == std::string_view::npos ? input.size() : end);
    const bool is_whole = end != std::string_view::npos;
    // A CR is right at the end only.
    const auto odd = std::ranges::find_if(begun, is_control);
    const bool is_right = is_whole ? begun.ends_with('\r') && odd == begun.end() - 1
                                   : odd == begun.end() || (*odd == '\r' && odd == begun.end() - 1);
    if (!is_right || (!is_whole && begun.size() >= most_line)) {
        state_ = State::malformed;
        return false;
    }
    if (!is_whole) return false;
    line = begun.substr(0, begun.size() - 1);
    input.remove_prefix(end + 1);
    return true;
}

bool ChunkDecoder::read_size(std::string_view line) {
    const auto [end, problem] = std::from_chars(line.data(), line.data() + line.size(), left_, 16);
    if (problem != std::errc{}) return false;
    const auto extensions = line.substr(static_cast<std::size_t>(end - line.data()));
    overhead_ += extensions.size();
    return overhead_ <= most_overhead && are_extensions(extensions);
}

}  // namespace mf::http
