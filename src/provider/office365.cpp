// SPDX-License-Identifier: MIT
#include "provider/office365.h"

#include "base/text.h"
#include "provider/field_values.h"
#include "provider/remote_calls.h"

#include <fmt/format.h>

namespace mf {
namespace {

bool looks_like_uuid(std::string_view text) { return text.size() == 36 && split(text, '-').size() == 5; }

std::string tenant_of(const FieldValues& fields) {
    const std::string tenant(field_text(fields, "OFFICE365_TENANT"));
    const bool is_whole = tenant.find('.') != std::string::npos || looks_like_uuid(tenant);
    return is_whole ? tenant : tenant + ".onmicrosoft.com";
}

/// What the error of the token endpoint (RFC 6749, section 5.2) is about.
Error refused_token(const HttpReply& reply) {
    const auto document = parse_json(reply.body);
    const auto word = document ? text_member(*document, {"error"}) : std::string_view();
    if (word == "invalid_client")
        return wrong_field("OFFICE365_CLSECRET",
                           "Microsoft refuses the secret of the application: correct "
                           "OFFICE365_CLSECRET. It may have expired.");
    if (word == "unauthorized_client")
        return wrong_field("OFFICE365_CLIENTID",
                           "Microsoft does not know this application in the tenant: correct "
                           "OFFICE365_CLIENTID or OFFICE365_TENANT.");
    return wrong_field("OFFICE365_TENANT", fmt::format("Microsoft refuses the request for a token ({}): correct "
                                                       "OFFICE365_TENANT, OFFICE365_CLIENTID and OFFICE365_CLSECRET.",
                                                       reply.status));
}

}  // namespace

Availability Office365::check(const FieldValues& fields, ProviderContext& context) const {
    if (const auto given = require_fields(fields, {"OFFICE365_TENANT"}); !given) return availability_of(given.error());
    const auto client = field_text(fields, "OFFICE365_CLIENTID");
    if (client.empty())
        return {AvailabilityState::unknown, "Without OFFICE365_CLIENTID nothing can be tried.", ttl_of_good_news};
    if (const auto given = require_fields(fields, {"OFFICE365_CLSECRET"}); !given)
        return availability_of(given.error());
    RemoteCalls calls(context);
    const auto reply = calls.send(
        {.method = "POST",
         .url = fmt::format("{}/{}/oauth2/v2.0/token", address_, percent_encoded(tenant_of(fields))),
         .headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}},
         .body = fmt::format("grant_type=client_credentials&client_id={}&client_secret={}&scope={}",
                             percent_encoded(client), percent_encoded(field_secret(fields, "OFFICE365_CLSECRET")),
                             percent_encoded("https://graph.microsoft.com/.default"))});
    if (!reply) return availability_of(reply.error());
    if (reply->status == 200) return is_available("Microsoft takes the secret of the application.");
    if (reply->status >= 400 && reply->status < 500 && !is_busy(reply->status))
        return availability_of(refused_token(*reply));
    return availability_of(busy_server(read_url(address_)->origin(), reply->status));
}

}  // namespace mf
