// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

namespace mf {

/// A file of the source tree that travels inside the program, put there by mf_embed (cmake/embed.cmake).
struct EmbeddedFile {
    std::string_view name;     ///< bare file name
    std::string_view content;  ///< its bytes, valid for the life of the program
    std::string_view sha256;   ///< of the content: 64 lower-case hexadecimal digits
};

/// The content of the file with this name; empty if there is none.
inline std::string_view embedded_file(std::span<const EmbeddedFile> files, std::string_view name) {
    for (const EmbeddedFile& file : files)
        if (file.name == name) return file.content;
    return {};
}

}  // namespace mf
