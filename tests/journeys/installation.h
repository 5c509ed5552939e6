// SPDX-License-Identifier: MIT
#pragma once

#include "base/json.h"
#include "store/sql/connection.h"
#include "support/temporary_directory.h"

#include <sys/types.h>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mf::testing {

using Words = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

/// Options of a run template that is due as often as possible.
inline const Words each_minute{"--cron", "* * * * *"};

inline bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Where the programs of this build are.
std::filesystem::path programs();

/// Looks again and again until the answer is yes; false when it never was within the time.
bool comes_true(const std::function<bool()>& question, std::chrono::milliseconds within = std::chrono::seconds{60});

/// Is there a process of this number that has not ended?
bool lives(pid_t pid);

/// The exit code of a status of waitpid(), 128 + signal when it was killed.
int code_of(int status);

/// A process whose streams are files.
class Process {
public:
    struct Streams {
        std::filesystem::path in = "/dev/null";
        std::filesystem::path out = "/dev/null";
        std::filesystem::path err = "/dev/null";  ///< may be the same file as `out`
    };
    /// Throws std::runtime_error if it cannot be started. Output files are appended to.
    Process(const Words& argv, const Variables& environment, const Streams& streams);
    /// Kills it when it still lives.
    ~Process();
    Process(Process&& other) noexcept;
    Process& operator=(Process&&) = delete;

    pid_t pid() const { return pid_; }
    void signal(int number) const;
    /// The exit code, 128 + signal when it was killed; none: it lives on.
    std::optional<int> wait(std::chrono::milliseconds within = std::chrono::seconds{60});

private:
    pid_t pid_ = -1;
    std::optional<int> code_;
};

/// What a run of the command line gave.
struct Answer {
    int code = 0;
    std::string out;
    std::string err;
    /// Standard output as one JSON document; fails the test when it is anything else.
    json::value json() const;
};

/// An installation of its own for one test: a data directory, an empty database, the programs of this build, perhaps a
/// running server. A server that still runs at the end of the test is told to end, and so are jobs that run without
/// one; MULTIFLEXI_JOBS_AT_STOP is "end" unless a test says otherwise. MULTIFLEXI_JOURNEY_DATABASE (sqlite, postgres,
/// mariadb) says where the database is; tests about the file of SQLite are the test suite "sqlite".
class Installation {
public:
    Installation();
    ~Installation();

    const std::filesystem::path& directory() const { return directory_.path(); }
    std::filesystem::path data() const { return directory() / "data"; }
    const sql::Address& database() const { return database_; }
    /// Where its servers listen for each other.
    std::filesystem::path wake_directory() const;
    /// Where its server makes work directories: the part of its node below data()/work. To be asked when it was
    /// started.
    std::filesystem::path work() const;
    /// Nothing of any job is left in work() but what the server uses again.
    bool work_is_empty() const;
    /// The processes that watch jobs of its server, whether that lives or not.
    std::vector<pid_t> shims() const;
    /// The file of SQLite.
    std::filesystem::path database_file() const { return database_.database; }
    /// Where the key is when no setting says otherwise.
    std::filesystem::path key_file() const {
        return data() / (database_.dialect == sql::Dialect::sqlite ? "multiflexi.db.key" : "multiflexi.key");
    }
    /// Settings of the server and of the command line.
    Variables environment;

    // The server
    /// Starts it and waits until it is ready. `arguments` follow "serve"; `more` is for its environment alone.
    void start(const Words& arguments = {}, const Variables& more = {});
    Process& server() { return *server_; }
    /// Sends the signal and waits for the end; the exit code.
    int stop(int signal = SIGTERM);
    std::string log() const;
    /// Runs the server program to its end.
    Answer serve(const Words& arguments, const Variables& more = {}) const;
    /// The same under the permissions of files, which do not hold back root otherwise.
    Answer serve_held_back(const Words& arguments) const;

    // The command line
    Answer cli(Words words, std::string_view standard_input = {}) const;
    /// The same under the permissions of files, which do not hold back root otherwise.
    Answer cli_held_back(Words words) const;
    /// The same with -f json; the exit code has to be 0.
    json::value ask(Words words) const;
    /// The same for an answer that is a list.
    json::array rows(Words words) const;
    /// Runs on while the test goes on.
    Process begin_cli(Words words, const std::filesystem::path& out) const;

    // What tests need most
    /// Writes a script into a file of its own and makes it executable.
    std::filesystem::path script(std::string_view text);
    std::filesystem::path write(std::string_view name, std::string_view content) const;
    /// Imports a definition with these members beside the needed ones; the UUID.
    std::string application(json::object definition);
    /// Application, company (one for all) and run template in one; the id of the run template.
    std::int64_t run_template(json::object definition, const Words& options = {});
    std::int64_t run_template_of_script(std::string_view script, const Words& options = {});
    /// A job that starts at once.
    std::int64_t job(std::int64_t run_template, const Words& options = {});
    json::object job_record(std::int64_t job) const;
    std::string job_state(std::int64_t job) const;
    /// Waits for the end of a job; its record.
    json::object ended(std::int64_t job, std::chrono::milliseconds within = std::chrono::seconds{30}) const;
    /// Waits until a file has content; it.
    std::string content_when_written(const std::filesystem::path& file) const;
    /// Runs one statement past the programs; its rows as lines, values between '|'.
    std::string sql(std::string_view statement) const;
    /// Every byte that the installation keeps or says, in one text.
    std::string everything_kept() const;
    /// Runs lines of bash, which find these words in $1, $2 …
    Answer bash(std::string_view lines, const Words& words = {}) const;

private:
    Answer run(const Words& argv, const Variables& environment, std::string_view standard_input) const;
    TemporaryDirectory directory_;
    sql::Address database_;
    std::optional<Process> server_;
    std::size_t ready_before_ = 0;
    int definitions_ = 0;
    mutable int runs_ = 0;
};

std::string file_content(const std::filesystem::path& file);
std::string text_of(const json::object& record, std::string_view member);
std::int64_t number_of(const json::object& record, std::string_view member);
/// The number that a shell script wrote into a file.
pid_t pid_in(const std::string& text);

}  // namespace mf::testing
