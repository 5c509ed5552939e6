// SPDX-License-Identifier: MIT
#include "cli/input_file.h"

#include "base/text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace mf {
namespace {

constexpr std::size_t piece_size = 65536;

Error file_error(std::string_view code, std::string sentence) {
    return {code == "file_not_found" ? ErrorCode::not_found : ErrorCode::invalid,
            sentence,
            {{.field = "file", .message = sentence, .code = std::string(code)}}};
}

std::string kind_of(mode_t mode) {
    if (S_ISDIR(mode)) return "a directory";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
    return "something else";
}

Result<Descriptor> open_regular(const std::string& name, std::size_t limit) {
    if (name.find('\0') != name.npos)
        return file_error("file_not_found", "It does not exist: the name holds a zero byte.");
    // Looked at before it is opened: opening a device or a pipe can already do something.
    struct stat status {};
    if (::stat(name.c_str(), &status) != 0)
        return file_error(errno == ENOENT || errno == ENOTDIR ? "file_not_found" : "file_unreadable",
                          errno == ENOENT || errno == ENOTDIR
                              ? "It does not exist."
                              : fmt::format("It cannot be read: {}.", std::strerror(errno)));
    if (!S_ISREG(status.st_mode))
        return file_error("file_unreadable",
                          fmt::format("It is {}, not a file; - reads standard input.", kind_of(status.st_mode)));
    Descriptor file(::open(name.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file) return file_error("file_unreadable", fmt::format("It cannot be read: {}.", std::strerror(errno)));
    // It may have been exchanged in between.
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
        return file_error("file_unreadable", fmt::format("It is {}, not a file.", kind_of(status.st_mode)));
    if (limit && static_cast<std::size_t>(status.st_size) > limit)
        return file_error("file_unreadable",
                          fmt::format("It is too large: {} bytes, at most {} are read.", status.st_size, limit));
    return file;
}

Result<std::string> read_piece(const Descriptor& file, std::size_t size) {
    std::string piece(size, '\0');
    for (;;) {
        const auto got = ::read(file.get(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return file_error("file_unreadable", fmt::format("It cannot be read: {}.", std::strerror(errno)));
        piece.resize(static_cast<std::size_t>(got));
        return piece;
    }
}

bool ends_as_one_of(std::string_view name, std::span<const std::string_view> endings) {
    return std::ranges::any_of(endings, [&](std::string_view ending) { return name.ends_with(ending); });
}

bool is_definition(std::string_view name, DefinitionFiles which) {
    constexpr std::string_view prototypes[] = {".credprototype.json", ".crprototype.json", ".crdprototype.json",
                                               ".crdprtype.json"};
    constexpr std::string_view types[] = {".credential-type.json", ".credential_type.json", ".credtype.json"};
    switch (which) {
        case DefinitionFiles::credential_prototypes: return ends_as_one_of(name, prototypes);
        case DefinitionFiles::credential_types: return ends_as_one_of(name, types);
        case DefinitionFiles::applications: break;
    }
    return name.ends_with(".json") && !name.ends_with(".schema.json") && !ends_as_one_of(name, prototypes) &&
           !ends_as_one_of(name, types);
}

std::string_view ending_of(DefinitionFiles which) {
    switch (which) {
        case DefinitionFiles::credential_prototypes: return "*.credprototype.json";
        case DefinitionFiles::credential_types: return "*.credential-type.json";
        case DefinitionFiles::applications: break;
    }
    return "*.json";
}

}  // namespace

Result<std::string> read_input_file(const std::string& name, Terminal& terminal, std::size_t limit) {
    Descriptor file;
    if (name != "-") {
        auto opened = open_regular(name, limit);
        if (!opened) return opened.error();
        file = *std::move(opened);
    }
    std::string content;
    for (;;) {
        std::string piece;
        if (file) {
            auto read = read_piece(file, piece_size);
            if (!read) return read.error();
            piece = *std::move(read);
        } else if (terminal.in) {
            piece = terminal.in(piece_size);
        }
        if (piece.empty()) return content;
        content += piece;
        if (content.size() > limit)
            return file_error("file_unreadable", fmt::format("It is too large: more than {} bytes.", limit));
    }
}

Result<std::vector<std::string>> definition_files(const std::string& directory, DefinitionFiles which) {
    std::error_code problem;
    std::vector<std::string> files;
    std::filesystem::directory_iterator entries(directory, problem);
    for (; !problem && entries != std::filesystem::directory_iterator(); entries.increment(problem)) {
        const auto name = entries->path().filename().string();
        if (name.starts_with('.') || !is_definition(name, which)) continue;
        files.push_back(entries->path().string());
    }
    if (problem) return file_error("file_unreadable", fmt::format("It cannot be read: {}.", problem.message()));
    if (files.empty())
        return file_error(
            "file_not_found",
            fmt::format("The directory holds no definition: no file in it is called {}.", ending_of(which)));
    std::ranges::sort(files);
    return files;
}

Result<std::unique_ptr<LineSource>> LineSource::open(const std::string& name, Terminal& terminal, std::size_t limit) {
    Descriptor file;
    if (name != "-") {
        auto opened = open_regular(name, 0);
        if (!opened)
            return Error{opened.error().code,
                         fmt::format("Missing or invalid file {}. {}", name, opened.error().message),
                         opened.error().fields};
        file = *std::move(opened);
    }
    return std::unique_ptr<LineSource>(new LineSource(std::move(file), terminal, limit));
}

bool LineSource::fill() {
    buffer_.clear();
    at_ = 0;
    if (file_) {
        auto piece = read_piece(file_, piece_size);
        if (piece)
            buffer_ = *std::move(piece);
        else
            problem_ = piece.error().message;
    } else if (terminal_.in) {
        buffer_ = terminal_.in(piece_size);
    }
    return !buffer_.empty();
}

bool LineSource::next(std::string& line) {
    line.clear();
    bool any = false;
    std::size_t length = 0;
    for (;;) {
        if (at_ == buffer_.size() && !fill()) return any;
        any = true;
        const auto end = buffer_.find('\n', at_);
        const auto part = std::string_view(buffer_).substr(at_, end == buffer_.npos ? end : end - at_);
        line += part.substr(0, limit_ - std::min(limit_, line.size()));
        length += part.size();
        at_ = end == buffer_.npos ? buffer_.size() : end + 1;
        if (end == buffer_.npos) continue;
        // The last byte of a line that was cut is not its end.
        if (length <= limit_ && line.ends_with('\r')) line.pop_back();
        return true;
    }
}

}  // namespace mf
