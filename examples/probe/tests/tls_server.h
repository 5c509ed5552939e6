// SPDX-License-Identifier: MIT
#pragma once

#include "server.h"

#include <filesystem>
#include <memory>

namespace mf::probe::testing {

/// An HTTPS server with a certificate of its own making.
class TlsServer {
public:
    /// Valid from a year ago until `days` from now, which may be negative.
    /// `names` are those the certificate is for (man 5 x509v3_config, subject alternative name).
    explicit TlsServer(int days, const std::string& names = "DNS:localhost,IP:127.0.0.1");
    ~TlsServer();

    std::string port() const;
    /// The certificate as PEM, for PROBE_CA_FILE.
    void save_certificate(const std::filesystem::path& file) const;
    /// What the last client named as the server (RFC 6066), empty if it named none.
    std::string server_name() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace mf::probe::testing
