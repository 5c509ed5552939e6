// SPDX-License-Identifier: MIT
#include "browser.h"

#include "base/text.h"
#include "net/url.h"

#include <fmt/format.h>
#include <stdexcept>

namespace mf::testing {
namespace {

/// What stands between the two marks, after the first of them; empty: they are not there.
std::string between(std::string_view text, std::string_view begin, std::string_view end) {
    const auto at = text.find(begin);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + begin.size());
    return std::string(text.substr(0, text.find(end)));
}

std::string parameter_of(const std::string& url, std::string_view name) {
    const auto query = "&" + url.substr(std::min(url.find('?'), url.size() - 1) + 1);
    return percent_decoded(between(query, fmt::format("&{}=", name), "&"));
}

Url parts_of(const std::string& url) {
    const auto parts = read_web_url(url);
    if (!parts) throw std::runtime_error("The provider names an address that is none: " + url);
    return *parts;
}

}  // namespace

std::string Browser::cookies_for(std::string_view path) const {
    std::string out;
    for (const auto& [place, value] : cookies_)
        if (path.starts_with(place.first)) out += fmt::format("{}{}={}", out.empty() ? "" : "; ", place.second, value);
    return out;
}

void Browser::keep_cookies(const HttpReply& reply) {
    for (const auto& [name, value] : reply.headers) {
        if (lower(name) != "set-cookie") continue;
        const auto cookie = value.substr(0, value.find(';'));
        const auto sign = cookie.find('=');
        const std::pair place{between(value, "path=", ";"), cookie.substr(0, sign)};
        cookies_[place] = cookie.substr(sign + 1);
        if (cookies_[place].empty()) cookies_.erase(place);
    }
}

HttpReply Browser::open(HttpRequest request) {
    request.headers.emplace_back("Cookie", cookies_for(parts_of(request.url).rest));
    auto reply = http_.send(request);
    if (!reply) throw std::runtime_error(reply.error().message);
    keep_cookies(*reply);
    return *std::move(reply);
}

Browser::Arrival Browser::sign_in(const std::string& url, const std::string& person, std::string_view back) {
    HttpRequest next{.url = url};
    // Two forms, each with a redirection before and behind it, are 7 pages.
    for (int page = 0; page < 20; ++page) {
        const auto here = next.url;
        const auto reply = open(std::move(next));
        std::string to(reply.header("Location"));
        if (to.starts_with(back)) {
            Arrival arrival{.state = parameter_of(to, "state"), .code = parameter_of(to, "code")};
            if (arrival.code.empty()) throw std::runtime_error("The provider sends nobody back: " + to);
            return arrival;
        }
        if (to.starts_with('/')) to = parts_of(here).origin() + to;
        if (!to.empty()) {
            next = {.url = to};
            continue;
        }
        const auto action = between(reply.body, "action=\"", "\"");
        if (reply.status != 200 || action.empty())
            throw std::runtime_error(fmt::format("The provider answers {}:\n{}", reply.status, reply.body));
        const auto prompt = between(reply.body, "name=\"prompt\" value=\"", "\"");
        ++forms_;
        next = {.method = "POST",
                .url = action,
                .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                .body = fmt::format("prompt={}&login={}&password=any", prompt, percent_encoded(person))};
    }
    throw std::runtime_error("The provider sends the browser round in circles.");
}

}  // namespace mf::testing
