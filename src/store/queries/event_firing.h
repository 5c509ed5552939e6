// SPDX-License-Identifier: MIT
#pragma once

#include "domain/event.h"
#include "domain/job.h"
#include "store/database.h"

namespace mf {

/// Until the transaction ends nobody else makes or changes a rule that launches this run template: whoever looks for
/// equal ones afterwards sees all that there are.
void hold_rules_that_launch(Session& session, Id<RunTemplate> target);

/// A job that has succeeded, for note_firings().
struct SucceededJob {
    Id<Job> job;
    Id<RunTemplate> run_template;
    Timestamp end{};
};
/// Notes what rules have to launch after these jobs; in the transaction that ends them, so each is noted once.
void note_firings(Session& session, std::span<const SucceededJob> jobs);

/// What a rule has to launch after a job.
struct EventFiring {
    std::int64_t id = 0;
    Id<EventRule> rule;
    Id<Job> job;
    std::int64_t depth = 1;  ///< 1: neither the job nor the launch that it repeats came from a rule
    Id<Job> root;            ///< with which the chain began: `job`, or one that rules followed before
};
/// The next ones that nobody has dealt with: jobs that ended first come first, of one job rules of higher priority.
std::vector<EventFiring> open_firings(Session& session, std::size_t most);

/// What became of it. False: somebody else has dealt with it meanwhile, and nothing was changed. To be called in the
/// transaction that launches the job, before it does.
bool take_firing(Session& session, std::int64_t id);
void note_launched(Session& session, std::int64_t id, Id<Job> launched);
/// How many firings of chains that began with this job have been taken and did not fail. Cheap up to some thousands.
std::int64_t launched_in_chain(Session& session, Id<Job> root);
/// `message` is for people; what of it does not fit is left out.
void note_failed(Session& session, std::int64_t id, std::string_view message);

/// Removes what was dealt with more than 30 days ago.
void forget_old_firings(Session& session, Timestamp now);

/// An artifact of another job that a job gets as a file.
struct InputArtifact {
    Id<Job> job;
    std::string variable;  ///< gets the path
    Id<Artifact> artifact;
};
void note_input_artifact(Session& session, const InputArtifact& input);
std::vector<InputArtifact> input_artifacts(Session& session, std::vector<std::int64_t> jobs);

}  // namespace mf
