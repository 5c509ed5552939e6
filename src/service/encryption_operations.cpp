// SPDX-License-Identifier: MIT
#include "base/zone.h"
#include "service/audit.h"
#include "service/audit_operations.h"
#include "service/list_filter.h"
#include "service/sealed_owner.h"
#include "service/sealing.h"
#include "store/queries/data_keys.h"
#include "store/queries/installation_facts.h"
#include "store/queries/sealed_values.h"

#include <fmt/format.h>

namespace mf {

struct EncryptionInit {
    std::optional<bool> force;
};

struct ResealInput {
    std::optional<bool> dry_run;
    std::optional<std::int64_t> batch_size, column, after;
};

template <>
const Entity& entity_of<EncryptionInit>() {
    using I = EncryptionInit;
    static constexpr auto fields =
        fields_of<I>(field<&I::force>("force", {.help = "Make a new data key although there is one"}));
    static constexpr Entity entity{"encryption_init", "Encryption", fields};
    return entity;
}

template <>
const Entity& entity_of<ResealInput>() {
    using I = ResealInput;
    static constexpr auto fields =
        fields_of<I>(field<&I::dry_run>("dry_run", {.help = "Count only"}),
                     field<&I::batch_size>("batch_size", {.help = "At most so many values in one transaction (200)"}),
                     field<&I::column>("column", {.help = "Go on with this column, from the answer before"}),
                     field<&I::after>("after", {.help = "Go on after this row, from the answer before"}));
    static constexpr Entity entity{"encryption_reseal", "Encryption", fields};
    return entity;
}

namespace {

constexpr std::int64_t most_at_once = 10'000;

json::object shown_key(const StoredKey& stored, const Vault& vault) {
    return {{"name", stored.key.name},
            {"version", stored.key.version},
            {"key_id", stored.key.id},
            {"algorithm", "AES-256-GCM"},
            {"active", stored.key.in_use},
            {"readable", vault.knows(stored.key)},
            {"created_at", format_iso(stored.created_at, Zone::utc())},
            {"rotated_at",
             stored.rotated_at ? json::value(format_iso(*stored.rotated_at, Zone::utc())) : json::value(nullptr)}};
}

/// What the master key is worth for this database, in one word, and what to do in a sentence.
std::pair<std::string_view, std::string> state_of_master_key(Call& call) {
    const auto noted = sealing_key(call.session);
    if (const auto loaded = call.vault->load(); !loaded)
        return {call.vault->has_another_key() ? "wrong" : "missing", loaded.error().message};
    if (!noted) return {"unused", "No secret was sealed yet; the key is taken when the first one is."};
    if (*noted != call.vault->key_id()) return {"wrong", call.vault->wrong_key(*noted).message};
    return {"available", fmt::format("The master key {} is the one of this database.", *noted)};
}

Result<json::value> status(Call& call, const NoInput&) {
    const auto [state, sentence] = state_of_master_key(call);
    json::array keys;
    std::int64_t active = 0;
    for (const auto& stored : data_keys(call.session)) {
        active += stored.key.in_use ? 1 : 0;
        keys.push_back(shown_key(stored, *call.vault));
    }
    return json::value{{"status", "success"},       {"message", "Encryption status retrieved"},
                       {"master_key", state},       {"master_key_explained", sentence},
                       {"total_keys", keys.size()}, {"active_keys", active},
                       {"keys", std::move(keys)}};
}

json::value told(const StoredKey& stored, bool initialized, bool rotated, std::string_view message) {
    return json::value{{"status", "success"},           {"message", message},
                       {"key_name", stored.key.name},   {"key_id", stored.key.id},
                       {"version", stored.key.version}, {"algorithm", "AES-256-GCM"},
                       {"initialized", initialized},    {"rotated", rotated}};
}

Result<json::value> rotate(Call& call, const NoInput&) {
    if (auto settled = settle_key(call); !settled) return settled.error();
    const auto made = rotate_data_key(call.session, *call.vault, call.now);
    audit(
        call,
        {.entity = "encryption_key", .id = made.key.version, .action = "rotate", .details = {{"key_id", made.key.id}}});
    return told(made, true, true,
                "New secrets are sealed with the new data key; encryption:encrypt-existing seals the present ones with "
                "it, too.");
}

Result<json::value> init(Call& call, const EncryptionInit& input) {
    const auto in_use = [&]() -> std::optional<StoredKey> {
        for (auto& stored : data_keys(call.session))
            if (stored.key.in_use) return std::move(stored);
        return std::nullopt;
    };
    const auto before = in_use();
    if (before && input.force.value_or(false)) return rotate(call, {});
    if (auto settled = settle_key(call); !settled) return settled.error();
    if (before) return told(*before, false, false, "Encryption is initialized already.");
    return told(*in_use(), true, false, "Encryption is initialized.");
}

/// Empty while there is none: the first change makes it, and everything is sealed anew then.
std::string key_in_use(Call& call) {
    for (const auto& stored : data_keys(call.session))
        if (stored.key.in_use) return stored.key.id;
    return {};
}

Result<json::value> reseal(Call& call, const ResealInput& input) {
    const auto columns = sealed_columns();
    const auto at_once = input.batch_size.value_or(200);
    if (at_once < 1 || at_once > most_at_once)
        return Error{ErrorCode::invalid,
                     fmt::format("--batch-size must be from 1 to {}, not {}.", most_at_once, at_once)};
    const auto column = input.column.value_or(0);
    if (column < 0 || column >= std::ssize(columns))
        return Error{ErrorCode::invalid, fmt::format("There is no column {} of secrets.", column)};
    const bool is_dry_run = input.dry_run.value_or(false);
    const auto key = is_dry_run ? call.vault->load().transform([&] { return key_in_use(call); }) : settle_key(call);
    if (!key) return key.error();
    auto page = reseal_page(call.session, *call.vault, *key, columns[static_cast<std::size_t>(column)],
                            input.after.value_or(0), at_once, is_dry_run ? Reseal::dry_run : Reseal::now);
    json::array unreadable;
    for (const auto& each : page.unreadable)
        unreadable.emplace_back(owner_of_secret(call, columns[static_cast<std::size_t>(column)].table, each.key) +
                                each.sentence);
    if (page.resealed > 0 && !is_dry_run)
        audit(call,
              {.entity = "encryption_key",
               .action = "reseal",
               .details = {{"table", columns[static_cast<std::size_t>(column)].table}, {"values", page.resealed}}});
    const bool is_last = !page.next && column + 1 == std::ssize(columns);
    return json::value{{"seen", page.seen},
                       {"sealed", page.resealed},
                       {"unreadable", std::move(unreadable)},
                       {"more", !is_last},
                       {"column", page.next ? column : column + 1},
                       {"after", page.next.value_or(0)}};
}

}  // namespace

void add_encryption_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations, {"encryption:status", "GET /encryption", "Show which keys the secrets are sealed with.", operate},
        status);
    add(operations, {"encryption:init", "POST /encryption/keys", "Make the first data key.", operate, changes}, init);
    add(operations,
        {"encryption:rotate", "POST /encryption/rotation", "Seal new secrets with a new data key.", operate, changes},
        rotate);
    add(operations,
        {"encryption:reseal", "POST /encryption/resealing",
         "Seal a part of the present secrets with the data key in use.", operate, changes},
        reseal);
}

}  // namespace mf
