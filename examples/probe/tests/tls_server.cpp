// SPDX-License-Identifier: MIT
#include "tls_server.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <csignal>
#include <cstdio>
#include <stdexcept>

namespace mf::probe::testing {
namespace {

void add_extension(X509* certificate, int kind, const char* value) {
    X509_EXTENSION* extension = ::X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
    ::X509_add_ext(certificate, extension, -1);
    ::X509_EXTENSION_free(extension);
}

X509* make_certificate(EVP_PKEY* key, int days, const std::string& names) {
    X509* certificate = ::X509_new();
    ::X509_set_version(certificate, X509_VERSION_3);
    ::ASN1_INTEGER_set(::X509_get_serialNumber(certificate), 1);
    ::X509_time_adj_ex(::X509_getm_notBefore(certificate), -365, 0, nullptr);
    // An hour more, so that a slow machine does not make it a day less.
    ::X509_time_adj_ex(::X509_getm_notAfter(certificate), days, 3600, nullptr);
    ::X509_set_pubkey(certificate, key);
    X509_NAME* name = ::X509_get_subject_name(certificate);
    ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>("Zkušební server"),
                                 -1, -1, 0);
    ::X509_set_issuer_name(certificate, name);
    add_extension(certificate, NID_subject_alt_name, names.c_str());
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    if (::X509_sign(certificate, key, ::EVP_sha256()) == 0) throw std::runtime_error("the certificate is not signed");
    return certificate;
}

}  // namespace

struct TlsServer::State {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate;
    SSL_CTX* context = ::SSL_CTX_new(::TLS_server_method());
    std::mutex mutex;
    std::string server_name;
    std::unique_ptr<Server> server;

    State(int days, const std::string& names) : certificate(make_certificate(key, days, names)) {
        std::signal(SIGPIPE, SIG_IGN);  // clients hang up as soon as they have seen the certificate
        ::SSL_CTX_use_certificate(context, certificate);
        ::SSL_CTX_use_PrivateKey(context, key);
        ::SSL_CTX_set_tlsext_servername_callback(context, &note_name);
        ::SSL_CTX_set_tlsext_servername_arg(context, this);
        server = std::make_unique<Server>([this](int socket, int) { serve(socket); });
    }
    /// Called while the client still waits for the answer to its greeting, so it never comes after the client's end.
    static int note_name(SSL* connection, int*, void* state) {
        auto& self = *static_cast<State*>(state);
        const char* name = ::SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
        const std::lock_guard lock(self.mutex);
        self.server_name = name ? name : "";
        return SSL_TLSEXT_ERR_OK;
    }
    ~State() {
        server.reset();
        ::SSL_CTX_free(context);
        ::X509_free(certificate);
        ::EVP_PKEY_free(key);
    }
    void serve(int socket) {
        // A client that says nothing must not keep the test from ending.
        const timeval patience{5, 0};
        ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        SSL* connection = ::SSL_new(context);
        ::SSL_set_fd(connection, socket);
        if (::SSL_accept(connection) == 1) {
            char request[4096];
            constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nsafe";
            if (::SSL_read(connection, request, sizeof request) > 0)
                ::SSL_write(connection, answer.data(), static_cast<int>(answer.size()));
            ::SSL_shutdown(connection);
        }
        ::SSL_free(connection);
    }
};

TlsServer::TlsServer(int days, const std::string& names) : state_(std::make_unique<State>(days, names)) {}
TlsServer::~TlsServer() = default;

std::string TlsServer::port() const { return state_->server->port(); }

void TlsServer::save_certificate(const std::filesystem::path& file) const {
    std::FILE* out = std::fopen(file.c_str(), "w");
    if (!out || ::PEM_write_X509(out, state_->certificate) != 1 || std::fclose(out) != 0)
        throw std::runtime_error("the certificate cannot be saved");
}

std::string TlsServer::server_name() const {
    const std::lock_guard lock(state_->mutex);
    return state_->server_name;
}

}  // namespace mf::probe::testing
