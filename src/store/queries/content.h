// SPDX-License-Identifier: MIT
#pragma once

#include "domain/job.h"
#include "store/records.h"

namespace mf {

/// Content of artifacts, kept once for each SHA-256, in pieces of at most a megabyte. Content that a job stores or has
/// found is held for it until the job has ended: then its artifacts refer to it, or nobody wants it.
struct Content;

inline constexpr std::size_t content_piece_size = 1 << 20;

/// Is there a complete content of this digest? If so it is held for the job.
bool hold_content(Session& session, std::string_view sha256, Id<Job> job);

/// Begins a content of its own, so that several may store the same bytes at the same time; nobody sees it before it is
/// finished.
Id<Content> begin_content(Session& session, Id<Job> job);
void add_content_piece(Session& session, Id<Content> content, std::int64_t seq, std::string_view bytes);
/// Makes it the content of its digest, unless somebody else was quicker: then that one is held for the job and this
/// one removed. conflict: not all pieces are there; nothing was changed.
Result<void> finish_content(Session& session, Id<Content> content, Id<Job> job, std::string_view sha256,
                            std::int64_t size, std::int64_t pieces);

/// The artifacts of the job are recorded: what it held is theirs.
void let_content_go(Session& session, Id<Job> job);

/// One piece of a finished content; none past the end.
std::optional<std::string> read_content_piece(Session& session, std::string_view sha256, std::int64_t seq);

/// How far whole pieces of a finished content, from this one on, reach into so many bytes. Reads their lengths only.
struct ContentPieces {
    std::int64_t next_seq = 0;  ///< read on with this one
    std::int64_t bytes = 0;     ///< of those before it together
};
ContentPieces content_pieces_within(Session& session, std::string_view sha256, std::int64_t first_seq,
                                    std::int64_t bytes);

/// Digests of the files that a job left behind.
std::vector<std::string> content_of_job(Session& session, Id<Job> job);

/// Removes those of these contents that no artifact refers to and that are not held for an unfinished job.
void remove_unused_content(Session& session, std::span<const std::string> digests);
/// Removes what was begun for jobs that have ended since, and never finished; returns how many.
std::int64_t remove_abandoned_content(Session& session);

}  // namespace mf
