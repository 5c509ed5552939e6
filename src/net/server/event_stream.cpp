// SPDX-License-Identifier: MIT
#include "net/server/event_stream.h"

#include <algorithm>
#include <utility>

namespace mf::http {
namespace {

std::string without_line_ends(std::string_view text) {
    std::string line(text);
    std::erase_if(line, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
    return line;
}

}  // namespace

std::string format_event(std::string_view id, std::string_view type, std::string_view data) {
    std::string text;
    text.reserve(id.size() + type.size() + data.size() + 32);
    if (const auto line = without_line_ends(id); !line.empty()) text.append("id: ").append(line).append("\n");
    if (const auto line = without_line_ends(type); !line.empty()) text.append("event: ").append(line).append("\n");
    // Each of \n, \r and \r\n ends a line there.
    for (;;) {
        const auto end = data.find_first_of("\r\n");
        text.append("data: ").append(data.substr(0, end)).append("\n");
        if (end == std::string_view::npos) break;
        data.remove_prefix(end + (data.substr(end, 2) == "\r\n" ? 2 : 1));
    }
    return text + "\n";
}

bool EventStream::send(Text events) {
    std::function<void()> wake;
    bool taken = false;
    {
        const std::lock_guard lock(mutex_);
        if (!is_open_now()) return false;
        taken = events->size() <= most_queued_ - queued_;
        if (taken) {
            queued_ += events->size();
            queue_.push_back(std::move(events));
        } else {
            overrun_ = true;
        }
        // The server may be waiting for the viewer to take something, and does not look at the queue then.
        if (!awake_ || overrun_) wake = wake_;
        awake_ = wake_ != nullptr;
    }
    if (wake) wake();
    return taken;
}

void EventStream::end() {
    std::function<void()> wake;
    {
        const std::lock_guard lock(mutex_);
        if (!is_open_now()) return;
        ended_ = true;
        if (!awake_) wake = wake_;
    }
    if (wake) wake();
}

std::size_t EventStream::queued() const {
    const std::lock_guard lock(mutex_);
    return queued_;
}

bool EventStream::is_open() const {
    const std::lock_guard lock(mutex_);
    return is_open_now();
}

void EventStream::when_gone(std::function<void()> gone) {
    {
        const std::lock_guard lock(mutex_);
        if (!gone_) {
            when_gone_ = std::move(gone);
            return;
        }
    }
    gone();
}

void EventStream::attach(std::function<void()> wake) {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
}

bool EventStream::is_overrun() const {
    const std::lock_guard lock(mutex_);
    return overrun_;
}

EventStream::Rest EventStream::take(std::string& into, std::size_t enough) {
    const std::lock_guard lock(mutex_);
    awake_ = false;
    if (overrun_) return Rest::overrun;
    while (!queue_.empty() && into.size() < enough) {
        into += *queue_.front();
        queued_ -= queue_.front()->size();
        queue_.pop_front();
    }
    return ended_ && queue_.empty() ? Rest::ended : Rest::open;
}

void EventStream::detach() {
    std::function<void()> gone;
    std::function<void()> wake;  // what it holds must not be destroyed under the lock
    std::deque<Text> queue;
    {
        const std::lock_guard lock(mutex_);
        gone_ = true;
        gone = std::exchange(when_gone_, nullptr);
        wake = std::exchange(wake_, nullptr);
        queue.swap(queue_);
        queued_ = 0;
    }
    if (gone) gone();
}

void EventHub::join(const std::string& topic, std::shared_ptr<EventStream> viewer) {
    const std::lock_guard lock(mutex_);
    auto& place = topics_[topic];
    if (place.viewers.size() >= place.tidy_at) {
        std::erase_if(place.viewers, [](const auto& each) { return !each->is_open(); });
        place.tidy_at = std::max<std::size_t>(64, 2 * place.viewers.size());
    }
    place.viewers.push_back(std::move(viewer));
}

std::size_t EventHub::publish(const std::string& topic, std::string events) {
    const auto text = std::make_shared<const std::string>(std::move(events));
    const std::lock_guard lock(mutex_);
    const auto found = topics_.find(topic);
    if (found == topics_.end()) return 0;
    auto& viewers = found->second.viewers;
    std::erase_if(viewers, [&](const auto& each) { return !each->send(text); });
    const auto count = viewers.size();
    if (count == 0) topics_.erase(found);
    return count;
}

std::size_t EventHub::viewers(const std::string& topic) const {
    const std::lock_guard lock(mutex_);
    const auto found = topics_.find(topic);
    if (found == topics_.end()) return 0;
    return static_cast<std::size_t>(
        std::ranges::count_if(found->second.viewers, [](const auto& each) { return each->is_open(); }));
}

void EventHub::end_all() {
    std::map<std::string, Topic> topics;
    {
        const std::lock_guard lock(mutex_);
        topics.swap(topics_);
    }
    for (const auto& [name, topic] : topics)
        for (const auto& viewer : topic.viewers) viewer->end();
}

}  // namespace mf::http
