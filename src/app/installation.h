// SPDX-License-Identifier: MIT
#pragma once

#include "base/settings.h"
#include "base/zone.h"
#include "secure/vault.h"
#include "service/perform.h"

namespace mf {

/// What both programs need of the place they run in: settings, database, vault. Made once by main().
class Installation {
public:
    /// Reads and checks the settings; nothing is opened yet.
    static Result<Installation> load(std::optional<std::filesystem::path> settings_file);

    const Settings& settings() const { return settings_; }
    Zone zone() const { return zone_.zone; }
    const Zone::Found& found_zone() const { return zone_; }

    /// Makes the data directory, opens the database, and brings the schema up to date. The key of the vault is taken
    /// when a secret is sealed or opened. unavailable: it may succeed later; any other code: not before somebody
    /// changes the settings or the database.
    Result<void> open(const Clock& clock);
    enum class NewKey { refuse, accept };
    /// Takes the key now and notes it with the database; makes the key file when it is missing and no key is needed.
    /// unavailable: the key cannot be had, or another one is needed.
    Result<void> take_key(NewKey new_key, const Clock& clock);
    Database& database() { return *database_; }
    /// The key that has to be had, because secrets of the database are sealed with it, or another node that has not
    /// stopped uses it; none: any will do.
    static std::optional<std::string> needed_key(Session& session, NewKey new_key, std::string_view own_node);
    /// unavailable: secrets of the database are sealed with another key than the one that was taken.
    Result<void> confirm_key();
    Vault& vault() { return *vault_; }

    /// Registers the credential prototypes that this program brings along, once for each database (see
    /// bring_in_prototypes()), audited as the server. Leaves it to another program when there is a key that this one
    /// cannot have, because what it adds to the audit log would have no mark.
    void bring_in_prototypes(const Clock& clock);

    /// The person or account on whose behalf this process works; its user row is made when it is missing.
    Actor actor(const Clock& clock);

    /// Runs one operation in a transaction of its own (see perform()) and wakes the servers when it asks for that.
    /// Before the first change prototypes are brought in.
    Result<json::value> run(const Operation& operation, const json::object& input, const Caller& caller,
                            const Clock& clock);

private:
    Installation(Settings settings, Zone::Found zone) : settings_(std::move(settings)), zone_(std::move(zone)) {}

    Settings settings_;
    Zone::Found zone_;
    std::unique_ptr<Database> database_;
    std::optional<Vault> vault_;
};

/// Where the settings say that the database is.
sql::Address address_of(const Settings& settings);

/// A directory that only this account can enter; one that exists stays as it is.
Result<void> make_private_directory(const std::filesystem::path& directory);

/// Login name of the account this process runs under.
std::string process_login();

}  // namespace mf
