// SPDX-License-Identifier: MIT
#include "schedule/node_red.h"

#include "base/digest.h"
#include "base/json.h"
#include "base/log.h"
#include "schedule/node_red_messages.h"
#include "store/queries/push.h"
#include "store/queries/source_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mf {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view ends_push = "node-red job.completed";
constexpr std::string_view changes_push = "node-red webhook.change";
constexpr std::string_view catalogue_push = "node-red catalog.update";
constexpr std::size_t changes_at_once = 50;

/// A server that is gone lets others go on after this.
constexpr auto held_for = 60s;
constexpr auto look_interval = 1s;
constexpr auto longest_wait = 5min;

/// How long after so many failures in a row.
std::chrono::seconds wait_after(int failures) {
    return std::min<std::chrono::seconds>(longest_wait, std::chrono::seconds(1) * (1 << std::min(failures, 10)));
}

/// Another attempt with the same message would be answered in the same way.
bool is_about_the_message(int status) { return status == 400 || status == 413 || status == 415 || status == 422; }

}  // namespace

NodeRed::NodeRed(Database& database, HttpClient& http, const Clock& clock, Settings settings)
    : database_(database), http_(http), clock_(clock), settings_(std::move(settings)), feed_(database, clock) {}

Timestamp NodeRed::look(std::stop_token stop) {
    const bool ends = settings_.webhook_url.empty() || tell_ends(stop);
    const bool changes = settings_.webhook_url.empty() || !settings_.forward_changes || tell_changes(stop);
    const bool catalogue = settings_.catalogue_url.empty() || tell_catalogue(stop);
    failures_ = ends && changes && catalogue ? 0 : failures_ + 1;
    return clock_.now() + (failures_ == 0 ? look_interval : wait_after(failures_));
}

bool NodeRed::tell_ends(std::stop_token stop) {
    for (;;) {
        if (!hold_ends()) return true;
        const auto changes = feed_.next();
        if (feed_.position() == told_) return true;
        const auto messages = database_.read([&](Session& session) { return completed_jobs(session, changes); });
        for (const auto& [change, message] : messages) {
            if (send(settings_.webhook_url, json::value(message), stop) == Sent::later) {
                held_until_ = {};  // the feed has gone on: it begins anew where the database says
                return false;
            }
            if (!note_told(change)) return true;
        }
        if (!note_told(feed_.position()) || stop.stop_requested()) return true;
    }
}

/// Whether it is this server that tells of ends of jobs.
bool NodeRed::hold_ends() {
    const auto now = clock_.now();
    if (now < held_until_ - held_for / 2) return true;
    const bool goes_on = now < held_until_;
    const auto state = database_.write([&](Session& session) {
        return hold_push(session, ends_push, settings_.holder, now, now + held_for,
                         {.position = goes_on ? 0 : settled_end(session, now)});
    });
    held_until_ = state ? now + held_for : Timestamp{};
    if (state && !goes_on) {
        told_ = state->position;
        feed_.begin_behind(told_);
    }
    return state.has_value();
}

bool NodeRed::note_told(std::int64_t position) {
    if (position == told_) return true;
    told_ = position;
    const bool mine = database_.write(
        [&](Session& session) { return note_pushed(session, ends_push, settings_.holder, {.position = position}); });
    if (!mine) held_until_ = {};
    return mine;
}

/// Each is told in its own right, so a place is held, but no position.
bool NodeRed::tell_changes(std::stop_token stop) {
    while (!stop.stop_requested()) {
        const auto changes = database_.read([](Session& session) { return changes_to_tell(session, changes_at_once); });
        if (changes.empty()) return true;
        for (const auto& change : changes) {
            const auto now = clock_.now();
            const auto held = database_.write([&](Session& session) {
                return hold_push(session, changes_push, settings_.holder, now, now + held_for, {});
            });
            if (!held) return true;
            if (send(settings_.webhook_url, json::value(change_message(change)), stop) == Sent::later) return false;
            database_.write([&](Session& session) { note_change_told(session, change.id); });
        }
    }
    return true;
}

bool NodeRed::tell_catalogue(std::stop_token stop) {
    const auto now = clock_.now();
    if (now < catalogue_due_) return true;
    const auto state = database_.write([&](Session& session) {
        return hold_push(session, catalogue_push, settings_.holder, now, now + settings_.catalogue_interval + held_for,
                         {});
    });
    catalogue_due_ = now + settings_.catalogue_interval;
    if (!state) return true;
    const json::value message = database_.read([](Session& session) { return catalogue_message(session); });
    const auto digest = sha256_hex(to_text(message));
    if (digest == state->digest) return true;
    if (send(settings_.catalogue_url, message, stop) == Sent::later) {
        catalogue_due_ = now;
        return false;
    }
    database_.write(
        [&](Session& session) { return note_pushed(session, catalogue_push, settings_.holder, {.digest = digest}); });
    return true;
}

NodeRed::Sent NodeRed::send(const std::string& url, const json::value& message, std::stop_token stop) {
    HttpRequest request{.method = "POST", .url = url, .body = to_text(message), .stop = std::move(stop)};
    request.headers.emplace_back("Content-Type", "application/json");
    if (!settings_.token.empty()) request.headers.emplace_back("X-MultiFlexi-Token", settings_.token);
    const auto reply = http_.send(request);
    if (!reply) {
        complain(reply.error().message);
        return Sent::later;
    }
    if (reply->status >= 200 && reply->status < 300) {
        if (std::exchange(complained_, false)) log::info("Node-RED answers again", {});
        return Sent::done;
    }
    if (is_about_the_message(reply->status)) {
        log::warning("Node-RED refused a message, which is not sent again", {{"status", reply->status}});
        return Sent::refused;
    }
    complain(fmt::format("it answered with status {}", reply->status));
    return Sent::later;
}

/// Once, until it answers again.
void NodeRed::complain(std::string_view why) {
    if (!std::exchange(complained_, true))
        log::warning("Node-RED was not told; it will be tried again", {{"reason", why}});
}

void NodeRed::start(Clock& clock) {
    thread_ = std::jthread([this, &clock](std::stop_token stop) {
        Nudge nudge;
        while (!stop.stop_requested()) {
            Timestamp again = clock.now() + wait_after(failures_);
            try {
                again = look(stop);
            } catch (const sql::DatabaseError&) {
                // The heartbeat says that the database is away.
                held_until_ = {};
                ++failures_;
            } catch (const std::exception& error) {
                log::error("Node-RED could not be told", {{"reason", error.what()}});
                held_until_ = {};
                ++failures_;
            }
            clock.wait_until(again, nudge, stop);
        }
    });
}

}  // namespace mf
