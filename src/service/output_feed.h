// SPDX-License-Identifier: MIT
#pragma once

#include "store/queries/job_output.h"
#include "store/queries/job_watch.h"

#include <array>

namespace mf {

/// How these jobs are at this moment, those that exist. Ask for that first and then for output: of a job that has ended
/// all of it is there. Throws sql::DatabaseError, as the next one.
std::map<std::int64_t, WatchedJob> look_at_jobs(Database& database, std::vector<std::int64_t> jobs);
/// About so many bytes of what a job has printed on all its streams, behind a piece; empty: nothing yet.
std::vector<OutputPiece> output_behind(Database& database, Id<Job> job, std::int64_t after_seq,
                                       std::size_t about_bytes);

/// What somebody sees of the pieces: whole characters. A piece may end within one, which then begins the text of the
/// next piece of its stream. Bytes that are no UTF-8 become U+FFFD.
class OutputText {
public:
    /// The text that is complete with this piece; may be empty.
    std::string add(const OutputPiece& piece);
    /// What a stream has left at its end.
    std::string rest(OutputSource source);

    /// So many pieces before a place are enough to begin there, unless they are of a few bytes each.
    static constexpr std::int64_t pieces_before = 8;

private:
    std::string& left_of(OutputSource source) { return left_.at(static_cast<std::size_t>(source) - 1); }
    std::array<std::string, 3> left_;  ///< the begin of a character, by stream
};

/// The word for a stream: "stdout", "stderr", "platform".
std::string_view name_of_stream(OutputSource source);

}  // namespace mf
