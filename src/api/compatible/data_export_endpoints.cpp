// SPDX-License-Identifier: MIT
#include "api/compatible/compatible_api.h"
#include "api/compatible/endpoint.h"
#include "api/compatible/records.h"

#include <fmt/format.h>

namespace mf::compatible {
namespace {

Result<Answer> make_export(Exchange& exchange) {
    // Otherwise a page of another site could use up how often somebody may ask.
    if (is_from_elsewhere(exchange.request()))
        return Error{ErrorCode::forbidden, "The request comes from a page of another site."};
    const auto made = exchange.record("account:export-link", {});
    if (!made) return made.error();
    return Answer{
        .body = {{"success", true},
                 {"download_url", fmt::format("{}{}/data-export-download?token={}", exchange.options().prefix,
                                              CompatibleApi::root, std::string_view(made->at("token").as_string()))},
                 {"format", "json"},
                 {"generated_at", made->at("created_at")},
                 {"expires_at", made->at("expires_at")},
                 {"notification_sent", false}},
        .is_secret = true};
}

Result<Answer> show_exports(Exchange& exchange) {
    const auto found = exchange.call("account:exports", {{"order", "D"}, {"limit", 100}});
    if (!found) return found.error();
    json::array exports;
    for (const auto& each : found->as_array())
        exports.push_back(
            json::object{{"message", each.at("used_at").is_null() ? "Asked for" : "Asked for, and fetched"},
                         {"requested_at", each.at("created_at")}});
    return Answer{.body = {{"success", true}, {"exports", std::move(exports)}}, .element = "export"};
}

Result<Answer> data_export(Exchange& exchange) {
    const bool only_looks = exchange.request().method != "POST";
    const auto action = exchange.text("action").value_or(only_looks ? "status" : "export");
    if (action != "export" && action != "status")
        return invalid(fmt::format("action is export or status, not '{}'.", action));
    if (const auto format = exchange.text("format").value_or("json"); format != "json")
        return invalid(fmt::format("What is stored about you is written as json, not as '{}'.", format));
    if (action == "export" && exchange.request().method != "HEAD") return make_export(exchange);
    return show_exports(exchange);
}

/// The parts by the names that clients know.
Result<Answer> download_export(Exchange& exchange) {
    // It would use up the link and bring nothing.
    if (exchange.request().method == "HEAD")
        return invalid("A link is good for one GET, so there is no HEAD of what it leads to.");
    const auto token = exchange.query("token");
    if (!token) return invalid("Send the token of the link, as token.");
    const auto data = exchange.record("account:export-download", {{"token", *token}});
    if (!data) return data.error();
    const auto part = [&](std::string_view name) { return data->at(name); };
    return Answer{.body = {{"export_metadata", {{"generated_at", part("generated_at")}, {"format", "json"}}},
                           {"user_profile", shaped(user_columns(), data->at("user").as_object(), exchange.zone())},
                           {"company_associations", part("companies")},
                           {"roles", part("role_details")},
                           {"api_tokens", part("tokens")},
                           {"identities", part("identities")},
                           {"session_history", part("sessions")},
                           {"sign_in_attempts", part("sign_in_attempts")},
                           {"activity_logs", part("audit")},
                           {"job_history", part("jobs")},
                           {"exports", part("exports")},
                           {"erasure_requests", part("erasure_requests")}},
                  .is_secret = true};
}

constexpr Endpoint data_export_table[] = {
    {"GET", "data-export", Who::accounts, "Export", data_export},
    {"POST", "data-export", Who::accounts, "Export", data_export},
    {"GET", "data-export-download", Who::accounts, "Export", download_export},
};

}  // namespace

std::span<const Endpoint> data_export_endpoints() { return data_export_table; }

}  // namespace mf::compatible
