// SPDX-License-Identifier: MIT
#pragma once

#include "api/event_request.h"
#include "api/viewer_loop.h"
#include "net/server/event_stream.h"
#include "service/output_feed.h"
#include "service/standing_access.h"

#include <atomic>
#include <mutex>

namespace mf {

/// The viewers of single jobs: what they print, as it is recorded, and their states. One thread reads for all of them:
/// how their jobs are in one statement, new output once for all viewers of a job who are at the same place, and only as
/// viewers take it. Thread-safe.
class OutputStreams {
public:
    /// How often it is looked for output while there are viewers; less often when that takes long.
    static constexpr std::chrono::milliseconds pace{100};

    /// All must outlive it.
    OutputStreams(Database& database, const SignIn& sign_in, const Clock& clock);

    std::shared_ptr<http::EventStream> open(Id<Job> job, OutputPosition known, AccessProof proof);

private:
    struct Newcomer {
        std::shared_ptr<http::EventStream> stream;
        Id<Job> job;
        OutputPosition known;
        AccessProof proof;
    };
    struct Viewer {
        std::shared_ptr<http::EventStream> stream;
        std::shared_ptr<const StandingAccess::Holder> access;
        OutputPosition known;     ///< what was told
        std::int64_t after = -1;  ///< the last piece that was read; before known.seq while characters are put together
        OutputText text = {};
    };
    using Viewers = std::vector<Viewer>;
    using Pieces = std::map<std::int64_t, std::vector<OutputPiece>>;  ///< by the piece that they are behind

    std::optional<std::chrono::milliseconds> turn();
    void admit();
    void dismiss();
    void tell(Viewer& viewer, const WatchedJob& job, Pieces& pieces);
    static void tell_output(Viewer& viewer, OutputSource source, std::int64_t seq, const std::string& text);

    Database& database_;
    StandingAccess access_;
    std::mutex mutex_;  // guards the next one
    std::vector<Newcomer> newcomers_;
    const std::shared_ptr<std::atomic<bool>> somebody_left_ = std::make_shared<std::atomic<bool>>(false);
    std::map<std::int64_t, Viewers> watched_;  // by job; of the thread, as the next one
    bool has_more_ = false;                    // there is more output than was read in a turn
    ViewerLoop loop_;
};

}  // namespace mf
