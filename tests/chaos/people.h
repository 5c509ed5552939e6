// SPDX-License-Identifier: MIT
#pragma once

#include "chaos/chronicle.h"
#include "chaos/fleet.h"

#include <list>

namespace mf::chaos {

/// Makes companies, applications and run templates; the conduct of jobs, their schedules and policies are mixed.
void arrange(Fleet& fleet, Chronicle& chronicle);

/// Who works with the command line while everything goes wrong: launches, cancels, switches run templates. Several
/// runs of it may be under way; an answer is noted when it comes.
class People {
public:
    People(Fleet& fleet, Chronicle& chronicle, Dice dice) : fleet_(fleet), chronicle_(chronicle), dice_(dice) {}
    /// Somebody begins to do something.
    void act();
    /// Notes the answers that have come; a run that takes minutes is complained of.
    void listen();
    bool are_done() const { return calls_.empty(); }

private:
    struct Call {
        testing::Process process;
        std::filesystem::path answer;
        std::string words;
        bool launches = false;
        std::chrono::milliseconds since;
    };
    void begin(testing::Words words, bool launches = false);
    std::int64_t some_job();

    Fleet& fleet_;
    Chronicle& chronicle_;
    Dice dice_;
    std::list<Call> calls_;
    bool switched_on_ = true;
};

}  // namespace mf::chaos
