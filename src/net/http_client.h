// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mf {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
    std::string method = "GET";
    std::string url;  ///< http or https; may contain user:password@
    HttpHeaders headers = {};
    std::string body = {};
    std::chrono::milliseconds timeout = std::chrono::seconds(10);  ///< for everything, from the name to the last byte
    std::size_t most_bytes = std::size_t{8} << 20;                 ///< of the reply's body; a longer one is an error
    std::filesystem::path ca_file = {};  ///< PEM file of the authorities to trust; empty: those of the system
    std::stop_token stop = {};           ///< a request to stop ends the request at once
};

struct HttpReply {
    int status = 0;
    HttpHeaders headers = {};  ///< of the final reply, in its order
    std::string body = {};

    /// The value of the first header of this name, in any case of letters; empty: there is none.
    std::string_view header(std::string_view name) const;
};

/// A place that takes TCP connections.
struct TcpTarget {
    std::string host;  ///< a name or an address, IPv6 without brackets
    int port = 0;
    std::chrono::milliseconds timeout = std::chrono::seconds(5);
    std::stop_token stop = {};
};

/// Asks other machines. Every function may be called from every thread.
class HttpClient {
public:
    virtual ~HttpClient() = default;

    /// The reply, whatever its status is. Redirections are replies: nobody follows them.
    /// unavailable: none came; the sentence names the server and the reason, and nothing else of the request: neither
    /// path and query nor headers, passwords or bodies. invalid: the request cannot be made as it is.
    virtual Result<HttpReply> send(const HttpRequest& request) = 0;

    /// Can a connection be made? Sends nothing. Errors as of send(). Doubles of tests that only answer requests need
    /// not have it: it is unavailable then.
    virtual Result<void> reach(const TcpTarget& target);
};

/// The client of the programs. libcurl is loaded with the first request.
/// Connections are kept and used again. Proxies are those of the environment (https_proxy, no_proxy …; man 1 curl), but
/// never for this machine itself: what is meant for it must not leave it. Link-local addresses (169.254.0.0/16,
/// fe80::/10) are refused, because machines of clouds find the secrets of their account there; that cannot be seen when
/// a proxy makes the connection. The program must ignore SIGPIPE.
class CurlClient final : public HttpClient {
public:
    CurlClient();
    ~CurlClient() override;
    CurlClient(const CurlClient&) = delete;
    CurlClient& operator=(const CurlClient&) = delete;

    Result<HttpReply> send(const HttpRequest& request) override;
    Result<void> reach(const TcpTarget& target) override;

private:
    class Lines;
    const std::unique_ptr<Lines> lines_;
};

}  // namespace mf
