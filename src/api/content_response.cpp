// SPDX-License-Identifier: MIT
#include "api/content_response.h"

#include "api/problem.h"
#include "api/rest_answer.h"
#include "base/text.h"
#include "net/server/body_source.h"
#include "service/content_reader.h"

#include <fmt/format.h>
#include <cstring>

namespace mf {
namespace {

/// Pieces of content as the body of an answer.
class ContentSource final : public http::BodySource {
public:
    ContentSource(std::unique_ptr<ContentReader> reader, std::optional<std::uint64_t> left)
        : reader_(std::move(reader)), left_(left) {}

    std::optional<std::uint64_t> size() const override { return left_; }
    Result<std::size_t> read(std::span<char> into) override {
        if (at_ == piece_.size()) {
            auto next = reader_->next();
            if (!next) return next.error();
            piece_ = *std::move(next);
            at_ = 0;
        }
        const auto bytes = std::min(into.size(), piece_.size() - at_);
        std::memcpy(into.data(), piece_.data() + at_, bytes);
        at_ += bytes;
        if (left_) *left_ -= bytes;
        return bytes;
    }

    Result<void> skip(std::uint64_t bytes) override {
        if (at_ == piece_.size()) {
            const auto skipped = reader_->skip(bytes);
            if (!skipped) return skipped.error();
            if (left_) *left_ -= *skipped;
            bytes -= *skipped;
        }
        return BodySource::skip(bytes);
    }

private:
    std::unique_ptr<ContentReader> reader_;
    std::optional<std::uint64_t> left_;
    std::string piece_;
    std::size_t at_ = 0;
};

struct Range {
    std::uint64_t first = 0, length = 0;
};

/// The one range that a header "bytes=…" asks for; none: there is no such header, or it asks for several or for what
/// nobody understands, which may be ignored (section 14.2). An error: the range lies outside.
Result<std::optional<Range>> range_of(std::string_view header, std::uint64_t size) {
    if (!header.starts_with("bytes=") || header.find(',') != std::string_view::npos) return std::optional<Range>();
    const auto words = trim(header.substr(6));
    const auto dash = words.find('-');
    if (dash == std::string_view::npos) return std::optional<Range>();
    const auto from = to_integer(words.substr(0, dash)), to = to_integer(words.substr(dash + 1));
    const Error outside{ErrorCode::invalid, fmt::format("There are {} bytes; the range lies outside.", size)};
    if (words.substr(0, dash).empty()) {
        if (!to || *to < 0) return std::optional<Range>();
        if (*to == 0 || size == 0) return outside;
        const auto length = std::min(static_cast<std::uint64_t>(*to), size);
        return std::optional(Range{size - length, length});
    }
    if (!from || *from < 0 || (!to && !words.substr(dash + 1).empty()) || (to && *to < *from))
        return std::optional<Range>();
    const auto first = static_cast<std::uint64_t>(*from);
    if (first >= size) return outside;
    const auto last = to ? std::min(static_cast<std::uint64_t>(*to), size - 1) : size - 1;
    return std::optional(Range{first, last - first + 1});
}

/// A name for the file that a browser saves (RFC 6266, RFC 8187).
std::string saved_as(std::string_view name) {
    std::string plain, encoded;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_simple = std::isalnum(byte) || c == '.' || c == '-' || c == '_';
        plain += is_simple ? c : '_';
        encoded += is_simple ? std::string(1, c) : fmt::format("%{:02X}", byte);
    }
    return fmt::format("attachment; filename=\"{}\"; filename*=UTF-8''{}", plain, encoded);
}

/// `length` is what there is.
http::Response outside(const Error& error, std::string_view length) {
    auto out = problem(416, error.message);
    out.headers.set("Content-Range", fmt::format("bytes */{}", length));
    return out;
}

/// Makes an answer one of this range of its source; of a `length` that nobody knows yet, "*" (section 14.4).
Result<void> cut_to(const Range& wanted, std::string_view length, http::Response& out) {
    if (auto skipped = out.source->skip(wanted.first); !skipped) return skipped;
    out.source = http::first_bytes(std::move(out.source), wanted.length);
    out.status = 206;
    out.headers.set("Content-Range",
                    fmt::format("bytes {}-{}/{}", wanted.first, wanted.first + wanted.length - 1, length));
    return {};
}

http::Response artifact_response(OpenedArtifact opened, const http::Request& request) {
    const auto size = static_cast<std::uint64_t>(opened.artifact.size);
    const auto tag = fmt::format("\"{}\"", opened.artifact.sha256);
    http::Response out;
    out.headers.set("Content-Type",
                    opened.artifact.content_type.empty() ? "application/octet-stream" : opened.artifact.content_type);
    out.headers.set("Content-Disposition", saved_as(opened.artifact.filename));
    out.headers.set("Content-Security-Policy", "sandbox");
    out.headers.set("ETag", tag);
    out.headers.set("Accept-Ranges", "bytes");
    if (names_tag(request.headers.list("If-None-Match"), tag, Weak::counts)) {
        out.status = 304;
        return out;
    }
    std::optional<Range> wanted;
    if (const auto condition = request.header("If-Range"); condition.empty() || condition == tag) {
        auto range = range_of(request.header("Range"), size);
        if (!range) return outside(range.error(), fmt::to_string(size));
        wanted = *range;
    }
    out.source = std::make_unique<ContentSource>(std::move(opened.content), size);
    if (wanted)
        if (auto cut = cut_to(*wanted, fmt::to_string(size), out); !cut) return problem(cut.error());
    return out;
}

/// Whole and as long as it becomes while it is sent, or one range of what is recorded now.
http::Response output_response(Database& database, const Scope& scope, const http::Request& request, Id<Job> job,
                               JobStream stream) {
    auto reader = open_job_output(database, scope, job, stream);
    if (!reader) return problem(reader.error());
    http::Response out;
    out.headers.set("Content-Type", "text/plain; charset=utf-8");
    out.headers.set("Content-Security-Policy", "sandbox");
    out.headers.set("Accept-Ranges", "bytes");
    out.source = std::make_unique<ContentSource>(*std::move(reader), std::nullopt);
    // There are no tags by which a range could be bound to what was read before.
    if (request.header("Range").empty() || request.headers.has("If-Range")) return out;
    const auto extent = extent_of_output(database, scope, job, stream);
    if (!extent) return problem(extent.error());
    const auto length = extent->is_complete ? fmt::to_string(extent->bytes) : std::string("*");
    const auto range = range_of(request.header("Range"), extent->bytes);
    if (!range) return outside(range.error(), fmt::to_string(extent->bytes));
    if (*range)
        if (auto cut = cut_to(**range, length, out); !cut) return problem(cut.error());
    return out;
}

}  // namespace

bool is_content_path(std::span<const std::string> segments) {
    if (segments.size() != 3) return false;
    return (segments[0] == "jobs" && (segments[2] == "stdout" || segments[2] == "stderr")) ||
           (segments[0] == "artifacts" && segments[2] == "content");
}

http::Response content_response(Database& database, const Scope& scope, const http::Request& request,
                                std::span<const std::string> segments) {
    const auto id = to_integer(segments[1]);
    if (!id) return problem(400, fmt::format("'{}' is no number.", segments[1]));
    if (segments[0] == "artifacts") {
        auto opened = open_artifact(database, scope, {*id});
        return opened ? artifact_response(*std::move(opened), request) : problem(opened.error());
    }
    return output_response(database, scope, request, {*id}, segments[2] == "stdout" ? JobStream::out : JobStream::err);
}

}  // namespace mf
