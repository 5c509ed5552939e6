// SPDX-License-Identifier: MIT
#include "bench/stand.h"

#include "store/queries/job_queue.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace mf::bench {
namespace {

using namespace std::chrono_literals;

std::string shown(double value, std::string_view unit) {
    return fmt::format("{:.{}f}{}{}", value, std::abs(value) < 100 ? 2 : 0, unit.empty() ? "" : " ", unit);
}

template <class T>
T required(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return *std::move(result);
}

/// Nothing of the caller's settings may lead to another installation.
void use_settings_of(const std::filesystem::path& directory, int slots) {
    for (const char* name :
         {"DB_HOST", "DB_PORT", "DB_USERNAME", "DB_PASSWORD", "ENCRYPTION_MASTER_KEY", "MULTIFLEXI_MASTER_KEY",
          "MULTIFLEXI_TIMEZONE", "APP_DEBUG", "MULTIFLEXI_ENV_ALLOW", "MULTIFLEXI_LOG_FORMAT", "MULTIFLEXI_LOG_LEVEL"})
        ::unsetenv(name);
    const auto set = [](const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); };
    set("DB_CONNECTION", "sqlite");
    set("DB_DATABASE", directory / "multiflexi.db");
    set("MULTIFLEXI_SYNCHRONOUS", "full");
    set("MULTIFLEXI_DATA", directory);
    set("MULTIFLEXI_WORK_DIRECTORY", directory / "work");
    set("MULTIFLEXI_KEY_FILE", directory / "multiflexi.key");
    set("MULTIFLEXI_MAX_PARALLEL", std::to_string(slots));
    set("MULTIFLEXI_NODE", "bench");
    set("MULTIFLEXI_LISTEN", "none");
    set("MULTIFLEXI_RATE_LIMIT", "0");
    set("MULTIFLEXI_DRAIN_TIMEOUT", "2");
}

void use_server(const sql::Address& server) {
    const auto set = [](const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); };
    set("DB_CONNECTION", server.dialect == sql::Dialect::postgres ? "pgsql" : "mysql");
    set("DB_HOST", server.host);
    set("DB_PORT", std::to_string(server.port));
    set("DB_DATABASE", server.database);
    set("DB_USERNAME", server.user);
    set("DB_PASSWORD", server.password);
}

std::filesystem::path fresh_directory(const std::filesystem::path& base) {
    std::string name = (base / "installation-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("No directory can be made in " + base.string() + ".");
    return name;
}

}  // namespace

Timestamp now() { return SystemClock().now(); }

Figure at_most(std::string name, double most, double value, std::string_view unit) {
    return {std::move(name), "<= " + fmt::format("{:g} {}", most, unit), shown(value, unit), value, value <= most};
}
Figure at_least(std::string name, double least, double value, std::string_view unit) {
    return {std::move(name), ">= " + fmt::format("{:g} {}", least, unit), shown(value, unit), value, value >= least};
}
Figure told(std::string name, double value, std::string_view unit) {
    return {std::move(name), "", shown(value, unit), value, true};
}

Stand::Stand(const Places& places, int slots, const std::optional<sql::Address>& server)
    : places_(places), directory_(fresh_directory(places.state)) {
    try {
        use_settings_of(directory_, slots);
        if (server) use_server(*server);
        installation_ = required(Installation::load(std::nullopt));
        const SystemClock clock;
        if (auto opened = installation_->open(clock); !opened) throw std::runtime_error(opened.error().message);
        user_ = installation_->actor(clock).user.value;
        company_ = database().write([&](Session& session) {
            Company company{.name = "Bench", .code = "bench", .created_at = now(), .updated_at = now()};
            if (auto made = Repository<Company>(session, Scope::everything()).insert(company); !made)
                throw std::runtime_error(made.error().message);
            return company.id.value;
        });
    } catch (...) {
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
        throw;
    }
}

