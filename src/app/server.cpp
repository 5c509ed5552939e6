// SPDX-License-Identifier: MIT
#include "app/server.h"
#include "app/job_followers.h"

#include "app/end_guard.h"
#include "app/heartbeat.h"
#include "app/web_role.h"
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
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include <cstdlib>

extern char** environ;

namespace mf {
namespace {

using namespace std::chrono_literals;

/// How long the end of the server waits for a database that is away, jobs that are waited for not counted. A session
/// that is being opened then takes ten more seconds at most.
constexpr auto patience_at_stop = 10s;
/// How long requests that have begun may take when the server ends.
constexpr auto patience_of_web = 5s;
/// The same for a database that holds our sessions and does not answer; longer than the other two together.
constexpr auto longest_silence_at_stop = 25s;

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
    return roles.executor ? settings.node : fmt::format("{}/{}", settings.node, leading_role(roles));
}

/// One server from its start to its end. Its parts stand in the order in which they use each other, and are destroyed
/// in the opposite one. So the recorder still takes what the executor's last processes tell.
class Server {
public:
    Server(Installation& installation, const Roles& roles, std::stop_token stop, HangUp& hang_up)
        : installation_(installation),
          settings_(installation.settings()),
          roles_(roles),
          stop_(std::move(stop)),
          hang_up_(hang_up) {}

    /// Takes what it needs and starts all parts. After an error the node is free again, and exit_code() says whether
    /// another start may succeed.
    Result<void> start(Installation::NewKey new_key) {
        if (auto opened = installation_.open(clock_); !opened) {
            if (opened.error().code != ErrorCode::unavailable) exit_code_ = EX_CONFIG;
            return opened;
        }
        if (auto taken = take_node(); !taken) return taken;
        // A scheduler alone neither seals nor opens anything, and may run where the key is not.
        if (roles_.executor || roles_.web || roles_.events)
            if (auto taken = take_key(new_key); !taken) return give_up(taken.error());
        if (roles_.executor)
            if (auto taken = take_base(); !taken) return give_up(taken.error());
        installation_.bring_in_prototypes(clock_);
        const Actor actor = installation_.actor(clock_);
        recorder_.emplace(installation_.database());
        if (roles_.executor)
            if (auto started = start_executor(); !started) return give_up(started.error());
        claim_->settle();
        followers_.emplace(installation_, http_, clock_, ended_);
        if (roles_.scheduler) {
            start_planner(actor.user);
            followers_->tell_node_red();
        }
        if (roles_.executor) followers_->follow_rules(actor.user, [this] { queue_.notify(); });
        if (roles_.events)
            followers_->follow_sources(actor.user, row_name(settings_, roles_), [this] { tell_of_jobs(); });
        listen();
        if (roles_.web && !settings_.listen.empty()) {
            web_.emplace(installation_, http_, clock_);
            if (auto started = web_->start(); !started) {
                exit_code_ = EX_CONFIG;
                return give_up(started.error());
            }
            hang_up_.then([this] { web_->reload_tls(); });
        }
        return {};
    }

    /// Until it is told to end, loses its name, or the database goes on refusing it; the exit code.
    int run() {
        log::info("server ready", {{"version", MULTIFLEXI_VERSION},
                                   {"node", settings_.node},
                                   {"roles", to_text(roles_)},
                                   {"database", settings_.db_database},
                                   {"slots", capacity_.slots},
                                   {"zone", installation_.zone().name()}});
        ::sd_notify(0, "READY=1\nSTATUS=Running");

        Housekeeper housekeeper(installation_.database(), clock_);
        Heartbeat heartbeat(*claim_, dispatcher_ ? &*dispatcher_ : nullptr, *reaper_, housekeeper, clock_, settings_,
                            [this] { return installation_.confirm_key(); });
        const auto end = [&] {
            // It may be waiting for a database that is away.
            const std::stop_callback on_stop(stop_, [this] { hurry(); });
            return heartbeat.run(main_loop_, stop_);
        }();

        log::info("server stopping", {{"running", dispatcher_ ? dispatcher_->running() : 0}});
        ::sd_notify(0, "STOPPING=1");
        stop_parts(heartbeat, end);
        try {
            claim_->release();
        } catch (const sql::DatabaseError& error) {
            log::warning("cannot sign off", {{"error", error.what()}});
        }
        switch (end) {
            case Heartbeat::End::stop: return 0;
            case Heartbeat::End::name_taken: return 1;
            case Heartbeat::End::key_replaced:
            case Heartbeat::End::refused: return EX_CONFIG;
        }
        return 1;
    }

