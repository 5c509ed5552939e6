// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace mf {

/// A text as it is compared with what somebody looks for: without case and without accents, so that "ucetni" finds
/// "Účetní" (Unicode, compatibility decomposition and full case folding; of the marks those that combine are left out).
/// Where the library for this is not installed only ASCII letters lose their case. Bytes that are no UTF-8 stay.
std::string folded(std::string_view text);

}  // namespace mf
