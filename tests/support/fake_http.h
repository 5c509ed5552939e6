// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_client.h"

#include <functional>
#include <vector>

namespace mf::testing {

/// A client that asks nobody: a function of the test answers. For one thread.
class FakeHttp final : public HttpClient {
public:
    using Answer = std::function<Result<HttpReply>(const HttpRequest&)>;
    explicit FakeHttp(Answer answer) : answer_(std::move(answer)) {}
    /// Always the same.
    explicit FakeHttp(Result<HttpReply> reply) : answer_([reply](const HttpRequest&) { return reply; }) {}

    Result<HttpReply> send(const HttpRequest& request) override {
        requests.push_back(request);
        return answer_(request);
    }
    Result<void> reach(const TcpTarget& target) override {
        targets.push_back(target);
        return reached;
    }

    std::vector<HttpRequest> requests = {};
    std::vector<TcpTarget> targets = {};
    Result<void> reached = {};

private:
    const Answer answer_;
};

/// The value of a header of a request; empty when it has none.
inline std::string header_of(const HttpRequest& request, std::string_view name) {
    return std::string(HttpReply{.headers = request.headers}.header(name));
}

}  // namespace mf::testing
