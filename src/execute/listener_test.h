// SPDX-License-Identifier: MIT
#pragma once

#include "execute/process.h"

#include <condition_variable>
#include <mutex>

namespace mf::testing {

/// Keeps everything and lets a test wait for it. No limit of time: the test program has one.
class Record final : public ProcessListener {
public:
    void started(const ProcessIdentity& process) override {
        change([&] { identity = process; });
    }
    Flow wrote(const OutputChunk& chunk) override {
        Flow flow = Flow::more;
        change([&] {
            ++chunks;
            bytes += chunk.bytes.size();
            if (keep) (chunk.stream == OutputStream::out ? out : err).append(chunk.bytes);
            if (pause_after && bytes >= *pause_after) {
                paused = true;
                flow = Flow::pause;
            }
        });
        return flow;
    }
    void ended(const ProcessEnd& how) override {
        change([&] { end = how; });
    }

    template <class Condition>
    void wait(Condition condition) {
        std::unique_lock lock(mutex);
        changed.wait(lock, condition);
    }
    const ProcessEnd& wait_end() {
        wait([&] { return end.has_value(); });
        return *end;
    }
    void wait_for_output(std::string_view text) {
        wait([&] { return out.find(text) != std::string::npos || end; });
    }

    std::mutex mutex;
    std::condition_variable changed;
    ProcessIdentity identity;
    std::string out, err;
    std::size_t bytes = 0, chunks = 0;
    bool keep = true, paused = false;
    std::optional<std::size_t> pause_after;
    std::optional<ProcessEnd> end;

private:
    template <class F>
    void change(F&& f) {
        {
            const std::lock_guard lock(mutex);
            f();
        }
        changed.notify_all();
    }
};

}  // namespace mf::testing
