// SPDX-License-Identifier: MIT
#include "api/output_streams.h"

#include "api/event_text.h"
#include "base/json.h"

#include <algorithm>
#include <boost/json/object.hpp>

namespace mf {
namespace {

using namespace std::chrono_literals;

/// A viewer who has not taken so much is not read for; one piece of 64 KiB may become six times as long as JSON text.
constexpr std::size_t most_untaken = 64 * 1024;
constexpr std::size_t most_queued_output = 2 * 1024 * 1024;
constexpr std::size_t read_at_once = 64 * 1024;
/// Between the parts of a long output, so that viewers can take one.
constexpr auto shortest_pause = 2ms;
constexpr auto age_of_watchers_rights = 5s;

std::string state_event(std::string_view type, const WatchedJob& job, const OutputPosition& position) {
    const auto moment = [](const std::optional<Timestamp>& at) {
        return at ? json::value(event_time(*at)) : json::value();
    };
    const json::object data{{"job_id", job.id.value},
                            {"runtemplate_id", job.run_template.value},
                            {"company_id", job.company.value},
                            {"state", name_of(job.state)},
                            {"exitcode", job.exitcode ? json::value(*job.exitcode) : json::value()},
                            {"begin", moment(job.begin)},
                            {"end", moment(job.end)}};
    return http::format_event(to_event_id(position), type, to_text(json::value(data)));
}

}  // namespace

OutputStreams::OutputStreams(Database& database, const SignIn& sign_in, const Clock& clock)
    : database_(database), access_(database, sign_in, clock), loop_("job output", [this] { return turn(); }) {}

std::shared_ptr<http::EventStream> OutputStreams::open(Id<Job> job, OutputPosition known, AccessProof proof) {
    const auto stream = std::make_shared<http::EventStream>(most_queued_output);
    stream->when_gone([left = somebody_left_, wake = loop_.waker()] {
        *left = true;
        wake();
    });
    {
        const std::lock_guard lock(mutex_);
        newcomers_.push_back({stream, job, known, std::move(proof)});
    }
    loop_.wake();
    return stream;
}

void OutputStreams::admit() {
    const std::lock_guard lock(mutex_);
    for (Newcomer& newcomer : newcomers_) {
        // The characters of the pieces that are known are put together again, because the last one may be cut.
        const auto after = std::max<std::int64_t>(-1, newcomer.known.seq - OutputText::pieces_before);
        watched_[newcomer.job.value].push_back({.stream = std::move(newcomer.stream),
                                                .access = access_.hold(newcomer.proof),
                                                .known = newcomer.known,
                                                .after = after});
    }
    newcomers_.clear();
}

void OutputStreams::dismiss() {
    for (auto& [job, viewers] : watched_)
        std::erase_if(viewers, [](const Viewer& viewer) {
            if (viewer.access->has_ended) viewer.stream->end();
            return !viewer.stream->is_open();
        });
    std::erase_if(watched_, [](const auto& each) { return each.second.empty(); });
}

std::optional<std::chrono::milliseconds> OutputStreams::turn() {
    const auto begin = std::chrono::steady_clock::now();
    admit();
    if (somebody_left_->exchange(false)) dismiss();
    if (watched_.empty()) return std::nullopt;
    access_.look(age_of_watchers_rights);
    std::vector<std::int64_t> ids;
    for (const auto& [id, viewers] : watched_) ids.push_back(id);
    const auto jobs = look_at_jobs(database_, std::move(ids));
    for (auto& [id, viewers] : watched_) {
        const auto job = jobs.find(id);
        Pieces pieces;
        for (Viewer& viewer : viewers) {
            // What was removed, or may not be seen any more, is not there.
            if (job == jobs.end() || !viewer.access->rights.may(Permission::view, job->second.company))
                viewer.stream->end();
            else
                tell(viewer, job->second, pieces);
        }
    }
    dismiss();
    if (watched_.empty()) return std::nullopt;
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
    if (std::exchange(has_more_, false)) return std::max(shortest_pause, took);
    constexpr int share = 20;  // so much less than its time this thread works
    return std::max(pace, took * share);
}

void OutputStreams::tell_output(Viewer& viewer, OutputSource source, std::int64_t seq, const std::string& text) {
    if (text.empty()) return;
    viewer.known.seq = seq;
    const json::object data{{"stream", name_of_stream(source)}, {"seq", seq}, {"text", text}};
    viewer.stream->send(http::format_event(to_event_id(viewer.known), "output", to_text(json::value(data))));
}

void OutputStreams::tell(Viewer& viewer, const WatchedJob& job, Pieces& pieces) {
    const bool ended = has_ended(job.state);
    if (!ended && viewer.known.state != job.state) {
        viewer.known.state = job.state;
        viewer.stream->send(state_event("state", job, viewer.known));
    }
    if (job.state == JobState::pending || viewer.stream->queued() > most_untaken) return;
    const auto read = pieces.find(viewer.after);
    const auto& found =
        read != pieces.end()
            ? read->second
            : pieces.emplace(viewer.after, output_behind(database_, job.id, viewer.after, read_at_once)).first->second;
    std::size_t together = 0;
    for (const OutputPiece& piece : found) {
        together += piece.bytes.size();
        const auto text = viewer.text.add(piece);
        if (piece.seq > viewer.known.seq) tell_output(viewer, piece.source, piece.seq, text);
        viewer.after = piece.seq;
    }
    has_more_ |= together >= read_at_once / 2 || (ended && !found.empty());
    if (!ended || !found.empty()) return;
    for (const auto source : {OutputSource::standard_output, OutputSource::standard_error, OutputSource::platform})
        tell_output(viewer, source, viewer.after, viewer.text.rest(source));
    viewer.known.state = job.state;
    viewer.stream->send(state_event("end", job, viewer.known));
    viewer.stream->end();
}

}  // namespace mf
