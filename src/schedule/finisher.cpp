// SPDX-License-Identifier: MIT
#include "schedule/finisher.h"

#include "base/fault_point.h"
#include "base/log.h"
#include "base/text.h"
#include "execute/artifact_reader.h"
#include "execute/exit_meaning.h"
#include "execute/mime.h"
#include "store/queries/content.h"

#include <fmt/format.h>
#include <unistd.h>
#include <cerrno>

namespace mf {
namespace {

/// Content goes into the store in transactions of this size, so that no large file holds up the recorder.
constexpr std::size_t bytes_of_a_transaction = 4 << 20;
// How long a database may refuse before the files of a job stay where they are.
constexpr int most_attempts = 20;
constexpr auto between_storings = std::chrono::milliseconds(500);
// ext4 passes over every inode that was freed in the last minutes when it makes a new one (recently_deleted() in
// fs/ext4/ialloc.c): while jobs come one after the other their directories are only emptied.
constexpr auto quiet_time = std::chrono::milliseconds(300);
constexpr std::size_t most_emptied = 10'000;
constexpr std::size_t removed_at_once = 100;

Artifact stream_artifact(const JobRun& run, ArtifactKind kind) {
    return {.job_id = run.claimed().job.id,
            .company_id = run.claimed().job.company_id,
            .kind = kind,
            .filename = kind == ArtifactKind::stdout_text ? "stdout.txt" : "stderr.txt",
            .content_type = "text/plain",
            .note = kind == ArtifactKind::stdout_text ? "Standard output" : "Standard error",
            .created_at = run.end().ended_at};
}

void add_streams(JobEnd& end, const JobRun& run) {
    end.artifacts.push_back(stream_artifact(run, ArtifactKind::stdout_text));
    end.artifacts.push_back(stream_artifact(run, ArtifactKind::stderr_text));
}

/// Under another name it is not taken for one that was left behind.
std::filesystem::path keep_directory(JobRun& run) {
    const auto path = run.directory().path();
    run.directory().keep();
    auto kept = path.parent_path() / ("kept-" + path.filename().string());
    std::error_code problem;
    std::filesystem::rename(path, kept, problem);
    return problem ? path : kept;
}

}  // namespace

Finisher::Finisher(Database& database, Recorder& recorder, const OutsideResults& outside_results,
                   std::function<void(Id<Job>)> recorded)
    : database_(database),
      recorder_(recorder),
      outside_results_(outside_results),
      recorded_(std::move(recorded)),
      thread_([this](std::stop_token stop) { run(stop); }) {}

Finisher::~Finisher() {
    thread_.request_stop();
    thread_.join();
    link_->detach();
}

void Finisher::finish(std::shared_ptr<JobRun> run) {
    const std::lock_guard lock(mutex_);
    finished_.push_back(std::move(run));
    changed_.notify_one();
}

void Finisher::run(std::stop_token stop) {
    for (bool quiet = false;;) {
        std::deque<std::shared_ptr<JobRun>> finished;
        std::vector<std::shared_ptr<JobRun>> recorded;
        {
            std::unique_lock lock(mutex_);
            const auto something = [&] { return !finished_.empty() || !recorded_runs_.empty(); };
            if (emptied_.empty() && !changed_.wait(lock, stop, something) && !something()) return;
            quiet = !changed_.wait_for(lock, stop, quiet ? quiet_time.zero() : quiet_time, something);
            finished.swap(finished_);
            recorded.swap(recorded_runs_);
        }
        for (const auto& run : finished) bring_in(run);
        for (const auto& run : recorded) empty_directory(*run);
        if (quiet || emptied_.size() > most_emptied) remove_emptied();
        if (quiet) forget_mime_types();
    }
}

void Finisher::empty_directory(JobRun& run) {
    fault_point("before-directory-removal");
    auto emptied = run.directory().leave_empty();
    if (!emptied)
        log::warning("work directory stays",
                     {{"job", run.claimed().job.id.value}, {"reason", emptied.error().message}});
    else if (!emptied->empty())
        emptied_.push_back(*std::move(emptied));
}

void Finisher::remove_emptied() {
    const auto number = std::min(emptied_.size(), removed_at_once);
    for (std::size_t i = 0; i < number; ++i, emptied_.pop_front()) {
        if (::rmdir(emptied_.front().c_str()) == 0 || errno == ENOENT) continue;
        // A process that outlives its job has written into it again; the destructor removes that, too.
        if (auto again = WorkDirectory::reopen(emptied_.front()); !again)
            log::warning("work directory stays", {{"reason", again.error().message}});
    }
}

void Finisher::bring_in(const std::shared_ptr<JobRun>& run) {
    JobEnd end = end_of(*run, [&](int exit_code) { return meaning_of(*run, exit_code); });
    std::vector<std::string> remarks;
    try {
        if (!run->without_files.empty()) throw std::runtime_error(run->without_files);
        auto kept = store_patiently(*run);
        if (!kept)
            return log::warning("a job has ended and is not recorded; the next start of this node will do it",
                                {{"job", end.job.value}});
        for (const auto& remark : kept->remarks) remarks.push_back(run->masked(remark));
        end.artifacts = std::move(kept->artifacts);
    } catch (const std::exception& error) {
        // The job has ended whatever happens to its files; they stay in its work directory.
        const auto why = run->masked(error.what());
        log::error("cannot store artifacts", {{"job", end.job.value}, {"error", why}});
        if (!end.reason) end.reason.emplace();
        if (run->directory().path().empty())
            add_sentence(*end.reason, fmt::format("Its files could not be stored: {}", why));
        else
            add_sentence(*end.reason, fmt::format("Its files could not be stored ({}); they are in {}.", why,
                                                  keep_directory(*run).string()));
    }
    log::info("job ended", {{"job", end.job.value},
                            {"state", name_of(end.state)},
                            {"exit_code", end.exitcode.value_or(-1)},
                            {"seconds", std::chrono::duration<double>(end.end - run->begin()).count()},
                            {"artifacts", end.artifacts.size()}});
    add_streams(end, *run);
    recorder_.end(
        std::move(end), run->log(),
        [link = link_, run, recorded = recorded_] {
            link->reach([&](Finisher& self) {
                const std::lock_guard lock(self.mutex_);
                self.recorded_runs_.push_back(run);
                self.changed_.notify_one();
            });
            recorded(run->claimed().job.id);
        },
        remarks);
}

std::optional<Finisher::Kept> Finisher::store_patiently(JobRun& run) {
    for (int attempt = 1;; ++attempt) {
        try {
            return store_artifacts(run);
        } catch (const sql::DatabaseError& error) {
            using enum sql::DatabaseError::Kind;
            const bool passes = error.kind == busy || error.kind == lost || error.kind == uncertain ||
                                error.kind == full || error.cause == sql::DatabaseError::Cause::read_only;
            if (passes && database_.has_given_up()) return std::nullopt;
            if (!passes || attempt == most_attempts) throw;
            log::warning("cannot store artifacts, will try again",
                         {{"job", run.claimed().job.id.value}, {"error", error.what()}});
            std::unique_lock lock(mutex_);
            std::condition_variable_any pause;
            pause.wait_for(lock, between_storings, [] { return false; });
        }
    }
}

Finisher::Kept Finisher::store_artifacts(JobRun& run) {
    auto rules = run.prepared().artifacts;
    rules.started_at = run.begin();
    if (run.outside_result && outside_results_.is_shared(*run.outside_result))
        rules.outside_result = ArtifactRules::OutsideResult::ambiguous;
    const auto collection = collect_artifacts(run.directory(), rules);
    Kept out;
    const auto remark = [&](std::string_view name, std::string_view reason) {
        out.remarks.push_back(fmt::format("[MultiFlexi: {} was not kept: {}]\n", name, reason));
    };
    for (const auto& [name, reason] : collection.skipped) remark(name, reason);
    for (const FoundArtifact& found : collection.artifacts) {
        const auto content = describe(run.directory(), found);
        if (!content) {
            remark(found.name, content.error().message);
            continue;
        }
        if (auto stored = store_content(run, found, content->sha256); !stored) {
            remark(found.name, stored.error().message);
            continue;
        }
        const auto& notes = run.prepared().artifact_notes;
        out.artifacts.push_back({.job_id = run.claimed().job.id,
                                 .company_id = run.claimed().job.company_id,
                                 .kind = ArtifactKind::file,
                                 .filename = run.masked(found.kept_name()),
                                 .content_type = content->mime_type,
                                 .size = static_cast<std::int64_t>(content->size),
                                 .sha256 = content->sha256,
                                 .note = found.pattern     ? notes.at(*found.pattern)
                                         : found.is_result ? "Result file"
                                                           : "",
                                 .created_at = found.modified_at});
    }
    return out;
}

std::optional<std::string> Finisher::meaning_of(const JobRun& run, int exit_code) {
    try {
        return database_.read([&](Session& session) {
            ExitMeanings own;
            const auto declared = Repository<ApplicationExitCode>(session, Scope::everything())
                                      .first({.equals = {{"application_id", run.claimed().job.app_id.value},
                                                         {"exit_code", std::int64_t{exit_code}}}});
            if (declared)
                own[exit_code] = {text_in_english(declared->description),
                                  exit_severity_named(declared->severity).value_or(ExitSeverity::error)};
            return exit_meaning(exit_code, own).text;
        });
    } catch (const sql::DatabaseError& error) {
        log::warning("cannot look up the meaning of an exit code", {{"error", error.what()}});
        return std::nullopt;
    }
}

Result<void> Finisher::store_content(JobRun& run, const FoundArtifact& found, const std::string& sha256) {
    auto reader = ArtifactReader::open(run.directory(), found);
    if (!reader) return reader.error();
    const auto job = run.claimed().job.id;
    std::optional<Id<Content>> content;
    std::int64_t seq = 0;
    for (bool at_end = false, is_known = false; !at_end && !is_known;) {
        std::vector<std::string> pieces;
        std::size_t together = 0;
        while (!at_end && together < bytes_of_a_transaction) {
            std::string piece;
            while (piece.size() < content_piece_size) {
                const auto bytes = reader->next();
                if (!bytes) return bytes.error();
                if (bytes->empty()) {
                    at_end = true;
                    break;
                }
                piece += *bytes;
            }
            together += piece.size();
            if (!piece.empty() || seq == 0) pieces.push_back(std::move(piece));
        }
        // Read twice: once to know the digest, once to store. A file that changed in between must not become the
        // content of that digest; its pieces are removed as abandoned.
        if (at_end && reader->sha256() != sha256) return Error{ErrorCode::conflict, "it changed while it was read."};
        const auto size = static_cast<std::int64_t>(reader->size());
        // What fits into one transaction, most files, needs one.
        auto stored = database_.write([&](Session& session) -> Result<std::optional<Id<Content>>> {
            if (!content && hold_content(session, sha256, job)) return std::optional<Id<Content>>{};
            const auto id = content ? *content : begin_content(session, job);
            auto number = seq;
            for (const auto& piece : pieces) add_content_piece(session, id, number++, piece);
            if (at_end)
                if (auto finished = finish_content(session, id, job, sha256, size, number); !finished)
                    return finished.error();
            return std::optional(id);
        });
        if (!stored) return stored.error();
        content = *stored;
        is_known = !content;
        seq += std::ssize(pieces);
    }
    return {};
}

void record_without_files(Recorder& recorder, std::shared_ptr<JobRun> run) {
    JobEnd end = end_of(*run);
    end.reason = end.reason.value_or("") + (end.reason ? " " : "") +
                 "It ended when the server had stopped already, so its files were not kept.";
    add_streams(end, *run);
    log::warning("job ended after the server had stopped",
                 {{"job", end.job.value}, {"state", name_of(end.state)}, {"exit_code", end.exitcode.value_or(-1)}});
    recorder.end(std::move(end), run->log(), nullptr);
}

}  // namespace mf
