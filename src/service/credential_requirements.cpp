// SPDX-License-Identifier: MIT
#include "service/credential_requirements.h"

#include "base/text.h"
#include "domain/definition/finding.h"
#include "store/rows_of.h"

#include <fmt/format.h>
#include <set>

namespace mf {
namespace {

struct Candidate {
    std::int64_t id = 0;
    std::string name;
};

/// What there is for requirements that are not met. Keys are the company (0: every company) and the code in small
/// letters.
struct Stock {
    using Place = std::pair<std::int64_t, std::string>;
    std::set<std::string> prototypes;
    std::map<Place, std::int64_t> types;  ///< one of them
    std::map<Place, std::vector<Candidate>> credentials;

    Stock(Session& session, const std::vector<std::int64_t>& companies) {
        for (const auto& row : session.sql.query(R"(SELECT "code" FROM "credential_prototype")"))
            prototypes.insert(lower(std::get<std::string>(row[0])));
        const auto add_type = [&](const sql::Row& row) {
            types.emplace(Place(integer_or_zero(row[0]), lower(std::get<std::string>(row[1]))), integer_of(row[2]));
        };
        for (
            const auto& row : session.sql.query(
                R"(SELECT "company_id", "prototype", "id" FROM "credential_type" WHERE "company_id" IS NULL AND "live" = 1)"))
            add_type(row);
        rows_of(
            session,
            R"(SELECT "company_id", "prototype", "id" FROM "credential_type" WHERE "company_id" IN ({}) AND "live" = 1
                   ORDER BY "id")",
            companies, add_type);
        rows_of(session,
                R"(SELECT c."company_id", t."prototype", c."id", c."name" FROM "credential" c
                   JOIN "credential_type" t ON t."id" = c."credential_type_id"
                   WHERE c."company_id" IN ({}) AND c."live" = 1 ORDER BY c."id")",
                companies, [&](sql::Row& row) {
                    credentials[{integer_of(row[0]), lower(std::get<std::string>(row[1]))}].push_back(
                        {integer_of(row[2]), std::get<std::string>(row[3])});
                });
    }

    const std::int64_t* type_for(std::int64_t company, const std::string& code) const {
        for (const auto owner : {company, std::int64_t{0}})
            if (const auto found = types.find({owner, code}); found != types.end()) return &found->second;
        return nullptr;
    }
};

std::string list_of(const std::vector<Candidate>& candidates) {
    constexpr std::size_t most = 5;
    std::string out;
    for (std::size_t i = 0; i < std::min(most, candidates.size()); ++i)
        out += fmt::format("{}{} ({})", out.empty() ? "" : ", ", candidates[i].id, printable(candidates[i].name));
    if (candidates.size() > most) out += fmt::format(" and {} more", candidates.size() - most);
    return out;
}

void diagnose(Requirement& requirement, const RunTemplate& run_template, const Stock& stock) {
    const auto code = lower(requirement.prototype);
    const auto company = run_template.company_id.value;
    const auto assign =
        fmt::format("'run-template assign-credential --id {} --credential_id ID'", run_template.id.value);
    const auto needs = fmt::format("The application requires a credential of '{}'", requirement.prototype);
    const auto* type = stock.type_for(company, code);
    if (const auto found = stock.credentials.find({company, code}); found != stock.credentials.end()) {
        requirement.state = RequirementState::unassigned;
        requirement.sentence =
            fmt::format("{}, and none is assigned to the run template. The company has {}; assign one with {}.", needs,
                        list_of(found->second), assign);
    } else if (type) {
        requirement.state = RequirementState::no_credential;
        requirement.sentence = fmt::format(
            "{}, and the company has none. Make one with 'credential create --company-id {} --credential-type-id {} "
            "--name NAME --field KEY=VALUE', and assign it with {}.",
            needs, company, *type, assign);
    } else if (stock.prototypes.contains(code)) {
        requirement.state = RequirementState::no_type;
        requirement.sentence = fmt::format(
            "{}, and the company has no type of it. Make one with 'credential-type create --company-id {} --class {}', "
            "a "
            "credential of it with 'credential create', and assign that with {}.",
            needs, company, requirement.prototype, assign);
    } else {
        requirement.state = RequirementState::unknown_prototype;
        requirement.sentence = fmt::format(
            "{}, and no such prototype is installed. Install it with 'credential-prototype import-json --file FILE' or "
            "'credential-prototype sync', make a type with 'credential-type create', a credential with 'credential "
            "create', and assign that with {}.",
            needs, assign);
    }
}

