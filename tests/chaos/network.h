// SPDX-License-Identifier: MIT
#pragma once

#include "journeys/installation.h"

#include <string>

namespace mf::chaos {

/// A network namespace with one cable to the harness. Whoever is in it reaches the harness, and nothing else.
class NodeNetwork {
public:
    /// `number` from 1 to 250 tells it from the others. Needs root.
    explicit NodeNetwork(int number);
    ~NodeNetwork() = default;
    NodeNetwork(const NodeNetwork&) = delete;
    NodeNetwork& operator=(const NodeNetwork&) = delete;

    /// The address of the harness at its end of the cable.
    const std::string& address_of_harness() const { return here_; }
    /// What to put before a command so that it runs in there; the process is that of the command.
    testing::Words entrance() const;
    /// Packets are lost without a word, in both directions, until it is plugged in again.
    void unplug() const;
    /// Does the machine at the other end of the cable answer?
    bool answers() const;
    void plug_in() const;

private:
    std::string cable_;
    std::string here_;
    testing::Process holder_;
};

}  // namespace mf::chaos
