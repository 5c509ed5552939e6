// SPDX-License-Identifier: MIT
#include "service/sealing.h"

#include "service/audit.h"
#include "store/queries/data_keys.h"
#include "store/queries/installation_facts.h"

namespace mf {

Result<void> settle_key(Call& call) {
    if (auto loaded = call.vault.load(); !loaded) return loaded;
    const auto noted = sealing_key(call.session);
    if (noted && *noted != call.vault.key_id()) return call.vault.wrong_key(*noted);
    if (!noted) change_sealing_key(call.session, noted, call.vault.key_id());
    if (const auto made = settle_data_key(call.session, call.vault, call.now))
        audit(call,
              {.entity = "encryption_key", .id = made->version, .action = "create", .details = {{"key_id", made->id}}});
    return {};
}

Result<std::string> seal(Call& call, std::string_view secret, const Place& place) {
    if (auto settled = settle_key(call); !settled) return settled.error();
    return call.vault.seal(secret, place);
}

}  // namespace mf
