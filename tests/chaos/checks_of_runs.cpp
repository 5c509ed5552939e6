// SPDX-License-Identifier: MIT
#include "base/digest.h"
#include "chaos/checks.h"

#include <fmt/format.h>
#include <algorithm>

namespace mf::chaos {
namespace {

using fmt::format;

constexpr int killed_code = 128 + 9;

/// The process of a job that ran; none when it never did.
const Run* run_of(const Facts& facts, std::int64_t job) {
    const auto found = facts.evidence.runs.find(job);
    return found == facts.evidence.runs.end() || found->second.empty() ? nullptr : &found->second.front();
}

/// Did what was done to the fleet make an end of the job that nobody can know?
bool may_be_lost(const Facts& facts, const JobRow& job, const Run* run) {
    if (run && facts.deeds.bereft.contains(run->process)) return true;
    for (const ArmedShims& armed : facts.deeds.armed)
        if (armed.node == job.claimed_by && (!run || (armed.from <= run->began_ms && run->began_ms <= armed.until)))
            return true;
    return facts.deeds.leases_run_out && (job.reason.find("has not been heard of") != std::string::npos ||
                                          job.reason.find("has not come back") != std::string::npos);
}

/// `unexplained` counts lost jobs that only a shim killed before its job was seen explains.
void check_end(const Facts& facts, const JobRow& job, int& unexplained, Findings& out) {
    const Run* run = run_of(facts, job.id);
    const auto told = format("The job {} is recorded as {} with the exit code {}", job.id, job.state,
                             job.exit_code ? fmt::to_string(*job.exit_code) : "none");
    // A shim that is killed takes its job with it; who was killed with the last of its breath may have said its code.
    const bool struck = run && (facts.deeds.killed.contains(run->process) || facts.deeds.bereft.contains(run->process));
    if (job.state == "succeeded" || job.state == "failed") {
        if (!run) {
            // What could not be started says why.
            if (job.state == "succeeded" || job.reason.empty()) out.complain(told + ", but it never began.");
        } else if (!run->code) {
            if (!struck || job.exit_code != killed_code)
                out.complain(told + ", but its process never ended by itself.");
        } else if (job.exit_code != *run->code && !(struck && job.exit_code == killed_code)) {
            out.complain(format("{}; it wrote down {}.", told, *run->code));
        } else if ((job.state == "succeeded") != (job.exit_code == 0)) {
            out.complain(told + ".");
        }
    } else if (job.state == "timed_out") {
        const auto* made = facts.arrangement_of(job.run_template);
        if (!run || !made || made->time_limit_seconds == 0) out.complain(told + ", but its time was not over.");
    } else if (job.state == "cancelled") {
        const auto* made = facts.arrangement_of(job.run_template);
        const bool stopped = facts.deeds.stop_ends_jobs && job.reason.find("shut down") != std::string::npos;
        if (!facts.deeds.to_be_cancelled.contains(job.id) && !stopped && !(made && made->switched))
            out.complain(format("{}, but nobody asked for that: {}", told, job.reason));
        if (run && !job.begin) out.complain(told + " as if it had not begun, but it has.");
    } else if (job.state == "lost") {
        if (job.reason.empty()) out.complain(told + ", and nobody says why.");
        if (!may_be_lost(facts, job, run) && ++unexplained > facts.deeds.killed_unseen)
            out.complain(format("{}, but nobody brought that about: {}", told, job.reason));
    } else if (job.state == "blocked") {
        out.complain(format("{}: {}", told, job.reason));
    }
}

/// What a job prints to one stream, made as far as it is needed.
class Expected {
public:
    Expected(const JobScript& script) : script_(script) {}
    /// Is this what the job printed, from its first byte on?
    bool begins_with(int stream, std::string_view recorded) {
        auto& made = streams_.at(static_cast<std::size_t>(stream));
        while (made.size() < recorded.size() && step()) {
        }
        return std::string_view(made).starts_with(recorded);
    }
    std::size_t whole_size(int stream) {
        while (step()) {
        }
        return streams_.at(static_cast<std::size_t>(stream)).size();
    }

private:
    bool step() {
        const auto next = script_.next();
        if (next) streams_.at(static_cast<std::size_t>(next->stream)) += next->text;
        return next.has_value();
    }
    JobScript script_;
    std::array<std::string, 3> streams_;
};

void check_stream(const JobRow& job, const Run* run, Expected& expected, int stream, const std::string& recorded,
                  Findings& out) {
    const auto* name = stream == 1 ? "standard output" : "standard error";
    if (!expected.begins_with(stream, recorded)) {
        // Where it goes wrong helps to find out why.
        std::size_t good = 0, step = recorded.size();
        for (; step > 0; step /= 2)
            while (good + step <= recorded.size() &&
                   expected.begins_with(stream, std::string_view(recorded).substr(0, good + step)))
                good += step;
        out.complain(format("The recorded {} of the job {} ({}), {} bytes, is not what it printed after the first {}.",
                            name, job.id, job.state, recorded.size(), good));
        return;
    }
    // Of a lost job nobody knows what was on its way.
    if (!run || job.state == "lost") return;
    const auto wrote = stream == 1 ? run->progress.output : run->progress.error_output;
    if (recorded.size() < wrote)
        out.complain(format("The job {} ({}) has written {} bytes of {}, of which {} are recorded.", job.id, job.state,
                            wrote, name, recorded.size()));
    if (run->code && recorded.size() != expected.whole_size(stream))
        out.complain(format("The job {} ({}) ended by itself, but of its {} {} bytes are recorded instead of {}.",
                            job.id, job.state, name, recorded.size(), expected.whole_size(stream)));
}

}  // namespace

void check_runs(const Facts& facts, Findings& out) {
    for (const auto& [job, runs] : facts.evidence.runs) {
        out.begun += static_cast<int>(runs.size());
        if (runs.size() > 1) out.complain(format("The job {} began {} times.", job, runs.size()));
        if (!facts.job(job)) out.complain(format("The job {} ran, but there is no such job.", job));
        for (const Run& run : runs)
            if (run.code && *run.code >= 99) out.complain(format("The job {} could not write its evidence.", job));
    }
    int unexplained = 0;
    for (const JobRow& job : facts.history.jobs) check_end(facts, job, unexplained, out);
}

void check_overlaps(const Facts& facts, Findings& out) {
    for (const auto& made : facts.deeds.arrangements) {
        if (made.overlap == "parallel") continue;
        std::vector<std::pair<const Run*, std::int64_t>> runs;
        for (const JobRow* job : facts.jobs_of(made.run_template))
            if (const Run* run = run_of(facts, job->id)) runs.emplace_back(run, job->id);
        std::ranges::sort(runs, {}, [](const auto& one) { return one.first->began_ms; });
        for (std::size_t i = 1; i < runs.size(); ++i)
            // What was declared lost may live: nobody could know, and the next one goes on.
            if (const auto& before = runs[i - 1]; before.first->ended_ms > runs[i].first->began_ms &&
                                                  facts.job(before.second) && facts.job(before.second)->state != "lost")
                out.complain(format("The job {} began while the job {} of the same run template ran.", runs[i].second,
                                    before.second));
    }
}

void check_output(const Facts& facts, Findings& out) {
    for (const JobRow& job : facts.history.jobs) {
        const auto* made = facts.arrangement_of(job.run_template);
        if (!made) continue;
        const auto recorded = facts.history.output(job.id);
        for (const auto& fault : recorded.faults) out.complain(format("Of the job {} {}.", job.id, fault));
        const Run* run = run_of(facts, job.id);
        if (!run && recorded.output.size() + recorded.error_output.size() > 0)
            out.complain(format("The job {} has output, but it never began.", job.id));
        Expected expected(JobScript(facts.deeds.seed, job.id, made->conduct));
        check_stream(job, run, expected, 1, recorded.output, out);
        check_stream(job, run, expected, 2, recorded.error_output, out);
        out.output_bytes += std::ssize(recorded.output) + std::ssize(recorded.error_output);
        if (job.output_size != std::ssize(recorded.output) || job.error_size != std::ssize(recorded.error_output))
            out.complain(format("The job {} ({}) counts {} and {} bytes of output; recorded are {} and {}.", job.id,
                                job.state, job.output_size, job.error_size, recorded.output.size(),
                                recorded.error_output.size()));
        if (const auto found = facts.history.artifacts.find(job.id); found != facts.history.artifacts.end())
            for (const ArtifactRow& row : found->second) {
                if (row.kind != "stdout" && row.kind != "stderr") continue;
                const auto& stream = row.kind == "stdout" ? recorded.output : recorded.error_output;
                if (row.sha256 != sha256_hex(stream) || row.size != std::ssize(stream))
                    out.complain(format("The digest or size of {} of the job {} is wrong.", row.kind, job.id));
            }
    }
}

/// The directory in which the server says that it has left the files of a job that it could not store; empty: it does
/// not say so, or had no reason to.
std::string place_of_files_put_aside(const Facts& facts, const JobRow& job, const Run& run) {
    static constexpr std::string_view before = "; they are in ";
    const auto at = job.reason.find(before);
    if (at == std::string::npos || job.reason.find("files could not be stored") == std::string::npos) return {};
    if (std::ranges::none_of(facts.deeds.database_out_of_reach,
                             [&](const Span& span) { return span.until >= run.ended_ms; }))
        return {};
    const auto begin = at + before.size();
    return job.reason.substr(begin, job.reason.find(". ", begin) - begin);
}

void check_files(const Facts& facts, Findings& out) {
    std::set<std::string> sound;
    for (const JobRow& job : facts.history.jobs) {
        const auto* made = facts.arrangement_of(job.run_template);
        if (!made) continue;
        std::map<std::string, std::string> recorded;
        if (const auto found = facts.history.artifacts.find(job.id); found != facts.history.artifacts.end())
            for (const ArtifactRow& row : found->second) {
                if (row.kind != "file") continue;
                recorded[row.name] = row.sha256;
                if (!sound.insert(row.sha256).second) continue;
                ++out.files;
                const auto content = facts.history.content(row.sha256);
                if (!content || sha256_hex(*content) != row.sha256 || std::ssize(*content) != row.size)
                    out.complain(format("The content of the file {} of the job {} is {}.", row.name, job.id,
                                        content ? "damaged" : "missing"));
            }
        const Run* run = run_of(facts, job.id);
        if (!run || run->code != 0 || job.state != "succeeded") continue;
        std::map<std::string, std::string> left;
        for (const auto& file : JobScript(facts.deeds.seed, job.id, made->conduct).files())
            left[file.name] = sha256_hex(file.content);
        if (auto place = place_of_files_put_aside(facts, job, *run); !place.empty() && recorded.empty()) {
            if (place.ends_with('.')) place.pop_back();
            recorded = facts.history.files_in(place);
            out.put_aside += left == recorded ? 1 : 0;
        }
        if (left != recorded)
            out.complain(format("The job {} left {} files; the {} that are recorded are not the same.{}{}", job.id,
                                left.size(), recorded.size(), job.reason.empty() ? "" : " Reason: ", job.reason));
    }
}

void check_processes(const Facts& facts, const std::function<bool(const Identity&)>& alive, Findings& out) {
    for (const auto& [job, runs] : facts.evidence.runs)
        for (const Run& run : runs)
            if (alive(run.process))
                out.complain(format("The process {} of the job {} lives on.", run.process.pid, job));
    for (const auto& [job, children] : facts.evidence.children) {
        const Run* run = run_of(facts, job);
        // Who kills the process of a job alone leaves its children to themselves.
        if (run && facts.deeds.killed.contains(run->process)) continue;
        for (const auto& child : children)
            if (alive(child)) out.complain(format("The process {} that the job {} began lives on.", child.pid, job));
    }
}

}  // namespace mf::chaos
