// SPDX-License-Identifier: MIT
#include "service/run_template_clone.h"

#include "domain/credential.h"
#include "domain/run_template.h"
#include "domain/visible_text.h"
#include "service/audit.h"
#include "service/configuration.h"
#include "service/run_template_operations.h"
#include "service/sealing.h"

#include <fmt/format.h>

namespace mf {

struct RunTemplateCopy {
    std::int64_t id = 0;
    std::optional<std::string> name;
};

template <>
const Entity& entity_of<RunTemplateCopy>() {
    using C = RunTemplateCopy;
    static constexpr auto fields =
        fields_of<C>(field<&C::id>("id", {.help = "Number of the run template", .required = true}),
                     field<&C::name>("name", {.help = "Name of the copy; left out: that of the original and 'Clone'"}));
    static constexpr Entity entity{"runtemplate_copy", "Copy of a run template", fields};
    return entity;
}

namespace {

/// What it has been through is not copied.
RunTemplate copy_of(const RunTemplate& source, std::string name, Timestamp now) {
    RunTemplate made = source;
    made.id = {};
    made.name = std::move(name);
    made.active = false;
    made.activated_at = made.next_slot = made.next_launch = made.last_schedule = std::nullopt;
    made.skipped_slots = made.successfull_jobs_count = made.failed_jobs_count = 0;
    made.created_at = made.updated_at = now;
    return made;
}

/// Values as they are, also those that the application does not declare any more.
Result<void> copy_configuration(Call& call, const RunTemplate& source, const RunTemplate& made) {
    auto rows = call.repository<Configuration>();
    for (const auto& original : rows.list({.equals = {{"runtemplate_id", source.id.value}}})) {
        Configuration copy = original;
        copy.id = {};
        copy.runtemplate_id = made.id;
        if (original.sealed) copy.value.clear();
        if (auto inserted = rows.insert(copy); !inserted) return inserted;
        if (!original.sealed) continue;
        // A sealed value opens only in the place that it was sealed for.
        const auto opened = call.vault->open(original.value, {"configuration", "value", original.id.value});
        if (!opened)
            return Error{opened.error().code,
                         fmt::format("The value of {} of run template {} cannot be copied: {}",
                                     printable(original.name), source.id.value, opened.error().message)};
        auto sealed = seal(call, *opened, {"configuration", "value", copy.id.value});
        if (!sealed) return sealed.error();
        Configuration after = copy;
        after.value = *std::move(sealed);
        if (auto updated = rows.update(copy, after); !updated) return updated;
    }
    return {};
}

Result<void> copy_credentials(Call& call, const RunTemplate& source, const RunTemplate& made) {
    auto rows = call.repository<RunTemplateCredential>();
    for (auto assignment : rows.list({.equals = {{"runtemplate_id", source.id.value}}})) {
        assignment.id = {};
        assignment.runtemplate_id = made.id;
        if (auto inserted = rows.insert(assignment); !inserted) return inserted;
    }
    return {};
}

Result<json::value> clone_run_template(Call& call, const RunTemplateCopy& input) {
    const auto source = find_run_template(call, input.id);
    if (!source) return source.error();
    const auto application = call.repository<Application>().find(source->app_id);
    if (!application) return application.error();
    auto name = std::string(trim(input.name.value_or(source->name + " Clone")));
    if (name.empty())
        return Error{ErrorCode::invalid, "The run template needs a name.", {{"name", "The copy needs a name."}}};
    if (const auto good = check_name("name", "The name", name); !good) return good.error();
    auto made = copy_of(*source, std::move(name), call.now);
    if (auto inserted = call.repository<RunTemplate>().insert(made); !inserted) return inserted.error();
    if (auto copied = copy_configuration(call, *source, made); !copied) return copied.error();
    if (auto copied = copy_credentials(call, *source, made); !copied) return copied.error();
    audit(call, {.entity = "runtemplate",
                 .id = made.id.value,
                 .action = "clone",
                 .company = made.company_id,
                 .details = {{"name", made.name}, {"from", source->id.value}}});
    auto out = to_json(made);
    out["app_uuid"] = application->uuid;
    out["configuration"] = shown_configuration(call, made);
    return json::value(std::move(out));
}

}  // namespace

void add_run_template_clone_operation(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations,
        {"runtemplate:clone", "POST /runtemplates/{id}/clone",
         "Copy a run template with its values and credentials; the copy is not active.", edit, changes},
        clone_run_template);
}

}  // namespace mf
