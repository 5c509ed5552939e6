// SPDX-License-Identifier: MIT
#include "net/server/forwarded.h"

#include "base/text.h"

#include <algorithm>

namespace mf::http {
namespace {

/// One step of the way: what one proxy says of who asked it. Empty: it does not say.
struct Hop {
    std::string from;
    std::string scheme;
    std::string host;
};
using Hops = std::vector<Hop>;

/// "192.0.2.7", "192.0.2.7:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80".
std::optional<IpAddress> read_node(std::string_view text) {
    if (text.starts_with('[')) return IpAddress::read(text.substr(1, text.find(']') - 1));
    if (const auto address = IpAddress::read(text)) return address;
    return IpAddress::read(text.substr(0, text.rfind(':')));
}

/// Takes a token or a quoted string (RFC 9110, section 5.6.4) from the front; nothing when there is none.
std::optional<std::string> take_value(std::string_view& rest) {
    std::string value;
    if (!rest.starts_with('"')) {
        // Wider than a token: proxies write addresses with ports, and brackets, without quotes.
        const auto end = std::min(rest.find_first_of(";, \t"), rest.size());
        value = rest.substr(0, end);
        rest.remove_prefix(end);
        if (value.empty() || value.find('"') != std::string::npos) return std::nullopt;
        return value;
    }
    for (std::size_t i = 1; i < rest.size(); ++i) {
        if (rest[i] == '"') {
            rest.remove_prefix(i + 1);
            return value;
        }
        if (rest[i] == '\\' && ++i == rest.size()) break;
        value += rest[i];
    }
    return std::nullopt;
}

void skip_blanks(std::string_view& rest) {
    while (rest.starts_with(' ') || rest.starts_with('\t')) rest.remove_prefix(1);
}

/// for=192.0.2.60;proto=http;by=203.0.113.43, for=198.51.100.17
std::optional<Hops> read_forwarded(std::string_view rest) {
    Hops hops(1);
    for (;;) {
        skip_blanks(rest);
        if (!rest.empty() && rest.front() != ';' && rest.front() != ',') {
            const auto equals = rest.find('=');
            if (equals == std::string_view::npos || !is_token(rest.substr(0, equals))) return std::nullopt;
            const std::string name = lower(rest.substr(0, equals));
            rest.remove_prefix(equals + 1);
            auto value = take_value(rest);
            if (!value) return std::nullopt;
            std::string* const place = name == "for"     ? &hops.back().from
                                       : name == "proto" ? &hops.back().scheme
                                       : name == "host"  ? &hops.back().host
                                                         : nullptr;
            if (place && !place->empty()) return std::nullopt;  // "occur at most once", section 4
            if (place) *place = std::move(*value);
            skip_blanks(rest);
        }
        if (rest.empty()) return hops;
        if (rest.front() == ',')
            hops.emplace_back();
        else if (rest.front() != ';')
            return std::nullopt;
        rest.remove_prefix(1);
    }
}

/// Scheme and host are mostly those of one proxy, whatever the number of addresses; so they are aligned at the right,
/// and the leftmost goes for all steps left of it.
Hops read_x_forwarded(const Headers& headers) {
    Hops hops;
    const std::string from = headers.list("X-Forwarded-For");
    for (const auto part : split(from, ','))
        hops.push_back({.from = std::string(trim(part)), .scheme = {}, .host = {}});
    const auto align = [&](std::string_view name, std::string Hop::*member) {
        const std::string list = headers.list(name);
        if (trim(list).empty()) return;
        const auto parts = split(list, ',');
        for (std::size_t back = 0; back < hops.size(); ++back)
            hops[hops.size() - 1 - back].*member = trim(parts[parts.size() - 1 - std::min(back, parts.size() - 1)]);
    };
    align("X-Forwarded-Proto", &Hop::scheme);
    align("X-Forwarded-Host", &Hop::host);
    return hops;
}

Origin walk(const Hops& hops, const Peer& peer, const AddressRanges& trusted) {
    Origin origin{.client = peer.address, .secure = peer.secure, .host = {}};
    bool goes_on = is_trusted(peer, trusted);
    for (auto hop = hops.rbegin(); goes_on && hop != hops.rend(); ++hop) {
        if (!hop->scheme.empty()) origin.secure = equal_ignoring_case(hop->scheme, "https");
        if (!hop->host.empty()) origin.host = hop->host;
        const auto next = read_node(hop->from);
        if (!next) break;
        origin.client = next;
        goes_on = trusted.contains(*next);
    }
    return origin;
}

}  // namespace

bool is_trusted(const Peer& peer, const AddressRanges& trusted) {
    return peer.address ? trusted.contains(*peer.address) : trusted.contains_unix();
}

Result<Origin> origin_of(const Headers& headers, const Peer& peer, const AddressRanges& trusted) {
    const Origin of_peer{.client = peer.address, .secure = peer.secure, .host = {}};
    if (!is_trusted(peer, trusted)) return of_peer;
    std::optional<Origin> standard;
    if (headers.has("Forwarded")) {
        const auto hops = read_forwarded(headers.list("Forwarded"));
        if (!hops) return invalid("The header Forwarded cannot be read; see RFC 7239.");
        standard = walk(*hops, peer, trusted);
    }
    if (!headers.has("X-Forwarded-For") && !headers.has("X-Forwarded-Proto") && !headers.has("X-Forwarded-Host"))
        return standard.value_or(of_peer);
    const Origin customary = walk(read_x_forwarded(headers), peer, trusted);
    if (!standard) return customary;
    if (headers.has("X-Forwarded-For") && standard->client != customary.client)
        return invalid(
            "Forwarded and X-Forwarded-For name different clients; the proxy must remove the one that it does not "
            "write.");
    return *standard;
}

}  // namespace mf::http
