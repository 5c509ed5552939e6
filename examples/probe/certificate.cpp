// SPDX-License-Identifier: MIT
#include "probe/certificate.h"

#include "probe/checks.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <ctime>
#include <memory>

namespace mf::probe {
namespace {

template <auto release>
struct Release {
    void operator()(auto* object) const { release(object); }
};
using Context = std::unique_ptr<SSL_CTX, Release<::SSL_CTX_free>>;
using Connection = std::unique_ptr<SSL, Release<::SSL_free>>;
using Certificate = std::unique_ptr<X509, Release<::X509_free>>;
using Memory = std::unique_ptr<BIO, Release<::BIO_free_all>>;

Error error_of(std::string_view what) {
    const char* reason = ::ERR_reason_error_string(::ERR_peek_last_error());
    return {ErrorCode::unavailable, reason ? fmt::format("{}: {}.", what, reason) : fmt::format("{}.", what)};
}

std::string text_of(const X509_NAME* name) {
    const Memory memory(::BIO_new(BIO_s_mem()));
    ::X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
    char* text = nullptr;
    const long size = ::BIO_get_mem_data(memory.get(), &text);
    return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

Timestamp expiry_of(const X509* certificate) {
    std::tm parts{};
    if (::ASN1_TIME_to_tm(::X509_get0_notAfter(certificate), &parts) != 1) return {};
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::from_time_t(::timegm(&parts)));
}

bool expect_host(SSL* connection, const std::string& host) {
    if (is_address(host)) return ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(connection), host.c_str()) == 1;
    ::SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return ::SSL_set1_host(connection, host.c_str()) == 1 && ::SSL_set_tlsext_host_name(connection, host.c_str()) == 1;
}

Result<void> shake_hands(SSL* connection, int socket, Deadline deadline) {
    for (;;) {
        ::ERR_clear_error();
        const int done = ::SSL_connect(connection);
        if (done == 1) return {};
        const int wish = ::SSL_get_error(connection, done);
        if (wish != SSL_ERROR_WANT_READ && wish != SSL_ERROR_WANT_WRITE)
            return error_of("The server does not complete the TLS handshake");
        if (!wait_for(socket, wish == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline))
            return Error{ErrorCode::unavailable, "The server did not complete the TLS handshake in time."};
    }
}

CertificateFacts facts_of(SSL* connection, X509* certificate) {
    CertificateFacts facts{.subject = text_of(::X509_get_subject_name(certificate)),
                           .issuer = text_of(::X509_get_issuer_name(certificate)),
                           .protocol = ::SSL_get_version(connection),
                           .verification = ::X509_verify_cert_error_string(::SSL_get_verify_result(connection)),
                           .expires = expiry_of(certificate)};
    facts.expiring = facts.subject;
    if (::SSL_get_verify_result(connection) != X509_V_OK) return facts;
    const auto* chain = ::SSL_get0_verified_chain(connection);
    for (int i = 0; chain && i < sk_X509_num(chain); ++i) {
        const X509* link = sk_X509_value(chain, i);
        if (expiry_of(link) >= facts.expires) continue;
        facts.expires = expiry_of(link);
        facts.expiring = text_of(::X509_get_subject_name(link));
    }
    return facts;
}

Finding examine_certificate(const std::string& target, const Settings& settings, Timestamp now) {
    const auto endpoint = parse_endpoint(target);
    if (!endpoint) return unknown(endpoint.error().message);
    const auto facts = fetch_certificate(*endpoint, settings.ca_file, settings.timeout);
    if (!facts) return unknown(facts.error().message);
    return judge_certificate(*facts, now, {settings.certificate_warning, settings.certificate_critical},
                             settings.tls_verify ? Trust::required : Trust::reported);
}

}  // namespace

Finding judge_certificate(const CertificateFacts& facts, Timestamp now, Limits limits, Trust trust) {
    const auto days = static_cast<double>(std::chrono::floor<std::chrono::days>(facts.expires - now).count());
    const auto date = fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(facts.expires)));
    Finding finding{.state = facts.expires <= now ? State::critical : judge_low(days, limits),
                    .metrics = {{"days_left", days}},
                    .details = {{"subject", facts.subject},
                                {"issuer", facts.issuer},
                                {"protocol", facts.protocol},
                                {"verification", facts.verification},
                                {"expires", date}}};
    finding.message = facts.expires <= now ? fmt::format("expired on {}", date)
                                           : fmt::format("expires in {:.0f} days, on {}", days, date);
    if (facts.expiring != facts.subject) finding.message += fmt::format(" (its issuer {})", facts.expiring);
    if (facts.verification != "ok") {
        finding.message += fmt::format(", not trusted: {}", facts.verification);
        if (trust == Trust::required) finding.state = State::critical;
    }
    return finding;
}

Result<CertificateFacts> fetch_certificate(const Endpoint& endpoint, const std::string& ca_file,
                                           std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    ::ERR_clear_error();
    const Context context(::SSL_CTX_new(::TLS_client_method()));
    if (!context) return error_of("TLS cannot be set up");
    ::SSL_CTX_set_default_verify_paths(context.get());
    if (!ca_file.empty() && ::SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr) != 1)
        return error_of("PROBE_CA_FILE cannot be read");
    // The handshake goes on with a certificate that is not trusted: its expiry is asked for all the same.
    ::SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);

    const auto socket = connect_to(endpoint, deadline);
    if (!socket) return socket.error();
    const Connection connection(::SSL_new(context.get()));
    if (!connection || ::SSL_set_fd(connection.get(), socket->get()) != 1 ||
        !expect_host(connection.get(), endpoint.host))
        return error_of("TLS cannot be set up for this host");
    if (const auto done = shake_hands(connection.get(), socket->get(), deadline); !done) return done.error();

    const Certificate certificate(::SSL_get1_peer_certificate(connection.get()));
    if (!certificate) return Error{ErrorCode::unavailable, "The server shows no certificate."};
    return facts_of(connection.get(), certificate.get());
}

std::vector<Task> plan_certificate(const Settings& settings, const Machine& machine) {
    std::vector<Task> tasks;
    for (const auto& target : settings.certificates)
        // The check keeps the time itself; the limit is for name servers that hang.
        tasks.push_back({"certificate", target, settings.timeout + std::chrono::seconds(2),
                         [target, settings, now = machine.now] { return examine_certificate(target, settings, now); }});
    return tasks;
}

}  // namespace mf::probe
