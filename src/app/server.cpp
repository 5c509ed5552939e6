// SPDX-License-Identifier: MIT
#include "app/server.h"

#include "app/heartbeat.h"
#include "app/work_base.h"
#include "base/labels.h"
#include "base/text.h"
#include "base/uptime.h"
#include "base/wake_channel.h"
#include "execute/native.h"
#include "schedule/capacity.h"
#include "schedule/notification_listener.h"
#include "schedule/planner.h"
#include "service/server_environment.h"
#include "store/queries/installation_facts.h"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include <cstdlib>

extern char** environ;

namespace mf {
namespace {

using namespace std::chrono_literals;

EnvironmentMap environment_of_process() {
    EnvironmentMap out;
    for (char** entry = environ; *entry; ++entry) {
        const std::string_view text(*entry);
        const auto equals = text.find('=');
        if (equals != std::string_view::npos) out.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return out;
}

/// Jobs get the usual variables of a session, and what the operator names besides; never a setting of the server.
JobSurroundings surroundings_of_jobs(const Settings& settings) {
    const auto own = environment_of_process();
    auto inherited = inherited_environment(own);
    for (const auto& name : settings.env_allow) {
        const bool is_setting = std::ranges::any_of(
            describe_settings(), [&](const auto& known) { return known.name == name || known.alias == name; });
        if (const auto found = own.find(name); found != own.end() && !is_setting) inherited.insert(*found);
    }
    return {inherited_variables(inherited), {settings.env_allow.begin(), settings.env_allow.end()}};
}

/// How often this node looks at the database without having been told to. What other nodes do is told by PostgreSQL
/// (NotificationListener), and SQLite has none on other machines.
std::chrono::milliseconds planner_look_interval(const Settings& settings) {
    return settings.db_connection == DatabaseKind::mysql ? 1s : 15s;
}

/// The row of this process among the nodes. A scheduler alone may stand beside the executor of its node.
std::string row_name(const Settings& settings, const Roles& roles) {
    return roles.executor ? settings.node : settings.node + "/scheduler";
}

}  // namespace

Result<Roles> roles_named(std::string_view list) {
    Roles roles{false, false};
    for (const auto part : split(list, ',')) {
        const auto name = trim(part);
        if (name == "scheduler")
            roles.scheduler = true;
        else if (name == "executor")
            roles.executor = true;
        else if (name == "all")
            roles = {};
        else
            return Error{ErrorCode::invalid,
                         fmt::format("'{}' is not a role; there are scheduler, executor, and all.", name)};
    }
    return roles;
}

std::string to_text(const Roles& roles) {
    std::string out;
    if (roles.scheduler) out += "scheduler";
    if (roles.executor) out += out.empty() ? "executor" : ",executor";
    return out;
}

int serve(Installation& installation, const Roles& roles, Installation::NewKey new_key, std::stop_token stop) {
    const Settings& settings = installation.settings();
    SystemClock clock;
    const auto cannot_start = [](const Error& error) {
        log::error("cannot start", {{"reason", error.message}});
        return 1;
    };
    if (auto opened = installation.open(clock); !opened) return cannot_start(opened.error());
    Database& database = installation.database();
    const auto lock = lock_node(settings, roles);
    if (!lock) return cannot_start(lock.error());
    const auto descriptors = raise_descriptor_limit();
    const auto capacity = capacity_within(descriptors.now, settings.max_parallel);
    using enum NodeClaim::Unknown;
    HeldLease lease(uptime);
    auto claim = NodeClaim::take(database,
                                 {.name = row_name(settings, roles),
                                  .roles = to_text(roles),
                                  .labels = label_list(settings.node_labels),
                                  .slots = roles.executor ? capacity.slots : 0,
                                  .environment = published_environment(surroundings_of_jobs(settings).inherited),
                                  .lease = settings.lease,
                                  .unknown = settings.db_connection == DatabaseKind::sqlite ? dead : perhaps_alive},
                                 lease, clock, stop);
    if (!claim) return cannot_start(claim.error());
    WorkBase work_base;
    if (roles.executor) {
        // A scheduler alone neither seals nor opens anything, and may run where the key is not.
        auto prepared = installation.take_key(new_key).and_then([&] {
            const auto id = database.write([](Session& session) { return installation_id(session); });
            return take_work_base(settings, id);
        });
        if (!prepared) {
            claim->release();
            return cannot_start(prepared.error());
        }
        work_base = *std::move(prepared);
    }
    if (roles.executor && capacity.slots < settings.max_parallel)
        log::warning(
            "fewer slots than MULTIFLEXI_MAX_PARALLEL: each running job needs descriptors; raise the hard limit "
            "(LimitNOFILE= of the service, ulimit -Hn)",
            {{"wanted", settings.max_parallel}, {"slots", capacity.slots}, {"descriptors", descriptors.now}});
    const Actor actor = installation.actor(clock);

    // Made in the order in which they use each other; destroyed in the opposite one. So the recorder still takes what
    // the executor's last processes tell.
    Nudge plan, queue, cancel, main_loop;
    const std::stop_callback on_stop(stop, [&] { main_loop.notify(); });
    Recorder recorder(database);
    std::unique_ptr<NativeExecutor> native;
    std::optional<Dispatcher> dispatcher;
    if (roles.executor) {
        auto opened = NativeExecutor::open(
            clock,
            {.program = shim_program(), .spool = work_base.path / "spool", .usual_open_files = descriptors.before});
        if (!opened) {
            claim->release();
            return cannot_start(opened.error());
        }
        native = *std::move(opened);
        dispatcher.emplace(database, clock, installation.vault(), *native, recorder,
                           Dispatcher::Options{.node = settings.node,
                                               .labels = settings.node_labels,
                                               .slots = capacity.slots,
                                               .unrecorded = capacity.unrecorded,
                                               .work_base = work_base.path,
                                               .surroundings = surroundings_of_jobs(settings),
                                               .look_anyway = planner_look_interval(settings),
                                               .lease = &lease,
                                               .unbegun = claim->before() == NodeClaim::Before::ended
                                                              ? Dispatcher::Options::Unbegun::give_back
                                                              : Dispatcher::Options::Unbegun::lost},
                           queue, cancel);
        dispatcher->start();
    }
    claim->settle();
    std::optional<Planner> planner;
    if (roles.scheduler) {
        planner.emplace(database, clock,
                        Planner::Facts{installation.zone(), actor.user, planner_look_interval(settings)}, plan, [&] {
                            queue.notify();
                            // Without an executor role here another server has to hear of it.
                            if (!roles.executor) wake_servers(settings.wake_directory, Wake::queue);
                        });
        planner->start();
    }
    const WakeTargets targets{.queue = queue, .plan = plan, .cancel = cancel};
    Reaper reaper(database, {.own_node = roles.executor ? settings.node : "", .lease = settings.lease}, [&] {
        queue.notify();
        wake_servers(settings.wake_directory, Wake::queue);
    });
    std::optional<WakeListener> listener;
    listener.emplace(settings.wake_directory, targets);
    std::optional<NotificationListener> other_nodes;
    if (settings.db_connection == DatabaseKind::pgsql) other_nodes.emplace(database.address(), targets);
    log::info("server ready", {{"version", MULTIFLEXI_VERSION},
                               {"node", settings.node},
                               {"roles", to_text(roles)},
                               {"database", settings.db_database},
                               {"slots", capacity.slots},
                               {"zone", installation.zone().name()}});
    ::sd_notify(0, "READY=1\nSTATUS=Running");

    Heartbeat heartbeat(*claim, dispatcher ? &*dispatcher : nullptr, reaper, clock, settings.lease);
    const auto end = heartbeat.run(main_loop, stop);

    log::info("server stopping", {{"running", dispatcher ? dispatcher->running() : 0}});
    ::sd_notify(0, "STOPPING=1");
    listener.reset();
    other_nodes.reset();
    planner.reset();
    if (dispatcher && end == Heartbeat::End::stop) {
        // As long as it waits for them its jobs remain its own.
        const std::jthread beats([&](std::stop_token enough) { heartbeat.run(main_loop, std::move(enough)); });
        dispatcher->stop(settings.drain_timeout, settings.jobs_at_stop == JobsAtStop::leave ? Dispatcher::Running::leave
                                                                                            : Dispatcher::Running::end);
    } else if (dispatcher) {
        // Jobs that somebody else answers for do not run on unseen.
        dispatcher->stop(0s, Dispatcher::Running::end);
    }
    try {
        claim->release();
    } catch (const sql::DatabaseError& error) {
        log::warning("cannot sign off", {{"error", error.what()}});
    }
    log::info("server stopped");
    return end == Heartbeat::End::stop ? 0 : 1;
}

}  // namespace mf
