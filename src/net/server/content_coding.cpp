// SPDX-License-Identifier: MIT
#include "net/server/content_coding.h"

#include "base/text.h"
#include "net/server/body_source.h"

#include <zlib.h>
#include <algorithm>
#include <stdexcept>

namespace mf::http {
namespace {

/// 0 to 1000; nothing when it cannot be read, "0.5" is 500.
std::optional<int> read_weight(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
    if (text.size() > 1 && text[1] != '.') return std::nullopt;
    int weight = text[0] - '0';
    for (std::size_t i = 2; i < 5; ++i) {
        if (i < text.size() && !is_digit(text[i])) return std::nullopt;
        weight = weight * 10 + (i < text.size() ? text[i] - '0' : 0);
    }
    return weight <= 1000 ? std::optional(weight) : std::nullopt;
}

class Deflater {
public:
    Deflater() {
        constexpr int gzip_format = 16 + 15;
        constexpr int quick = 5;
        if (deflateInit2(&stream_, quick, Z_DEFLATED, gzip_format, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc();
    }
    ~Deflater() { deflateEnd(&stream_); }
    Deflater(const Deflater&) = delete;
    Deflater& operator=(const Deflater&) = delete;

    void give(std::string_view text) {
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib does not write there
        stream_.avail_in = static_cast<uInt>(text.size());
    }
    bool needs_more() const { return stream_.avail_in == 0; }
    std::size_t run(std::span<char> into, int flush) {
        stream_.next_out = reinterpret_cast<Bytef*>(into.data());
        stream_.avail_out = static_cast<uInt>(into.size());
        const int result = deflate(&stream_, flush);
        if (result == Z_STREAM_ERROR) throw std::logic_error("zlib was used in a wrong way");
        ended_ = result == Z_STREAM_END;
        return into.size() - stream_.avail_out;
    }
    bool has_ended() const { return ended_; }
    std::size_t bound(std::size_t size) { return deflateBound(&stream_, static_cast<uLong>(size)); }

private:
    z_stream stream_{};
    bool ended_ = false;
};

class GzipSource final : public BodySource {
public:
    explicit GzipSource(std::unique_ptr<BodySource> source) : source_(std::move(source)), input_(32 * 1024, '\0') {}

    Result<std::size_t> read(std::span<char> into) override {
        std::size_t made = 0;
        while (made == 0 && !deflater_.has_ended()) {
            if (!has_all_ && deflater_.needs_more()) {
                const auto count = source_->read(input_);
                if (!count) return count.error();
                has_all_ = *count == 0;
                deflater_.give(std::string_view(input_).substr(0, *count));
            }
            made = deflater_.run(into, has_all_ ? Z_FINISH : Z_NO_FLUSH);
        }
        return made;
    }

private:
    const std::unique_ptr<BodySource> source_;
    std::string input_;
    Deflater deflater_;
    bool has_all_ = false;
};

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
    std::optional<int> gzip, identity, any;
    for (const auto part : split(accept_encoding, ',')) {
        const auto semicolon = std::min(part.find(';'), part.size());
        const auto coding = trim(part.substr(0, semicolon));
        int weight = 1000;
        if (semicolon < part.size()) {
            const auto parameter = trim(part.substr(semicolon + 1));
            const bool is_weight = parameter.starts_with("q=") || parameter.starts_with("Q=");
            // What cannot be read wants nothing.
            weight = is_weight ? read_weight(trim(parameter.substr(2))).value_or(0) : 0;
        }
        if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip"))
            gzip = weight;
        else if (equal_ignoring_case(coding, "identity"))
            identity = weight;
        else if (coding == "*")
            any = weight;
    }
    const int wanted = gzip.value_or(any.value_or(0));
    return wanted > 0 && wanted >= identity.value_or(0);
}

bool is_compressible(std::string_view media_type) {
    const std::string type = lower(trim(media_type.substr(0, media_type.find(';'))));
    if (type == "text/event-stream") return false;
    if (type.starts_with("text/") || type.ends_with("+json") || type.ends_with("+xml")) return true;
    static constexpr std::string_view others[] = {"application/json",     "application/javascript", "application/xml",
                                                  "application/x-ndjson", "application/yaml",       "application/wasm"};
    return std::ranges::find(others, type) != std::end(others);
}

Coding coding_for(const Response& response, std::string_view accept_encoding) {
    const bool has_content =
        response.status != 204 && response.status != 206 && response.status != 304 && !response.events;
    if (!has_content || response.headers.has("Content-Encoding") || response.headers.has("Content-Range") ||
        !is_compressible(response.headers.get("Content-Type")) ||
        lower(response.headers.list("Cache-Control")).find("no-transform") != std::string::npos)
        return Coding::none;
    return accepts_gzip(accept_encoding) ? Coding::gzip : Coding::varies;
}

void announce(Coding coding, Headers& headers) {
    if (coding == Coding::none) return;
    const std::string varies = lower(headers.list("Vary"));
    if (varies.find('*') == std::string::npos && varies.find("accept-encoding") == std::string::npos)
        headers.add("Vary", "Accept-Encoding");
    if (coding != Coding::gzip) return;
    headers.set("Content-Encoding", "gzip");
    if (const auto tag = headers.get("ETag"); tag.starts_with('"')) headers.set("ETag", "W/" + std::string(tag));
}

std::string gzipped(std::string_view text) {
    Deflater deflater;
    std::string made(deflater.bound(text.size()), '\0');
    deflater.give(text);
    made.resize(deflater.run(made, Z_FINISH));
    if (!deflater.has_ended()) throw std::logic_error("zlib has made more than it promised");
    return made;
}

std::string gunzipped(std::string_view file) {
    struct Inflater {
        z_stream stream{};
        Inflater() {
            constexpr int gzip_format = 16 + 15;
            if (inflateInit2(&stream, gzip_format) != Z_OK) throw std::bad_alloc();
        }
        ~Inflater() { inflateEnd(&stream); }
    } inflater;
    auto& stream = inflater.stream;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(file.data()));  // zlib does not write there
    stream.avail_in = static_cast<uInt>(file.size());
    std::string out;
    for (int result = Z_OK; result != Z_STREAM_END;) {
        constexpr std::size_t step = 64 << 10;
        const auto size = out.size();
        out.resize(size + step);
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + size);
        stream.avail_out = step;
        result = inflate(&stream, Z_NO_FLUSH);
        if (result != Z_OK && result != Z_STREAM_END) throw std::runtime_error("these bytes are no gzip file");
        out.resize(size + step - stream.avail_out);
    }
    return out;
}

std::unique_ptr<BodySource> gzip_source(std::unique_ptr<BodySource> source) {
    return std::make_unique<GzipSource>(std::move(source));
}

}  // namespace mf::http
