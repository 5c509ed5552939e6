// SPDX-License-Identifier: MIT
// The fault harness: a fleet of real servers on a real database, to which everything happens that can happen, and then
// the question whether what it recorded is what took place. See doc/faults.md.
#include "base/text.h"
#include "chaos/checker.h"
#include "chaos/people.h"
#include "chaos/processes.h"
#include "chaos/troubles.h"

#define DOCTEST_CONFIG_IMPLEMENT  // what is shared with the tests uses it
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <iostream>

namespace {

using namespace mf;
using namespace mf::chaos;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::string_view usage = R"(Usage: chaos [options]

Runs servers and jobs, makes everything go wrong, and checks what was recorded.

  --directory DIRECTORY  an empty one, for everything that is made; removed when all is well (default: a new one
                         below TMPDIR)
  --database KIND        sqlite, postgres or mariadb (default: sqlite)
  --nodes N              servers (default: 2)
  --seconds N            how long things go wrong (default: 60), and on until each kind of trouble has come once;
                         0: nothing goes wrong
  --seed N               what is drawn (default: drawn itself, and told)
)";

struct Options {
    FleetPlan fleet;
    std::chrono::seconds duration{60};
    std::uint64_t seed = 0;
};

/// None: the command line was refused, and the reason printed.
std::optional<Options> read_options(const std::vector<std::string>& words) {
    Options out;
    out.seed = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) % 1'000'000'000;
    for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
        const auto& name = words[i];
        const auto& value = words[i + 1];
        const auto number = to_integer(value);
        if (name == "--directory" && fs::is_directory(value)) {
            out.fleet.directory = fs::canonical(value);
        } else if (name == "--database" && value == "sqlite") {
            out.fleet.database = sql::Dialect::sqlite;
        } else if (name == "--database" && value == "postgres") {
            out.fleet.database = sql::Dialect::postgres;
        } else if (name == "--database" && value == "mariadb") {
            out.fleet.database = sql::Dialect::mariadb;
        } else if (name == "--nodes" && number && *number >= 1 && *number <= 9) {
            out.fleet.nodes = static_cast<int>(*number);
        } else if (name == "--seconds" && number && *number >= 0) {
            out.duration = std::chrono::seconds{*number};
        } else if (name == "--seed" && number && *number >= 0) {
            out.seed = static_cast<std::uint64_t>(*number);
        } else {
            std::cerr << fmt::format("'{} {}' is not understood.\n{}", name, value, usage);
            return std::nullopt;
        }
    }
    // Of two seeds one has jobs end with their server, of four one has leases that run out.
    out.fleet.stop_ends_jobs = out.seed % 2 == 1;
    if (out.seed % 4 >= 2) out.fleet.lease = 3s;
    if (words.size() % 2 != 0) {
        std::cerr << usage;
        return std::nullopt;
    }
    if (out.fleet.directory.empty()) {
        auto pattern = (fs::temp_directory_path() / "multiflexi-chaos-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) throw std::system_error(errno, std::generic_category(), pattern);
        out.fleet.directory = pattern;
    }
    return out;
}

/// Things go wrong until the time is over and each kind of trouble has come at least once.
void play(Troubles& troubles, People& people, Chronicle& chronicle, const Options& options) {
    // Of their own, so that a change of one does not change what the others do.
    Dice times(mixed(options.seed + 1));
    const auto end = chronicle.elapsed() + options.duration;
    auto trouble = chronicle.elapsed() + 2s, leap = chronicle.elapsed(), person = chronicle.elapsed();
    const auto last = end + (options.duration > 0s ? 5min : 0min);
    for (auto now = chronicle.elapsed(); now < end || (!troubles.owed().empty() && now < last);
         now = chronicle.elapsed()) {
        troubles.tend();
        people.listen();
        if (now >= leap) {
            // Slots are missed, and caught up, when several minutes pass between two looks of the planners.
            troubles.let_time_pass(times.one_in(5) ? std::chrono::minutes{times.between(2, 6)} : 1min);
            leap = now + std::chrono::milliseconds{times.between(2000, 5000)};
        }
        if (now >= person) {
            people.act();
            person = now + std::chrono::milliseconds{times.between(300, 2000)};
        }
        if (now >= trouble) {
            troubles.strike();
            trouble = now + std::chrono::milliseconds{times.between(300, 3000)};
        }
        ::poll(nullptr, 0, 20);
    }
    if (options.duration > 0s)
        for (const auto& owed : troubles.owed())
            chronicle.complain(fmt::format("What was to be tried could not be brought about: {}.", owed));
    while (!people.are_done()) {
        troubles.tend();
        people.listen();
        ::poll(nullptr, 0, 20);
    }
}

