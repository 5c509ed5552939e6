// SPDX-License-Identifier: MIT
#pragma once

#include "base/descriptor.h"
#include "base/result.h"
#include "cli/terminal.h"

#include <memory>

namespace mf {

/// The largest definition file that is read (spec: definitions, part 7, number 1).
inline constexpr std::size_t largest_definition = 5 * 1024 * 1024;

/// The bytes of a regular file, or of standard input for "-". Devices, pipes and directories are never opened for
/// reading: a definition file that is a device could block or have effects. The error sentence says what is wrong; the
/// code of its field is file_not_found or file_unreadable.
Result<std::string> read_input_file(const std::string& name, Terminal& terminal, std::size_t limit);

enum class DefinitionFiles { applications, credential_prototypes, credential_types };

/// The definition files of one kind in a directory, by name, not hidden. Those of credentials are known by their ending
/// (*.credprototype.json, *.credential-type.json and their old spellings), applications are all other *.json. Not
/// searched recursively.
Result<std::vector<std::string>> definition_files(const std::string& directory, DefinitionFiles which);

/// Lines of a file or of standard input ("-"), as they come, in bounded memory.
class LineSource {
public:
    /// A line longer than the limit is cut there; the rest of it is left out.
    static Result<std::unique_ptr<LineSource>> open(const std::string& name, Terminal& terminal, std::size_t limit);

    /// The next line without its end; false after the last.
    bool next(std::string& line);
    /// Will the next line have to be waited for?
    bool would_wait() const { return at_ == buffer_.size(); }
    /// Why it ended early; empty when it did not.
    const std::string& problem() const { return problem_; }

private:
    LineSource(Descriptor file, Terminal& terminal, std::size_t limit)
        : file_(std::move(file)), terminal_(terminal), limit_(limit) {}
    bool fill();

    Descriptor file_;  // none: standard input
    Terminal& terminal_;
    std::size_t limit_;
    std::string buffer_;
    std::size_t at_ = 0;
    std::string problem_;
};

}  // namespace mf
