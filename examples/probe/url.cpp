// SPDX-License-Identifier: MIT
#include "probe/checks.h"
#include "probe/threshold.h"
#include "probe/url_target.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <algorithm>
#include <memory>
#include <mutex>

namespace mf::probe {
namespace {

/// What all URLs have in common.
struct Conditions {
    std::chrono::milliseconds timeout;
    std::chrono::milliseconds slow;
    long redirects;
    std::size_t body_limit;  ///< bytes
    bool verify;
    std::string ca_file;
};

struct Body {
    std::string text;
    std::size_t limit;
    bool cut = false;
};

/// Called by libcurl; taking less than was offered ends the transfer.
std::size_t take(char* data, std::size_t, std::size_t size, void* into) {
    auto& body = *static_cast<Body*>(into);
    const auto taken = std::min(size, body.limit - body.text.size());
    body.text.append(data, taken);
    body.cut = taken < size;
    return taken;
}

struct Closer {
    void operator()(CURL* handle) const { ::curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, Closer>;

void prepare(CURL* handle, const std::string& url, const Conditions& conditions, Body& body, char* problem) {
    const auto set = [&](CURLoption option, auto value) { ::curl_easy_setopt(handle, option, value); };
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, conditions.redirects > 0 ? 1L : 0L);
    set(CURLOPT_MAXREDIRS, conditions.redirects);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(conditions.timeout.count()));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USERAGENT, "multiflexi-probe/" MULTIFLEXI_VERSION);
    set(CURLOPT_ACCEPT_ENCODING, "");  // the limit counts what was unpacked
    set(CURLOPT_SSL_VERIFYPEER, conditions.verify ? 1L : 0L);
    set(CURLOPT_SSL_VERIFYHOST, conditions.verify ? 2L : 0L);
    if (!conditions.ca_file.empty()) set(CURLOPT_CAINFO, conditions.ca_file.c_str());
    set(CURLOPT_WRITEFUNCTION, &take);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&body));
    set(CURLOPT_ERRORBUFFER, problem);
}

/// What a failed transfer says: mostly that the endpoint is ill, sometimes that this program could not look.
Finding judge_failure(CURLcode code, const Conditions& conditions, const char* problem) {
    switch (code) {
        case CURLE_TOO_MANY_REDIRECTS:
            return {State::critical, fmt::format("redirects more than {} times", conditions.redirects)};
        case CURLE_UNSUPPORTED_PROTOCOL:
            return {State::critical, "redirects to something that is neither http nor https"};
        case CURLE_OPERATION_TIMEDOUT:
            return {State::critical, fmt::format("no complete answer within {:g} seconds",
                                                 static_cast<double>(conditions.timeout.count()) / 1000)};
        case CURLE_URL_MALFORMAT:
        case CURLE_FAILED_INIT:
        case CURLE_OUT_OF_MEMORY:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_COULDNT_RESOLVE_PROXY:
            return unknown(fmt::format("The request cannot be made: {}.", ::curl_easy_strerror(code)));
        default:
            return {State::critical, fmt::format("no answer: {}", *problem ? problem : ::curl_easy_strerror(code))};
    }
}

Finding judge_answer(CURL* handle, const UrlTarget& target, const Statuses& statuses, const Conditions& conditions,
                     const Body& body) {
    long status = 0, redirects = 0;
    curl_off_t microseconds = 0;
    const char* last_url = nullptr;
    ::curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    ::curl_easy_getinfo(handle, CURLINFO_REDIRECT_COUNT, &redirects);
    ::curl_easy_getinfo(handle, CURLINFO_TOTAL_TIME_T, &microseconds);
    ::curl_easy_getinfo(handle, CURLINFO_EFFECTIVE_URL, &last_url);
    const double seconds = static_cast<double>(microseconds) / 1e6;

    Finding finding{.message = fmt::format("status {} in {:.2f} s", status, seconds),
                    .metrics = {{"status", static_cast<double>(status)}, {"seconds", rounded(seconds)}},
                    .details = {{"status", status},
                                {"redirects", redirects},
                                {"final_url", last_url ? last_url : ""},
                                {"bytes_read", body.text.size()},
                                {"body_cut", body.cut}}};
    if (!contains(statuses, status)) {
        finding.state = State::critical;
        finding.message += fmt::format(", expected is {}", target.statuses);
    } else if (body.text.find(target.text) == std::string::npos) {
        finding.state = State::critical;
        finding.message += body.cut ? fmt::format(", the expected text is not in the first {}",
                                                  size_text(static_cast<double>(body.limit)))
                                    : ", without the expected text";
    } else if (conditions.slow.count() > 0 && microseconds > conditions.slow.count() * 1000) {
        finding.state = State::warning;
        finding.message += fmt::format(", slower than {:g} s", static_cast<double>(conditions.slow.count()) / 1000);
    }
    return finding;
}

Finding fetch(const UrlTarget& target, const Conditions& conditions) {
    const auto statuses = parse_statuses(target.statuses);
    if (!statuses) return unknown("The expected status " + statuses.error().message);
    if (!is_http(target.url)) return unknown("The URL does not begin with http:// or https://.");
    const Handle handle(::curl_easy_init());
    if (!handle) return unknown("libcurl cannot be set up.");
    Body body{.limit = conditions.body_limit};
    char problem[CURL_ERROR_SIZE] = "";
    prepare(handle.get(), target.url, conditions, body, problem);
    const CURLcode code = ::curl_easy_perform(handle.get());
    // A body over the limit is not a fault; enough of it was seen.
    if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && body.cut)) return judge_failure(code, conditions, problem);
    return judge_answer(handle.get(), target, *statuses, conditions, body);
}

}  // namespace

std::vector<Task> plan_url(const Settings& settings, const Machine&) {
    static std::once_flag once;
    std::call_once(once, [] { ::curl_global_init(CURL_GLOBAL_DEFAULT); });
    const Conditions conditions{.timeout = settings.timeout,
                                .slow = settings.url_slow,
                                .redirects = static_cast<long>(settings.url_redirects),
                                .body_limit = static_cast<std::size_t>(settings.url_body_limit * 1024),
                                .verify = settings.tls_verify,
                                .ca_file = settings.ca_file};
    std::vector<Task> tasks;
    for (const auto& target :
         parse_url_targets(settings.urls, {.statuses = settings.url_status, .text = settings.url_text}))
        // libcurl keeps the time itself; the limit is for name servers that hang.
        tasks.push_back({"url", target.url, settings.timeout + std::chrono::seconds(2),
                         [target, conditions] { return fetch(target, conditions); }});
    return tasks;
}

}  // namespace mf::probe
