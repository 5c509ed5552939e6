// SPDX-License-Identifier: MIT
#include "api/openapi/hand_made_answers.h"

namespace mf::openapi {
namespace {

struct HandMade {
    std::string_view of, answer;
};

constexpr HandMade hand_made[] = {
    {"application:list", "[] @application artifacts:list"},
    {"application:get", "@application artifacts:list exit_codes:object"},
    {"application:create", "@application artifacts:list warnings:texts?"},
    {"application:update", "updated:bool record:@application"},
    {"application:delete", "removed:bool deleted:bool id:int"},
    {"application:import",
     "action:text restored:bool dry_run:bool id:int uuid:text name:text version:object "
     "application:@application findings:list changes:object incomplete_templates:list orphaned_values:list "
     "unfit_values:list"},
    {"application:validate", "valid:bool verdict:text findings:list"},
    {"application:export", "document:text suggested_name:text"},
    {"application:remove", "removed:bool deleted:bool id:int"},
    {"application:show-config", "[] keyword:text type:text"},
    {"company:update", "updated:bool record:@company"},
    {"company:remove", "removed:bool id:int"},
    {"company:variable-unset", "removed:bool"},
    {"company:pause", "paused:bool id:int cancelled_jobs:int stopped_jobs:int message:text record:@company"},
    {"company:resume", "resumed:bool id:int message:text record:@company"},
    {"company-app:list",
     "[] id:int company_id:int company_name:text company_slug:text app_id:int app_name:text "
     "app_uuid:text"},
    {"company-app:assign",
     "status:text message:text assigned:bool company_id:int app_id:int runtemplate_id:int "
     "warnings:texts?"},
    {"company-app:unassign", "status:text message:text company_id:int app_id:int removed_runtemplates:ints"},
    {"runtemplate:list", "[] @runtemplate app_uuid:text"},
    {"runtemplate:get", "@runtemplate app_uuid:text configuration:any requirements:any warnings:texts?"},
    {"runtemplate:create",
     "@runtemplate app_uuid:text configuration:any requirements:any warnings:texts? secret_fields:texts"},
    {"runtemplate:update",
     "@runtemplate app_uuid:text configuration:any requirements:any warnings:texts? secret_fields:texts"},
    {"runtemplate:clone", "@runtemplate app_uuid:text configuration:any"},
    {"runtemplate:delete", "deleted:bool id:int"},
    {"runtemplate:schedule", "runtemplate_id:int scheduled:time executor:text job_id:int secret_fields:texts"},
    {"runtemplate:stale", "status:text message:text count:int stale:@runtemplate[]"},
    {"runtemplate:env", "variables:list missing:any warnings:texts"},
    {"runtemplate:next",
     "never:bool next:texts runs:list runtemplate_id:int active:bool fault:text zone:text "
     "shown_in:text description:text clock_changes:list warnings:texts"},
    {"runtemplate:assign-credential",
     "status:text runtemplate_id:int credential_id:int prototype:text replaced:list "
     "own_values:list"},
    {"runtemplate:unassign-credential", "status:text runtemplate_id:int credential_id:int prototype:text~"},
    {"runtemplate:list-credentials",
     "[] id:int runtemplate_id:int credentials_id:int credential_name:text credential_type_name:text "
     "credential_prototype:text credential_type_uuid:text credential_type_logo:text position:int state:text "
     "message:text"},
    {"credential-prototype:list", "[] @credential_prototype localized:object"},
    {"credential-prototype:get", "@credential_prototype localized:object fields:list"},
    {"credential-prototype:create", "@credential_prototype localized:object fields:list"},
    {"credential-prototype:update", "updated:bool record:@credential_prototype"},
    {"credential-prototype:delete", "deleted:bool id:int"},
    {"credential-prototype:export", "document:text suggested_name:text"},
    {"credential-prototype:import",
     "action:text dry_run:bool id:int uuid:text code:text name:text version:object prototype:@credential_prototype "
     "findings:list changes:object incomplete_credentials:list orphaned_values:list unfit_values:list"},
    {"credential-prototype:validate", "valid:bool verdict:text findings:list"},
    {"credential-prototype:sync", "processed:int created:int updated:int errors:int skipped:int problems:any"},
    {"credential-type:list", "[] @credential_type localized:object installed:bool"},
    {"credential-type:get", "@credential_type localized:object installed:bool fields:list settings:object"},
    {"credential-type:create",
     "@credential_type localized:object installed:bool fields:list settings:object "
     "secret_fields:texts?"},
    {"credential-type:update", "updated:bool record:@credential_type"},
    {"credential-type:delete", "deleted:bool id:int"},
    {"credential-type:export", "document:text suggested_name:text"},
    {"credential-type:import",
     "action:text dry_run:bool id:int uuid:text name:text version:object type:@credential_type findings:list "
     "changes:object incomplete_credentials:list orphaned_values:list unfit_values:list"},
    {"credential-type:validate", "valid:bool verdict:text findings:list"},
    {"credential:list", "[] @credential prototype:text credential_type:text"},
    {"credential:get", "@credential prototype:text credential_type:text fields:object"},
    {"credential:reveal", "@credential prototype:text credential_type:text fields:object"},
    {"credential:create",
     "@credential prototype:text credential_type:text fields:object warnings:texts? "
     "secret_fields:texts"},
    {"credential:update", "updated:bool record:@credential secret_fields:texts warnings:texts?"},
    {"credential:clone", "@credential prototype:text credential_type:text fields:object"},
    {"credential:remove", "removed:bool id:int unassigned:list"},
    {"credential:rotate",
     "record:@credential version:int changed:texts secret_fields:texts affected:list "
     "warnings:texts?"},
    {"credential:versions", "[] @credential_version current:bool"},
    {"credential:rollback",
     "record:@credential version:int changed:texts secret_fields:texts affected:list "
     "warnings:texts?"},
    {"credential:test", "credential_id:int name:text state:text message:text ttl:int"},
    {"event-source:update", "updated:bool record:@event_source"},
    {"event-source:remove", "removed:bool id:int"},
    {"event-source:test", "event_source_id:int reachable:bool readable:bool message:text"},
    {"event-rule:update", "updated:bool record:@event_rule"},
    {"event-rule:remove", "removed:bool id:int"},
    {"runtemplate:assign-topic", "status:text runtemplate_id:int topic_id:int name:text color:text"},
    {"runtemplate:unassign-topic", "status:text runtemplate_id:int topic_id:int name:text color:text"},
    {"topic:update", "updated:bool record:@topic"},
    {"topic:delete", "deleted:bool id:int"},
    {"job:list", "[] @job env:map? stdout:text? stderr:text?"},
    {"job:get", "@job env:map exit_severity:text~ stdout:text? stderr:text?"},
    {"job:create", "@job secret_fields:texts"},
    {"job:delete", "deleted:bool id:int"},
    {"job:cancel", "@job"},
    {"job:status",
     "successful_jobs:int failed_jobs:int withdrawn_jobs:int incomplete_jobs:int total_applications:int "
     "repeated_jobs:int total_jobs:int queue_length:int"},
    {"job:output", "id:int state:text state_since:time~ ended_at:time~ exitcode:int~ reason:text~ pieces:list"},
    {"job:tail", "id:int state:text exitcode:int~ reason:text~ skipped:int output:text"},
    {"task:get", "@task jobs:@job[]?"},
    {"task:status", "total:int open:int running:int fulfilled:int fulfilled_late:int failed:int missed:int"},
    {"artifact:list", "[] @artifacts content:text? binary:bool?"},
    {"artifact:get", "@artifacts binary:bool content:text"},
    {"artifact:delete", "deleted:bool id:int"},
    {"queue:list",
     "[] id:int job_id:int schedule_type:text runtemplate_id:int runtemplate_name:text app_id:int "
     "app_name:text company_id:int company_name:text after:time waiting:bool runs_on:text reason:text"},
    {"queue:overview",
     "total_jobs_in_queue:int orphaned_jobs:int unique_applications:int unique_companies:int "
     "unique_runtemplates:int schedule_breakdown:object"},
    {"queue:fix", "status:text message:text messages:list"},
    {"queue:delete", "deleted:bool id:int job_id:int"},
    {"queue:truncate", "result:text waiting:int"},
    {"node:list", "[] @node"},
    {"node:get", "@node"},
    {"node:drain", "@node"},
    {"node:resume", "@node"},
    {"node:remove", "removed:bool name:text"},
    {"status",
     "version-cli:text version-core:text db-migration:text user:text php:text os:text memory:int "
     "companies:int apps:int runtemplates:int topics:int credentials:int credential_types:int event_sources:int "
     "event_rules:int jobs:text "
     "database:text encryption:text zabbix:text telemetry:text executor:text scheduler:text timestamp:time"},
    {"prune", "deleted_jobs:int deleted_tasks:int deleted_logs:int more:bool"},
    {"job:cleanup", "deleted_jobs:int deleted_tasks:int days:int more:bool"},
    {"audit:list", "[] @audit"},
    {"audit:verify", "whole:bool entries:int before_chain:int head:text faults:list remarks:texts"},
    {"encryption:status",
     "status:text message:text master_key:text master_key_explained:text total_keys:int "
     "active_keys:int keys:list"},
    {"encryption:init",
     "status:text message:text key_name:text key_id:text version:int algorithm:text "
     "initialized:bool rotated:bool"},
    {"encryption:rotate",
     "status:text message:text key_name:text key_id:text version:int algorithm:text "
     "initialized:bool rotated:bool"},
    {"encryption:reseal", "seen:int sealed:int unreadable:list more:bool column:int after:int"},
    {"user:list", "[] @user"},
    {"user:get", "@user roles:texts companies:list"},
    {"user:create", "@user"},
    {"user:update", "updated:bool changed:bool record:@user"},
    {"user:delete", "deleted:bool id:int"},
    {"user:password", "updated:bool user_id:int"},
    {"user:setup-link", "purpose:text user_id:int path:text expires_at:time"},
    {"user:totp-disable", "updated:bool user_id:int"},
    {"user-role:get", "user_id:int roles:texts role_details:list"},
    {"user-role:set", "user_id:int roles:texts role_details:list replace:bool"},
    {"user-company:list",
     "[] id:int company_id:int company_name:text user_id:int login:text email:text~ "
     "firstname:text~ lastname:text~ role:text created_at:time"},
    {"user-company:assign", "company_id:int user_id:int role:text"},
    {"user-company:unassign", "company_id:int user_id:int deleted:int"},
    {"token:list", "[] @token"},
    {"token:get", "@token"},
    {"token:create", "@token warnings:texts"},
    {"token:update", "updated:bool record:@token"},
    {"token:revoke", "revoked:bool id:int"},
    {"token:delete", "deleted:bool id:int"},
    {"account:get", "@user roles:texts recovery_codes_left:int"},
    {"account:password", "updated:bool user_id:int"},
    {"account:totp-begin", "secret:text uri:text"},
    {"account:totp-confirm", "enabled:bool recovery_codes:texts"},
    {"account:totp-disable", "enabled:bool"},
    {"account:sign-out-everywhere", "ended:int"},
    {"account:setup", "user_id:int login:text"},
    {"account:export",
     "generated_at:time user:@user role_details:list companies:list tokens:list sessions:list sign_in_attempts:list "
     "identities:list exports:list erasure_requests:list audit:list jobs:list"},
    {"account:export-download",
     "generated_at:time user:@user role_details:list companies:list tokens:list sessions:list sign_in_attempts:list "
     "identities:list exports:list erasure_requests:list audit:list jobs:list"},
    {"account:export-link", "id:int token:text created_at:time expires_at:time"},
    {"user-erasure:audit", "request:@erasure_request actions:list"},
    {"user-erasure:cleanup", "status:text removed:int"},
    {"telemetry:test", "accepted:bool message:text"},
};

/// Where the record that operations show differs from the fields of its entity: "-name" is not shown, others are
/// besides, or otherwise.
constexpr HandMade shown_otherwise[] = {
    {"application", "-definition"},
    {"audit", "details:object"},
    {"credential_prototype", "-definition"},
    {"credential_type", "-definition -owner"},
    {"credential_version", "created_by:text~"},
    {"node", "-boot -clock_offset -environment -incarnation -process_start state:text jobs:int clock_offset_ms:int"},
    {"token", "-digest user:text token:text state:text"},
    {"user", "-live -totp -totp_enabled -totp_last_step has_password:bool two_factor_enabled:bool"},
};

}  // namespace

std::string_view hand_made_answer(std::string_view operation) {
    for (const auto& [of, answer] : hand_made)
        if (of == operation) return answer;
    return {};
}

std::string_view difference_of_record(std::string_view entity) {
    for (const auto& [of, difference] : shown_otherwise)
        if (of == entity) return difference;
    return {};
}

}  // namespace mf::openapi
