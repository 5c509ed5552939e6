// SPDX-License-Identifier: MIT
#include "provider/mserver.h"

#include "provider/field_values.h"
#include "provider/remote_calls.h"

namespace mf {

Availability MServer::check(const FieldValues& fields, ProviderContext& context) const {
    if (const auto given = require_fields(fields, {"POHODA_URL", "POHODA_USERNAME", "POHODA_PASSWORD"}); !given)
        return availability_of(given.error());
    const auto address = field_address(fields, "POHODA_URL");
    if (!address) return availability_of(address.error());
    RemoteCalls calls(context);
    const auto reply =
        calls.send({.url = address->text + "/status",
                    .headers = {{"STW-Authorization", basic_authorization(field_text(fields, "POHODA_USERNAME"),
                                                                          field_secret(fields, "POHODA_PASSWORD"))},
                                {"STW-Application", "MultiFlexi"}}});
    return judge_reply(reply, address->url.origin(),
                       {.service = "mServer",
                        .address = "POHODA_URL",
                        .login = "POHODA_USERNAME",
                        .password = "POHODA_PASSWORD",
                        .not_found = "POHODA_URL"});
}

}  // namespace mf
