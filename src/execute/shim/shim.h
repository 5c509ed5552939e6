// SPDX-License-Identifier: MIT
#pragma once

#include "execute/shim/request.h"

#include <filesystem>
#include <string>

namespace mf {

/// What all shims of a server get from it, open.
struct ShimSurroundings {
    std::filesystem::path spool;  ///< the directory of the spool files
    int wake = -1;     ///< the pipe that wakes the server: the number of the spool file, when its output is wanted
    int signals = -1;  ///< for shim_signal(), SIGTERM and SIGINT, which are blocked (man 2 signalfd)
};

/// The whole life of one shim, in a process of its own with one thread: takes the request, starts the job, keeps its
/// output and its end in the spool file. Returns when the job has ended, whether the server lives or not. SIGTERM and
/// SIGINT end the job as a stop of the server does. `request` is wiped. Returns an exit code: 0 when the file tells
/// everything.
int run_shim(const RequestHead& head, std::string& request, const ShimSurroundings& surroundings);

/// The program multiflexi-shim: a process that does nothing but make shims of itself, which is cheap because it is
/// small. Ends when the server closes the socket or ends; its shims go on.
int run_shim_maker(int socket, const ShimSurroundings& surroundings);

}  // namespace mf
