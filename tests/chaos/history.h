// SPDX-License-Identifier: MIT
#pragma once

#include "store/sql/connection.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mf::chaos {

// What the tables say, read by plain SQL and understood by nothing but these few lines: not the program's own code.

struct TemplateRow {
    std::int64_t id = 0;
    std::int64_t activated_at = 0;
    std::optional<std::int64_t> next_slot;
    std::int64_t skipped = 0;
    std::int64_t succeeded = 0;
    std::int64_t failed = 0;
    std::string fault;
};

struct JobRow {
    std::int64_t id = 0;
    std::int64_t company = 0;
    std::int64_t run_template = 0;
    std::string state;
    std::optional<std::int64_t> slot;
    std::int64_t attempt = 1;
    std::optional<std::int64_t> retry_of;
    std::optional<std::int64_t> task;
    std::optional<std::int64_t> begin, end;
    std::optional<std::int64_t> exit_code;
    std::string reason;
    std::string claimed_by;
    bool exclusive = false;
    bool cancel_requested = false;
    std::int64_t output_size = 0, error_size = 0;
    std::int64_t created_at = 0;
};

struct TaskRow {
    std::int64_t id = 0;
    std::int64_t company = 0;
    std::int64_t run_template = 0;
    std::int64_t start = 0, end = 0, deadline = 0;
    std::string state;
    std::optional<std::int64_t> fulfilled_by;
    std::int64_t attempts = 0;  ///< that failed
};

struct QueueRow {
    std::int64_t job = 0;
    std::int64_t after = 0;
    bool waiting = false;
};

struct ArtifactRow {
    std::int64_t job = 0;
    std::string kind, name, sha256;
    std::int64_t size = 0;
};

struct CountRow {
    std::int64_t created = 0, succeeded = 0, failed = 0, withdrawn = 0;
    auto operator<=>(const CountRow&) const = default;
};

struct OutcomeRow {
    std::int64_t fulfilled = 0, fulfilled_late = 0, failed = 0, missed = 0;
    auto operator<=>(const OutcomeRow&) const = default;
};

/// What is recorded of the output of one job.
struct RecordedOutput {
    std::string output, error_output, notes;
    std::vector<std::string> faults;  ///< pieces that are missing or damaged
};

struct History {
    std::vector<TemplateRow> run_templates;
    std::vector<JobRow> jobs;  ///< by id
    std::vector<TaskRow> tasks;
    std::vector<QueueRow> queue;
    std::map<std::int64_t, std::vector<ArtifactRow>> artifacts;                    ///< by job
    std::map<std::pair<std::int64_t, std::int64_t>, CountRow> counts;              ///< by company and hour
    std::map<std::pair<std::int64_t, std::int64_t>, OutcomeRow> outcomes;          ///< by company and day
    std::function<RecordedOutput(std::int64_t job)> output;                        ///< read when asked for
    std::function<std::optional<std::string>(const std::string& sha256)> content;  ///< likewise
    /// Digests of the files in a directory of a node, by name; nothing when there is no such directory.
    std::function<std::map<std::string, std::string>(const std::string& directory)> files_in;
};

/// The connection has to live as long as the history.
History read_history(sql::Connection& connection);

/// Jobs that have not ended, and how many of them could go on now.
struct Unfinished {
    std::int64_t jobs = 0;
    std::int64_t running = 0;
};
Unfinished unfinished(sql::Connection& connection);

}  // namespace mf::chaos
