// SPDX-License-Identifier: MIT
#pragma once

#include "domain/event.h"

namespace mf {

/// What came of trying to reach the database of an event source.
struct SourceProbe {
    bool answered = false;   ///< a database of that kind is there
    bool reachable = false;  ///< it lets us in
    bool readable = false;   ///< its table of changes is there and can be read
    std::string message;     ///< for people; never holds the password
};

/// Tries it. `password` is the one in clear. Addresses of the own link are refused (net/link_local.h), as for every
/// other connection to outside. All of it takes `limit`, counted in whole seconds, about; each address of the host has
/// half of what is left of it, to connect and again to answer. How long the name is looked up is up to the resolver of
/// the machine.
SourceProbe probe_event_source(const EventSource& source, const std::string& password, std::chrono::milliseconds limit);

}  // namespace mf
