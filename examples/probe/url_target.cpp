// SPDX-License-Identifier: MIT
#include "probe/url_target.h"

#include "base/text.h"

#include <fmt/format.h>
#include <algorithm>

namespace mf::probe {
namespace {

/// Commas are legal in URLs, so only those that end one separate: before a blank, or before another "http".
std::vector<std::string> urls_of(std::string_view text) {
    std::vector<std::string> urls;
    while (!(text = trim(text)).empty()) {
        auto end = std::min(text.find_first_of(" \t"), text.size());
        for (const std::string_view next : {",http://", ",https://"}) end = std::min(end, text.find(next));
        auto url = text.substr(0, end);
        while (url.ends_with(',')) url.remove_suffix(1);
        if (!url.empty()) urls.emplace_back(url);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return urls;
}

}  // namespace

std::vector<UrlTarget> parse_url_targets(std::string_view lines, const UrlTarget& defaults) {
    std::vector<UrlTarget> targets;
    for (auto line : split(lines, '\n')) {
        const auto first = std::min(line.find('|'), line.size());
        const auto second = std::min(line.find('|', first + 1), line.size());
        const auto statuses = first < line.size() ? trim(line.substr(first + 1, second - first - 1)) : "";
        const auto text = second < line.size() ? trim(line.substr(second + 1)) : "";
        for (auto& url : urls_of(line.substr(0, first)))
            targets.push_back({std::move(url), statuses.empty() ? defaults.statuses : std::string(statuses),
                               text.empty() ? defaults.text : std::string(text)});
    }
    return targets;
}

Result<Statuses> parse_statuses(std::string_view text) {
    const Error error{
        ErrorCode::invalid,
        fmt::format("is not a list of HTTP status codes such as 200, 204, 300-399 or 2xx: \"{}\".", text)};
    Statuses statuses;
    for (const auto part : split(text, ',')) {
        const auto range = trim(part);
        if (range.size() == 3 && lower(range.substr(1)) == "xx" && range[0] >= '1' && range[0] <= '5') {
            statuses.emplace_back((range[0] - '0') * 100L, (range[0] - '0') * 100L + 99);
            continue;
        }
        const auto dash = range.find('-');
        const auto from = to_integer(trim(range.substr(0, dash)));
        const auto to = dash == std::string_view::npos ? from : to_integer(trim(range.substr(dash + 1)));
        if (!from || !to || *from < 100 || *to > 599 || *from > *to) return error;
        statuses.emplace_back(*from, *to);
    }
    return statuses;
}

bool contains(const Statuses& statuses, long status) {
    return std::ranges::any_of(statuses,
                               [&](const auto& range) { return range.first <= status && status <= range.second; });
}

bool is_http(std::string_view url) {
    const auto start = lower(url.substr(0, 8));
    return start.starts_with("http://") || start.starts_with("https://");
}

}  // namespace mf::probe
