// SPDX-License-Identifier: MIT
#include "app/web_role.h"

#include "api/problem.h"
#include "app/endpoint.h"
#include "app/mcp_over_http.h"
#include "base/log.h"
#include "base/wake_channel.h"

#include <fmt/format.h>

namespace mf {
namespace {

SignInOptions sign_in_options(const Settings& settings) {
    return {.idle = settings.session_idle, .longest = settings.session_max};
}

OpenIdSettings openid_settings(const Settings& settings) {
    return {.issuer = settings.oidc_issuer,
            .client_id = settings.oidc_client_id,
            .client_secret = settings.oidc_client_secret,
            .redirect = settings.oidc_redirect,
            .scopes = settings.oidc_scopes,
            .create_users = settings.oidc_create_users,
            .match_email = settings.oidc_match_email};
}

mcp::Options assistant_options(const Settings& settings) {
    return {.changes = settings.assistants == Assistants::change ? mcp::Changes::allow : mcp::Changes::refuse,
            .how_to_allow = "Whoever runs the server can allow changes: MULTIFLEXI_MCP=change.",
            .version = MULTIFLEXI_VERSION};
}

/// Together with the calls that ask other machines, which have half of the workers, they leave some for everybody else.
std::size_t most_sign_ins(std::size_t workers) { return std::max<std::size_t>(1, workers / 4); }

Error about_setting(std::string_view setting, std::string_view sentence) {
    return invalid(fmt::format("{}: {}", setting, sentence));
}

}  // namespace

WebRole::WebRole(Installation& installation, HttpClient& http, const Clock& clock)
    : settings_(installation.settings()),
      operations_(with_limited_talks(all_operations(), TalkLimit::of(http::number_of_workers({}) / 2))),
      sign_in_(installation.database(), installation.vault(), sign_in_options(installation.settings())),
      openid_(settings_.oidc_issuer.empty()
                  ? std::nullopt
                  : std::optional<OpenId>(std::in_place, installation.database(), installation.vault(), http,
                                          openid_settings(settings_), sign_in_options(settings_))),
      sign_in_limit_(
          TalkLimit::of(most_sign_ins(http::number_of_workers({})), most_sign_ins(http::number_of_workers({})))),
      rate_limiter_({"caller", settings_.rate_limit}, {"address", settings_.rate_limit_anonymous}),
      context_{.database = installation.database(),
               .vault = installation.vault(),
               .http = http,
               .sign_in = sign_in_,
               .openid = openid_ ? &*openid_ : nullptr,
               .clock = clock,
               .operations = operations_,
               .zone = std::string(installation.zone().name()),
               .allowed_names = {settings_.env_allow.begin(), settings_.env_allow.end()},
               .credential_versions = settings_.credential_versions,
               .time_limit = settings_.credential_time_limit,
               .file_roots = {settings_.envfile_roots.begin(), settings_.envfile_roots.end()},
               .session_length = settings_.session_max,
               .wake_servers =
                   [directory = settings_.wake_directory] {
                       for (const auto kind : {Wake::cancel, Wake::queue, Wake::plan}) wake_servers(directory, kind);
                   },
               .rate_limiter = &rate_limiter_,
               .sign_in_limit = sign_in_limit_.get()},
      callers_(context_.database, context_.sign_in, context_.clock, &rate_limiter_),
      rest_(context_),
      compatible_(context_, {.prefix = settings_.api_prefix, .anonymous_reads = settings_.api_anonymous_reads}) {
    if (settings_.assistants != Assistants::nothing)
        assistants_.reset(new mcp::HttpTransport(mcp_transport(
            installation, operations_, {.session = assistant_options(settings_)},
            [this](std::string_view, const http::Request& request) { return assistant_of(request); }, clock)));
}

Result<void> WebRole::start() {
    http::ServerOptions options;
    for (const auto& text : settings_.listen) {
        auto endpoint = read_endpoint(text);
        if (!endpoint) return about_setting("MULTIFLEXI_LISTEN", endpoint.error().message);
        options.listen.push_back(*std::move(endpoint));
    }
    std::string proxies;
    for (const auto& proxy : settings_.trusted_proxies) proxies += (proxies.empty() ? "" : ",") + proxy;
    auto trusted = http::AddressRanges::read(proxies);
    if (!trusted) return about_setting("MULTIFLEXI_TRUSTED_PROXIES", trusted.error().message);
    options.trusted_proxies = *std::move(trusted);
    options.limits.connections_per_address = static_cast<std::size_t>(settings_.connections_per_address);
    options.tls_files = {settings_.tls_certificate, settings_.tls_key};
    options.refusal = [](int status, std::string_view sentence) { return problem(status, sentence); };
    if (settings_.access_log) options.access_log = http::log_access;
    server_.emplace(std::move(options), [this](const http::Request& request) { return handle(request); });
    if (auto started = server_->start(); !started) return about_setting("MULTIFLEXI_LISTEN", started.error().message);
    const auto ports = server_->ports();
    for (std::size_t i = 0; i < ports.size(); ++i)
        log::info("listening", {{"endpoint", settings_.listen[i]}, {"port", ports[i]}});
    return {};
}

http::Response WebRole::handle(const http::Request& request) {
    if (request.segments.size() >= 2 && request.segments[0] == "api" && request.segments[1] == "v1")
        return rest_.handle(request);
    if (assistants_ && request.segments.size() == 1 && request.segments[0] == "mcp")
        return assistants_->answer(request);
    if (compatible_.serves(request)) return compatible_.handle(request);
    return problem(
        404, fmt::format("There is nothing at {}. The interface for programs is at {}.", request.path, RestApi::root),
        unknown_path);
}

mcp::HttpTransport::Recognition WebRole::assistant_of(const http::Request& request) {
    auto who = callers_.of(request);
    http::Headers limits;
    announce(who.allowance, limits);
    if (who.refusal && who.refusal->retry_after.count() > 0)
        limits.set("Retry-After", fmt::to_string(who.refusal->retry_after.count()));
    if (who.refusal) {
        const auto code = who.refusal->status == 401   ? ErrorCode::forbidden
                          : who.refusal->status == 429 ? ErrorCode::limited
                                                       : ErrorCode::unavailable;
        return {Result<Caller>(Error{code, std::move(who.refusal->sentence)}), std::move(limits)};
    }
    who.caller.caller.actor.entry = "mcp";
    return {Result<Caller>(std::move(who.caller.caller)), std::move(limits)};
}

void WebRole::reload_tls() {
    // A failure is logged there.
    if (server_) (void)server_->reload_tls();
}

void WebRole::drain(std::chrono::milliseconds patience) {
    if (server_) server_->drain(patience);
}

}  // namespace mf
