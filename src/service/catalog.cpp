// SPDX-License-Identifier: MIT
#include "service/application_operations.h"
#include "service/audit_operations.h"
#include "service/company_operations.h"
#include "service/credential_assignment.h"
#include "service/credential_document_operations.h"
#include "service/credential_operations.h"
#include "service/credential_prototype_operations.h"
#include "service/credential_type_operations.h"
#include "service/event_operations.h"
#include "service/job_operations.h"
#include "service/node_operations.h"
#include "service/people.h"
#include "service/run_template_clone.h"
#include "service/run_template_operations.h"

namespace mf {

Operations all_operations() {
    Operations operations;
    add_application_operations(operations);
    add_company_operations(operations);
    add_company_pause_operations(operations);
    add_company_application_operations(operations);
    add_run_template_operations(operations);
    add_run_template_clone_operation(operations);
    add_credential_prototype_operations(operations);
    add_credential_type_operations(operations);
    add_credential_document_operations(operations);
    add_credential_operations(operations);
    add_credential_version_operations(operations);
    add_credential_check_operation(operations);
    add_credential_assignment_operations(operations);
    add_job_operations(operations);
    add_job_retry_operation(operations);
    add_job_tail_operation(operations);
    add_job_output_operation(operations);
    add_task_operations(operations);
    add_artifact_operations(operations);
    add_queue_operations(operations);
    add_event_source_operations(operations);
    add_event_rule_operations(operations);
    add_event_change_operations(operations);
    add_topic_operations(operations);
    add_topic_assignment_operations(operations);
    add_node_operations(operations);
    add_status_operations(operations);
    add_search_operation(operations);
    add_prune_operation(operations);
    add_cleanup_operation(operations);
    add_audit_operations(operations);
    add_encryption_operations(operations);
    add_user_operations(operations);
    add_user_access_operations(operations);
    add_user_password_operations(operations);
    add_token_operations(operations);
    add_account_operations(operations);
    add_data_export_operations(operations);
    add_erasure_operations(operations);
    add_telemetry_operation(operations);
    return operations;
}

}  // namespace mf
