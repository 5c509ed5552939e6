// SPDX-License-Identifier: MIT
#include "provider/abra_flexi.h"

#include "provider/field_values.h"
#include "provider/remote_calls.h"

#include <fmt/format.h>

namespace mf {

Availability AbraFlexi::check(const FieldValues& fields, ProviderContext& context) const {
    if (const auto given =
            require_fields(fields, {"ABRAFLEXI_URL", "ABRAFLEXI_LOGIN", "ABRAFLEXI_PASSWORD", "ABRAFLEXI_COMPANY"});
        !given)
        return availability_of(given.error());
    const auto address = field_address(fields, "ABRAFLEXI_URL");
    if (!address) return availability_of(address.error());
    RemoteCalls calls(context);
    const auto reply = calls.send(
        {.url = fmt::format("{}/c/{}.json", address->text, percent_encoded(field_text(fields, "ABRAFLEXI_COMPANY"))),
         .headers = {{"Authorization", basic_authorization(field_text(fields, "ABRAFLEXI_LOGIN"),
                                                           field_secret(fields, "ABRAFLEXI_PASSWORD"))},
                     {"Accept", "application/json"}}});
    return judge_reply(reply, address->url.origin(),
                       {.service = "AbraFlexi",
                        .address = "ABRAFLEXI_URL",
                        .login = "ABRAFLEXI_LOGIN",
                        .password = "ABRAFLEXI_PASSWORD",
                        .not_found = "ABRAFLEXI_COMPANY"});
}

}  // namespace mf
