// SPDX-License-Identifier: MIT
#include "base/text_within.h"
#include "service/audit.h"
#include "service/credential_access.h"
#include "service/credential_layers.h"
#include "service/credential_operations.h"
#include "service/credential_store.h"
#include "service/list_filter.h"

namespace mf {
namespace {

constexpr std::string_view nothing_to_look_at = "Nothing can be looked at for a credential of this kind.";

/// The question of one credential, opened; none: there is nothing to ask.
Result<Talk> prepare_check(Call& call, const Reference& input) {
    const auto credential = find_credential(call, input.id);
    if (!credential) return credential.error();
    if (auto lack = CredentialRows::lack_of(call.session, credential->id); !lack.empty())
        return Talk([lack = std::move(lack)](Outside&) -> json::value {
            return {{"state", name_of(AvailabilityState::misconfigured)}, {"message", lack}, {"ttl", 0}};
        });
    auto question = CredentialRows::question_of(call.session, *call.vault, credential->id);
    if (!question) return question.error();
    return Talk([question = *std::move(question)](Outside& outside) -> json::value {
        if (!question) return {{"state", "unknown"}, {"message", nothing_to_look_at}, {"ttl", 0}};
        const auto found = test_credential(*question, {.http = outside.http,
                                                       .now = outside.now,
                                                       .time_limit = outside.time_limit,
                                                       .stop = outside.stop,
                                                       .file_roots = outside.file_roots});
        return {{"state", name_of(found.state)}, {"message", found.message}, {"ttl", found.ttl.count()}};
    });
}

Result<json::value> record_check(Call& call, const Reference& input, const json::value& heard) {
    const auto before = find_credential(call, input.id);
    if (!before) return before.error();
    Credential after = *before;
    after.state = std::string(heard.at("state").as_string());
    after.message = text_within(heard.at("message").as_string(), 1024);
    after.checked_at = call.now;
    after.valid_until = call.now + std::chrono::seconds(heard.at("ttl").as_int64());
    if (auto updated = call.repository<Credential>().update(*before, after); !updated) return updated.error();
    audit(call, {.entity = "credential",
                 .id = after.id.value,
                 .action = "test",
                 .company = after.company_id,
                 .details = {{"state", after.state}}});
    return json::value{{"credential_id", after.id.value},
                       {"name", after.name},
                       {"state", after.state},
                       {"message", after.message},
                       {"ttl", heard.at("ttl")}};
}

}  // namespace

void add_credential_check_operation(Operations& operations) {
    add_talking(operations,
                {"credential:test", "POST /credentials/{id}/test",
                 "Look whether what stands behind a credential works.", Permission::run, Access::changes},
                prepare_check, record_check);
}

}  // namespace mf
