// SPDX-License-Identifier: MIT
#include "app/installation.h"

#include "app/database_advice.h"
#include "base/wake_channel.h"
#include "domain/node.h"
#include "service/built_in_prototypes.h"
#include "store/migration.h"
#include "store/queries/audit_chain.h"
#include "store/queries/data_keys.h"
#include "store/queries/installation_facts.h"
#include "store/queries/sealed_values.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

namespace mf {

sql::Address address_of(const Settings& settings) {
    sql::Address address{.database = settings.db_database,
                         .host = settings.db_host,
                         .port = settings.db_port,
                         .user = settings.db_username,
                         .password = settings.db_password,
                         .durable = settings.synchronous == Synchronous::full};
    switch (settings.db_connection) {
        case DatabaseKind::sqlite: address.dialect = sql::Dialect::sqlite; break;
        case DatabaseKind::pgsql: address.dialect = sql::Dialect::postgres; break;
        case DatabaseKind::mysql: address.dialect = sql::Dialect::mariadb; break;
    }
    return address;
}

Result<void> make_private_directory(const std::filesystem::path& directory) {
    std::error_code problem;
    if (std::filesystem::is_directory(directory, problem)) return {};
    std::filesystem::create_directories(directory.parent_path(), problem);
    if (!problem && std::filesystem::create_directory(directory, problem))
        std::filesystem::permissions(directory, std::filesystem::perms::owner_all, problem);
    if (problem)
        return Error{
            ErrorCode::unavailable,
            fmt::format(
                "The directory {} cannot be made: {}. Create it, or set MULTIFLEXI_DATA and MULTIFLEXI_WORK_DIRECTORY.",
                directory.string(), problem.message())};
    return {};
}

std::string process_login() {
    std::vector<char> buffer(16384);
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found) return found->pw_name;
    return fmt::format("uid-{}", ::geteuid());
}

Result<Installation> Installation::load(std::optional<std::filesystem::path> settings_file) {
    auto settings = load_settings(SettingsSources::of_process(std::move(settings_file)));
    if (!settings) return settings.error();
    auto zone = Zone::of_machine({.setting = settings->timezone});
    return Installation(*std::move(settings), std::move(zone));
}

Result<void> Installation::open(const Clock& clock) {
    if (auto made = make_private_directory(settings_.data_directory); !made) return made;
    auto database = std::make_unique<Database>(address_of(settings_));
    try {
        if (auto migrated = migrate(*database, clock.now()); !migrated) return migrated;
        auto needed = database->read([](Session& session) { return sealing_key(session); });
        vault_ = vault_on_demand({settings_.master_key, settings_.key_file, std::move(needed)});
    } catch (const sql::DatabaseError& error) {
        return Error{lasts_until_changed(error) ? ErrorCode::invalid : ErrorCode::unavailable, told(error, settings_)};
    }
    database_ = std::move(database);
    return {};
}

std::optional<std::string> Installation::needed_key(Session& session, NewKey new_key, std::string_view own_node) {
    if (new_key == NewKey::accept) return std::nullopt;
    auto noted = sealing_key(session);
    if (!noted) return noted;
    const auto running = Repository<Node>(session, Scope::everything()).list({.equals = {{"stopped_at", Value{}}}});
    const bool is_shared = std::ranges::any_of(running, [&](const Node& node) {
        return node.name != own_node && node.roles.find("executor") != std::string::npos;
    });
    return is_shared || holds_sealed_values(session) ? std::move(noted) : std::nullopt;
}

Result<void> Installation::take_key(NewKey new_key, const Clock& clock) {
    for (;;) {
        const auto [noted, needed] = database_->read([&](Session& session) {
            return std::pair(sealing_key(session), needed_key(session, new_key, settings_.node));
        });
        auto vault = open_vault({settings_.master_key, settings_.key_file, needed});
        if (!vault) return vault.error();
        if (noted != vault->key_id()) {
            const bool is_ours = database_->write([&](Session& session) {
                if (!change_sealing_key(session, noted, vault->key_id())) return false;
                if (noted) retire_data_keys(session, clock.now());
                auto entry = noted_key_entry(noted, vault->key_id(), clock.now());
                append_to_audit(session, std::span(&entry, 1), *vault);
                return true;
            });
            // Another node was quicker, and what it has noted may be needed now.
            if (!is_ours) continue;
            if (noted)
                log::warning("the installation has another key now; secrets sealed before cannot be opened any more",
                             {{"before", *noted}, {"now", vault->key_id()}});
        }
        vault_ = *std::move(vault);
        return {};
    }
}

Result<void> Installation::confirm_key() {
    const auto noted = database_->read([](Session& session) { return sealing_key(session); });
    if (noted && *noted != vault_->key_id()) return vault_->wrong_key(*noted);
    return {};
}

void Installation::bring_in_prototypes(const Clock& clock) {
    const auto brought = built_in_credential_prototypes();
    const auto [is_lacking, key] = database_->read([&](Session& session) {
        const bool lacking = lacks_prototypes(session, brought);
        return std::pair(lacking, lacking ? sealing_key(session) : std::nullopt);
    });
    if (!is_lacking || (key && (!vault_->load() || vault_->key_id() != *key))) return;
    const auto all = Rights::unlimited();
    database_->write([&](Session& session) {
        Call call{.session = session,
                  .scope = Scope::everything(),
                  .rights = all,
                  .actor = {.user = {}, .login = "multiflexi", .entry = "server"},
                  .now = clock.now(),
                  .vault = {session, *vault_},
                  .zone = zone_.zone.name(),
                  .allowed_names = {settings_.env_allow.begin(), settings_.env_allow.end()}};
        mf::bring_in_prototypes(call, brought);
        append_to_audit(session, call.audited, *vault_);
    });
}

Actor Installation::actor(const Clock& clock) {
    const auto login = process_login();
    const auto known = database_->read([&](Session& session) {
        return Repository<User>(session, Scope::everything()).first({.equals = {{"login", login}}});
    });
    if (known) return {known->id, login};
    return database_->write([&](Session& session) -> Actor {
        Repository<User> users(session, Scope::everything());
        if (const auto made_meanwhile = users.first({.equals = {{"login", login}}})) return {made_meanwhile->id, login};
        User user{.login = login, .created_at = clock.now(), .updated_at = clock.now()};
        if (auto inserted = users.insert(user); !inserted)
            throw sql::DatabaseError(sql::DatabaseError::Kind::busy, inserted.error().message);
        return {user.id, login};
    });
}

Result<json::value> Installation::run(const Operation& operation, const json::object& input, const Caller& caller,
                                      const Clock& clock) {
    if (operation.access == Access::changes) bring_in_prototypes(clock);
    CurlClient http;
    Outside outside{.http = http,
                    .now = clock.now(),
                    .time_limit = settings_.credential_time_limit,
                    .file_roots = {settings_.envfile_roots.begin(), settings_.envfile_roots.end()}};
    auto outcome = perform_on(*database_, operation, input, caller,
                              {.vault = *vault_,
                               .now = clock.now(),
                               .zone = zone_.zone.name(),
                               .allowed_names = {settings_.env_allow.begin(), settings_.env_allow.end()},
                               .credential_versions = settings_.credential_versions},
                              outside);
    if (!outcome) return outcome.error();
    if (outcome->wake_server)
        for (const auto kind : {Wake::cancel, Wake::queue, Wake::plan}) wake_servers(settings_.wake_directory, kind);
    return std::move(outcome->answer);
}

}  // namespace mf
