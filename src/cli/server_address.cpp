// SPDX-License-Identifier: MIT
#include "cli/server_address.h"

#include "net/url.h"

#include <fmt/format.h>
#include <sys/un.h>

namespace mf {
namespace {

constexpr std::string_view api_path = "/api/v1";

Result<ServerAddress> read_socket_address(std::string_view text) {
    const auto path = text.substr(std::string_view("unix:").size());
    if (!path.starts_with('/') || path.find('\0') != path.npos)
        return invalid(
            fmt::format("'{}' names no socket: unix: is followed by its whole path, as unix:/run/web.sock.", text));
    if (path.size() >= sizeof(sockaddr_un::sun_path))
        return invalid(fmt::format("The path of the socket is longer than the {} bytes that the system allows.",
                                   sizeof(sockaddr_un::sun_path) - 1));
    return ServerAddress{.root = "http://localhost" + std::string(api_path),
                         .unix_socket = std::string(path),
                         .shown = std::string(text)};
}

}  // namespace

Result<ServerAddress> read_server_address(std::string_view text, Plain plain) {
    if (text.starts_with("unix:")) return read_socket_address(text);
    const auto url = read_web_url(text);
    if (!url)
        return invalid(
            fmt::format("The address of the server cannot be used. {} Write https://host:port or unix:/path.",
                        url.error().message));
    if (!url->user.empty() || !url->password.empty())
        return invalid(
            "The address of the server must not hold a name or a password, which others could read. Use a token: "
            "--token-file FILE.");
    std::string_view path = url->rest;
    if (path.find_first_of("?#") != path.npos)
        return invalid("The address of the server must end with its path, without '?' and '#'.");
    while (path.ends_with('/')) path.remove_suffix(1);
    if (path.ends_with(api_path)) path.remove_suffix(api_path.size());
    if (url->scheme == "http" && plain == Plain::only_here && !is_loopback(url->host))
        return invalid(
            fmt::format("{} is another machine and is asked without encryption: everybody on the way could read the "
                        "token and use it. Use https://, or say --allow-plain if the network is your own.",
                        url->origin()));
    return ServerAddress{.root = fmt::format("{}{}{}", url->origin(), path, api_path), .shown = url->origin()};
}

}  // namespace mf
