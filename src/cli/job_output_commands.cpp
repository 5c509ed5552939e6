// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/json_text.h"

namespace mf {
namespace {

constexpr int exit_code_of_interrupt = 130;  // 128 + SIGINT, as shells count

/// What became of a job, and why.
std::string ending_sentence(std::int64_t id, const JobEvent& event) {
    std::string out = fmt::format("Job {} ", id);
    switch (event.state) {
        case JobState::succeeded: out += "succeeded"; break;
        case JobState::timed_out: out += "was ended at its time limit"; break;
        case JobState::cancelled: out += event.exit_code ? "was cancelled" : "was cancelled before it started"; break;
        case JobState::blocked: out += "was blocked and did not run"; break;
        case JobState::lost: out += "was lost"; break;
        default: out += name_of(event.state); break;
    }
    if (event.exit_code) out += fmt::format(", exit code {}", *event.exit_code);
    return event.reason.empty() ? out + "." : fmt::format("{}: {}", out, event.reason);
}

/// Shows what happens to a job while it happens.
class Follower {
public:
    Follower(Invocation& in, std::int64_t job) : in_(in), job_(job) {}

    bool take(const JobEvent& event) {
        if (event.kind == JobEvent::Kind::idle) return !(in_.terminal().reader_gone && in_.terminal().reader_gone());
        if (event.kind == JobEvent::Kind::ended) {
            end_ = event.state;
            exit_code_ = event.exit_code;
        }
        in_.json() ? tell_json(event) : tell(event);
        // Live is the point of it.
        in_.out().flush();
        return !in_.out().failed();
    }

    void end() {
        if (in_.json()) in_.out().line(any_ ? "\n]" : "[]");
    }

    /// How it ended; none: it has not.
    std::optional<JobState> ending() const { return end_; }
    std::optional<std::int64_t> exit_code() const { return exit_code_; }

private:
    void tell(const JobEvent& event) {
        if (event.kind == JobEvent::Kind::output) {
            if (event.stream == JobStream::out) {
                in_.out().write(event.bytes);
                line_open_ = !event.bytes.ends_with('\n');
            } else if (!in_.quiet()) {
                in_.out().flush();
                in_.terminal().err(event.bytes);
            }
            return;
        }
        if (in_.quiet()) return;
        const bool ended = event.kind == JobEvent::Kind::ended;
        const auto sentence = ended ? ending_sentence(job_, event) : std::string(name_of(event.state));
        if (!in_.terminal().err_is_terminal) {
            // A job that says itself what went wrong needs no comment; one that could not, or was not let, does.
            if (ended && event.state != JobState::succeeded &&
                (event.state != JobState::failed || !event.reason.empty()))
                in_.remark(sentence);
            return;
        }
        const auto line =
            fmt::format("{}-- {} {}", line_open_ ? "\n" : "", format_local(event.at, in_.zone()), one_line(sentence));
        line_open_ = false;
        in_.out().flush();
        in_.terminal().err(in_.coloured() ? fmt::format("\x1b[2m{}\x1b[0m\n", line) : line + "\n");
    }

    void tell_json(const JobEvent& event) {
        json::object object{{"time", format_local(event.at, in_.zone())}};
        switch (event.kind) {
            case JobEvent::Kind::output:
                object["event"] = "output";
                object["seq"] = event.sequence;
                object["stream"] = event.stream == JobStream::out ? "stdout" : "stderr";
                object["text"] = to_utf8(event.bytes);
                break;
            case JobEvent::Kind::state:
            case JobEvent::Kind::ended:
                object["event"] = event.kind == JobEvent::Kind::state ? "state" : "ended";
                object["state"] = name_of(event.state);
                if (event.kind == JobEvent::Kind::state) break;
                object["exitcode"] = event.exit_code ? json::value(*event.exit_code) : json::value(nullptr);
                if (!event.reason.empty()) object["reason"] = event.reason;
                object["message"] = ending_sentence(job_, event);
                break;
            case JobEvent::Kind::idle: break;
        }
        std::string text = any_ ? ",\n    " : "[\n    ";
        append_ascii_json(text, object, 1);
        in_.out().write(text);
        any_ = true;
    }

