// SPDX-License-Identifier: MIT
#pragma once

#include "base/descriptor.h"
#include "execute/shim/request.h"

#include <filesystem>
#include <string>

namespace mf {

/// What all shims of a server get from it, open.
struct ShimSurroundings {
    std::filesystem::path spool;                         ///< the directory of the spool files
    std::optional<std::uint64_t> usual_open_files = {};  ///< see Supervisor::Options
    /// The pipe that wakes the server: the number of the spool file, when its output is wanted and when its job ended.
    int wake = -1;
    int signals = -1;  ///< for shim_signal(), SIGTERM and SIGINT, which are blocked (man 2 signalfd)
};

/// The whole life of one shim, in a process of its own with one thread: takes a request from its socket, starts the
/// job, keeps its output and its end in the spool file, whether the server lives or not; then it takes the next one.
/// It lives as long as the server keeps the other end of the socket open, and a job at least to its end; it ends when a
/// job left processes behind, which are not to be taken for those of the next. SIGTERM and SIGINT end the job as a
/// stop of the server does.
void run_shim(std::uint32_t spool, Descriptor server, const ShimSurroundings& surroundings);

/// The program multiflexi-shim: a process that does nothing but make shims of itself, which is cheap because it is
/// small. Ends when the server closes the socket or ends; its shims go on.
int run_shim_maker(int socket, const ShimSurroundings& surroundings);

}  // namespace mf
