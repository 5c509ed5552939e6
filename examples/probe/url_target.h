// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mf::probe {

/// One URL to be fetched, with what its answer must be.
struct UrlTarget {
    std::string url;
    std::string statuses;  ///< as written, see parse_statuses()
    std::string text;      ///< must occur in the answer; empty: do not care
};

/// The lines of PROBE_URLS: "URL [| statuses [| text]]". Several URLs, with blanks between, share one line.
/// A URL cannot hold a '|', and a text may. What a line leaves out is as in `defaults`.
std::vector<UrlTarget> parse_url_targets(std::string_view lines, const UrlTarget& defaults);

/// Ranges of HTTP status codes, both ends included: "200", "200,204", "200-299", "2xx".
using Statuses = std::vector<std::pair<long, long>>;
Result<Statuses> parse_statuses(std::string_view text);
bool contains(const Statuses& statuses, long status);

/// Whether the URL begins with http:// or https:// (in any case): nothing else is ever fetched.
bool is_http(std::string_view url);

}  // namespace mf::probe
