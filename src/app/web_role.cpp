// SPDX-License-Identifier: MIT
#include "app/web_role.h"

#include "api/problem.h"
#include "base/log.h"
#include "base/text.h"
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

Error about_setting(std::string_view setting, std::string_view sentence) {
    return invalid(fmt::format("{}: {}", setting, sentence));
}

}  // namespace

Result<http::Endpoint> read_endpoint(std::string_view text) {
    const auto wrong = [&] {
        return invalid(
            fmt::format("'{}' is no endpoint. Write an address and a port (127.0.0.1:8080, [::1]:8080), "
                        "with https:// before it for TLS, or unix:/path.",
                        text));
    };
    if (text.starts_with("unix:")) return http::Endpoint{.host = std::string(text)};
    http::Endpoint out;
    auto rest = text;
    if (rest.starts_with("https://")) {
        out.tls = true;
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
    }
    const auto colon = rest.rfind(':');
    if (colon == std::string_view::npos) return wrong();
    auto host = rest.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto port = to_integer(rest.substr(colon + 1));
    const auto address = http::IpAddress::read(host);
    if (!port || *port < 0 || *port > 65535 || !address || address->is_four() == bracketed) return wrong();
    out.host = std::string(host);
    out.port = static_cast<int>(*port);
    return out;
}

WebRole::WebRole(Installation& installation, HttpClient& http, const Clock& clock)
    : settings_(installation.settings()),
      sign_in_(installation.database(), installation.vault(), sign_in_options(installation.settings())),
      openid_(settings_.oidc_issuer.empty()
                  ? std::nullopt
                  : std::optional<OpenId>(std::in_place, installation.database(), installation.vault(), http,
                                          openid_settings(settings_), sign_in_options(settings_))),
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
               .rate_limiter = &rate_limiter_},
      rest_(context_) {}

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
    return problem(
        404, fmt::format("There is nothing at {}. The interface for programs is at {}.", request.path, RestApi::root));
}

void WebRole::reload_tls() {
    // A failure is logged there.
    if (server_) (void)server_->reload_tls();
}

void WebRole::drain(std::chrono::milliseconds patience) {
    if (server_) server_->drain(patience);
}

}  // namespace mf
