// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "domain/search_words.h"
#include "service/job_operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <tuple>

namespace mf {

struct SearchInput {
    std::string text;
    std::optional<std::string> kind;
    std::optional<std::int64_t> company_id, limit;
};

struct SearchHit {
    std::string kind;
    std::int64_t id = 0;
    std::string name, detail;
    std::optional<std::int64_t> company_id;
};

template <>
const Entity& entity_of<SearchInput>() {
    using I = SearchInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::text>("text", {.help = "Words that must all be found, or a number", .required = true}),
        field<&I::kind>("kind", {.help = "Only these kinds, with commas between them: company, runtemplate, job, "
                                         "application, credential, credential_type, credential_prototype, user, node"}),
        field<&I::company_id>("company_id", {.help = "Only of this company"}),
        field<&I::limit>("limit", {.help = "At most so many of each kind; 10 unless given"}));
    static constexpr Entity entity{"search_input", "Search", fields};
    return entity;
}

template <>
const Entity& entity_of<SearchHit>() {
    using H = SearchHit;
    static constexpr auto fields = fields_of<H>(
        field<&H::kind>("kind", {.help = "What it is", .listed = true}), field<&H::id>("id", {.listed = true}),
        field<&H::name>("name", {.listed = true}),
        field<&H::detail>("detail", {.help = "What tells it from others of that name", .listed = true}),
        field<&H::company_id>("company_id", {.help = "Whose it is, if it is of one company", .listed = true}));
    static constexpr Entity entity{"search_hit", "Found", fields};
    return entity;
}

namespace {

constexpr std::int64_t usual_hits = 10;
constexpr std::int64_t most_hits = 100;
constexpr std::size_t longest_search = 200;

/// Where one kind of record is looked for. The columns are id, name, two other texts that are searched, the first of
/// which is shown beside the name, and the company.
struct SearchedKind {
    std::string_view name;
    Permission permission;
    std::string_view text;
    bool by_number = false;  ///< there are too many to look through: `?` is the id
};

constexpr SearchedKind searched_kinds[] = {
    {"company", Permission::view,
     R"(SELECT x."id", x."name", x."code", COALESCE(x."ic", ''), x."company_id" FROM
        (SELECT c."id", c."name", c."code", c."ic", c."id" AS "company_id" FROM "company" c WHERE c."live" = 1) x
        WHERE {scope x})"},
    {"runtemplate", Permission::view,
     R"(SELECT r."id", r."name", c."name", a."name", r."company_id" FROM "runtemplate" r
        JOIN "application" a ON a."id" = r."app_id" JOIN "company" c ON c."id" = r."company_id"
        WHERE r."live" = 1 AND {scope r})"},
    {"job", Permission::view,
     R"(SELECT j."id", r."name", j."state", '', j."company_id" FROM "job" j
        JOIN "runtemplate" r ON r."id" = j."runtemplate_id" WHERE j."id" = ? AND {scope j})",
     true},
    {"application", Permission::view_catalog,
     R"(SELECT "id", "name", "executable", "uuid", NULL FROM "application" WHERE "live" = 1)"},
    {"credential", Permission::view,
     R"(SELECT k."id", k."name", t."name", t."prototype", k."company_id" FROM "credential" k
        JOIN "credential_type" t ON t."id" = k."credential_type_id" WHERE k."live" = 1 AND {scope k})"},
    {"credential_type", Permission::view,
     R"(SELECT t."id", t."name", t."prototype", t."uuid", t."company_id" FROM "credential_type" t
        WHERE t."live" = 1 AND {shared t})"},
    {"credential_prototype", Permission::view_catalog,
     R"(SELECT "id", "code", "name", "uuid", NULL FROM "credential_prototype")"},
    {"user", Permission::administer,
     R"(SELECT "id", "login", COALESCE("firstname", '') || ' ' || COALESCE("lastname", ''), COALESCE("email", ''), NULL
        FROM "user" WHERE "live" = 1)"},
    {"node", Permission::view_catalog, R"(SELECT "id", "name", "roles", "host", NULL FROM "node")"},
};

