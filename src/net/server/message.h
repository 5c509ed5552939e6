// SPDX-License-Identifier: MIT
#pragma once

#include "net/server/body_source.h"

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the HTTP server and its handlers talk about (HTTP/1.1: RFC 9110, RFC 9112).
namespace mf::http {

class EventStream;

/// Header fields in their order. Names are compared in any case of letters; one may come several times.
class Headers {
public:
    using Field = std::pair<std::string, std::string>;
    Headers() = default;
    Headers(std::initializer_list<Field> fields) : fields_(fields) {}

    void add(std::string name, std::string value);
    void set(std::string_view name, std::string value);  ///< instead of all fields of this name
    void remove(std::string_view name);
    bool has(std::string_view name) const;
    /// The value of the first field of this name; empty: there is none. Valid until the headers change.
    std::string_view get(std::string_view name) const;
    /// The values of all fields of this name as one list with ", " between (RFC 9110, section 5.3).
    std::string list(std::string_view name) const;

    std::size_t size() const { return fields_.size(); }
    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }

private:
    std::vector<Field> fields_;
};

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7).
std::string http_date(std::chrono::sys_seconds moment);

/// A complete request. Everything in it comes from a stranger.
struct Request {
    std::string method;  ///< as sent: HTTP's own are capital letters
    /// Of the target as sent, in percent-encoding and without the query: what may be logged. "*" for OPTIONS *.
    std::string path;
    /// The path, taken apart at '/' and then decoded, so that "%2F" in a segment is no separator: "/job/a%2Fb" gives
    /// {"job", "a/b"}, "/" gives {}, "/job/" gives {"job", ""}. Well-formed UTF-8 without NUL, never "." or "..".
    std::vector<std::string> segments;
    std::string raw_query = {};  ///< what follows the '?', as sent
    /// The query, decoded ('+' is a blank): name and value of each part, in order. Well-formed UTF-8 without NUL.
    std::vector<std::pair<std::string, std::string>> query;
    Headers headers;
    std::string body;
    int minor_version = 1;  ///< HTTP/1.x
    /// Address of the client in its usual spelling: of the peer, or what a trusted proxy says. Empty: a peer of a Unix
    /// socket who passed on no address.
    std::string client;
    std::string peer;                        ///< who is really connected; empty on a Unix socket
    std::optional<unsigned> peer_user = {};  ///< on a Unix socket: whose process is connected (uid), if that is known
    std::string
        host;  ///< host[:port] the client asked, as a trusted proxy says it or as sent; empty only with HTTP/1.0
    bool secure = false;  ///< TLS, to here or to a trusted proxy

    std::string_view header(std::string_view name) const { return headers.get(name); }
    /// The first part of the query with this name.
    std::optional<std::string_view> query_value(std::string_view name) const;
};

/// An answer. Content-Length, Transfer-Encoding, Date, Server and Keep-Alive are the server's own: an answer that sets
/// one becomes status 500 (so do names and values that HTTP cannot carry). Two exceptions: an answer to HEAD without a
/// body may have the Content-Length that GET would have; "Connection: close" ends the connection after the answer. The
/// body of a status that has none (204, 304) is not sent.
struct Response {
    int status = 200;  ///< 200 to 599
    Headers headers = {};
    std::string body = {};
    /// Instead of the body: read piece by piece while it is sent.
    std::unique_ptr<BodySource> source = nullptr;
    /// Instead of the body: the connection becomes one of a viewer of events (media type text/event-stream).
    std::shared_ptr<EventStream> events = nullptr;
};

/// An answer with a body of this media type.
Response response(int status, std::string media_type, std::string body);

/// The words that HTTP has for a status: "Not Found".
std::string_view reason_phrase(int status);

/// Is this a token (RFC 9110, section 5.6.2), as names of headers and methods are?
bool is_token(std::string_view text);

}  // namespace mf::http
