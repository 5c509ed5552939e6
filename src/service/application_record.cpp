// SPDX-License-Identifier: MIT
#include "service/application_record.h"

namespace mf {
namespace {

/// Of the applications with keys in this range, in the order of their definitions.
std::map<std::int64_t, json::array> patterns_between(Call& call, std::int64_t first, std::int64_t last) {
    std::map<std::int64_t, json::array> out;
    for (const auto& row : call.sql().query(
             R"(SELECT "application_id", "path" FROM "application_artifact" WHERE "application_id" BETWEEN ? AND ?
ORDER BY "application_id", "position")",
             {first, last}))
        out[std::get<std::int64_t>(row[0])].emplace_back(std::get<std::string>(row[1]));
    return out;
}

}  // namespace

json::array application_records(Call& call, std::vector<Application> applications) {
    json::array out;
    if (applications.empty()) return out;
    // A page is a range of keys, so one statement reads for all of it, and for a few that were retired.
    const auto [first, last] = std::ranges::minmax_element(applications, {}, &Application::id);
    auto patterns = patterns_between(call, first->id.value, last->id.value);
    out.reserve(applications.size());
    for (Application& application : applications) {
        application.definition.clear();
        auto record = to_json(application);
        record.erase("definition");
        record["artifacts"] = std::move(patterns[application.id.value]);
        out.push_back(std::move(record));
    }
    return out;
}

json::object application_record(Call& call, Application application) {
    std::vector<Application> one;
    one.push_back(std::move(application));
    return std::move(application_records(call, std::move(one)).front().as_object());
}

json::object exit_codes_of(Call& call, Id<Application> id) {
    auto codes = call.repository<ApplicationExitCode>().list({.equals = {{"application_id", id.value}}});
    std::ranges::sort(codes, {}, &ApplicationExitCode::exit_code);
    json::object out;
    for (const ApplicationExitCode& code : codes) {
        auto description = parse_json(code.description);
        out[std::to_string(code.exit_code)] = {
            {"severity", code.severity},
            {"retry", code.retry ? json::value(*code.retry) : json::value(nullptr)},
            {"description", description ? *std::move(description) : json::value(code.description)}};
    }
    return out;
}

}  // namespace mf
