// SPDX-License-Identifier: MIT
#pragma once

// Internal: how this room speaks to libcurl, which is loaded with the first question about it. Only its .cpp files
// include this.

#include "net/http_client.h"

#include <functional>

namespace mf {

/// Can it be loaded?
bool has_curl();
/// The error when it cannot.
Error without_curl();

/// A handle with connections of its own, which are kept and used again; for one thread at a time. Needs has_curl().
class CurlLine {
public:
    CurlLine();
    ~CurlLine();
    CurlLine(const CurlLine&) = delete;
    CurlLine& operator=(const CurlLine&) = delete;

    /// Whether there was memory for it.
    bool is_there() const;

private:
    friend struct Exchanging;
    class Handles;
    const std::unique_ptr<Handles> handles_;
};

/// What a request may have beside what is in it.
struct ExchangeOptions {
    std::function<bool(std::string_view)> sink = {};  ///< see HttpChannel::send()
    std::string unix_socket = {};                     ///< connect there, whatever the address says
    std::string server = {};                          ///< how sentences name it; empty: by its address
    /// Instead of the time limit for everything: how long nothing may come. 0: the limit of the request counts.
    std::chrono::seconds stall{0};
    bool new_connection = false;  ///< libcurl sends a request again when a connection that it kept turns out to be dead
};
struct Exchange {
    Result<HttpReply> reply;
    bool was_lost = false;  ///< the connection broke after it was made
};
/// One request and its reply. After an error the line is not to be used again: what state it is in nobody knows.
Exchange exchange(CurlLine& line, const HttpRequest& request, const ExchangeOptions& options = {});

/// HttpClient::reach().
Result<void> connect_to(const TcpTarget& target);

}  // namespace mf
