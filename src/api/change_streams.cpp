// SPDX-License-Identifier: MIT
#include "api/change_streams.h"

#include "api/event_text.h"
#include "base/json.h"

#include <fmt/format.h>
#include <algorithm>
#include <boost/json/object.hpp>

namespace mf {
namespace {

using namespace std::chrono_literals;

/// What a viewer has not taken; beyond it he is told from the database. Less than the stream can hold.
constexpr std::size_t most_waiting = 128 * 1024;
constexpr std::size_t little_waiting = 64 * 1024;
constexpr std::int64_t page_of_history = 300;
/// Viewers that are told from the database in one turn.
constexpr int read_for_at_once = 16;

/// Rights: audited changes count at once when there is something to tell, and within this time when there is not; what
/// expires by itself within the other one.
constexpr auto between_looks = 1s;
constexpr auto age_of_rights = 5s;
/// Whoever was not told anything for so long learns how far the stream has come, and so comes back to there.
constexpr auto between_positions = 15s;

std::string change_event(const JobChange& change) {
    const json::object data{{"id", change.id},
                            {"job_id", change.job.value},
                            {"runtemplate_id", change.run_template.value},
                            {"company_id", change.company.value},
                            {"state", name_of(change.state)},
                            {"exitcode", change.exitcode ? json::value(*change.exitcode) : json::value()},
                            {"at", event_time(change.at)}};
    return http::format_event(fmt::to_string(change.id), event_type(change.kind), to_text(json::value(data)));
}

std::string position_event(std::string_view type, std::int64_t position) {
    return http::format_event(fmt::to_string(position), type, to_text(json::value(json::object{{"id", position}})));
}

}  // namespace

ChangeStreams::ChangeStreams(Database& database, const SignIn& sign_in, const Clock& clock)
    : feed_(database, clock), access_(database, sign_in, clock), loop_("events", [this] { return turn(); }) {}

std::shared_ptr<http::EventStream> ChangeStreams::open(ChangesWanted wanted, AccessProof proof) {
    const auto stream = std::make_shared<http::EventStream>();
    stream->when_gone([left = somebody_left_, wake = loop_.waker()] {
        *left = true;
        wake();
    });
    {
        const std::lock_guard lock(mutex_);
        newcomers_.push_back({stream, std::move(wanted), std::move(proof)});
    }
    loop_.wake();
    return stream;
}

std::optional<std::chrono::milliseconds> ChangeStreams::turn() {
    admit();
    if (somebody_left_->exchange(false)) dismiss();
    if (viewers_.empty()) return std::nullopt;
    // Kept until they are told: what comes between may fail.
    std::ranges::move(feed_.next(), std::back_inserter(untold_));
    const auto now = std::chrono::steady_clock::now();
    if (!untold_.empty() || now - looked_at_ >= between_looks) {
        access_.look(age_of_rights);
        looked_at_ = now;
        dismiss();
    }
    tell(std::exchange(untold_, {}));
    catch_up();
    if (now - positions_at_ >= between_positions) {
        tell_positions();
        positions_at_ = now;
    }
    return pace;
}

void ChangeStreams::admit() {
    std::vector<Newcomer> newcomers;
    {
        const std::lock_guard lock(mutex_);
        newcomers.swap(newcomers_);
    }
    if (newcomers.empty()) return;
    try {
        // While there are no viewers nobody reads.
        if (viewers_.empty()) {
            untold_.clear();
            feed_.begin();
        }
        std::vector<Viewer> admitted;
        for (const Newcomer& newcomer : newcomers)
            admitted.push_back({.stream = newcomer.stream,
                                .access = access_.hold(newcomer.proof),
                                .wanted = std::make_unique<const ChangesWanted>(newcomer.wanted)});
        access_.look(age_of_rights);
        const auto bounds = feed_.bounds();
        for (Viewer& viewer : admitted) greet(viewer, bounds);
        std::ranges::move(admitted, std::back_inserter(viewers_));
    } catch (...) {
        const std::lock_guard lock(mutex_);
        std::ranges::move(newcomers, std::back_inserter(newcomers_));
        throw;
    }
}

void ChangeStreams::greet(Viewer& viewer, const ChangeBounds& bounds) {
    const auto now_at = feed_.position();
    const auto known = viewer.wanted->last_id;
    if (!known) {
        viewer.position = viewer.told = now_at;
        viewer.stream->send(position_event("hello", now_at));
    } else if (*known > std::max(bounds.newest, now_at)) {
        // Of another database, or of this one before it was restored.
        begin_anew(viewer, now_at);
    } else {
        viewer.position = viewer.told = *known;
        viewer.is_behind = *known < now_at;
    }
}

void ChangeStreams::begin_anew(Viewer& viewer, std::int64_t position) {
    viewer.position = viewer.told = position;
    viewer.is_behind = false;
    viewer.stream->send(position_event("reset", position));
}

void ChangeStreams::dismiss() {
    std::erase_if(viewers_, [](const Viewer& viewer) {
        if (viewer.access->has_ended) viewer.stream->end();
        return !viewer.stream->is_open();
    });
}

bool ChangeStreams::may_see(const Viewer& viewer, const JobChange& change) {
    return viewer.wanted->includes(change) && viewer.access->rights.may(Permission::view, change.company);
}

void ChangeStreams::tell(const std::vector<JobChange>& changes) {
    for (const JobChange& change : changes) {
        const auto text = std::make_shared<const std::string>(change_event(change));
        for (Viewer& viewer : viewers_) {
            // One who comes back may know more than was read here, because another server has told it.
            if (viewer.is_behind || change.id <= viewer.position) continue;
            if (may_see(viewer, change)) {
                if (viewer.stream->queued() + text->size() > most_waiting) {
                    viewer.is_behind = true;
                    continue;
                }
                viewer.stream->send(text);
                viewer.told = change.id;
            }
            viewer.position = change.id;
        }
    }
}

void ChangeStreams::catch_up() {
    auto left = read_for_at_once;
    for (std::size_t step = 0; step < viewers_.size() && left > 0; ++step) {
        Viewer& viewer = viewers_[next_behind_++ % viewers_.size()];
        if (!viewer.is_behind || viewer.stream->queued() > little_waiting) continue;
        catch_up(viewer);
        --left;
    }
    if (!viewers_.empty()) next_behind_ %= viewers_.size();
}

void ChangeStreams::catch_up(Viewer& viewer) {
    const auto page = feed_.history(viewer.position, page_of_history);
    // Looked at afterwards: what was there then was there before.
    if (feed_.bounds().oldest > viewer.position + 1) return begin_anew(viewer, feed_.position());
    std::string text;
    for (const JobChange& change : page.changes) {
        if (!may_see(viewer, change)) continue;
        text += change_event(change);
        viewer.told = change.id;
    }
    if (!text.empty()) viewer.stream->send(std::move(text));
    viewer.position = page.end;
    viewer.is_behind = page.end < feed_.position();
}

void ChangeStreams::tell_positions() {
    const auto position = feed_.position();
    for (Viewer& viewer : viewers_) {
        if (viewer.is_behind || viewer.told >= position || viewer.stream->queued() > 0) continue;
        // Without data it is no event, but its id counts (HTML Standard, section 9.2.6).
        viewer.stream->send(fmt::format("id: {}\n\n", position));
        viewer.position = viewer.told = position;
    }
}

}  // namespace mf