/// Lets everything come to its end: no new slots, no people, no troubles.
void calm_down(Fleet& fleet, Troubles& troubles, Chronicle& chronicle) {
    troubles.heal();
    troubles.start_anew("executor");
    for (const Node& node : fleet.nodes()) (void)fleet.ask({"node:resume", "--name", node.name()});
    // What a clock that went ahead has planned becomes due, too.
    troubles.let_time_pass(30min);
    const auto last = chronicle.elapsed() + 3min;
    const auto connection = sql::open(fleet.database());
    while (unfinished(*connection).jobs > 0 && chronicle.elapsed() < last) {
        troubles.tend();
        ::poll(nullptr, 0, 50);
    }
    troubles.stop_servers();
}

void report(const Findings& found, const Deeds& deeds, std::chrono::milliseconds took) {
    int jobs = 0;
    std::vector<std::string> states, troubles;
    for (const auto& [state, count] : found.jobs) {
        jobs += count;
        states.push_back(fmt::format("{} {}", count, state));
    }
    for (const auto& [name, count] : deeds.troubles) troubles.push_back(fmt::format("{} x {}", count, name));
    std::cout << fmt::format("{} slots and {} skipped ones; {} jobs ({}); {} processes of jobs, {:.1f} MiB of output, ",
                             found.slots, found.skipped, jobs, fmt::join(states, ", "), found.begun,
                             static_cast<double>(found.output_bytes) / (1 << 20))
              << fmt::format("{} files, those of {} jobs put aside\n", found.files, found.put_aside)
              << fmt::format("{}; {} servers killed in all, {} of them at a marked point; {:.1f} s\n",
                             fmt::join(troubles, ", "), deeds.servers_killed + deeds.marked_points, deeds.marked_points,
                             std::chrono::duration<double>(took).count());
    for (const auto& complaint : found.complaints) std::cout << "WRONG: " << complaint << '\n';
}

int run(const Options& options, const Sandbox& sandbox) {
    std::cout << fmt::format("chaos on {} with {} nodes for {} s, seed {}; jobs {} their server, leases last {} s\n",
                             testing::name_of(options.fleet.database), options.fleet.nodes, options.duration.count(),
                             options.seed, options.fleet.stop_ends_jobs ? "end with" : "outlive",
                             options.fleet.lease.count())
              << std::flush;
    if (!sandbox.missing.empty())
        std::cout << "No network is cut and no disk is filled: " << sandbox.missing << ".\n" << std::flush;
    Chronicle chronicle(options.fleet.directory / "chronicle");
    chronicle.deeds.seed = options.seed;
    chronicle.deeds.stop_ends_jobs = options.fleet.stop_ends_jobs;
    chronicle.deeds.leases_run_out = options.fleet.lease < 60s;
    Fleet fleet(options.fleet, sandbox);
    Troubles troubles(fleet, sandbox, chronicle, Dice(mixed(options.seed + 2)));
    People people(fleet, chronicle, Dice(mixed(options.seed + 3)));
    troubles.start_anew("all");
    arrange(fleet, chronicle);
    play(troubles, people, chronicle, options);
    calm_down(fleet, troubles, chronicle);

    const auto connection = sql::open(fleet.database());
    auto found = check(read_history(*connection), read_evidence(fleet.evidence()), chronicle.deeds,
                       [](const Identity& process) { return lives(process); });
    for (const auto& left : descendants_of(sandbox.ancestor, "multiflexi"))
        found.complain(fmt::format("The process {} of a server lives on.", left.process.pid));
    for (Node& node : fleet.nodes())
        for (const auto& entry : fs::recursive_directory_iterator(node.place().data))
            if (entry.path().filename().string().starts_with("job-"))
                found.complain(fmt::format("The work directory {} was left.", entry.path().string()));
    const auto self_check = fleet.next_answer();
    const Node& node = fleet.nodes().front();
    testing::Process checks(node.cli({"database:check"}), node.environment(), {.out = self_check, .err = self_check});
    if (checks.wait() != 0) found.complain("multiflexi-cli database:check says: " + testing::file_content(self_check));
    report(found, chronicle.deeds, chronicle.elapsed());
    if (found.complaints.empty()) return 0;

    // The disks of the harness are gone with it.
    const auto copy = (options.fleet.directory / "history.db").string();
    testing::Process backup(node.cli({"database:backup", "--file", copy}), node.environment(), {});
    backup.wait();
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = read_options({argv + 1, argv + argc});
    if (!options) return 2;
    const int code = in_sandbox([&](const Sandbox& sandbox) {
        doctest::Context context;
        context.setAsDefaultForAssertsOutOfTestCases();
        context.setAssertHandler([](const doctest::AssertData& failed) {
            throw std::runtime_error(fmt::format("{} in {}:{}", failed.m_expr, failed.m_file, failed.m_line));
        });
        return run(*options, sandbox);
    });
    if (code == 0) {
        std::error_code ignored;
        fs::remove_all(options->fleet.directory, ignored);
        std::cout << "All is well.\n";
        return 0;
    }
    std::cout << fmt::format(
        "Seed {}. What happened is in {} (chronicle, evidence, logs of the nodes, history.db for sqlite3).\n",
        options->seed, options->fleet.directory.string());
    return code;
}
