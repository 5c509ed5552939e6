// SPDX-License-Identifier: MIT
#include "schedule/input_file.h"

#include "service/content_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace mf {
namespace {

Error input_failure(const InputFile& input) {
    return {ErrorCode::unavailable, fmt::format("The file {} cannot be written into the work directory: {}.",
                                                input.name, std::strerror(errno))};
}

}  // namespace

Result<void> write_input(Database& database, const WorkDirectory& directory, const InputFile& input) {
    auto opened = open_artifact(database, Scope::everything(), input.artifact);
    if (!opened)
        return Error{ErrorCode::not_found,
                     "A file that another job has produced for this one is gone; run that job "
                     "again."};
    const Descriptor file(::openat(directory.descriptor(), input.name.c_str(),
                                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (file.get() < 0) return input_failure(input);
    for (;;) {
        const auto piece = opened->content->next();
        if (!piece) return Error{ErrorCode::not_found, piece.error().message};
        if (piece->empty()) return {};
        for (std::string_view rest = *piece; !rest.empty();) {
            const auto written = ::write(file.get(), rest.data(), rest.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) return input_failure(input);
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
    }
}

}  // namespace mf
