// SPDX-License-Identifier: MIT
#include "provider/vaultwarden_items.h"

#include "base/text.h"
#include "domain/variable_name.h"
#include "provider/field_values.h"
#include "provider/remote_calls.h"

#include <fmt/format.h>
#include <algorithm>

namespace mf {
namespace {

constexpr std::int64_t check_box_field = 2;  // FieldType of Bitwarden

std::optional<std::string> text_if_there(const json::value& document, std::initializer_list<std::string_view> path) {
    const json::value* found = member_of(document, path);
    return found && found->is_string() ? std::optional<std::string>(found->get_string()) : std::nullopt;
}

const json::array* list_member(const json::value& document, std::initializer_list<std::string_view> path) {
    const json::value* found = member_of(document, path);
    return found ? found->if_array() : nullptr;
}

VaultItem read_vault_item(const json::value& given) {
    VaultItem item{.name = std::string(text_member(given, {"name"})),
                   .username = text_if_there(given, {"login", "username"}),
                   .password = text_if_there(given, {"login", "password"}),
                   .notes = text_if_there(given, {"notes"})};
    if (const json::array* uris = list_member(given, {"login", "uris"}); uris && !uris->empty())
        item.uri = text_if_there(uris->front(), {"uri"});
    if (const json::array* fields = list_member(given, {"fields"}))
        for (const json::value& field : *fields) {
            const json::value* type = member_of(field, {"type"});
            const bool is_check_box = type && type->is_int64() && type->get_int64() == check_box_field;
            // A linked field has no value of its own.
            if (auto value = text_if_there(field, {"value"}))
                item.fields.push_back({std::string(text_member(field, {"name"})), *std::move(value), !is_check_box});
        }
    return item;
}

std::optional<ProvidedVariable> picked_value(const VaultItem& item, std::string_view field) {
    const auto of = [](const std::optional<std::string>& value) -> std::optional<ProvidedVariable> {
        if (!value) return std::nullopt;
        return ProvidedVariable{.name = {}, .value = *value};
    };
    if (field == "password") return of(item.password);
    if (field == "username") return of(item.username);
    if (field == "uri") return of(item.uri);
    if (field == "notes") return of(item.notes);
    const auto found = std::ranges::find(item.fields, field, &VaultItemField::name);
    if (found == item.fields.end()) return std::nullopt;
    return ProvidedVariable{.name = {}, .value = found->value, .secret = found->secret};
}

Error wrong_pick(const Pick& pick, std::string_view what) {
    return wrong_field("VAULTWARDEN_ITEMS", fmt::format("VAULTWARDEN_ITEMS takes {} from '{}', but {}.",
                                                        shown_name(pick.name), shown_name(pick.place), what));
}

}  // namespace

std::optional<std::vector<VaultItem>> read_vault_items(const json::value& answer, const std::string& folder_id) {
    const json::array* list = list_member(answer, {"data", "data"});
    if (!list) return std::nullopt;
    std::vector<VaultItem> items;
    for (const json::value& each : *list) {
        // `bw serve` was asked for the folder already; a secret of another one must not depend on that.
        if (!folder_id.empty() && text_member(each, {"folderId"}) != folder_id) continue;
        if (text_member(each, {"deletedDate"}).empty()) items.push_back(read_vault_item(each));
    }
    return items;
}

Result<std::vector<ProvidedVariable>> variables_of_all(const std::vector<VaultItem>& items) {
    std::map<std::string, ProvidedVariable> known;
    std::string ambiguous;
    const auto add = [&](const std::string& name, const std::string& value, bool secret) {
        if (!is_keyword(name) || !is_name_for_all(name)) return;
        const auto [place, is_new] = known.try_emplace(name, ProvidedVariable{name, value, secret});
        if (!is_new && place->second.value != value && ambiguous.empty()) ambiguous = name;
        place->second.secret = place->second.secret || secret;
    };
    for (const VaultItem& item : items) {
        for (const VaultItemField& field : item.fields) add(field.name, field.value, field.secret);
        if (item.password) add(item.name, *item.password, true);
    }
    if (!ambiguous.empty())
        return wrong_field(
            "VAULTWARDEN_FOLDER",
            fmt::format("The vault has different values for {}. Rename all but one, choose a folder with "
                        "VAULTWARDEN_FOLDER, or name the right one in VAULTWARDEN_ITEMS.",
                        ambiguous));
    std::vector<ProvidedVariable> variables;
    for (auto& [name, variable] : known) variables.push_back(std::move(variable));
    return variables;
}

Result<std::vector<ProvidedVariable>> variables_of_picks(const std::vector<VaultItem>& items,
                                                         const std::vector<Pick>& picks) {
    std::vector<ProvidedVariable> variables;
    for (const Pick& pick : picks) {
        const auto slash = pick.place.rfind('/');
        const std::string_view name = trim(std::string_view(pick.place).substr(0, slash));
        const auto field =
            slash == std::string::npos ? "password" : trim(std::string_view(pick.place).substr(slash + 1));
        const auto count = std::ranges::count(items, name, &VaultItem::name);
        if (count == 0) return wrong_pick(pick, "the vault has no item of this name there");
        if (count > 1) return wrong_pick(pick, "the vault has several items of this name there");
        auto variable = picked_value(*std::ranges::find(items, name, &VaultItem::name), field);
        if (!variable) return wrong_pick(pick, "the item has no such field, or nothing in it");
        variable->name = pick.name;
        variables.push_back(*std::move(variable));
    }
    return variables;
}

}  // namespace mf
