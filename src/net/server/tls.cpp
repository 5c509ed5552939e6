// SPDX-License-Identifier: MIT
#include "net/server/tls.h"

#include "base/text.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <algorithm>
#include <cerrno>
#include <climits>

namespace mf::http {
namespace {

/// The oldest error of this thread, the one that says most; the others are forgotten.
std::string reason_of_openssl() {
    const auto code = ERR_get_error();
    ERR_clear_error();
    const char* reason = code ? ERR_reason_error_string(code) : nullptr;
    return reason ? reason : "no reason is given";
}

// OpenSSL's own BIO for sockets writes with write(2), which raises SIGPIPE.

int write_to_socket(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const auto socket = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
    const auto count = ::send(socket, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) BIO_set_retry_write(bio);
    return static_cast<int>(count);
}

int read_from_socket(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    const auto socket = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
    const auto count = ::recv(socket, into, static_cast<std::size_t>(size), 0);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) BIO_set_retry_read(bio);
    return static_cast<int>(count);
}

long control_socket(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* socket_method() {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without signals");
        BIO_meth_set_write(made, write_to_socket);
        BIO_meth_set_read(made, read_from_socket);
        BIO_meth_set_ctrl(made, control_socket);
        return made;
    }();
    return method;
}

class TlsStream final : public Stream {
public:
    TlsStream(SSL_CTX& context, int socket) : socket_(socket), ssl_(SSL_new(&context)) {
        BIO* bio = ssl_ ? BIO_new(socket_method()) : nullptr;
        if (!bio) throw std::bad_alloc();
        BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
        BIO_set_init(bio, 1);
        SSL_set_bio(ssl_, bio, bio);
        SSL_set_accept_state(ssl_);
    }
    ~TlsStream() override { SSL_free(ssl_); }
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;

    Outcome read(std::span<char> into) override {
        ERR_clear_error();
        std::size_t count = 0;
        const int result = SSL_read_ex(ssl_, into.data(), into.size(), &count);
        if (result == 1) return {Wait::none, count};
        return outcome_of(result);
    }

    Outcome write(std::string_view bytes) override {
        ERR_clear_error();
        std::size_t count = 0;
        const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &count);
        if (result == 1) return {Wait::none, count};
        return outcome_of(result);
    }

    bool has_buffered() const override { return SSL_has_pending(ssl_) == 1; }

    void end_writing() override {
        ERR_clear_error();
        if (!broken_ && SSL_is_init_finished(ssl_)) SSL_shutdown(ssl_);
        ERR_clear_error();
        ::shutdown(socket_, SHUT_WR);
    }

private:
    Outcome outcome_of(int result) {
        switch (SSL_get_error(ssl_, result)) {
            case SSL_ERROR_WANT_READ: return {Wait::until_read};
            case SSL_ERROR_WANT_WRITE: return {Wait::until_write};
            case SSL_ERROR_ZERO_RETURN: return {Wait::ended};
            default:
                // After these OpenSSL must not be asked to say good-bye (man 3ssl SSL_get_error).
                broken_ = true;
                ERR_clear_error();
                return {Wait::failed};
        }
    }

    const int socket_;
    SSL* const ssl_;
    bool broken_ = false;
};

/// ALPN (RFC 7301): clients that ask for HTTP/2 first must hear that this is HTTP/1.1.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                    unsigned int in_length, void*) {
    static constexpr unsigned char ours[] = "\x08http/1.1";
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_length, ours, sizeof ours - 1, in, in_length) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

Error unusable(const std::filesystem::path& file, std::string_view what) {
    return invalid(fmt::format("The file {} {}: {}.", file.string(), what, reason_of_openssl()));
}

}  // namespace

Result<void> Tls::load(const TlsFiles& files) {
    ERR_clear_error();
    const std::shared_ptr<SSL_CTX> made(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    if (!made) throw std::bad_alloc();
    SSL_CTX* const context = made.get();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    // A renegotiation is work that clients can make the server do for nothing; compression tells secrets (CRIME).
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    // Idle connections, of which there are thousands, then hold no buffers of OpenSSL.
    SSL_CTX_set_mode(context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets do without memory here
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    // A key with a password must not make the server ask the terminal for it.
    SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return -1; });
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
        return unusable(files.certificate, "has no certificate that can be used");
    if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
        return unusable(files.key, "has no private key that can be used with the certificate");
    if (SSL_CTX_check_private_key(context) != 1)
        return unusable(files.key, "has a private key that does not belong to the certificate");
    const std::lock_guard lock(mutex_);
    context_ = made;
    return {};
}

std::shared_ptr<SSL_CTX> Tls::context() const {
    const std::lock_guard lock(mutex_);
    return context_;
}

std::unique_ptr<Stream> Tls::stream(int socket) const { return std::make_unique<TlsStream>(*context(), socket); }

}  // namespace mf::http
