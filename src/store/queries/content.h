// SPDX-License-Identifier: MIT
#pragma once

#include "store/records.h"

namespace mf {

/// Content of artifacts, kept once for each SHA-256, in pieces of at most a megabyte.

bool has_content(Session& session, std::string_view sha256);

/// Adds the next piece of a content that is not there yet. The content exists for others once finish_content() was
/// called in the same or a later transaction; pieces of an unfinished content are overwritten by the next attempt.
void add_content_piece(Session& session, std::string_view sha256, std::int64_t seq, std::string_view bytes);
void finish_content(Session& session, std::string_view sha256, std::int64_t size);

/// One piece; none past the end.
std::optional<std::string> read_content_piece(Session& session, std::string_view sha256, std::int64_t seq);

/// Removes content that no artifact has any more; returns how many. Does nothing while jobs are unfinished: their
/// content may be stored already while the artifacts that name it are not.
std::int64_t remove_unused_content(Session& session);

inline constexpr std::size_t content_piece_size = 1 << 20;

}  // namespace mf
