// SPDX-License-Identifier: MIT
#include "bench/http_load.h"

#include "base/text.h"

#include <fmt/format.h>
#include <poll.h>

#include <fstream>
#include <sstream>

namespace mf::bench {
namespace {

constexpr auto wrk = "/usr/bin/wrk";

double number_behind(const std::string& text, std::string_view words) {
    const auto at = text.find(words);
    return at == std::string::npos ? 0.0 : std::atof(text.c_str() + at + words.size());
}

/// "     99%    1.23ms" of wrk --latency, in ms.
double latency(const std::string& text, std::string_view share) {
    const auto at = text.find(share);
    if (at == std::string::npos) return 0;
    const auto line = text.substr(at + share.size(), text.find('\n', at) - at - share.size());
    const auto number = std::atof(line.c_str());
    return line.ends_with("us") ? number / 1000 : line.ends_with("ms") ? number : number * 1000;
}

}  // namespace

std::string content_of(const std::filesystem::path& file) {
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

int port_of(const Stand& stand) {
    const auto log = content_of(stand.directory() / "server.log");
    const auto place = log.find("port=", log.find(" listening "));
    if (place == std::string::npos) throw std::runtime_error("the server does not say where it listens");
    return static_cast<int>(to_integer(log.substr(place + 5, log.find_first_of(" \n", place) - place - 5)).value_or(0));
}

HttpProgram::HttpProgram(const Places& places, const std::vector<std::string>& words) {
    const auto out = places.state / ("bench-http." + words.front());
    std::vector<std::string> all{(places.programs / "bench-http").string()};
    all.insert(all.end(), words.begin(), words.end());
    process_ = start(all, out);
    std::string line;
    for (int look = 0; look < 10'000 && !line.ends_with('\n'); ++look) {
        ::poll(nullptr, 0, 1);
        line = content_of(out);
    }
    port_ = static_cast<int>(to_integer(trim(line)).value_or(0));
    if (port_ != 0) return;
    stop(process_);
    throw std::runtime_error("bench-http did not start: " + line);
}

std::string HttpProgram::url() const { return fmt::format("http://127.0.0.1:{}/api/v1/jobs/4711", port_); }

bool has_load() { return std::filesystem::exists(wrk); }

Load load_of(const Places& places, pid_t server, const std::string& url, const std::string& header) {
    const auto out = places.state / "wrk.out";
    std::vector<std::string> words{wrk, "-t2", "-c64", "-d2s", "--latency"};
    if (!header.empty()) words.insert(words.end(), {"-H", header});
    words.push_back(url);
    const auto cpu = cpu_of(server);
    const auto run_of = run(words, out);
    const auto used = cpu_of(server) - cpu;
    const std::string text = content_of(out);
    const double per_second = number_behind(text, "Requests/sec:");
    const auto requests = text.find(" requests in ");
    const auto begin = requests == std::string::npos ? requests : text.rfind('\n', requests);
    if (run_of.exit_code != 0 || per_second <= 0 || begin == std::string::npos)
        throw std::runtime_error("wrk failed: " + text);
    if (text.find("Non-2xx") != std::string::npos || text.find("Socket errors") != std::string::npos)
        throw std::runtime_error("wrk met errors: " + text);
    return {.per_second = per_second,
            .cpu_us = used.count() * 1000 / std::atof(text.c_str() + begin),
            .p50 = latency(text, " 50%"),
            .p99 = latency(text, " 99%")};
}

}  // namespace mf::bench
