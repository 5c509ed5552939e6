// SPDX-License-Identifier: MIT
#include "service/application_removal.h"

#include "domain/definition/finding.h"
#include "service/audit.h"
#include "service/list_filter.h"
#include "service/planning.h"

#include <fmt/format.h>

namespace mf {
namespace {

Error in_use(const Application& application, const std::vector<RunTemplate>& some, std::int64_t all,
             const Naming& named) {
    std::string list;
    for (const RunTemplate& origin : some)
        list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", origin.id.value, printable(origin.name));
    if (all > std::ssize(some))
        list += some.empty() ? std::string("of companies that you do not see")
                             : fmt::format(" and {} more", all - std::ssize(some));
    auto sentence = fmt::format(
        "The application '{}' is used by {}: {}. Remove {} first, or use --cascade.", printable(application.name),
        all == 1 ? "one run template" : fmt::format("{} run templates", all), list, all == 1 ? "it" : "them");
    return {ErrorCode::conflict,
            sentence,
            {{named.field, sentence, std::string(to_text(FindingCode::in_use)), named.value, named.file}}};
}

}  // namespace

Result<json::value> retire_application(Call& call, const Application& before, const Naming& named, Cascade cascade) {
    const ListQuery users{.equals = {{"app_id", before.id.value}, only_live()}};
    if (const auto all = call.repository<RunTemplate>().count(users); all > 0 && cascade == Cascade::no) {
        auto some = users;
        some.limit = 20;
        return in_use(before, Repository<RunTemplate>(call.session, call.seen()).list(some), all, named);
    }
    retire_run_templates(call, users);
    Application after = before;
    after.live.reset();
    after.enabled = false;
    after.updated_at = call.now;
    if (auto updated = call.repository<Application>().update(before, after); !updated) return updated.error();
    audit(call, {.entity = "application",
                 .id = after.id.value,
                 .action = "remove",
                 .details = {{"name", after.name}, {"uuid", after.uuid}}});
    return json::value{{"removed", true}, {"deleted", true}, {"id", after.id.value}};
}

}  // namespace mf
