// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/commands.h"
#include "cli/password_input.h"
#include "cli/profiles.h"
#include "cli/server_choice.h"

#include <unistd.h>

namespace mf {
namespace {

/// As much of a token as lists of tokens show, so that it can be found there.
std::string masked_token(std::string_view token) {
    constexpr std::size_t shown = 8;
    return token.empty() ? std::string()
                         : fmt::format("{}...", to_utf8(token.substr(0, token.size() > 16 ? shown : 0)));
}

json::object profile_row(const Profiles& profiles, const std::string& name, const ServerAccess& access) {
    return {{"name", name},
            {"current", name == profiles.current ? 1 : 0},
            {"server", access.address},
            {"token", masked_token(access.token)},
            {"ca_file", access.ca_file},
            {"allow_plain", access.allow_plain ? 1 : 0}};
}

constexpr Column profile_columns[] = {
    {.name = "name", .on_terminal = true},
    {.name = "current", .on_terminal = true},
    {.name = "server", .on_terminal = true},
    {.name = "token", .on_terminal = true},
    {.name = "ca_file"},
    {.name = "allow_plain"},
};

Result<Profiles> profiles_here(Invocation& in) {
    return profiles_file(in.terminal()).and_then([](const auto& file) { return read_profiles(file); });
}

Error no_such_profile(const std::string& name) {
    return {ErrorCode::not_found, fmt::format("There is no profile '{}'; profile list shows those that there are.",
                                              one_line(name.substr(0, 80)))};
}

int profile_list(Invocation& in) {
    const auto profiles = profiles_here(in);
    if (!profiles) return in.refuse(profiles.error());
    json::array rows;
    for (const auto& [name, access] : profiles->entries) rows.push_back(profile_row(*profiles, name, access));
    return in.answer_rows(rows, {.columns = profile_columns, .nothing = "No profiles"});
}

int profile_show(Invocation& in) {
    const auto profiles = profiles_here(in);
    if (!profiles) return in.refuse(profiles.error());
    const auto name = in.arguments().value("name").value_or(profiles->current);
    if (name.empty())
        return in.refuse(Error{ErrorCode::not_found, "No profile is in use; commands work with this machine."});
    const auto found = profiles->entries.find(name);
    if (found == profiles->entries.end()) return in.refuse(no_such_profile(name));
    return in.answer_record(profile_row(*profiles, name, found->second));
}

/// Of the options of the program, which say the same of a profile as of a call.
Result<ServerAccess> access_to_keep(Invocation& in) {
    const auto& globals = in.globals();
    if (globals.server.empty()) return invalid("Missing --server");
    if (!globals.profile.empty() || !globals.settings_file.empty())
        return invalid("A profile names a server; --profile and --environment say nothing about it, leave them out.");
    ServerAccess out{.address = globals.server, .allow_plain = globals.allow_plain};
    std::error_code failed;
    if (!globals.ca_file.empty()) out.ca_file = std::filesystem::absolute(globals.ca_file, failed).string();
    if (failed || !is_utf8(out.ca_file)) return invalid("The name of the file of --ca-file cannot be kept.");
    return out;
}

/// From a file, or typed; empty: the profile is to have none.
Result<std::string> token_to_keep(Invocation& in) {
    if (in.arguments().has("no-token")) return std::string();
    const auto file = in.globals().token_file;
    if (!file.empty()) {
        auto token = secret_from_file(file, in.terminal());
        if (token) warn_of_open_file(in, file, "the token");
        return token;
    }
    const auto typed = in.can_ask() && in.terminal().hidden_line ? in.terminal().hidden_line("Token: ") : std::nullopt;
    if (!typed || typed->empty() || !is_utf8(*typed))
        return invalid(
            "Missing --token-file (a file, or - for standard input), or --login to make a token, or --no-token.");
    return *typed;
}

std::string name_of_machine() {
    char name[256]{};
    return ::gethostname(name, sizeof name - 1) == 0 ? to_utf8(name) : std::string();
}

Result<void> sign_in_as(Invocation& in, PersonalProof proof) {
    auto done = in.backend().sign_in(proof);
    const auto& fields = done ? std::vector<FieldError>() : done.error().fields;
    const bool wants_code = std::ranges::find(fields, "second_factor", &FieldError::code) != fields.end();
    if (!wants_code || !in.can_ask() || !in.terminal().hidden_line) return done;
    const auto code = in.terminal().hidden_line("Code: ");
    if (!code || code->empty()) return done;
    proof.code = trim(*code);
    return in.backend().sign_in(proof);
}

/// Signs in with login and password, and has a token made for this profile.
Result<std::string> token_made_there(Invocation& in, const std::string& login, const std::string& profile) {
    const auto file = in.arguments().value("password-file");
    auto password = file ? secret_from_file(*file, in.terminal())
                         : ask_secret(in, fmt::format("Password of {}: ", one_line(login)));
    if (!password) return password.error();
    const PersonalProof proof{login, *std::move(password), in.arguments().value("code").value_or("")};
    if (auto done = sign_in_as(in, proof); !done) return done.error();
    json::object input{{"name", fmt::format("profile {} on {}", profile, name_of_machine()).substr(0, 120)}};
    if (const auto end = in.arguments().value("expires")) input["expires"] = *end;
    const auto made = in.call("token:create", input);
    in.backend().sign_out();
    if (!made) return made.error();
    const auto record = made->if_object() ? *made->if_object() : json::object();
    const auto token = std::string(text_member(record, "token"));
    if (token.empty()) return Error{ErrorCode::unavailable, "The server made no token."};
    return token;
}

Result<ServerAccess> complete_access(Invocation& in, const std::string& name) {
    auto access = access_to_keep(in);
    if (!access) return access;
    if (auto good = in.backend().use_server(*access); !good) return good.error();
    const auto login = in.arguments().value("login");
    if (login && (!in.globals().token_file.empty() || in.arguments().has("no-token")))
        return invalid("--login makes a token; leave --token-file and --no-token out.");
    if (!login && (in.arguments().has("password-file") || in.arguments().has("code") || in.arguments().has("expires")))
        return invalid("--password-file, --code and --expires belong to --login.");
    auto token = login ? token_made_there(in, *login, name) : token_to_keep(in);
    if (!token) return token.error();
    access->token = *std::move(token);
    return access;
}

int profile_add(Invocation& in) {
    const auto name = in.arguments().value("name").value_or("");
    if (auto good = check_profile_name(name); !good) return in.refuse(good.error());
    const auto file = profiles_file(in.terminal());
    if (!file) return in.refuse(file.error());
    // Nobody is asked for anything when it cannot be kept.
    const auto known = read_profiles(*file);
    if (!known) return in.refuse(known.error());
    const Error taken{ErrorCode::conflict,
                      fmt::format("There is a profile '{}' already. Say --force to replace it.", name)};
    const bool replaces = in.arguments().has("force");
    if (known->entries.contains(name) && !replaces) return in.refuse(taken);
    auto access = complete_access(in, name);
    if (!access) return in.refuse(access.error());
    std::string who;
    if (!access->token.empty() && !in.arguments().has("unchecked")) {
        in.backend().use_token(access->token);
        const auto facts = in.backend().server_facts();
        if (!facts) return in.refuse(facts.error());
        who = facts->login;
    }
    const auto kept = change_profiles(*file, [&](Profiles& profiles) -> Result<void> {
        if (profiles.entries.contains(name) && !replaces) return taken;
        profiles.entries[name] = *access;
        if (in.arguments().has("use")) profiles.current = name;
        return {};
    });
    if (!kept) return in.refuse(kept.error());
    auto sentence = fmt::format("Profile {} added: {}{}", name, access->address,
                                who.empty() ? std::string() : fmt::format(" as {}", one_line(who)));
    return in.answer(json::object{{"profile", name}, {"added", true}, {"server", access->address}, {"login", who}},
                     sentence);
}

int profile_remove(Invocation& in) {
    const auto name = in.arguments().value("name").value_or("");
    const auto file = profiles_file(in.terminal());
    if (!file) return in.refuse(file.error());
    bool was_current = false;
    // Where there are none, nothing is made to say so.
    const auto known = read_profiles(*file);
    if (!known) return in.refuse(known.error());
    if (!known->entries.contains(name)) return in.refuse(no_such_profile(name));
    const auto done = change_profiles(*file, [&](Profiles& profiles) -> Result<void> {
        if (profiles.entries.erase(name) == 0) return no_such_profile(name);
        was_current = profiles.current == name;
        if (was_current) profiles.current.clear();
        return {};
    });
    if (!done) return in.refuse(done.error());
    if (was_current) in.remark("It was in use; commands work with this machine from now on.");
    in.remark("Its token is good still; token revoke ends it.");
    return in.answer(json::object{{"profile", name}, {"removed", true}}, fmt::format("Profile removed: {}", name));
}

int profile_use(Invocation& in) {
    const auto name = in.arguments().value("name").value_or("");
    const auto file = profiles_file(in.terminal());
    if (!file) return in.refuse(file.error());
    const auto done = change_profiles(*file, [&](Profiles& profiles) -> Result<void> {
        if (name != local_profile && !profiles.entries.contains(name)) return no_such_profile(name);
        profiles.current = name == local_profile ? std::string() : name;
        return {};
    });
    if (!done) return in.refuse(done.error());
    return in.answer(json::object{{"profile", name}, {"current", true}},
                     name == local_profile ? std::string("Commands work with this machine from now on.")
                                           : fmt::format("Commands ask the server of {} from now on.", name));
}

constexpr Option profile_name{.name = "name", .help = "Name of the profile", .becomes = Becomes::local};
constexpr Option profile_name_options[] = {profile_name};
constexpr Option profile_add_options[] = {
    profile_name,
    {.name = "login", .help = "Sign in as this person and have a token made", .becomes = Becomes::local},
    password_file_option,
    {.name = "code",
     .help = "Code of the authenticator program, if the account asks for one",
     .becomes = Becomes::local},
    {.name = "expires",
     .help = "When the token that is made ends: a time, '+30 days', never",
     .becomes = Becomes::local},
    {.name = "no-token",
     .takes = Takes::flag,
     .help = "Keep no token; each call brings one",
     .becomes = Becomes::local},
    {.name = "use",
     .takes = Takes::flag,
     .help = "Ask it from now on when nothing else is said",
     .becomes = Becomes::local},
    {.name = "force", .takes = Takes::flag, .help = "Replace the profile of this name", .becomes = Becomes::local},
    {.name = "unchecked",
     .takes = Takes::flag,
     .help = "Do not ask the server whether it takes the token",
     .becomes = Becomes::local},
};

constexpr Command profile_table[] = {
    {.name = "profile:list",
     .run = profile_list,
     .summary = "Lists the servers that have a name",
     .options = {},
     .shows_record = true,
     .stays_here = true},
    {.name = "profile:show",
     .run = profile_show,
     .summary = "Shows a profile, or the one in use; of its token only the beginning",
     .options = profile_name_options,
     .positional = "name",
     .aliases = {"profile:get"},
     .shows_record = true,
     .stays_here = true},
    {.name = "profile:add",
     .run = profile_add,
     .summary = "Gives a server a name",
     .details =
         "With --server, --ca-file and --allow-plain as they are to be used. The token comes from --token-file, or is "
         "typed; with --login a person signs in, and the server makes one. It is kept in a file that only you can "
         "read: ~/.config/multiflexi/profiles.json.",
     .options = profile_add_options,
     .needs = {"name"},
     .positional = "name",
     .stays_here = true},
    {.name = "profile:remove",
     .run = profile_remove,
     .summary = "Forgets a profile and its token",
     .options = profile_name_options,
     .needs = {"name"},
     .positional = "name",
     .aliases = {"profile:delete"},
     .stays_here = true},
    {.name = "profile:use",
     .run = profile_use,
     .summary = "Says which server is asked when nothing else is said; 'local': the installation on this machine",
     .options = profile_name_options,
     .needs = {"name"},
     .positional = "name",
     .stays_here = true},
};

}  // namespace

std::span<const Command> profile_commands() { return profile_table; }

}  // namespace mf