Stand::~Stand() {
    stop_server();
    installation_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

std::int64_t Stand::add_application(const std::string& name, const std::string& executable,
                                    const std::string& arguments) {
    return database().write([&](Session& session) {
        Application application{.uuid = fmt::format("00000000-0000-4000-8000-{:012}", ++applications_),
                                .name = name,
                                .executable = executable,
                                .arguments = arguments,
                                .enabled = true,
                                .created_at = now(),
                                .updated_at = now()};
        if (auto made = Repository<Application>(session, Scope::everything()).insert(application); !made)
            throw std::runtime_error(made.error().message);
        return application.id.value;
    });
}

std::int64_t Stand::add_run_templates(std::int64_t application, int number, Overlap overlap) {
    constexpr int at_once = 1000;
    return database().write([&](Session& session) {
        const auto first = session.sql.query(R"(SELECT COALESCE(MAX("id"), 0) + 1 FROM "runtemplate")")[0][0];
        for (int made = 0; made < number;) {
            std::vector<RunTemplate> some;
            for (; made < number && std::ssize(some) < at_once; ++made)
                some.push_back({.app_id = {application},
                                .company_id = {company_},
                                .name = fmt::format("run template {}", made),
                                .overlap = overlap,
                                .output_limit = 0,
                                .created_at = now(),
                                .updated_at = now()});
            if (auto kept = Repository<RunTemplate>(session, Scope::everything()).insert_all(some); !kept)
                throw std::runtime_error(kept.error().message);
        }
        return std::get<std::int64_t>(first);
    });
}

void Stand::enqueue_jobs(std::int64_t first_run_template, int number) {
    database().write([&](Session& session) {
        for (int i = 0; i < number; ++i) {
            const auto origin =
                required(Repository<RunTemplate>(session, Scope::everything()).find({first_run_template + i}));
            required(enqueue(
                session, Scope::everything(),
                {.run_template = origin, .schedule = now(), .schedule_type = "adhoc", .launched_by = {user_}}, now()));
        }
    });
}

std::int64_t Stand::ended() {
    return database().read([](Session& session) {
        const auto sum = session.sql.query(R"(SELECT SUM("succeeded") + SUM("failed") FROM "job_count")")[0][0];
        return is_null(sum) ? 0 : std::get<std::int64_t>(sum);
    });
}

bool Stand::wait_for_ended(std::int64_t number, std::chrono::seconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (ended() < number) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(5ms);
    }
    return true;
}

Milliseconds Stand::start_server() {
    const auto log = directory_ / "server.log";
    const auto begin = std::chrono::steady_clock::now();
    server_ = start({(places_.programs / "multiflexi").string(), "serve"}, log);
    for (;;) {
        std::ifstream file(log);
        const std::string text(std::istreambuf_iterator<char>(file), {});
        if (text.find("server ready") != std::string::npos) return std::chrono::steady_clock::now() - begin;
        if (::waitpid(server_, nullptr, WNOHANG) == server_) {
            server_ = 0;
            throw std::runtime_error("The server has ended: " + text);
        }
        if (std::chrono::steady_clock::now() - begin > 60s)
            throw std::runtime_error("The server is not ready: " + text);
        std::this_thread::sleep_for(1ms);
    }
}

void Stand::stop_server() {
    if (server_) stop(std::exchange(server_, 0));
}

std::chrono::nanoseconds next_start(const std::filesystem::path& stamps, std::streamoff& seen) {
    for (int look = 0; look < 30'000; ++look) {
        std::ifstream file(stamps);
        file.seekg(seen);
        std::string line;
        if (std::getline(file, line) && !file.eof()) {
            seen = file.tellg();
            return std::chrono::nanoseconds(std::stoll(line));
        }
        std::this_thread::sleep_for(1ms);
    }
    throw std::runtime_error("A job that was launched does not start.");
}

Run Stand::cli(std::vector<std::string> words) const {
    words.insert(words.begin(), (places_.programs / "multiflexi-cli").string());
    const auto out = directory_ / "cli.out";
    auto done = run(words, out);
    if (done.exit_code != 0) {
        std::ifstream file(out);
        throw std::runtime_error(
            fmt::format("{}: {}", fmt::join(words, " "), std::string(std::istreambuf_iterator<char>(file), {})));
    }
    return done;
}

}  // namespace mf::bench
