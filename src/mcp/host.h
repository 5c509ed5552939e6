// SPDX-License-Identifier: MIT
#pragma once

#include "base/zone.h"
#include "service/perform.h"

namespace mf::mcp {

/// What a session needs of the program around it: who asks, and the way to the operations. Called for one message at a
/// time by each thread; exceptions are answered as "internal error".
class Host {
public:
    virtual ~Host() = default;
    /// Who asks, with the rights of this moment; asked anew for each request. An error: nobody, or nobody any more.
    virtual Result<Caller> caller() = 0;
    /// perform_on() with the surroundings of the installation, and what has to follow a commit.
    virtual Result<json::value> perform(const Operation& operation, const json::object& input,
                                        const Caller& caller) = 0;
    virtual Timestamp now() = 0;
    virtual Zone zone() = 0;
};

enum class Changes { refuse, allow };

struct Options {
    Changes changes = Changes::refuse;
    std::string how_to_allow;  ///< a sentence for those whom a refused change concerns
    std::string version;       ///< of the program
    std::size_t tools_per_page = 100;
    std::int64_t usual_records = 50;      ///< of a list, when the call does not say how many
    std::int64_t most_records = 1000;     ///< of a list, whatever the call says
    std::size_t most_text = 64 << 10;     ///< bytes of one text in an answer of a tool
    std::size_t most_answer = 256 << 10;  ///< bytes of an answer of a tool
    std::size_t most_output = 128 << 10;  ///< bytes of the output of a job as a resource, from its end
    std::size_t most_message = 8 << 20;   ///< bytes of a message that is read
    std::size_t most_in_batch = 50;
    int calls_per_minute = 240;  ///< requests that look into the database
};

}  // namespace mf::mcp
