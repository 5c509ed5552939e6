// SPDX-License-Identifier: MIT
#include "app/mcp_over_http.h"

#include "app/database_advice.h"
#include "app/mcp_host.h"
#include "base/log.h"
#include "mcp/http_transport.h"
#include "service/job_operations.h"
#include "service/talk_limit.h"
#include "service/token_caller.h"

namespace mf {
namespace {

using namespace std::chrono_literals;

/// How long requests that have begun may take when the program is told to end.
constexpr auto patience_at_end = 10s;

bool is_loopback(const http::Endpoint& endpoint) { return endpoint.host == "::1" || endpoint.host.starts_with("127."); }

}  // namespace

mcp::HttpTransport mcp_transport(Installation& installation, const Operations& operations,
                                 mcp::HttpTransportOptions options, mcp::HttpTransport::Recognise recognise,
                                 const Clock& clock) {
    return {operations, std::move(options),
            [&installation, recognise = std::move(recognise)](
                std::string_view token, const http::Request& request) -> mcp::HttpTransport::Recognition {
                try {
                    return recognise(token, request);
                } catch (const sql::DatabaseError& error) {
                    return Result<Caller>(Error{ErrorCode::unavailable, told(error, installation.settings())});
                }
            },
            [&installation](Caller caller) {
                return std::make_unique<McpHost>(installation,
                                                 [caller = std::move(caller)] { return Result<Caller>(caller); });
            },
            [&clock] { return clock.now(); }};
}

Result<void> serve_mcp_over_http(Installation& installation, const McpOverHttp& wanted, std::stop_token stop) {
    SystemClock clock;
    const auto operations = with_limited_talks(all_operations(), TalkLimit::of(http::number_of_workers({}) / 2));
    auto transport = mcp_transport(
        installation, operations, {.session = wanted.session, .origins = wanted.origins},
        [&](std::string_view token, const http::Request& request) {
            return caller_of_token(installation.database(), token, "mcp", request.client, clock.now());
        },
        clock);

    raise_descriptor_limit();
    http::Server server({.listen = {wanted.listen}, .tls_files = wanted.tls_files, .access_log = http::log_access},
                        [&](const http::Request& request) {
                            if (request.segments == std::vector<std::string>{"mcp"}) return transport.answer(request);
                            return http::response(404, "text/plain", "The address of assistants is /mcp.\n");
                        });
    if (auto started = server.start(); !started) return started;
    if (!wanted.listen.tls && !is_loopback(wanted.listen))
        log::warning("tokens can be read on the way; use --certificate and --key, or a proxy with TLS");
    log::info("serving assistants", {{"address", wanted.listen.host},
                                     {"port", server.ports().at(0)},
                                     {"changes", wanted.session.changes == mcp::Changes::allow}});
    Nudge nudge;
    while (!stop.stop_requested()) clock.wait_until(std::nullopt, nudge, stop);
    server.drain(patience_at_end);
    return {};
}

}  // namespace mf
