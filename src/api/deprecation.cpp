// SPDX-License-Identifier: MIT
#include "api/deprecation.h"

#include "net/url.h"

#include <fmt/format.h>

#include <algorithm>

namespace mf {
namespace {

std::optional<std::string> filled(std::string route, const json::object& parameters) {
    for (auto open = route.find('{'); open != std::string::npos; open = route.find('{')) {
        const auto close = route.find('}', open);
        const auto* value = parameters.if_contains(std::string_view(route).substr(open + 1, close - open - 1));
        if (!value || !value->is_string()) return std::nullopt;
        route.replace(open, close - open + 1, percent_encoded(std::string_view(value->get_string())));
    }
    return route;
}

}  // namespace

void announce(const Deprecation& deprecation, const Operations& operations, std::string_view root,
              const json::object& parameters, http::Headers& headers) {
    const auto seconds = [](Timestamp moment) { return std::chrono::floor<std::chrono::seconds>(moment); };
    headers.set("Deprecation", fmt::format("@{}", seconds(deprecation.since).time_since_epoch().count()));
    if (deprecation.sunset) headers.set("Sunset", http::http_date(seconds(*deprecation.sunset)));
    const auto successor = std::ranges::find(operations, deprecation.successor, &Operation::name);
    if (successor == operations.end()) return;
    if (const auto path = filled(successor->route.substr(successor->route.find('/')), parameters))
        headers.add("Link", fmt::format("<{}{}>; rel=\"successor-version\"", root, *path));
}

}  // namespace mf
