// SPDX-License-Identifier: MIT
#include "provider/bank.h"

#include "provider/field_values.h"
#include "provider/remote_calls.h"

namespace mf {

Availability FioBank::check(const FieldValues& fields, ProviderContext& context) const {
    if (const auto given = require_fields(fields, {"FIO_TOKEN"}); !given) return availability_of(given.error());
    RemoteCalls calls(context, std::chrono::seconds(5));
    const auto reply = calls.send({.method = "HEAD", .url = address_});
    if (!reply) return availability_of(reply.error());
    // Whatever it says about an address without a token: it is there.
    if (is_busy(reply->status)) return availability_of(busy_server(read_url(address_)->origin(), reply->status));
    return is_available("The interface of Fio banka answers. The token was not tried.");
}

Availability CertificateBank::check(const FieldValues& fields, ProviderContext&) const {
    if (const auto given = require_fields(fields, {"CERT_FILE", "CERT_PASS", "XIBMCLIENTID", "ACCOUNT_NUMBER"}); !given)
        return availability_of(given.error());
    if (const auto file = field_file(fields, "CERT_FILE"); !file) return availability_of(file.error());
    return {AvailabilityState::unknown,
            "The fields have values and the certificate can be read. The bank was not asked.", ttl_of_good_news};
}

Availability Csas::check(const FieldValues& fields, ProviderContext&) const {
    if (const auto given = require_fields(fields, {"CSAS_API_KEY", "CSAS_ACCESS_TOKEN"}); !given)
        return availability_of(given.error());
    return {AvailabilityState::unknown, "The fields have values. The bank was not asked.", ttl_of_good_news};
}

}  // namespace mf
