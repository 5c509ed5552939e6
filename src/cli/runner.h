// SPDX-License-Identifier: MIT
#pragma once

#include "base/zone.h"
#include "cli/terminal.h"
#include "domain/job.h"
#include "service/content_reader.h"
#include "service/operation.h"

#include <stop_token>

namespace mf {

/// Something that happened to a job that is followed.
struct JobEvent {
    enum class Kind {
        output,  ///< bytes that the job printed
        state,   ///< the job changed its state
        ended,   ///< the last event
        idle     ///< nothing happened; asks whether anybody still wants to know
    };
    Kind kind = Kind::output;
    std::int64_t sequence = 0;           ///< of output: resume behind it; rises by pieces of any size
    Timestamp at{};                      ///< when it happened
    JobStream stream = JobStream::out;   ///< of output
    std::string_view bytes = {};         ///< of output; valid during the call
    JobState state = JobState::pending;  ///< of state and ended
    std::optional<std::int64_t> exit_code = {};
    std::string_view reason = {};  ///< of ended: why it was blocked, cancelled, lost
};

/// Receive pieces in order; false: that is enough, stop.
using JobEventSink = std::function<bool(const JobEvent&)>;
using BytesSink = std::function<bool(std::string_view)>;

/// Something that is done with the database as a whole.
struct MaintenanceRequest {
    enum class Task { status, migrate, check, backup, restore, copy };
    Task task = Task::status;
    std::string file = {};                            ///< of backup and restore
    std::string target = {};                          ///< of copy: an address (store/sql/dsn.h)
    std::optional<std::string> target_password = {};  ///< none: that of MULTIFLEXI_TO_PASSWORD, if any
    bool force = false;                               ///< overwrite the file; empty the database first
    bool abandon_jobs = false;                        ///< of restore with force: also where jobs have not ended
};
/// Told now and then: what is done ("copying"), with which table, how many of its rows so far.
using MaintenanceProgress = std::function<void(std::string_view doing, std::string_view table, std::int64_t rows)>;

/// A server that is asked over HTTP instead of the installation on this machine.
struct ServerAccess {
    std::string address;       ///< see cli/server_address.h
    std::string token = {};    ///< empty: none
    std::string ca_file = {};  ///< PEM file of the authorities to trust; empty: those of the system
    /// Also asks another machine over http, where everybody on the way reads the token along.
    bool allow_plain = false;
};
/// What a server says of itself and of the one who asks.
struct ServerFacts {
    std::string version, time_zone, login;
};
/// By what a person proves who he is.
struct PersonalProof {
    std::string login, password;
    std::string code = {};  ///< of an authenticator program; empty: none
};

/// What the command line needs from the rest of the program. Used from one thread. Only maintain()
/// and the functions below the line open the database (these once, at the first call), so that help, completion and
/// refused calls cost nothing.
class Backend {
public:
    virtual ~Backend() = default;

    /// The settings file of `-e FILE`, before anything else is asked.
    virtual Result<void> use_settings(const std::string& file) = 0;
    /// From now on acts with this token instead of as the administrator of this machine.
    virtual void use_token(std::string token) = 0;
    /// From now on a server is asked. invalid: its address is none, or others could read what is sent there. Asks it
    /// nothing yet.
    virtual Result<void> use_server(const ServerAccess& server) = 0;
    /// What answers there. Needs a server, as the two below.
    virtual Result<ServerFacts> server_facts() = 0;
    /// From now on acts in a session of this person. An error with the field "code": the account asks for one.
    virtual Result<void> sign_in(const PersonalProof& proof) = 0;
    /// Ends the session.
    virtual void sign_out() = 0;
    /// The catalogue; lives as long as the backend.
    virtual const Operations& operations() = 0;
    /// The zone in which times are shown and read.
    virtual Zone zone() = 0;
    virtual Timestamp now() = 0;

    /// Works with the database as it is: only migrate, restore and copy make or change a schema. Neither key nor
    /// accounts are touched. The answers are described in app/maintenance.h.
    virtual Result<json::value> maintain(const MaintenanceRequest& request, const MaintenanceProgress& progress) = 0;

    // ---- from here on the database is opened and brought up to date ----

    /// Runs one operation in a transaction of its own.
    virtual Result<json::value> run(const Operation& operation, const json::object& input) = 0;
    /// Hands over what happened to a job and what happens, until it has ended, the sink had enough, a stop is
    /// requested or the user interrupts. Starts with output behind from_sequence (0: everything), in the order in which
    /// it was printed. not_found: no such job.
    virtual Result<void> follow_job(std::int64_t job, std::int64_t from_sequence, const JobEventSink& sink,
                                    std::stop_token stop) = 0;
    /// The recorded bytes of one stream of a job, in pieces. not_found: no such job.
    virtual Result<void> read_job_output(std::int64_t job, JobStream stream, const BytesSink& sink) = 0;
    /// The content of an artifact, in pieces. not_found: no such artifact.
    virtual Result<void> read_artifact(std::int64_t artifact, const BytesSink& sink) = 0;
};

/// Runs one command line (without the name of the program) and returns the exit code of the process:
/// 0 done, 1 refused or failed; 130 `job follow` was interrupted, with --exit-code it may return any other. Never
/// throws.
/// The stop token ends `job follow`.
int run_cli(std::span<const std::string> arguments, Backend& backend, Terminal& terminal, std::stop_token stop = {});

}  // namespace mf
