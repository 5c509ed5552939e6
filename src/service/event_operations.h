// SPDX-License-Identifier: MIT
#pragma once

#include "domain/event.h"
#include "service/operation.h"

namespace mf {

void add_event_source_operations(Operations& operations);
void add_event_rule_operations(Operations& operations);
void add_event_change_operations(Operations& operations);
void add_topic_operations(Operations& operations);
void add_topic_assignment_operations(Operations& operations);

/// Removes a rule and notes it in the audit log.
Result<void> erase_event_rule(Call& call, const EventRule& rule);

}  // namespace mf
