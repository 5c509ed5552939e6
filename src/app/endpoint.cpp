// SPDX-License-Identifier: MIT
#include "app/endpoint.h"

#include "base/text.h"

#include <fmt/format.h>

namespace mf {

Result<http::Endpoint> read_endpoint(std::string_view text) {
    const auto wrong = [&] {
        return invalid(
            fmt::format("'{}' is no endpoint. Write an address and a port (127.0.0.1:8080, [::1]:8080), "
                        "with https:// before it for TLS, or unix:/path.",
                        text));
    };
    if (text.starts_with("unix:")) return http::Endpoint{.host = std::string(text)};
    http::Endpoint out;
    auto rest = text;
    if (rest.starts_with("https://")) {
        out.tls = true;
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
    }
    const auto colon = rest.rfind(':');
    if (colon == std::string_view::npos) return wrong();
    auto host = rest.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto port = to_integer(rest.substr(colon + 1));
    const auto address = http::IpAddress::read(host);
    if (!port || *port < 0 || *port > 65535 || !address || address->is_four() == bracketed) return wrong();
    out.host = std::string(host);
    out.port = static_cast<int>(*port);
    return out;
}

}  // namespace mf
