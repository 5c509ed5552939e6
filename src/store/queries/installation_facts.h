// SPDX-License-Identifier: MIT
#pragma once

#include "store/database.h"

#include <optional>
#include <string>
#include <string_view>

namespace mf {

/// Facts about the installation as a whole, kept with its data. They move with the database, and a copy of the database
/// has them, too. What changes something is called inside a writing transaction.

/// A UUID, made when first asked for.
std::string installation_id(Session& session);

/// The key (Vault::key_id()) that the secrets of this database are sealed with. None: no key was used yet.
std::optional<std::string> sealing_key(Session& session);
/// False: it is not `before` any more; nothing was changed.
bool change_sealing_key(Session& session, const std::optional<std::string>& before, std::string_view key_id);

}  // namespace mf
