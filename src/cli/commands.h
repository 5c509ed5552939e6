// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command.h"

namespace mf {

// The presentation tables, one for each entity; each in the file of the same name.

std::span<const Command> application_commands();
std::span<const Command> definition_commands();
std::span<const Command> company_commands();
std::span<const Command> company_app_commands();
std::span<const Command> run_template_commands();
std::span<const Command> plan_commands();
std::span<const Command> credential_commands();
std::span<const Command> credential_version_commands();
std::span<const Command> credential_type_commands();
std::span<const Command> credential_prototype_commands();
std::span<const Command> credential_assignment_commands();
std::span<const Command> event_commands();
std::span<const Command> event_change_commands();
std::span<const Command> topic_commands();
std::span<const Command> topic_assignment_commands();
std::span<const Command> job_commands();
std::span<const Command> job_output_commands();
std::span<const Command> task_commands();
std::span<const Command> artifact_commands();
std::span<const Command> queue_commands();
std::span<const Command> node_commands();
std::span<const Command> database_commands();
std::span<const Command> audit_commands();
std::span<const Command> encryption_commands();
std::span<const Command> user_commands();
std::span<const Command> user_access_commands();
std::span<const Command> token_commands();
std::span<const Command> account_commands();
std::span<const Command> erasure_commands();
std::span<const Command> profile_commands();
std::span<const Command> program_commands();

inline std::array<std::span<const Command>, 31> command_tables() {
    return {application_commands(),
            definition_commands(),
            company_commands(),
            company_app_commands(),
            run_template_commands(),
            plan_commands(),
            credential_commands(),
            credential_version_commands(),
            credential_type_commands(),
            credential_prototype_commands(),
            credential_assignment_commands(),
            event_commands(),
            event_change_commands(),
            topic_commands(),
            topic_assignment_commands(),
            job_commands(),
            job_output_commands(),
            task_commands(),
            artifact_commands(),
            queue_commands(),
            node_commands(),
            database_commands(),
            audit_commands(),
            encryption_commands(),
            user_commands(),
            user_access_commands(),
            token_commands(),
            account_commands(),
            erasure_commands(),
            profile_commands(),
            program_commands()};
}

/// A command without a table line: input from the options, the result as it is.
int run_plain(Invocation& invocation);

}  // namespace mf
