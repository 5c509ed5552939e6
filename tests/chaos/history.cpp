// SPDX-License-Identifier: MIT
#include "chaos/history.h"

#include "base/digest.h"

#include <fmt/format.h>
#include <zstd.h>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace mf::chaos {
namespace {

std::int64_t number(const Value& value) {
    if (const auto* flag = std::get_if<bool>(&value)) return *flag;
    return std::get<std::int64_t>(value);
}
std::optional<std::int64_t> perhaps(const Value& value) {
    return is_null(value) ? std::nullopt : std::optional(number(value));
}
std::string text(const Value& value) { return is_null(value) ? std::string() : std::get<std::string>(value); }

std::optional<std::string> unpacked(const std::string& packed, std::int64_t encoding, std::size_t size) {
    if (encoding == 0) return packed;
    std::string out(size, '\0');
    const auto written = ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size());
    if (encoding != 1 || ZSTD_isError(written)) return std::nullopt;
    out.resize(written);
    return out;
}

RecordedOutput output_of(sql::Connection& connection, std::int64_t job) {
    RecordedOutput out;
    std::int64_t last = -1;
    for (bool more = true; more;) {
        const auto rows = connection.query(
            R"(SELECT "seq", "stream", "size", "encoding", "content" FROM "job_output" WHERE "job_id" = ? AND "seq" > ?
               ORDER BY "seq" LIMIT 20)",
            {job, last});
        more = !rows.empty();
        for (const auto& row : rows) {
            const auto seq = number(row[0]);
            if (last >= 0 && seq != last + 1)
                out.faults.push_back(fmt::format("the piece {} of its output follows the piece {}", seq, last));
            last = seq;
            const auto size = static_cast<std::size_t>(number(row[2]));
            const auto bytes = unpacked(std::get<Bytes>(row[4]).data, number(row[3]), size);
            if (!bytes || bytes->size() != size)
                out.faults.push_back(fmt::format("the piece {} of its output is damaged", seq));
            else
                (number(row[1]) == 1 ? out.output : number(row[1]) == 2 ? out.error_output : out.notes) += *bytes;
        }
    }
    return out;
}

std::optional<std::string> content_of(sql::Connection& connection, const std::string& sha256) {
    const auto rows = connection.query(R"(SELECT "id", "size" FROM "content" WHERE "sha256" = ?)", {sha256});
    if (rows.size() != 1) return std::nullopt;
    std::string out;
    std::int64_t next = 0;
    for (const auto& piece : connection.query(
             R"(SELECT "seq", "bytes" FROM "content_piece" WHERE "content_id" = ? ORDER BY "seq")", {rows[0][0]})) {
        if (next == 0) next = number(piece[0]);
        if (number(piece[0]) != next++) return std::nullopt;
        out += std::get<Bytes>(piece[1]).data;
    }
    if (std::ssize(out) != number(rows[0][1])) return std::nullopt;
    return out;
}

std::map<std::string, std::string> files_in(const std::string& directory) {
    std::map<std::string, std::string> out;
    std::error_code absent;
    for (const auto& entry : std::filesystem::directory_iterator(directory, absent)) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string content{std::istreambuf_iterator<char>(file), {}};
        out[entry.path().filename().string()] = sha256_hex(content);
    }
    return out;
}

}  // namespace

History read_history(sql::Connection& connection) {
    History out;
    for (const auto& row : connection.query(
             R"(SELECT "id", COALESCE("activated_at", "created_at"), "next_slot", "skipped_slots",
                "successfull_jobs_count", "failed_jobs_count", "fault" FROM "runtemplate" ORDER BY "id")"))
        out.run_templates.push_back({.id = number(row[0]),
                                     .activated_at = number(row[1]),
                                     .next_slot = perhaps(row[2]),
                                     .skipped = number(row[3]),
                                     .succeeded = number(row[4]),
                                     .failed = number(row[5]),
                                     .fault = text(row[6])});
    for (const auto& row : connection.query(
             R"(SELECT "id", "company_id", "runtemplate_id", "state", "slot", "attempt", "retry_of", "begin", "end",
                "exitcode", "reason", "claimed_by", "exclusive", "cancel_requested_at", "stdout_size", "stderr_size",
                "created_at", "task_id" FROM "job" ORDER BY "id")"))
        out.jobs.push_back({.id = number(row[0]),
                            .company = number(row[1]),
                            .run_template = number(row[2]),
                            .state = text(row[3]),
                            .slot = perhaps(row[4]),
                            .attempt = number(row[5]),
                            .retry_of = perhaps(row[6]),
                            .task = perhaps(row[17]),
                            .begin = perhaps(row[7]),
                            .end = perhaps(row[8]),
                            .exit_code = perhaps(row[9]),
                            .reason = text(row[10]),
                            .claimed_by = text(row[11]),
                            .exclusive = !is_null(row[12]),
                            .cancel_requested = !is_null(row[13]),
                            .output_size = number(row[14]),
                            .error_size = number(row[15]),
                            .created_at = number(row[16])});
    for (const auto& row : connection.query(
             R"(SELECT "id", "company_id", "runtemplate_id", "window_start", "window_end", "deadline", "state",
                "fulfilled_by_job_id", "attempts" FROM "task" ORDER BY "id")"))
        out.tasks.push_back({.id = number(row[0]),
                             .company = number(row[1]),
                             .run_template = number(row[2]),
                             .start = number(row[3]),
                             .end = number(row[4]),
                             .deadline = number(row[5]),
                             .state = text(row[6]),
                             .fulfilled_by = perhaps(row[7]),
                             .attempts = number(row[8])});
    for (const auto& row : connection.query(
             R"(SELECT "company_id", "day", "fulfilled", "fulfilled_late", "failed", "missed" FROM "task_count")"))
        out.outcomes[{number(row[0]), number(row[1])}] = {number(row[2]), number(row[3]), number(row[4]),
                                                          number(row[5])};
    for (const auto& row : connection.query(R"(SELECT "job_id", "after", "waiting" FROM "schedule" ORDER BY "id")"))
        out.queue.push_back({number(row[0]), number(row[1]), number(row[2]) != 0});
    for (const auto& row :
         connection.query(R"(SELECT "job_id", "kind", "filename", "sha256", "size" FROM "artifacts" ORDER BY "id")"))
        out.artifacts[number(row[0])].push_back(
            {number(row[0]), text(row[1]), text(row[2]), text(row[3]), number(row[4])});
    for (const auto& row : connection.query(
             R"(SELECT "company_id", "hour", "created", "succeeded", "failed", "withdrawn" FROM "job_count")"))
        out.counts[{number(row[0]), number(row[1])}] = {number(row[2]), number(row[3]), number(row[4]), number(row[5])};
    out.output = [&connection](std::int64_t job) { return output_of(connection, job); };
    out.files_in = files_in;
    out.content = [&connection](const std::string& sha256) { return content_of(connection, sha256); };
    return out;
}

Unfinished unfinished(sql::Connection& connection) {
    Unfinished out;
    for (
        const auto& row : connection.query(
            R"(SELECT "state", COUNT(*) FROM "job" WHERE "state" IN ('pending', 'claimed', 'running') GROUP BY "state")")) {
        out.jobs += number(row[1]);
        if (text(row[0]) != "pending") out.running += number(row[1]);
    }
    return out;
}

}  // namespace mf::chaos
