// SPDX-License-Identifier: MIT
#pragma once

#include "base/json.h"
#include "provider/variables.h"

#include <optional>

namespace mf {

struct VaultItemField {
    std::string name;
    std::string value;
    bool secret = true;
};

/// What variables can be made of in one item of a vault.
struct VaultItem {
    std::string name;
    std::optional<std::string> username = {};
    std::optional<std::string> password = {};
    std::optional<std::string> uri = {};  ///< the first
    std::optional<std::string> notes = {};
    std::vector<VaultItemField> fields = {};  ///< custom ones
};

/// The items of the answer of `bw serve` to /list/object/items, those of the folder only when there is one (a folder's
/// id), without those in the trash. Nothing: the answer is not one of `bw serve`.
std::optional<std::vector<VaultItem>> read_vault_items(const json::value& answer, const std::string& folder_id);

/// By the rules of VaultWarden without VAULTWARDEN_ITEMS.
Result<std::vector<ProvidedVariable>> variables_of_all(const std::vector<VaultItem>& items);

/// By the rules of VaultWarden with VAULTWARDEN_ITEMS.
Result<std::vector<ProvidedVariable>> variables_of_picks(const std::vector<VaultItem>& items,
                                                         const std::vector<Pick>& picks);

}  // namespace mf