std::vector<std::string> codes_in(const std::string& requirements) {
    TextList all;
    std::vector<std::string> out;
    if (requirements.empty() || requirements == "[]" || !from_json_text(requirements, all)) return out;
    for (auto& code : all)
        if (can_be_met(code)) out.push_back(std::move(code));
    return out;
}

}  // namespace

bool can_be_met(std::string_view requirement) {
    return requirement.size() >= 2 && requirement.size() <= 64 &&
           std::ranges::all_of(requirement, [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; });
}

Requirements::Requirements(Session& session, std::span<const RunTemplate> run_templates,
                           const std::map<std::int64_t, std::string>& required, const CredentialRows& credentials) {
    std::vector<std::int64_t> companies;
    for (const RunTemplate& run_template : run_templates) {
        const auto found = required.find(run_template.app_id.value);
        if (found == required.end()) continue;
        auto& out = by_run_template_[run_template.id.value];
        out.clear();
        const auto assigned = credentials.assigned(run_template.id);
        auto incomplete = credentials.incomplete(run_template.id);
        for (auto& code : codes_in(found->second)) {
            const auto match = std::ranges::find_if(
                assigned, [&](const auto& credential) { return equal_ignoring_case(credential.prototype, code); });
            Requirement& requirement = out.emplace_back(Requirement{.prototype = std::move(code)});
            if (match != assigned.end()) {
                requirement.credential_id = match->id;
                requirement.credential = match->name;
                if (const auto lack = std::ranges::find(incomplete, match->id, &CredentialRows::Incomplete::id);
                    lack != incomplete.end()) {
                    requirement.state = RequirementState::incomplete;
                    requirement.sentence = std::move(lack->sentence);
                    incomplete.erase(lack);
                }
            } else {
                requirement.state = RequirementState::unassigned;
                companies.push_back(run_template.company_id.value);
            }
        }
        auto& others = others_[run_template.id.value];
        others.clear();
        for (auto& each : incomplete) others.push_back(std::move(each.sentence));
    }
    if (companies.empty()) return;
    const Stock stock(session, companies);
    for (const RunTemplate& run_template : run_templates)
        for (Requirement& requirement : by_run_template_[run_template.id.value])
            if (requirement.state != RequirementState::assigned && requirement.sentence.empty())
                diagnose(requirement, run_template, stock);
}

const std::vector<Requirement>& Requirements::of(Id<RunTemplate> run_template) const {
    static const std::vector<Requirement> none;
    const auto found = by_run_template_.find(run_template.value);
    return found == by_run_template_.end() ? none : found->second;
}

const std::vector<std::string>& Requirements::about_others(Id<RunTemplate> run_template) const {
    static const std::vector<std::string> none;
    const auto found = others_.find(run_template.value);
    return found == others_.end() ? none : found->second;
}

std::string Requirements::unmet(Id<RunTemplate> run_template) const {
    std::string out;
    for (const Requirement& requirement : of(run_template))
        if (!requirement.sentence.empty()) out += (out.empty() ? "" : " ") + requirement.sentence;
    for (const auto& sentence : about_others(run_template)) out += (out.empty() ? "" : " ") + sentence;
    return out;
}

Requirements requirements_of(Session& session, const RunTemplate& run_template) {
    std::map<std::int64_t, std::string> required;
    for (const auto& row :
         session.sql.query(R"(SELECT "requirements" FROM "application" WHERE "id" = ?)", {run_template.app_id.value}))
        required[run_template.app_id.value] = std::get<std::string>(row[0]);
    return Requirements(session, std::span(&run_template, 1), required,
                        CredentialRows(session, {run_template.id.value}));
}

}  // namespace mf
