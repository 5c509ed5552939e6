// SPDX-License-Identifier: MIT
#pragma once

#include "domain/job.h"
#include "store/records.h"

namespace mf {

/// Where a piece of output came from; the number is stored.
enum class OutputSource : std::int64_t { standard_output = 1, standard_error = 2, platform = 3 };

/// A piece of output as it was read. Pieces of one job are numbered from 0 without gaps.
struct OutputPiece {
    std::int64_t seq = 0;
    Timestamp at{};
    OutputSource source = OutputSource::standard_output;
    std::string bytes;
};

/// A piece in the form in which it is kept: long ones compressed (zstd).
struct PackedPiece {
    Id<Job> job;
    std::int64_t fence = 0;  ///< of the claim, see job_claim.h
    std::int64_t seq = 0;
    Timestamp at{};
    OutputSource source = OutputSource::standard_output;
    std::int64_t size = 0;      ///< bytes before compression
    std::int64_t encoding = 0;  ///< 0 plain, 1 zstd
    Bytes content;
};
/// Takes time for long pieces; so it is done before the transaction that keeps them.
PackedPiece pack(Id<Job> job, std::int64_t fence, OutputPiece&& piece);
/// Keeps pieces of any jobs, each if its job is unfinished and has this fence; returns how many it has refused.
std::size_t append_output(Session& session, std::span<const PackedPiece> pieces);

/// The pieces after a number, in order, until about so many bytes are together (at least one piece if there is one).
/// No source: all of them.
std::vector<OutputPiece> read_output(Session& session, Id<Job> job, std::int64_t after_seq,
                                     std::optional<OutputSource> source, std::size_t about_bytes = 1 << 20);

/// How far whole pieces of a stream reach into so many bytes behind a piece.
struct WholePieces {
    std::int64_t last_seq = 0;  ///< read on behind this one
    std::int64_t bytes = 0;     ///< of those pieces together
};
/// Reads their sizes only.
WholePieces whole_pieces_within(Session& session, Id<Job> job, std::int64_t after_seq, OutputSource source,
                                std::int64_t bytes);

/// How many bytes of a job's streams are recorded.
struct RecordedSizes {
    std::int64_t standard_output = 0;
    std::int64_t standard_error = 0;
};
RecordedSizes recorded_sizes(Session& session, Id<Job> job);

/// The end of what a job has printed, all its streams as they came.
struct OutputTail {
    std::string bytes;         ///< begins with a whole character when the output is UTF-8
    std::int64_t skipped = 0;  ///< bytes recorded before that
};
/// At most `most` bytes from the end; reads no more pieces than they need.
OutputTail read_tail(Session& session, Id<Job> job, std::size_t most);

/// At most `most` bytes of one stream from its start, for records that carry the output in themselves.
std::string read_stream(Session& session, Id<Job> job, OutputSource source, std::size_t most);

}  // namespace mf
