// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

void add_job_operations(Operations& operations);
void add_job_retry_operation(Operations& operations);
void add_job_tail_operation(Operations& operations);
void add_job_output_operation(Operations& operations);
void add_task_operations(Operations& operations);
void add_artifact_operations(Operations& operations);
void add_queue_operations(Operations& operations);
void add_status_operations(Operations& operations);
void add_search_operation(Operations& operations);
void add_prune_operation(Operations& operations);
void add_cleanup_operation(Operations& operations);
void add_telemetry_operation(Operations& operations);

/// Everything a person or a program can ask for.
Operations all_operations();

}  // namespace mf
