// SPDX-License-Identifier: MIT
#pragma once

#include "api/event_request.h"
#include "api/viewer_loop.h"
#include "net/server/event_stream.h"
#include "service/job_change_feed.h"
#include "service/standing_access.h"

#include <atomic>
#include <mutex>

namespace mf {

/// The viewers of what happens to jobs. One thread reads the changes, once for all of them, and looks for each event
/// whether the viewer may see it at this moment. Who is slow, or comes back after a while, is told from the database at
/// his own pace. Thread-safe.
class ChangeStreams {
public:
    /// How often it is looked for changes, while there are viewers.
    static constexpr std::chrono::milliseconds pace{20};

    /// All must outlive it.
    ChangeStreams(Database& database, const SignIn& sign_in, const Clock& clock);

    std::shared_ptr<http::EventStream> open(ChangesWanted wanted, AccessProof proof);

private:
    using Text = http::EventStream::Text;
    using Time = std::chrono::steady_clock::time_point;
    struct Newcomer {
        std::shared_ptr<http::EventStream> stream;
        ChangesWanted wanted;
        AccessProof proof;
    };
    struct Viewer {
        std::shared_ptr<http::EventStream> stream;
        std::shared_ptr<const StandingAccess::Holder> access;
        std::unique_ptr<const ChangesWanted> wanted;
        std::int64_t position = 0;  ///< the last change that was looked at for this viewer
        std::int64_t told = 0;      ///< the last id that the viewer knows
        bool is_behind = false;     ///< is told from the database
    };

    std::optional<std::chrono::milliseconds> turn();
    void admit();
    void greet(Viewer& viewer, const ChangeBounds& bounds);
    void dismiss();
    void tell(const std::vector<JobChange>& changes);
    void catch_up();
    void catch_up(Viewer& viewer);
    void tell_positions();
    static bool may_see(const Viewer& viewer, const JobChange& change);
    static void begin_anew(Viewer& viewer, std::int64_t position);

    JobChangeFeed feed_;
    StandingAccess access_;
    std::mutex mutex_;  // guards the next one
    std::vector<Newcomer> newcomers_;
    const std::shared_ptr<std::atomic<bool>> somebody_left_ = std::make_shared<std::atomic<bool>>(false);
    std::vector<Viewer> viewers_;  // from here on of the thread
    std::vector<JobChange> untold_;
    std::size_t next_behind_ = 0;
    Time looked_at_{};
    Time positions_at_{};
    ViewerLoop loop_;
};

}  // namespace mf
