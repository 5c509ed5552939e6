// SPDX-License-Identifier: MIT
#include "net/server/server.h"
#include "net/server/server_test.h"
#include "support/raw_client.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <atomic>
#include <fstream>

using namespace mf;
using namespace mf::http;
using namespace mf::http::testing_server;
using testing::RawClient;

namespace {

/// Writes a key and a certificate of this name, signed by itself.
void write_certificate(const TlsFiles& files, const char* name) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    REQUIRE(X509_sign(certificate, key, EVP_sha256()) > 0);
    FILE* file = std::fopen(files.certificate.c_str(), "w");
    PEM_write_X509(file, certificate);
    std::fclose(file);
    file = std::fopen(files.key.c_str(), "w");
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/// TLS over a RawClient that does nothing else.
class TlsClient {
public:
    explicit TlsClient(int port, const char* protocol = "\x08http/1.1", int highest = TLS1_3_VERSION)
        : client_(port), context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_)) {
        SSL_set_max_proto_version(ssl_, highest);
        SSL_set_security_level(ssl_, 0);
        SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(protocol),
                            static_cast<unsigned>(std::string_view(protocol).size()));
        SSL_set_fd(ssl_, client_.descriptor());
        is_connected_ = SSL_connect(ssl_) == 1;
    }
    ~TlsClient() {
        SSL_free(ssl_);
        SSL_CTX_free(context_);
    }
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    bool is_connected() const { return is_connected_; }
    std::string name_of_server() const {
        X509* certificate = SSL_get1_peer_certificate(ssl_);
        char name[100] = "";
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
        X509_free(certificate);
        return name;
    }
    void send(std::string_view text) { REQUIRE(SSL_write(ssl_, text.data(), static_cast<int>(text.size())) > 0); }
    std::string until(std::string_view text) {
        std::string all;
        char byte = 0;
        while (!all.ends_with(text) && SSL_read(ssl_, &byte, 1) == 1) all += byte;
        return all;
    }
    std::string rest() {
        std::string all;
        char buffer[10'000];
        for (int count = 0; (count = SSL_read(ssl_, buffer, sizeof buffer)) > 0;)
            all.append(buffer, static_cast<std::size_t>(count));
        was_told_ = SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN;
        return all;
    }
    bool was_told_of_end() const { return was_told_; }

private:
    RawClient client_;
    SSL_CTX* context_;
    SSL* ssl_;
    bool is_connected_ = false;
    bool was_told_ = false;
};

constexpr std::string_view get_over_tls = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

ServerOptions tls_options(const testing::TemporaryDirectory& directory) {
    auto options = loopback_options();
    options.listen[0].tls = true;
    options.tls_files = {.certificate = directory.path() / "certificate.pem", .key = directory.path() / "key.pem"};
    return options;
}

}  // namespace

TEST_CASE("TLS, and a new certificate without a pause") {
    const testing::TemporaryDirectory directory;
    const auto options = tls_options(directory);
    write_certificate(options.tls_files, "first");
    const std::string text(3'000'000, 't');
    RunningServer running(options, [&](const Request& request) {
        return response(200, "image/png", request.secure ? text + request.body : "not secure");
    });
    TlsClient first(running.port());
    REQUIRE(first.is_connected());
    CHECK(first.name_of_server() == "first");
    // A body that does not fit into one record.
    first.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'b'));
    first.until("\r\n\r\n");
    CHECK(first.until("tb").size() == text.size() + 1);
    CHECK(first.until(std::string(99'999, 'b')).size() == 99'999);

    write_certificate(options.tls_files, "second");
    REQUIRE(running.server.reload_tls());
    TlsClient second(running.port(), "\x02h2\x08http/1.1");
    REQUIRE(second.is_connected());
    CHECK(second.name_of_server() == "second");

    std::ofstream(options.tls_files.key) << "no key";
    const auto refused = running.server.reload_tls();
    REQUIRE(!refused);
    CHECK(refused.error().message.find(options.tls_files.key.string()) != std::string::npos);
    CHECK(TlsClient(running.port()).name_of_server() == "second");

    first.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(first.rest().ends_with("ttt"));
    CHECK(first.was_told_of_end());
}

TEST_CASE("a key that is not that of the certificate, or none at all") {
    const testing::TemporaryDirectory directory;
    const auto options = tls_options(directory);
    Server without(options, {});
    const auto started = without.start();
    REQUIRE(!started);
    CHECK(started.error().message.find("certificate.pem") != std::string::npos);
    write_certificate({.certificate = directory.path() / "other.pem", .key = options.tls_files.key}, "other");
    write_certificate({.certificate = options.tls_files.certificate, .key = directory.path() / "other.key"}, "one");
    Server with_wrong_key(options, {});
    const auto mismatch = with_wrong_key.start();
    REQUIRE(!mismatch);
    CHECK(mismatch.error().message.find("key.pem") != std::string::npos);
}

TEST_CASE("who speaks no TLS, an old one or another protocol is not served") {
    const testing::TemporaryDirectory directory;
    auto options = tls_options(directory);
    options.limits.connections_per_address = 2;
    write_certificate(options.tls_files, "first");
    std::atomic<int> handled = 0;
    RunningServer running(options, [&](const Request&) {
        ++handled;
        return response(200, "text/plain", "");
    });
    {
        RawClient plain(running.port());
        plain.send(get_over_tls);
        CHECK(plain.rest().find("HTTP/1.1") == std::string::npos);
    }
    CHECK(!TlsClient(running.port(), "\x08http/1.1", TLS1_1_VERSION).is_connected());
    CHECK(!TlsClient(running.port(), "\x02h2").is_connected());
    CHECK(handled == 0);
    // Who is turned away hears why, after the handshake.
    testing::wait_for([&] { return running.server.connections() == 0; });
    TlsClient one(running.port()), two(running.port()), three(running.port());
    REQUIRE(three.is_connected());
    CHECK(three.until("\r\n").find(" 429 ") != std::string::npos);
}

TEST_CASE("events over TLS") {
    const testing::TemporaryDirectory directory;
    const auto options = tls_options(directory);
    write_certificate(options.tls_files, "first");
    EventHub hub;
    RunningServer running(options, [&](const Request&) {
        const auto stream = std::make_shared<EventStream>();
        hub.join("all", stream);
        Response answer;
        answer.events = stream;
        return answer;
    });
    {
        TlsClient viewer(running.port());
        viewer.send(get_over_tls);
        viewer.until("\r\n\r\n");
        hub.publish("all", "data: 1\n\n");
        CHECK(viewer.until("\n\n") == "data: 1\n\n");
    }
    testing::wait_for([&] { return hub.viewers("all") == 0; });
}
