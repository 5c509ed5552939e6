// SPDX-License-Identifier: MIT
#include "schedule/notification_listener.h"

#include "base/log.h"

#include <poll.h>

namespace mf {
namespace {

using namespace std::chrono_literals;

constexpr auto without_ears = 1s;
constexpr auto longest_echo = 5s;
constexpr std::string_view echo = "e";  // means nothing to others

/// False: the patience is over.
bool wait_for(int descriptor, int stopped, std::chrono::milliseconds patience) {
    pollfd watched[] = {{stopped, POLLIN, 0}, {descriptor, POLLIN, 0}};
    return ::poll(watched, descriptor < 0 ? 1 : 2, static_cast<int>(patience.count())) != 0;
}

}  // namespace

NotificationListener::NotificationListener(sql::Address address, const WakeTargets& targets)
    : address_(std::move(address)),
      targets_(targets),
      thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

NotificationListener::~NotificationListener() {
    thread_.request_stop();
    stopped_.notify();
    thread_.join();
}

void NotificationListener::notify_all() {
    targets_.queue.notify();
    targets_.plan.notify();
    targets_.cancel.notify();
}

void NotificationListener::forward(std::string_view told) {
    // Those of a newer version mean nothing here.
    if (told.size() != 1) return;
    if (told[0] == static_cast<char>(Wake::queue)) targets_.queue.notify();
    if (told[0] == static_cast<char>(Wake::plan)) targets_.plan.notify();
    if (told[0] != static_cast<char>(Wake::cancel)) return;
    targets_.cancel.notify();
    targets_.queue.notify();
}

void NotificationListener::listen(std::stop_token stop) {
    const auto session = sql::open(address_);
    session->execute("LISTEN multiflexi");
    // A pooler between us and the server may swallow what it should pass on: do we hear ourselves?
    session->query("SELECT pg_notify('multiflexi', ?)", {std::string(echo)});
    bool heard = false;
    while (!stop.stop_requested()) {
        for (const auto& told : session->notifications()) {
            forward(told);
            if (told != echo || std::exchange(heard, true)) continue;
            if (std::exchange(failing_, false)) log::info("hearing other nodes again");
            // Something may have been told while nobody listened.
            notify_all();
        }
        if (heard)
            wait_for(session->descriptor(), stopped_.descriptor(), -1ms);
        else if (!wait_for(session->descriptor(), stopped_.descriptor(), longest_echo))
            throw sql::DatabaseError(sql::DatabaseError::Kind::other,
                                     "what is told to this session (NOTIFY) does not reach it; a pooler of connections "
                                     "must keep a session for each client");
    }
}

void NotificationListener::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        try {
            listen(stop);
        } catch (const sql::DatabaseError& error) {
            if (!std::exchange(failing_, true))
                log::warning("cannot hear other nodes, looking at the database every second instead",
                             {{"error", error.what()}});
            notify_all();
            wait_for(-1, stopped_.descriptor(), without_ears);
        }
    }
}

}  // namespace mf
