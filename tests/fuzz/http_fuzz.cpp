// SPDX-License-Identifier: MIT
// Whole connections of the HTTP server: any bytes, in any pieces. The first byte of the input says in which pieces and
// what the client takes; the rest is what it sends. However the bytes are cut, the handler sees the same requests.
#include "base/text.h"
#include "fuzz/fuzz.h"
#include "net/server/target.h"
#include "support/session_double.h"

using namespace mf;
using mf::fuzz::require;

namespace {

constexpr std::size_t most_body = 3000;

http::ServerOptions fuzz_options() {
    http::ServerOptions options;
    options.limits.head_bytes = 2000;
    options.limits.target_bytes = 500;
    options.limits.headers = 20;
    options.limits.body_bytes = most_body;
    options.limits.requests_per_connection = 20;
    options.trusted_proxies = *http::AddressRanges::read("0.0.0.0/0, 2001:db8::/32");
    return options;
}

void check_request(const http::Request& request) {
    require(http::is_token(request.method), "a method is a token");
    require(request.method != "CONNECT" && request.method != "TRACE", "these are refused");
    require(request.body.size() <= most_body, "a body keeps its limit");
    require(request.path == "*" || request.path.starts_with('/'), "a path begins with a slash");
    require(request.minor_version == 0 || !request.host.empty(), "HTTP/1.1 has a host");
    require(http::IpAddress::read(request.client).has_value(), "a client is an address");
    const auto is_clean = [](std::string_view text) {
        return is_utf8(text) && text.find('\0') == std::string_view::npos;
    };
    for (const auto& segment : request.segments)
        require(is_clean(segment) && segment != "." && segment != "..", "a segment is a name");
    for (const auto& [name, value] : request.query) require(is_clean(name) && is_clean(value), "a query is text");
    for (const auto& [name, value] : request.headers) {
        require(http::is_token(name), "a header has a name");
        require(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos, "a header is one line");
    }
    const bool has_length = request.headers.has("Content-Length");
    require(!has_length || !request.headers.has("Transfer-Encoding"), "there is one length");
}

http::Response answer_to(const http::Request& request) {
    http::Response answer;
    if (request.path.starts_with("/events")) {
        answer.events = std::make_shared<http::EventStream>();
        answer.events->send(http::format_event("1", request.method, request.body));
        if (!request.query.empty()) answer.events->end();
        return answer;
    }
    answer = http::response(200, "text/plain", request.path + request.body);
    if (request.path.starts_with("/long")) answer.body.append(5000, 'x');
    return answer;
}

/// What the handler saw, one line for each request.
std::string requests_of(std::string_view bytes, std::size_t step, std::size_t window) {
    std::string seen;
    testing::SessionDouble world(
        [&](const http::Request& request) {
            check_request(request);
            seen += request.method + " " + request.path + " " + request.client + " " + request.host + " " +
                    std::to_string(request.headers.size()) + " " + request.body + "\n";
            return answer_to(request);
        },
        fuzz_options(), {.address = http::IpAddress::read("10.0.0.1")});
    world.ends.window = window;
    while (!bytes.empty() && !world.session.is_done()) {
        const auto piece = bytes.substr(0, step);
        bytes.remove_prefix(piece.size());
        world.send(piece);
        if (window != std::string::npos) world.ends.window = window;
    }
    world.ends.window = std::string::npos;
    world.session.advance(world.now);
    world.work_off();
    world.ends.client_ended = true;
    world.session.advance(world.now);
    world.work_off();
    require(world.session.is_done(), "a session ends when its client has");
    require(world.shared.body_bytes == 0 && world.shared.viewers == 0, "nothing stays counted");
    const auto said = world.said();
    require(said.empty() || said.starts_with("HTTP/1.1 "), "only HTTP is said");
    require(world.handled <= world.records.size(), "each request is noted");
    return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const auto how = input.byte();
    const auto whole = requests_of(input.rest(), std::string::npos, std::string::npos);
    const auto in_pieces = requests_of(input.rest(), 1 + how % 16, how & 0x80 ? 7 + how % 50 : std::string::npos);
    require(whole == in_pieces, "pieces make no difference");
    return 0;
}
