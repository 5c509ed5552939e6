// SPDX-License-Identifier: MIT
#pragma once

#include "store/database.h"

#include <functional>
#include <optional>
#include <set>
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

/// Codes of the credential prototypes that programs have brought into this database, whether they are still there or
/// not. Each is noted once; who notes one that another session is noting makes the transaction busy.
std::set<std::string, std::less<>> brought_prototypes(Session& session);
void note_brought_prototype(Session& session, std::string_view code);

}  // namespace mf
