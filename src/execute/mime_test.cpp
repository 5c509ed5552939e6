// SPDX-License-Identifier: MIT
#include "execute/mime.h"

#include <doctest/doctest.h>
#include <string>
#include <thread>

using namespace mf;
using namespace std::string_literals;

TEST_CASE("media types by content") {
    CHECK(mime_type("x", "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n") == "application/pdf");
    CHECK(mime_type("x", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\b\6\0\0\0"s) == "image/png");
    CHECK(mime_type("x", "<?xml version=\"1.0\"?><a/>") == "application/xml");
    CHECK(mime_type("x", "<!DOCTYPE html><html><head><title>x</title></head></html>") == "text/html");
    CHECK(mime_type("x", "{\"a\": 1, \"b\": [true]}") == "application/json");
    CHECK(mime_type("x", "hello\n") == "text/plain");
    CHECK(mime_type("x", "\0\1\2\3\xff\xfe\xfd"s) == "application/octet-stream");
    CHECK(mime_type("x", "\1\2\3abc") == "application/octet-stream");
    CHECK(mime_type("x", "one line\nanother\1\n") == "application/octet-stream");
    CHECK(mime_type("x", "rubbed out\x7f") == "application/octet-stream");
    CHECK(mime_type("x", "\x1b[31mred\x1b[0m\a\b\f\v\r\n") == "text/plain");
    CHECK(mime_type("x", "v\xe1\xbe \xe8\xe1st in ISO 8859-2\n") == "text/plain");
    CHECK(mime_type("x", "") == "text/plain");
}

TEST_CASE("the ending decides where the content says little") {
    CHECK(mime_type("out/report.JSON", "[]") == "application/json");
    CHECK(mime_type("report.json", "") == "application/json");
    CHECK(mime_type("a.csv", "a;b\n1;2\n") == "text/csv");
    CHECK(mime_type("a.xml", "<a/>") == "application/xml");
    CHECK(mime_type("a.html", "<p>hello") == "text/html");
    CHECK(mime_type("a.log", "#include <stdio.h>\nint main() { return 0; }\n") == "text/plain");
    CHECK(mime_type("a.log", "{\"level\":\"info\"}") == "text/plain");
    CHECK(mime_type("dir.json/plain", "hello\n") == "text/plain");
    CHECK(mime_type("ž.csv", "\xc5\xbelu\xc5\xa5ou\xc4\x8dk\xc3\xbd;k\xc5\xaf\xc5\x88\n") == "text/csv");
}

TEST_CASE("a name does not make bytes into text") {
    CHECK(mime_type("a.json", "\0\1\2\3\xff\xfe"s) == "application/octet-stream");
    CHECK(mime_type("a.txt", "one line\nanother\1\n") == "application/octet-stream");
    CHECK(mime_type("a.csv", "a;b\n\2;\3\n") == "application/octet-stream");
    CHECK(mime_type("a.csv", "%PDF-1.4\n") == "application/pdf");
}

TEST_CASE("from many threads") {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([] {
            for (int n = 0; n < 20; ++n) CHECK(mime_type("x", "%PDF-1.4\n") == "application/pdf");
        });
}
