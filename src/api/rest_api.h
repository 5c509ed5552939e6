// SPDX-License-Identifier: MIT
#pragma once

#include "api/api_context.h"
#include "api/api_description.h"
#include "api/event_api.h"
#include "api/request_conditions.h"
#include "api/rest_input.h"
#include "api/router.h"

namespace mf {

/// Our API, below /api/v1: every operation under its route (doc/api.md), and besides
///
///     POST, DELETE /session            signing in and out with a cookie
///     GET /session/openid              to another provider (OpenID Connect), and from there back to
///                                      /session/openid/return
///     GET /jobs/{id}/stdout, /stderr   the recorded output; GET /artifacts/{id}/content
///     GET /openapi.json, /docs         what there is: ApiDescription
///     GET /events, /jobs/{id}/events   streams of events (EventApi)
///
/// Thread-safe.
class RestApi {
public:
    static constexpr std::string_view root = "/api/v1";

    explicit RestApi(const ApiContext& context);

    /// A request whose path begins with the root.
    http::Response handle(const http::Request& request);

private:
    http::Response answer_to(const http::Request& request, std::span<const std::string> segments,
                             const ApiCaller& caller);
    http::Response run(const http::Request& request, std::span<const std::string> segments, const Router::Found& found,
                       const ApiCaller& caller);
    http::Response carry_out(const http::Request& request, const Operation& operation, const RestInput& read,
                             const RequestConditions& conditions, const ApiCaller& caller) const;
    std::optional<http::Response> page_of_rows(const http::Request& request, const Operation& operation,
                                               const RestInput& read, const ApiCaller& caller) const;
    std::optional<http::Response> record_as_text(const http::Request& request, const Operation& operation,
                                                 const RestInput& read, const ApiCaller& caller) const;
    RequestConditions::Shown shown_at(std::span<const std::string> segments) const;
    static http::Response response_of(const Operation& operation, const http::Request& request,
                                      const AnswerShape& shape, json::value answer);
    http::Response sign_in(const http::Request& request);
    http::Response sign_out(const http::Request& request, const ApiCaller& caller);
    http::Response leave_for_provider(const http::Request& request);
    http::Response come_back(const http::Request& request);
    http::Response about(const http::Request& request, const ApiCaller& caller) const;
    http::Response content(const http::Request& request, std::span<const std::string> segments,
                           const ApiCaller& caller);

    const ApiContext& context_;
    const Router router_;
    const ApiDescription description_;
    Callers callers_;
    EventApi events_;
};

}  // namespace mf
