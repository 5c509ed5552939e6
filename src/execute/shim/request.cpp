// SPDX-License-Identifier: MIT
#include "execute/shim/request.h"

#include "base/packing.h"

#include <csignal>
#include <cstring>

namespace mf {
namespace {

std::int64_t packed(const std::optional<std::uint64_t>& value) {
    return value ? static_cast<std::int64_t>(std::min<std::uint64_t>(*value, INT64_MAX)) : -1;
}

std::optional<std::uint64_t> unpacked(std::int64_t value) {
    return value < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(value));
}

}  // namespace

std::string pack(const ShimRequest& request) {
    const ProcessCommand& command = request.command;
    Packer out;
    std::size_t size = 512;
    for (const auto& word : command.argv) size += word.size() + 8;
    for (const auto& [name, value] : command.environment) size += name.size() + value.size() + 16;
    for (const auto& secret : request.secrets) size += secret.size() + 8;
    out.reserve(size);  // no copy with secrets stays behind
    out.add(std::ssize(command.argv));
    for (const auto& word : command.argv) out.add(word);
    out.add(std::ssize(command.environment));
    for (const auto& [name, value] : command.environment) {
        out.add(name);
        out.add(value);
    }
    out.add(command.directory.native());
    out.add(std::int64_t{command.file_mode_mask});
    out.add(std::int64_t{command.limit.count()});
    out.add(std::int64_t{command.grace.count()});
    for (const auto& limit :
         {command.resources.memory, command.resources.cpu, command.resources.open_files, command.resources.file_size})
        out.add(packed(limit));
    out.add(command.mark);
    out.add(command.own_directory.native());
    out.add(std::ssize(request.secrets));
    for (const auto& secret : request.secrets) out.add(secret);
    out.add(request.output_limit);
    out.add(request.start_until ? std::int64_t{request.start_until->count()} : -1);
    return std::move(out).bytes();
}

std::optional<ShimRequest> unpack_request(std::string_view bytes) {
    Unpacker in(bytes);
    ShimRequest request;
    ProcessCommand& command = request.command;
    for (auto left = in.count(); left > 0; --left) command.argv.emplace_back(in.text());
    for (auto left = in.count(); left > 0; --left) {
        const auto name = in.text();
        command.environment.emplace(name, in.text());
    }
    command.directory = in.text();
    command.file_mode_mask = static_cast<::mode_t>(in.number());
    command.limit = std::chrono::milliseconds(in.number());
    command.grace = std::chrono::milliseconds(in.number());
    for (auto* limit : {&command.resources.memory, &command.resources.cpu, &command.resources.open_files,
                        &command.resources.file_size})
        *limit = unpacked(in.number());
    command.mark = in.text();
    command.own_directory = in.text();
    for (auto left = in.count(); left > 0; --left) request.secrets.emplace_back(in.text());
    request.output_limit = in.number();
    if (const auto until = in.number(); until >= 0) request.start_until = std::chrono::milliseconds(until);
    if (!in.complete()) return std::nullopt;
    command.dies_with_us = true;
    return request;
}

void wipe(std::string& text) {
    ::explicit_bzero(text.data(), text.size());
    text.clear();
}

int shim_signal() { return SIGRTMIN; }

}  // namespace mf