    /// After an error of start().
    int exit_code() const { return exit_code_; }

private:
    Error give_up(Error error) {
        claim_->release();
        return error;
    }

    Result<void> take_node() {
        auto lock = lock_node(settings_, roles_);
        if (!lock) return lock.error();
        lock_ = *std::move(lock);
        descriptors_ = raise_descriptor_limit();
        capacity_ = capacity_within(descriptors_.now, settings_.max_parallel);
        using enum NodeClaim::Unknown;
        auto claim =
            NodeClaim::take(installation_.database(),
                            {.name = row_name(settings_, roles_),
                             .roles = to_text(roles_),
                             .labels = label_list(settings_.node_labels),
                             .slots = roles_.executor ? capacity_.slots : 0,
                             .environment = published_environment(surroundings_of_jobs(settings_).inherited),
                             .lease = settings_.lease,
                             .unknown = settings_.db_connection == DatabaseKind::sqlite ? dead : perhaps_alive},
                            lease_, clock_, stop_);
        if (!claim) return claim.error();
        claim_.emplace(*std::move(claim));
        return {};
    }

    Result<void> take_key(Installation::NewKey new_key) {
        auto taken = installation_.take_key(new_key, clock_);
        if (!taken) exit_code_ = EX_CONFIG;
        return taken;
    }

    Result<void> take_base() {
        const auto id = installation_.database().write([](Session& session) { return installation_id(session); });
        auto base = take_work_base(settings_, id);
        if (!base) return base.error();
        work_base_ = *std::move(base);
        if (capacity_.slots < settings_.max_parallel)
            log::warning(
                "fewer slots than MULTIFLEXI_MAX_PARALLEL: each running job needs descriptors; raise the hard limit "
                "(LimitNOFILE= of the service, ulimit -Hn)",
                {{"wanted", settings_.max_parallel}, {"slots", capacity_.slots}, {"descriptors", descriptors_.now}});
        return {};
    }

    Result<void> start_executor() {
        auto opened = NativeExecutor::open(
            clock_,
            {.program = shim_program(), .spool = work_base_.path / "spool", .usual_open_files = descriptors_.before});
        if (!opened) return opened.error();
        native_ = *std::move(opened);
        dispatcher_.emplace(installation_.database(), clock_, installation_.vault(), *native_, *recorder_,
                            Dispatcher::Options{.node = settings_.node,
                                                .labels = settings_.node_labels,
                                                .slots = capacity_.slots,
                                                .unrecorded = capacity_.unrecorded,
                                                .work_base = work_base_.path,
                                                .surroundings = surroundings_of_jobs(settings_),
                                                .look_anyway = planner_look_interval(settings_),
                                                .lease = &lease_,
                                                .unbegun = claim_->before() == NodeClaim::Before::ended
                                                               ? Dispatcher::Options::Unbegun::give_back
                                                               : Dispatcher::Options::Unbegun::lost,
                                                .ended = &ended_,
                                                .credentials = &credentials_},
                            queue_, cancel_);
        dispatcher_->start();
        return {};
    }

    void start_planner(Id<User> user) {
        planner_.emplace(installation_.database(), clock_,
                         Planner::Facts{installation_.zone(), user, planner_look_interval(settings_)}, plan_,
                         [this] { tell_of_jobs(); });
        planner_->start();
    }

    void tell_of_jobs() {
        queue_.notify();
        // Without an executor role here another server has to hear of it.
        if (!roles_.executor) wake_servers(settings_.wake_directory, Wake::queue);
    }

    /// To other programs, and for nodes that are gone.
    void listen() {
        const WakeTargets targets{.queue = queue_, .plan = plan_, .cancel = cancel_};
        reaper_.emplace(installation_.database(),
                        Reaper::Facts{.own_node = roles_.executor ? settings_.node : "", .lease = settings_.lease},
                        [this] {
                            queue_.notify();
                            wake_servers(settings_.wake_directory, Wake::queue);
                        });
        listener_.emplace(settings_.wake_directory, targets);
        if (settings_.db_connection == DatabaseKind::pgsql)
            other_nodes_.emplace(installation_.database().address(), targets);
    }

    /// From now on the database is not waited for much longer; until when.
    std::chrono::steady_clock::time_point hurry() {
        auto& database = installation_.database();
        end_guard_.arm(database, longest_silence_at_stop);
        return database.give_up_within(patience_at_stop);
    }

