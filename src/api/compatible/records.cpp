// SPDX-License-Identifier: MIT
#include "api/compatible/records.h"

namespace mf::compatible {

std::span<const Column> app_columns() {
    static constexpr Column columns[] = {
        {"id"},
        {"enabled"},
        {"image"},
        {"name"},
        {"description"},
        {"executable"},
        {"DatCreate", "created_at", As::time},
        {"DatUpdate", "updated_at", As::time},
        {"setup"},
        {"cmdparams", "arguments"},
        {"deploy"},
        {"homepage"},
        {"requirements", "", As::joined},
        {"ociimage"},
        {"version"},
        {"code"},
        {"uuid"},
        {"tags", "", As::joined},
        {"topics", "tags", As::joined},
        {"resultfile"},
        {"artifacts", "", As::joined},
        {"deffile"},
        {"helmchart"},
    };
    return columns;
}

std::span<const Column> company_columns() {
    static constexpr Column columns[] = {
        {"id"},
        {"enabled"},
        {"settings"},
        {"logo"},
        {"server", "", As::none},
        {"name", "", As::cut, 32},
        {"ic", "", As::fit, 32},
        {"setup", "", As::none},
        {"DatCreate", "created_at", As::time},
        {"DatUpdate", "updated_at", As::time},
        {"customer"},
        {"email", "", As::fit, 64},
        {"slug", "code"},
        {"code", "", As::fit, 10},
        {"zabbix_host"},
        {"retention_until", "", As::none},
        {"marked_for_deletion", "", As::zero},
    };
    return columns;
}

std::span<const Column> user_columns() {
    static constexpr Column columns[] = {
        {"id"},
        {"enabled"},
        {"settings"},
        {"email"},
        {"firstname"},
        {"lastname"},
        {"login"},
        {"DatCreate", "created_at", As::time},
        {"DatSave", "updated_at", As::time},
        {"last_modifier_id", "", As::none},
    };
    return columns;
}

std::span<const Column> run_template_columns() {
    static constexpr Column columns[] = {
        {"id"},
        {"app_id"},
        {"company_id"},
        {"interv"},
        {"prepared", "", As::none},
        {"success", "", As::none},
        {"fail", "", As::none},
        {"name", "", As::cut, 250},
        {"delay"},
        {"executor"},
        {"active"},
        {"cron", "", As::fit, 64},
        {"last_schedule", "", As::time},
        {"next_schedule", "next_launch", As::time},
        {"note"},
        {"DatCreate", "created_at", As::time},
        {"DatSave", "updated_at", As::time},
        {"successfull_jobs_count"},
        {"failed_jobs_count"},
        {"deadline_offset"},
        {"max_attempts"},
        {"retry_min_gap"},
        {"retry_backoff"},
        {"allow_late"},
    };
    return columns;
}

std::span<const Column> job_columns() {
    static constexpr Column columns[] = {
        {"id"},
        {"app_id"},
        {"begin", "", As::time},
        {"end", "", As::time},
        {"company_id"},
        {"exitcode"},
        {"stdout"},
        {"stderr"},
        {"launched_by"},
        {"env", "", As::object},
        {"command"},
        {"schedule", "", As::time},
        {"executor"},
        {"runtemplate_id"},
        {"task_id"},
        {"app_version"},
        {"schedule_type"},
        {"pid"},
        {"retention_until", "", As::none},
        {"marked_for_deletion", "", As::zero},
        {"state"},
    };
    return columns;
}

std::span<const Column> task_columns() {
    static constexpr Column columns[] = {
        {"id"},
        {"runtemplate_id"},
        {"window_start", "", As::time},
        {"window_end", "", As::time},
        {"deadline", "", As::time},
        {"state"},
        {"fulfilled_by_job_id"},
        {"fulfilled_at", "", As::time},
        {"attempts"},
        {"created_at", "", As::time},
    };
    return columns;
}

std::span<const Column> credential_columns() {
    static constexpr Column columns[] = {
        {"id"}, {"name", "", As::cut, 32}, {"company_id"}, {"formType", "prototype"}, {"credential_type_id"},
    };
    return columns;
}

std::span<const Column> credential_type_columns() {
    static constexpr Column columns[] = {
        {"id"},
        {"name", "", As::cut, 32},
        {"description", "", As::cut, 255},
        {"url", "", As::fit, 255},
        {"logo", "", As::fit, 255},
        {"uuid"},
        {"prototype"},
        {"company_id"},
        {"version"},
        {"DatCreate", "created_at", As::time},
        {"DatUpdate", "updated_at", As::time},
    };
    return columns;
}

}  // namespace mf::compatible
