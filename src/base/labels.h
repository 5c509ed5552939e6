// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace mf {

/// Labels tell nodes apart ("eu", "gpu", "zone=prague"): a node has some (MULTIFLEXI_NODE_LABELS), and a run template
/// may name those that a node must have for its jobs. In a list they are separated by commas, sorted, each once.

/// Reads a list as people type it, in any order and with blanks; an empty one is in order. invalid: a label is
/// something else than small letters, digits and the marks . _ = - , or the list is longer than 512 bytes.
Result<std::vector<std::string>> parse_labels(std::string_view list);

std::string label_list(const std::vector<std::string>& labels);

/// Those labels of a list that a node lacks; empty: the node has all.
std::vector<std::string> missing_labels(std::string_view needed, const std::vector<std::string>& labels_of_node);

}  // namespace mf
