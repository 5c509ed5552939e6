// SPDX-License-Identifier: MIT
#include "app/cli_backend.h"

#include "app/acting_caller.h"
#include "app/database_advice.h"
#include "app/maintenance.h"
#include "cli/interrupt.h"
#include "service/job_operations.h"
#include "store/queries/job_output.h"
#include "store/sql/dsn.h"

#include <cstdlib>

namespace mf {
namespace {

using namespace std::chrono_literals;

/// A follower looks whether somebody has committed this often; it costs one page read.
constexpr auto between_looks_at_job = 50ms;

}  // namespace

template <class F>
auto LocalBackend::guarded(F&& work) -> decltype(work()) {
    try {
        return work();
    } catch (const sql::DatabaseError& error) {
        return Error{ErrorCode::unavailable, installation_ ? told(error, installation_->settings()) : error.what()};
    }
}

Result<void> LocalBackend::use_settings(const std::string& file) {
    settings_file_ = file;
    return loaded().and_then([](Installation*) -> Result<void> { return {}; });
}

const Operations& LocalBackend::operations() {
    if (!operations_) operations_ = all_operations();
    return *operations_;
}

Zone LocalBackend::zone() {
    const auto installation = loaded();
    return installation ? (*installation)->zone() : Zone::utc();
}

Result<Installation*> LocalBackend::loaded() {
    if (!installation_) {
        auto found = Installation::load(settings_file_);
        if (!found) return found.error();
        installation_ = *std::move(found);
    }
    return &*installation_;
}

Result<Installation*> LocalBackend::opened() {
    auto installation = loaded();
    if (!installation || is_open_) return installation;
    if (auto open = (*installation)->open(clock_); !open) return open.error();
    is_open_ = true;
    return installation;
}

Result<const Caller*> LocalBackend::caller() {
    if (caller_) return &*caller_;
    const auto installation = opened();
    if (!installation) return installation.error();
    auto found = acting_caller(**installation, token_, "cli", clock_);
    if (!found) return found.error();
    caller_ = *std::move(found);
    return &*caller_;
}

Result<Scope> LocalBackend::seen() {
    const auto acting = caller();
    if (!acting) return acting.error();
    return Scope::of((*acting)->rights, Permission::view);
}

Result<json::value> LocalBackend::maintain(const MaintenanceRequest& request, const MaintenanceProgress& progress) {
    return guarded([&]() -> Result<json::value> {
        if (token_ || std::getenv(token_variable))
            return Error{ErrorCode::forbidden,
                         fmt::format("Commands for the database as a whole work with the database itself, not for the "
                                     "owner of a token. Call them without --token-file and {}.",
                                     token_variable)};
        const auto installation = loaded();
        if (!installation) return installation.error();
        Interrupt interrupt;
        const Maintenance maintenance((*installation)->settings(), clock_,
                                      [&](std::string_view doing, std::string_view table, std::int64_t rows) {
                                          progress(doing, table, rows);
                                          return !interrupt.happened();
                                      });
        const auto if_there = request.force ? Maintenance::IfThere::overwrite : Maintenance::IfThere::refuse;
        const auto as_value = [](Result<json::object> answer) -> Result<json::value> {
            if (!answer) return answer.error();
            return json::value(*std::move(answer));
        };
        using Wanted = MaintenanceRequest::Task;
        switch (request.task) {
            case Wanted::status: return json::value(maintenance.status());
            case Wanted::migrate: return as_value(maintenance.migrate());
            case Wanted::check: return as_value(maintenance.check());
            case Wanted::backup: return as_value(maintenance.back_up(request.file, if_there));
            case Wanted::restore:
                return as_value(maintenance.restore(request.file, !request.force         ? Replace::nothing
                                                                  : request.abandon_jobs ? Replace::all
                                                                                         : Replace::finished));
            case Wanted::copy: {
                auto target = sql::read_dsn(request.target);
                if (!target) return target.error();
                const char* password = std::getenv("MULTIFLEXI_TO_PASSWORD");
                target->password = request.target_password.value_or(password ? password : "");
                return as_value(maintenance.copy_to(*target));
            }
        }
        return Error{};
    });
}

Result<json::value> LocalBackend::run(const Operation& operation, const json::object& input) {
    return guarded([&]() -> Result<json::value> {
        const auto installation = opened();
        if (!installation) return installation.error();
        const auto acting = caller();
        if (!acting) return acting.error();
        return (*installation)->run(operation, input, **acting, clock_);
    });
}

Result<void> LocalBackend::follow_job(std::int64_t job, std::int64_t from_sequence, const JobEventSink& sink,
                                      std::stop_token stop) {
    return guarded([&]() -> Result<void> {
        const auto installation = opened();
        if (!installation) return installation.error();
        const auto scope = seen();
        if (!scope) return scope.error();
        Interrupt interrupt;
        std::optional<JobState> shown;
        std::int64_t after = from_sequence - 1;
        while (!stop.stop_requested() && !interrupt.happened()) {
            // The state is read before the output: when it says "ended", all output is there.
            Result<Job> found = Error{};
            const auto pieces = (*installation)->database().read([&](Session& session) {
                found = Repository<Job>(session, *scope).find({job});
                return found ? read_output(session, {job}, after, std::nullopt) : std::vector<OutputPiece>();
            });
            if (!found) return Error{ErrorCode::not_found, "No job found with given identifier"};
            if (shown != found->state && !has_ended(found->state)) {
                shown = found->state;
                if (!sink({.kind = JobEvent::Kind::state,
                           .sequence = after + 1,
                           .at = time_of_state(*found),
                           .state = found->state}))
                    return {};
            }
            for (const OutputPiece& piece : pieces) {
                after = piece.seq;
                const auto stream = piece.source == OutputSource::standard_output ? JobStream::out : JobStream::err;
                if (!sink({.kind = JobEvent::Kind::output,
                           .sequence = after + 1,
                           .at = piece.at,
                           .stream = stream,
                           .bytes = piece.bytes}))
                    return {};
            }
            if (!pieces.empty()) continue;
            if (has_ended(found->state)) {
                sink({.kind = JobEvent::Kind::ended,
                      .sequence = after + 1,
                      .at = found->end.value_or(clock_.now()),
                      .state = found->state,
                      .exit_code = found->exitcode,
                      .reason = found->reason ? std::string_view(*found->reason) : std::string_view()});
                return {};
            }
            if (!sink({.kind = JobEvent::Kind::idle, .sequence = after + 1, .at = clock_.now(), .state = found->state}))
                return {};
            clock_.wait_until(clock_.now() + between_looks_at_job, interrupt.nudge(), stop);
        }
        return {};
    });
}

Result<void> LocalBackend::read_job_output(std::int64_t job, JobStream stream, const BytesSink& sink) {
    return read_content(
        sink, [&](Database& database, const Scope& scope) { return open_job_output(database, scope, {job}, stream); });
}

Result<void> LocalBackend::read_artifact(std::int64_t artifact, const BytesSink& sink) {
    return read_content(sink, [&](Database& database, const Scope& scope) -> Result<std::unique_ptr<ContentReader>> {
        auto opened = open_artifact(database, scope, {artifact});
        if (!opened) return opened.error();
        return std::move(opened->content);
    });
}

template <class Open>
Result<void> LocalBackend::read_content(const BytesSink& sink, Open&& open) {
    return guarded([&]() -> Result<void> {
        const auto installation = opened();
        if (!installation) return installation.error();
        const auto scope = seen();
        if (!scope) return scope.error();
        auto content = open((*installation)->database(), *scope);
        if (!content) return content.error();
        for (;;) {
            const auto piece = (*content)->next();
            if (!piece) return piece.error();
            if (piece->empty() || !sink(*piece)) return {};
        }
    });
}

}  // namespace mf
