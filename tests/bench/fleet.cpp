// SPDX-License-Identifier: MIT
// Two nodes on one database server: how they share the queue, and how soon one runs what was launched on the other.
#include "bench/stand.h"
#include "store/migration.h"
#include "store/queries/job_claim.h"
#include "store/queries/job_queue.h"
#include "store/queries/job_record.h"
#include "support/database_servers.h"

#include <fmt/format.h>
#include <atomic>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <unordered_set>

namespace mf::bench {
namespace {

using namespace std::chrono_literals;
using sql::Dialect;

constexpr int jobs_of_fleet = 10'000;
constexpr int companies = 10;
constexpr int slots = 16;
constexpr int launches_of_fleet = 200;

void check(const Result<void>& result) {
    if (!result) throw std::runtime_error(result.error().message);
}

/// Jobs of several companies in the queue of a fresh database.
void fill_queue(Database& database) {
    check(migrate(database, now()));
    database.write([&](Session& session) {
        const auto add = [&](auto record) {
            check(Repository<decltype(record)>(session, Scope::everything()).insert(record));
            return record;
        };
        const auto user = add(User{.login = "bench", .created_at = now()});
        const auto application = add(Application{.uuid = "00000000-0000-4000-8000-000000000001",
                                                 .name = "true",
                                                 .executable = "/bin/true",
                                                 .enabled = true,
                                                 .created_at = now(),
                                                 .updated_at = now()});
        for (int i = 0; i < companies; ++i) {
            const auto code = fmt::format("company{}", i);
            const auto company = add(Company{.name = code, .code = code, .created_at = now(), .updated_at = now()});
            const auto run_template = add(RunTemplate{.app_id = application.id,
                                                      .company_id = company.id,
                                                      .name = "R",
                                                      .overlap = Overlap::parallel,
                                                      .created_at = now(),
                                                      .updated_at = now()});
            for (int job = 0; job < jobs_of_fleet / companies; ++job)
                if (auto made = enqueue(session, Scope::everything(),
                                        {.run_template = run_template,
                                         .schedule = now() - 1s,
                                         .schedule_type = "adhoc",
                                         .launched_by = user.id},
                                        now());
                    !made)
                    throw std::runtime_error(made.error().message);
        }
    });
}

struct Claims {
    int attempts = 0;
    int in_vain = 0;  ///< got nothing although there was something
    int twice = 0;
    double seconds = 0;
};

/// Two nodes claim as many jobs as they have slots, and end them, until the queue is empty.
Claims share_queue(const sql::Address& address) {
    {
        Database database(address);
        fill_queue(database);
    }
    Claims out;
    std::mutex mutex;
    std::unordered_set<std::int64_t> seen;
    std::atomic<int> claimed = 0;
    std::exception_ptr failure;
    const auto begin = std::chrono::steady_clock::now();
    {
        std::vector<std::jthread> nodes;
        for (int node = 0; node < 2; ++node)
            nodes.emplace_back([&, name = fmt::format("node{}", node)] {
                try {
                    Database database(address);
                    while (claimed < jobs_of_fleet) {
                        const auto got =
                            database.write([&](Session& session) { return claim_due(session, name, now(), slots); });
                        {
                            const std::lock_guard lock(mutex);
                            ++out.attempts;
                            for (const auto& job : got) out.twice += !seen.insert(job.job.id.value).second;
                        }
                        claimed += static_cast<int>(got.size());
                        if (got.empty()) {
                            // What the other node has locked is gone from the queue when this reads it.
                            const bool something = database.read([&](Session& session) {
                                const auto due = next_due(session);
                                return due && *due <= now();
                            });
                            const std::lock_guard lock(mutex);
                            out.in_vain += something;
                            continue;
                        }
                        std::vector<JobEnd> ends;
                        for (const auto& job : got)
                            ends.push_back({.job = job.job.id,
                                            .fence = job.job.fence,
                                            .state = JobState::succeeded,
                                            .end = now(),
                                            .exitcode = 0});
                        database.write([&](Session& session) { record_ends(session, ends); });
                    }
                } catch (...) {
                    const std::lock_guard lock(mutex);
                    failure = std::current_exception();
                    claimed = jobs_of_fleet;
                }
            });
    }
    if (failure) std::rethrow_exception(failure);
    out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return out;
}

/// Sets the environment of this process for programs on a server's database, with a directory of their own.
void use_settings_of_node(const sql::Address& address, const std::filesystem::path& directory,
                          const std::string& node) {
    const auto set = [](const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); };
    std::filesystem::create_directories(directory);
    set("DB_CONNECTION", address.dialect == Dialect::postgres ? "pgsql" : "mysql");
    set("DB_HOST", address.host);
    set("DB_PORT", std::to_string(address.port));
    set("DB_DATABASE", address.database);
    set("DB_USERNAME", address.user);
    set("DB_PASSWORD", address.password);
    set("ENCRYPTION_MASTER_KEY", "the key of the measurement");
    set("MULTIFLEXI_DATA", directory);
    set("MULTIFLEXI_WORK_DIRECTORY", directory / "work");
    set("MULTIFLEXI_NODE", node);
    set("MULTIFLEXI_MAX_PARALLEL", "16");
    set("MULTIFLEXI_DRAIN_TIMEOUT", "2");
    for (const char* name :
         {"MULTIFLEXI_KEY_FILE", "MULTIFLEXI_MASTER_KEY", "MULTIFLEXI_TIMEZONE", "APP_DEBUG", "MULTIFLEXI_ENV_ALLOW",
          "MULTIFLEXI_LOG_FORMAT", "MULTIFLEXI_LOG_LEVEL", "MULTIFLEXI_NODE_LABELS"})
        ::unsetenv(name);
}

/// A server that is told to end when this goes.
class Server {
public:
    Server(const Places& places, const std::filesystem::path& log, const std::string& roles)
        : process_(start({(places.programs / "multiflexi").string(), "serve", "--roles", roles}, log)) {
        for (int look = 0; look < 60'000; ++look) {
            std::ifstream file(log);
            if (std::string(std::istreambuf_iterator<char>(file), {}).find("server ready") != std::string::npos) return;
            std::this_thread::sleep_for(1ms);
        }
        throw std::runtime_error("A server is not ready.");
    }
    ~Server() { stop(process_); }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

private:
    pid_t process_;
};

/// Until the first statement of a job that was launched on another node, ms.
struct Latencies {
    std::vector<double> of_command;   ///< from just before the command line program
    std::vector<double> of_creation;  ///< from the moment that the job has as that of its creation
};
Latencies launch_elsewhere(const Places& places, const sql::Address& address) {
    const auto here = places.state / "node-here", there = places.state / "node-there";
    const auto stamps = places.state / "stamps";
    std::filesystem::remove(stamps);
    use_settings_of_node(address, here, "here");
    const auto cli = [&](std::vector<std::string> words) {
        words.insert(words.begin(), (places.programs / "multiflexi-cli").string());
        if (run(words, here / "cli.out").exit_code == 0) return;
        std::ifstream file(here / "cli.out");
        throw std::runtime_error(std::string(std::istreambuf_iterator<char>(file), {}));
    };
    cli({"company", "create", "--name", "Bench", "--slug", "bench"});
    cli({"application", "create", "--name", "stamp", "--uuid", "00000000-0000-4000-8000-000000000002", "--executable",
         places.programs / "bench-job", "--cmdparams", "stamp " + stamps.string(), "--enabled", "1"});
    cli({"run-template", "create", "--name", "R", "--app_uuid", "00000000-0000-4000-8000-000000000002", "--company",
         "bench"});
    Database database(address);
    const auto id = database.read([](Session& session) {
        return std::get<std::int64_t>(session.sql.query(R"(SELECT MAX("id") FROM "runtemplate")")[0][0]);
    });
    use_settings_of_node(address, there, "there");
    const Server executor(places, there / "server.log", "executor");
    use_settings_of_node(address, here, "here");
    const Server scheduler(places, here / "server.log", "scheduler");
    Latencies out;
    std::streamoff seen = 0;
    for (int i = 0; i < launches_of_fleet; ++i) {
        const std::chrono::nanoseconds begin = std::chrono::system_clock::now().time_since_epoch();
        cli({"run-template", "schedule", "--id", std::to_string(id)});
        const auto started = next_start(stamps, seen);
        // The node is idle again.
        while (database.read([](Session& session) {
            return !session.sql.query(R"(SELECT 1 FROM "job" WHERE "state" IN ('pending', 'claimed', 'running'))")
                        .empty();
        }))
            std::this_thread::sleep_for(5ms);
        const std::chrono::milliseconds created(database.read([](Session& session) {
            return std::get<std::int64_t>(session.sql.query(R"(SELECT MAX("created_at") FROM "job")")[0][0]);
        }));
        out.of_command.push_back(Milliseconds(started - begin).count());
        out.of_creation.push_back(Milliseconds(started - created).count());
    }
    return out;
}

}  // namespace

