// SPDX-License-Identifier: MIT
#include "service/output_feed.h"

#include "base/text.h"

#include <utility>

namespace mf {
namespace {

/// How many bytes at the end are the begin of a character that may still become whole (RFC 3629, section 3).
std::size_t unfinished_bytes(std::string_view text) {
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
        const auto byte = static_cast<unsigned char>(text[text.size() - back]);
        if ((byte & 0xc0) == 0x80) continue;
        const std::size_t length = byte >= 0xf0 && byte < 0xf5 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 1;
        return byte < 0xf5 && length > back ? back : 0;
    }
    return 0;
}

}  // namespace

std::map<std::int64_t, WatchedJob> look_at_jobs(Database& database, std::vector<std::int64_t> jobs) {
    return database.read([&](Session& session) { return watched_jobs(session, jobs); });
}

std::vector<OutputPiece> output_behind(Database& database, Id<Job> job, std::int64_t after_seq,
                                       std::size_t about_bytes) {
    return database.read(
        [&](Session& session) { return read_output(session, job, after_seq, std::nullopt, about_bytes); });
}

std::string OutputText::add(const OutputPiece& piece) {
    auto& left = left_of(piece.source);
    const auto text = std::exchange(left, {}) + piece.bytes;
    const auto whole = std::string_view(text).substr(0, text.size() - unfinished_bytes(text));
    left = text.substr(whole.size());
    return to_utf8(whole);
}

std::string OutputText::rest(OutputSource source) { return to_utf8(std::exchange(left_of(source), {})); }

std::string_view name_of_stream(OutputSource source) {
    switch (source) {
        case OutputSource::standard_output: return "stdout";
        case OutputSource::standard_error: return "stderr";
        case OutputSource::platform: break;
    }
    return "platform";
}

}  // namespace mf
