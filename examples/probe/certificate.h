// SPDX-License-Identifier: MIT
#pragma once

#include "base/value.h"
#include "probe/check.h"
#include "probe/endpoint.h"
#include "probe/threshold.h"

#include <string>

namespace mf::probe {

/// What a TLS server showed.
struct CertificateFacts {
    std::string subject;
    std::string issuer;
    std::string protocol;      ///< "TLSv1.3"
    std::string verification;  ///< "ok", or why the certificate is not trusted for this host
    Timestamp expires;         ///< the earliest expiry of the chain that was verified, else of the certificate alone
    std::string expiring;      ///< subject of the certificate that expires first
};

enum class Trust { required, reported };

/// Whole days count: 6 days and 23 hours are 6 days.
Finding judge_certificate(const CertificateFacts& facts, Timestamp now, Limits days, Trust trust);

/// Shakes hands with a server and closes the connection again. Fails when the server cannot be reached or does
/// not speak TLS; a certificate that is not trusted is no failure.
Result<CertificateFacts> fetch_certificate(const Endpoint& endpoint, const std::string& ca_file,
                                           std::chrono::milliseconds timeout);

}  // namespace mf::probe