Figures measure_fleet(const Places& places) {
    Figures out;
    for (const auto dialect : {Dialect::postgres, Dialect::mariadb}) {
        auto* server = testing::DatabaseServer::get(dialect);
        if (!server) continue;
        const auto name = testing::name_of(dialect);
        const auto claims = share_queue(server->fresh_database());
        out.push_back(
            at_most(fmt::format("{}: two nodes take {} jobs: taken twice", name, jobs_of_fleet), 0, claims.twice, ""));
        out.push_back(at_most("  claims in vain although there was work, of all claims", 5,
                              100.0 * claims.in_vain / claims.attempts, "%"));
        out.push_back(told("  taken and ended, both nodes together", jobs_of_fleet / claims.seconds, "/s"));
        const auto latencies = launch_elsewhere(places, server->fresh_database());
        out.push_back(
            told("  run-now by CLI to process start on another node, p50", quantile(latencies.of_command, 0.5), "ms"));
        out.push_back(
            told("  run-now by CLI to process start on another node, p99", quantile(latencies.of_command, 0.99), "ms"));
        out.push_back(told("  from the creation of the job, p50", quantile(latencies.of_creation, 0.5), "ms"));
        const auto p99 = quantile(latencies.of_creation, 0.99);
        const std::string figure = "  from the creation of the job, p99";
        out.push_back(dialect == Dialect::postgres ? at_most(figure, 50, p99, "ms") : told(figure, p99, "ms"));
    }
    return out;
}

}  // namespace mf::bench