    void stop_parts(Heartbeat& heartbeat, Heartbeat::End end) {
        auto until = hurry();
        hang_up_.then({});
        if (web_) web_->drain(patience_of_web);
        web_.reset();
        listener_.reset();
        other_nodes_.reset();
        planner_.reset();
        followers_.reset();
        if (dispatcher_) {
            dispatcher_->stop_claiming();
            wait_for_jobs(heartbeat, end, until);
            dispatcher_->wait_for_records(until);
        }
        // Before the node signs off: they may still have something to write.
        dispatcher_.reset();
        native_.reset();
        recorder_.reset();
    }

    /// Moves the time at which the database is given up by what the jobs have taken.
    void wait_for_jobs(Heartbeat& heartbeat, Heartbeat::End end, std::chrono::steady_clock::time_point& until) {
        using Running = Dispatcher::Running;
        using enum Heartbeat::End;
        // Jobs that somebody else answers for do not run on unseen.
        const bool leave =
            end == refused || end == key_replaced || (end == stop && settings_.jobs_at_stop == JobsAtStop::leave);
        const auto then = leave ? Running::leave : Running::end;
        const std::chrono::milliseconds patience = end == stop ? settings_.drain_timeout : 0s;
        if (dispatcher_->running() == 0 || (leave && patience == 0ms)) return dispatcher_->let_jobs_end(0ms, then);
        installation_.database().wait_again();
        end_guard_.disarm();
        // As long as it waits for them its jobs remain its own.
        std::jthread beats;
        if (end == stop)
            beats = std::jthread([&](std::stop_token enough) { heartbeat.run(main_loop_, std::move(enough)); });
        dispatcher_->let_jobs_end(patience, then);
        until = hurry();
    }

    Installation& installation_;
    const Settings& settings_;
    const Roles roles_;
    const std::stop_token stop_;
    HangUp& hang_up_;
    SystemClock clock_;
    int exit_code_ = EXIT_FAILURE;
    EndGuard end_guard_;
    Descriptor lock_;
    DescriptorLimit descriptors_;
    Capacity capacity_;
    HeldLease lease_{uptime};
    std::optional<NodeClaim> claim_;
    WorkBase work_base_;
    Nudge plan_, queue_, cancel_, ended_, main_loop_;
    const std::stop_callback<std::function<void()>> on_stop_{stop_, [this] { main_loop_.notify(); }};
    CurlClient http_;
    CredentialAccess credentials_{http_,
                                  clock_,
                                  {.time_limit = settings_.credential_time_limit,
                                   .keep = settings_.credential_keep,
                                   .file_roots = {settings_.envfile_roots.begin(), settings_.envfile_roots.end()}}};
    std::optional<Recorder> recorder_;
    std::unique_ptr<NativeExecutor> native_;
    std::optional<Dispatcher> dispatcher_;
    std::optional<Planner> planner_;
    std::optional<JobFollowers> followers_;
    std::optional<Reaper> reaper_;
    std::optional<WakeListener> listener_;
    std::optional<NotificationListener> other_nodes_;
    std::optional<WebRole> web_;
};

}  // namespace

Result<Roles> roles_named(std::string_view list) {
    Roles roles{false, false, false, false};
    for (const auto part : split(list, ',')) {
        const auto name = trim(part);
        if (name == "scheduler")
            roles.scheduler = true;
        else if (name == "executor")
            roles.executor = true;
        else if (name == "web")
            roles.web = true;
        else if (name == "events")
            roles.events = true;
        else if (name == "all")
            roles = {};
        else
            return Error{ErrorCode::invalid,
                         fmt::format("'{}' is not a role; there are scheduler, executor, web, events, and all.", name)};
    }
    return roles;
}

std::string to_text(const Roles& roles) {
    std::string out;
    for (const auto& [has, name] : {std::pair(roles.scheduler, "scheduler"), std::pair(roles.executor, "executor"),
                                    std::pair(roles.web, "web"), std::pair(roles.events, "events")})
        if (has) out += (out.empty() ? "" : ",") + std::string(name);
    return out;
}

std::string_view leading_role(const Roles& roles) {
    return roles.executor ? "executor" : roles.scheduler ? "scheduler" : roles.web ? "web" : "events";
}

int serve(Installation& installation, const Roles& roles, Installation::NewKey new_key, std::stop_token stop,
          HangUp& hang_up) {
    int code = 0;
    {
        Server server(installation, roles, std::move(stop), hang_up);
        if (const auto started = server.start(new_key); !started) {
            log::error("cannot start", {{"reason", started.error().message}});
            return server.exit_code();
        }
        code = server.run();
    }
    log::info("server stopped");
    return code;
}

}  // namespace mf