Result<std::vector<const SearchedKind*>> wanted_kinds(const std::optional<std::string>& list) {
    std::vector<const SearchedKind*> out;
    if (!list) {
        for (const auto& kind : searched_kinds) out.push_back(&kind);
        return out;
    }
    for (const auto part : split(*list, ',')) {
        const auto name = trim(part);
        if (name.empty()) continue;
        const auto* found = std::ranges::find(searched_kinds, name, &SearchedKind::name);
        if (found == std::end(searched_kinds)) {
            std::string known;
            for (const auto& kind : searched_kinds) known += (known.empty() ? "" : ", ") + std::string(kind.name);
            const auto sentence = fmt::format("kind: there is no kind '{}'. There are: {}.", name, known);
            return Error{ErrorCode::invalid, sentence, {{"kind", sentence}}};
        }
        out.push_back(found);
    }
    return out;
}

struct RankedHit {
    int rank;
    SearchHit hit;
};

void search_kind(Call& call, const SearchedKind& kind, const SearchInput& input, const SearchWords& words,
                 std::optional<std::int64_t> number, std::vector<RankedHit>& out) {
    std::vector<Value> parameters;
    if (kind.by_number) parameters.emplace_back(*number);
    for (const auto& row : call.sql().query(kind.text, parameters)) {
        const auto text = [&](std::size_t i) -> std::string_view { return std::get<std::string>(row[i]); };
        SearchHit hit{.kind = std::string(kind.name), .id = std::get<std::int64_t>(row[0])};
        if (const auto* company = std::get_if<std::int64_t>(&row[4])) hit.company_id = *company;
        if (input.company_id && hit.company_id != input.company_id) continue;
        const auto rank = hit.id == number ? std::optional(0) : words.rank({text(1), text(2), text(3)});
        if (!rank) continue;
        hit.name = text(1);
        hit.detail = trim(text(2));
        out.push_back({*rank, std::move(hit)});
    }
}

Result<std::vector<SearchHit>> search(Call& call, const SearchInput& input) {
    if (input.text.size() > longest_search)
        return invalid(
            fmt::format("text: has {} bytes; at most {} can be looked for.", input.text.size(), longest_search));
    const SearchWords words(input.text);
    if (words.empty()) return invalid("text: say what to look for.");
    const auto limit = input.limit.value_or(usual_hits);
    if (limit < 1 || limit > most_hits) return invalid(fmt::format("limit: must be a number from 1 to {}.", most_hits));
    const auto kinds = wanted_kinds(input.kind);
    if (!kinds) return kinds.error();
    auto digits = trim(input.text);
    if (digits.starts_with('#')) digits.remove_prefix(1);
    const auto given = to_integer(digits);
    const auto number = given ? std::optional<std::int64_t>(*given) : std::nullopt;

    std::vector<SearchHit> out;
    for (const auto* kind : *kinds) {
        if (!call.rights.may(kind->permission) || (kind->by_number && !number)) continue;
        std::vector<RankedHit> found;
        search_kind(call, *kind, input, words, number, found);
        const auto shown = std::min<std::ptrdiff_t>(std::ssize(found), limit);
        std::ranges::partial_sort(found, found.begin() + shown, {}, [](const RankedHit& one) {
            return std::tuple(one.rank, std::string_view(one.hit.name), one.hit.id);
        });
        for (auto& one : std::span(found).first(static_cast<std::size_t>(shown))) out.push_back(std::move(one.hit));
    }
    return out;
}

}  // namespace

void add_search_operation(Operations& operations) {
    add(operations,
        {"search", "GET /search", "Find companies, run templates, jobs and more by name or number.", Permission::view},
        search);
}

}  // namespace mf
