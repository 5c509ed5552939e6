// SPDX-License-Identifier: MIT
#include "app/chosen_backend.h"

#include <csignal>

int main(int argc, char** argv) {
    // A reader that has gone (| head) is seen as a failed write.
    std::signal(SIGPIPE, SIG_IGN);
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    mf::ChosenBackend backend;
    auto terminal = mf::process_terminal();
    return mf::run_cli(arguments, backend, terminal);
}
