// SPDX-License-Identifier: MIT
#pragma once

#include "bench/stand.h"

namespace mf::bench {

std::string content_of(const std::filesystem::path& file);

/// Where the server of a stand listens. Throws std::runtime_error when it does not say.
int port_of(const Stand& stand);

/// bench-http, until the end of this object.
class HttpProgram {
public:
    /// Throws std::runtime_error when it does not start.
    HttpProgram(const Places& places, const std::vector<std::string>& words);
    ~HttpProgram() { stop(process_); }
    HttpProgram(const HttpProgram&) = delete;
    HttpProgram& operator=(const HttpProgram&) = delete;

    int port() const { return port_; }
    std::string url() const;
    pid_t process() const { return process_; }

private:
    pid_t process_ = 0;
    int port_ = 0;
};

/// Is there a program that makes load?
bool has_load();

/// The best of so many counts: other work on the machine makes figures smaller, never larger.
constexpr int load_rounds = 6;

struct Load {
    double per_second = 0;
    double cpu_us = 0;        ///< of the server, for each request
    double p50 = 0, p99 = 0;  ///< ms until a request was answered
};

/// wrk: 64 connections, each of which asks again as soon as it is answered, for two seconds. Throws std::runtime_error
/// when an answer is no success.
Load load_of(const Places& places, pid_t server, const std::string& url, const std::string& header = {});

}  // namespace mf::bench
