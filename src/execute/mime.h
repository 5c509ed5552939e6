// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace mf {

/// The media type of a file ("application/pdf"), by its first bytes (some KiB are enough) and, where these say no more
/// than "text", "zip" or "nothing", by the ending of its name. Never empty: unknown text is text/plain, unknown bytes
/// are application/octet-stream. Thread-safe.
std::string mime_type(std::string_view name, std::string_view first_bytes);

/// Gives back the megabytes of patterns that this thread has loaded for mime_type(); the next call loads them again,
/// which takes milliseconds.
void forget_mime_types();

}  // namespace mf
