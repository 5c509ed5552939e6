// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace mf::probe {

/// The whole of a file of /proc, whose size is not known beforehand. Throws std::system_error that names the file.
std::string read_proc(const std::filesystem::path& file);

}  // namespace mf::probe
