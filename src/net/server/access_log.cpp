// SPDX-License-Identifier: MIT
#include "net/server/access_log.h"

#include "base/log.h"
#include "base/text.h"

namespace mf::http {
namespace {

constexpr std::size_t most_records = 10'000;
/// A busy server writes many records at a time, instead of waking the writer for each.
constexpr std::chrono::milliseconds between_writings{20};
constexpr std::size_t many_records = 1'000;

}  // namespace

void log_access(const AccessRecord& record) {
    log::info("http request", {{"client", record.client},
                               {"method", record.method},
                               {"path", record.path},
                               {"status", record.status},
                               {"version", record.minor_version == 0 ? "1.0" : "1.1"},
                               {"bytes_in", record.request_bytes},
                               {"bytes_out", record.response_bytes},
                               {"ms", static_cast<double>(record.duration.count()) / 1000},
                               {"complete", !record.was_cut},
                               {"agent", to_utf8(record.user_agent)}});
}

AccessLog::AccessLog(std::function<void(const AccessRecord&)> write) : write_(std::move(write)) {
    thread_ = std::thread([this] { write_on(); });
}

AccessLog::~AccessLog() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void AccessLog::add(AccessRecord record) {
    bool sleeps = false;
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() >= most_records)
            ++dropped_;
        else
            waiting_.push_back(std::move(record));
        sleeps = sleeps_ || waiting_.size() == many_records;
    }
    if (sleeps) wake_.notify_one();
}

void AccessLog::write_on() {
    std::vector<AccessRecord> records;
    std::unique_lock lock(mutex_);
    for (;;) {
        while (waiting_.empty() && !ending_) {
            sleeps_ = true;
            wake_.wait(lock);
            sleeps_ = false;
        }
        if (waiting_.empty()) return;
        records.swap(waiting_);
        const auto dropped = std::exchange(dropped_, 0);
        lock.unlock();
        for (const auto& record : records) {
            try {
                write_(record);
            } catch (const std::exception& error) {
                log::error("an access record cannot be written", {{"reason", error.what()}});
            }
        }
        if (dropped > 0) log::warning("access records were dropped", {{"records", dropped}});
        records.clear();
        lock.lock();
        wake_.wait_for(lock, between_writings, [&] { return ending_ || waiting_.size() >= many_records; });
    }
}

}  // namespace mf::http
