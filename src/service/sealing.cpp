// SPDX-License-Identifier: MIT
#include "service/sealing.h"

#include "service/audit.h"
#include "store/queries/audit_chain.h"
#include "store/queries/data_keys.h"
#include "store/queries/installation_facts.h"

namespace mf {

Result<std::string> settle_key(Call& call) {
    if (auto loaded = call.vault->load(); !loaded) return loaded.error();
    const auto noted = sealing_key(call.session);
    if (noted && *noted != call.vault->key_id()) return call.vault->wrong_key(*noted);
    if (!noted) {
        change_sealing_key(call.session, noted, call.vault->key_id());
        auto entry = noted_key_entry(noted, call.vault->key_id(), call.now);
        if (call.actor.user.value != 0) entry.user_id = call.actor.user;
        entry.login = call.actor.login;
        entry.entry = call.actor.entry;
        entry.address = call.actor.address;
        call.audited.push_back(std::move(entry));
    }
    const auto key = settle_data_key(call.session, *call.vault, call.now);
    if (key.is_new)
        audit(call,
              {.entity = "encryption_key", .id = key.version, .action = "create", .details = {{"key_id", key.id}}});
    return key.id;
}

Result<std::string> seal(Call& call, std::string_view secret, const Place& place) {
    const auto key = settle_key(call);
    if (!key) return key.error();
    return call.vault->seal(secret, place, *key);
}

}  // namespace mf
