// SPDX-License-Identifier: MIT
#pragma once

#include "net/server/message.h"

namespace mf::http {

/// Does this "Accept-Encoding" (RFC 9110, section 12.5.3) prefer gzip to the content as it is?
bool accepts_gzip(std::string_view accept_encoding);

/// Is this media type one that becomes smaller: text, JSON, XML, JavaScript, SVG?
bool is_compressible(std::string_view media_type);

/// What to do with an answer.
enum class Coding {
    none,    ///< nothing is compressed, whoever asks
    varies,  ///< not for this client, but for others: says so in Vary
    gzip     ///< compress
};
/// Without a look at the length of the body.
Coding coding_for(const Response& response, std::string_view accept_encoding);

/// Sets Vary and, with gzip, Content-Encoding, and makes a strong ETag a weak one: the bytes are not the same any more
/// (RFC 9110, section 8.8.1).
void announce(Coding coding, Headers& headers);

/// The whole text at once, as a gzip file (RFC 1952).
std::string gzipped(std::string_view text);

/// The text of a whole gzip file that this program brought along; std::runtime_error: it is none. Not for what
/// strangers send, whose size has no bound.
std::string gunzipped(std::string_view file);

/// Compresses what another source has, piece by piece.
std::unique_ptr<BodySource> gzip_source(std::unique_ptr<BodySource> source);

}  // namespace mf::http
