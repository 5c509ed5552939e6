// SPDX-License-Identifier: MIT
#include "net/server/content_coding.h"

#include "net/server/body_source.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <zlib.h>
#include <fstream>

using namespace mf;
using namespace mf::http;

namespace {

std::string inflated(std::string_view packed) {
    z_stream stream{};
    REQUIRE(inflateInit2(&stream, 16 + 15) == Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    std::string text;
    int result = Z_OK;
    while (result == Z_OK) {
        char buffer[1000];
        stream.next_out = reinterpret_cast<Bytef*>(buffer);
        stream.avail_out = sizeof buffer;
        result = inflate(&stream, Z_NO_FLUSH);
        text.append(buffer, sizeof buffer - stream.avail_out);
    }
    inflateEnd(&stream);
    CHECK(result == Z_STREAM_END);
    CHECK(stream.avail_in == 0);
    return text;
}

std::string lines_of_text(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "line " + std::to_string(i * 7919) + "\n";
    return text;
}

std::string read_all_of(BodySource& source, std::size_t step) {
    std::string all;
    std::string buffer(step, '\0');
    for (;;) {
        const auto count = source.read(buffer);
        REQUIRE(count);
        if (*count == 0) return all;
        all += buffer.substr(0, *count);
    }
}

}  // namespace

TEST_CASE("clients weigh codings") {
    for (const char* yes : {"gzip", "GZIP", "deflate, gzip;q=0.5", "x-gzip", "*", "br, *;q=0.1", "gzip;q=1.000",
                            "gzip ; q=0.001", "identity;q=0.5, gzip;q=0.5"})
        CHECK_MESSAGE(accepts_gzip(yes), yes);
    for (const char* no : {"", "br", "identity", "gzip;q=0", "gzip;q=0.000", "*;q=0", "gzip;q=0, *", "gzip;q=x",
                           "gzip;level=1", "identity, gzip;q=0.5", "gzip;q=1.5"})
        CHECK_MESSAGE(!accepts_gzip(no), no);
}

TEST_CASE("only what becomes smaller is compressed") {
    for (const char* yes :
         {"application/json", "text/html; charset=utf-8", "Image/SVG+XML", "application/problem+json"})
        CHECK_MESSAGE(is_compressible(yes), yes);
    for (const char* no : {"", "text/event-stream", "image/png", "application/octet-stream", "application/gzip"})
        CHECK_MESSAGE(!is_compressible(no), no);
    auto answer = response(200, "application/json", "{}");
    CHECK(coding_for(answer, "gzip") == Coding::gzip);
    CHECK(coding_for(answer, "br") == Coding::varies);
    for (const int status : {204, 206, 304}) {
        answer.status = status;
        CHECK(coding_for(answer, "gzip") == Coding::none);
    }
    answer = response(200, "application/json", "{}");
    answer.headers.add("Cache-Control", "private, no-transform");
    CHECK(coding_for(answer, "gzip") == Coding::none);
    answer = response(200, "application/json", "{}");
    answer.headers.add("Content-Encoding", "zstd");
    CHECK(coding_for(answer, "gzip") == Coding::none);
}

TEST_CASE("caches hear what an answer depends on") {
    Headers headers{{"ETag", "\"7\""}, {"Vary", "Cookie"}};
    announce(Coding::varies, headers);
    CHECK(headers.list("Vary") == "Cookie, Accept-Encoding");
    CHECK(headers.get("ETag") == "\"7\"");
    announce(Coding::gzip, headers);
    CHECK(headers.list("Vary") == "Cookie, Accept-Encoding");
    CHECK(headers.get("ETag") == "W/\"7\"");
    CHECK(headers.get("Content-Encoding") == "gzip");
    Headers of_all{{"Vary", "*"}};
    announce(Coding::gzip, of_all);
    CHECK(of_all.list("Vary") == "*");
}

TEST_CASE("compressed texts come out as they went in") {
    for (const int lines : {0, 1, 100, 20'000}) {
        const auto text = lines_of_text(lines);
        const auto packed = gzipped(text);
        CHECK(inflated(packed) == text);
        if (lines > 1) CHECK(packed.size() < text.size() / 2);
    }
}

TEST_CASE("sources: files, parts of them, compressed") {
    const testing::TemporaryDirectory directory;
    const auto name = directory.path() / "content";
    const auto text = lines_of_text(30'000);
    std::ofstream(name) << text;
    const auto open_file = [&] { return Descriptor(::open(name.c_str(), O_RDONLY | O_CLOEXEC)); };

    auto whole = file_source(open_file(), 0, text.size());
    CHECK(whole->size() == text.size());
    CHECK(read_all_of(*whole, 1000) == text);
    CHECK(whole->size() == 0);

    auto part = file_source(open_file(), 0, text.size());
    REQUIRE(part->skip(12'345));
    CHECK(!part->skip(text.size()));
    part = first_bytes(std::move(part), 54'321);
    CHECK(part->size() == 54'321);
    CHECK(read_all_of(*part, 4000) == text.substr(12'345, 54'321));

    auto packed = gzip_source(file_source(open_file(), 0, text.size()));
    CHECK(!packed->size());
    CHECK(inflated(read_all_of(*packed, 777)) == text);

    // A source that cannot skip reads instead.
    auto later = gzip_source(file_source(open_file(), 0, text.size()));
    REQUIRE(later->skip(10));
    CHECK(read_all_of(*later, 777) == gzipped(text).substr(10));
    CHECK(!gzip_source(file_source(open_file(), 0, 5))->skip(1000));
}
