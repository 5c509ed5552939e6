// SPDX-License-Identifier: MIT
#pragma once

#include "app/installation.h"
#include "bench/process.h"

namespace mf::bench {

/// Where things are.
struct Places {
    std::filesystem::path programs;  ///< multiflexi, multiflexi-cli, bench-job
    std::filesystem::path state;     ///< installations are made in here, on the disk that is measured
};

/// One measured figure.
struct Figure {
    std::string name;
    std::string must;  ///< empty: told for comparison only
    std::string measured;
    double value = 0;
    bool ok = true;
};
using Figures = std::vector<Figure>;
Figure at_most(std::string name, double most, double value, std::string_view unit);
Figure at_least(std::string name, double least, double value, std::string_view unit);
Figure told(std::string name, double value, std::string_view unit);

/// A private installation, usually with an SQLite file, one company and one user. Sets the environment of this process
/// so that the programs it starts use it; so there is one at a time. Removed, and its server stopped, at the end.
class Stand {
public:
    /// `slots`: jobs that run at once; 0: what the server takes by itself. `server`: an empty database there, instead
    /// of an SQLite file.
    explicit Stand(const Places& places, int slots = 0, const std::optional<sql::Address>& server = {});
    ~Stand();
    Stand(const Stand&) = delete;
    Stand& operator=(const Stand&) = delete;

    Database& database() { return installation_->database(); }
    std::int64_t company() const { return company_; }
    std::int64_t user() const { return user_; }
    const std::filesystem::path& directory() const { return directory_; }

    /// An application that starts `executable` with `arguments`; its id.
    std::int64_t add_application(const std::string& name, const std::string& executable, const std::string& arguments);
    /// Run templates without a plan, numbered from the first id, which is returned.
    std::int64_t add_run_templates(std::int64_t application, int number, Overlap overlap);
    /// Jobs for now, one for each run template.
    void enqueue_jobs(std::int64_t first_run_template, int number);
    /// How many jobs have ended, durably.
    std::int64_t ended();
    /// Waits until so many have; false after the patience.
    bool wait_for_ended(std::int64_t number, std::chrono::seconds patience);

    /// Starts the server and waits until it says that it is ready; how long that took.
    Milliseconds start_server();
    void stop_server();
    pid_t server() const { return server_; }

    /// `multiflexi-cli` with these words. Throws when it fails.
    Run cli(std::vector<std::string> words) const;
    std::string job_program() const { return (places_.programs / "bench-job").string(); }

private:
    const Places places_;
    const std::filesystem::path directory_;
    std::optional<Installation> installation_;
    std::int64_t company_ = 0, user_ = 0;
    int applications_ = 0;
    pid_t server_ = 0;
};

Timestamp now();

/// When the next job began, since 1970: bench-job adds a line to the file. Waits for it; `seen` is how much of the file
/// is known already.
std::chrono::nanoseconds next_start(const std::filesystem::path& stamps, std::streamoff& seen);

constexpr std::int64_t jobs_of_history = 1'000'000;
/// So many ended jobs of the last 100 days, of 1 000 run templates, one in ten of them failed, counted as the server
/// would have counted them.
void fill_history(Stand& stand);

/// The groups of figures, each on installations of its own.
Figures measure_throughput(const Places& places);
/// The same on PostgreSQL and MariaDB servers of its own, as durable as they are by default; nothing where they are not
/// installed.
Figures measure_servers(const Places& places);
Figures measure_launch(const Places& places);
/// Processor time that it takes to assemble the environment of a job, its secrets opened.
Figures measure_environment(const Places& places);
/// On PostgreSQL and MariaDB servers of its own; nothing where they are not installed.
Figures measure_fleet(const Places& places);
Figures measure_planning(const Places& places);
/// The HTTP server alone, against bare Beast (with wrk; nothing of that where it is not installed), and its viewers.
Figures measure_http(const Places& places);
/// The REST API of the server with a long history, asked by wrk; nothing where that is not installed.
Figures measure_rest(const Places& places);
/// The streams of events of the real program.
Figures measure_events(const Places& places);
Figures measure_history(const Places& places);
Figures measure_output(const Places& places);
Figures measure_rights(const Places& places);
/// The simulation of tests/simulation; nothing where the tests were not built.
Figures measure_definitions(const Places& places);
Figures measure_simulation(const Places& places);
/// Of the source tree that this program was built from; on no installation, and only when asked for.
Figures measure_build(const Places& places);

}  // namespace mf::bench