    Invocation& in_;
    const std::int64_t job_;
    bool any_ = false;
    bool line_open_ = false;
    std::optional<JobState> end_;
    std::optional<std::int64_t> exit_code_;
};

int refuse_job(Invocation& in, const Error& error, std::int64_t id) {
    if (error.code == ErrorCode::not_found) return in.refuse(error, fmt::format("Job not found: ID={}", id));
    return in.refuse(error);
}

int job_output_follow(Invocation& in) {
    const auto id = in.required_integer("id");
    if (!id) return in.refuse(id.error());
    const auto from = in.integer("from-seq");
    if (!from) return in.refuse(from.error());
    Follower follower(in, *id);
    const auto followed = in.backend().follow_job(
        *id, from->value_or(0), [&](const JobEvent& event) { return follower.take(event); }, in.stop());
    if (!followed) {
        if (!in.out().used()) return refuse_job(in, followed.error(), *id);
        in.remark(followed.error().message);
        return 1;
    }
    follower.end();
    if (!follower.ending()) {
        if (in.out().failed() || (in.terminal().reader_gone && in.terminal().reader_gone())) return 1;
        in.remark(
            fmt::format("Job {0} goes on. Follow it again with job follow --id {0}, or end it with "
                        "job cancel --id {0}.",
                        *id));
        return exit_code_of_interrupt;
    }
    if (!in.arguments().has("exit-code")) {
        // Whoever asks for no more than this wants to know whether the job was done, well or badly.
        const bool ran = *follower.ending() == JobState::succeeded || *follower.ending() == JobState::failed;
        return ran ? 0 : 1;
    }
    // A job without an exit code did not do its work: it was cancelled, blocked or lost.
    const auto code = follower.exit_code().value_or(1);
    return code >= 0 && code <= 255 ? static_cast<int>(code) : 1;
}

int job_output_show(Invocation& in) {
    const auto id = in.required_integer("id");
    if (!id) return in.refuse(id.error());
    const auto wanted = lower(in.arguments().value("stream").value_or("both"));
    if (wanted != "both" && wanted != "stdout" && wanted != "stderr")
        return in.refuse(Refusal{
            .message = fmt::format("Option --stream takes stdout, stderr or both, not '{}'.", one_line(wanted))});
    bool first = true;
    for (const JobStream stream : {JobStream::out, JobStream::err}) {
        const std::string_view name = stream == JobStream::out ? "stdout" : "stderr";
        if (wanted != "both" && wanted != name) continue;
        AsciiJsonString string;
        std::string text;
        bool begun = false;
        const auto begin = [&] {
            if (begun || !in.json()) return;
            begun = true;
            in.out().write(first ? fmt::format("{{\n    \"job_id\": {},\n    \"{}\": \"", *id, name)
                                 : fmt::format(",\n    \"{}\": \"", name));
        };
        const auto read = in.backend().read_job_output(*id, stream, [&](std::string_view piece) {
            begin();
            text.clear();
            if (in.json()) string.add(text, piece);
            if (!in.json() && stream == JobStream::err && wanted == "both") {
                in.out().flush();
                return in.quiet() || in.terminal().err(piece);
            }
            in.out().write(in.json() ? std::string_view(text) : piece);
            return !in.out().failed() && !in.stop().stop_requested();
        });
        if (!read) {
            if (!in.out().used()) return refuse_job(in, read.error(), *id);
            in.remark(read.error().message);
            return 1;
        }
        begin();
        text.clear();
        if (in.json()) string.end(text);
        in.out().write(text);
        first = false;
    }
    if (in.json()) in.out().line("\n}");
    return 0;
}

constexpr Option job_output_follow_options[] = {
    {.name = "id", .help = "Id of the job", .becomes = Becomes::local, .aliases = {"job_id"}},
    {.name = "exit-code", .takes = Takes::flag, .help = "End with the exit code of the job", .becomes = Becomes::local},
    {.name = "from-seq", .help = "Only output behind this sequence number", .becomes = Becomes::local, .preset = "0"},
};
constexpr Option job_output_options[] = {
    {.name = "id", .help = "Id of the job", .becomes = Becomes::local, .aliases = {"job_id"}},
    {.name = "stream", .help = "stdout, stderr or both", .becomes = Becomes::local, .preset = "both"},
};

constexpr Command job_output_table[] = {
    {.name = "job:follow",
     .operation = "job:get",
     .run = job_output_follow,
     .summary = "Shows the output of a job while it runs, until it has ended",
     .options = job_output_follow_options,
     .needs = {"id"},
     .positional = "id",
     .closed = true},
    {.name = "job:output",
     .operation = "job:output",
     .run = job_output_show,
     .summary = "Prints what a job wrote, byte by byte",
     .options = job_output_options,
     .needs = {"id"},
     .positional = "id",
     .closed = true},
};

}  // namespace

std::span<const Command> job_output_commands() { return job_output_table; }

}  // namespace mf
