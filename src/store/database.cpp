// SPDX-License-Identifier: MIT
#include "store/database.h"

#include <exception>

namespace mf {
namespace {

thread_local bool holds_session = false;

}  // namespace

Database::Database(sql::Address address, Options options) : address_(std::move(address)), options_(options) {
    readers_.capacity = options.readers;
    // SQLite has one writer at a time; queueing for it here is fair, queueing inside SQLite is not.
    writers_.capacity = 1;
}

Database::~Database() = default;

std::chrono::steady_clock::time_point Database::give_up_within(std::chrono::milliseconds time) {
    const std::lock_guard lock(mutex_);
    return gives_up_at_ = std::min(gives_up_at_, std::chrono::steady_clock::now() + time);
}

void Database::wait_again() {
    const std::lock_guard lock(mutex_);
    gives_up_at_ = std::chrono::steady_clock::time_point::max();
}

bool Database::has_given_up() {
    const std::lock_guard lock(mutex_);
    return std::chrono::steady_clock::now() >= gives_up_at_;
}

std::chrono::steady_clock::time_point Database::answered_at() {
    const std::lock_guard lock(mutex_);
    return answered_at_;
}

Database::Pool& Database::pool_for(Purpose purpose) {
    return purpose == Purpose::write && address_.dialect == sql::Dialect::sqlite ? writers_ : readers_;
}

std::unique_ptr<sql::Connection> Database::acquire(Pool& pool) {
    std::unique_lock lock(mutex_);
    if ((pool.idle.empty() && pool.open >= pool.capacity) || !pool.waiting.empty()) {
        std::condition_variable turn;
        pool.waiting.push_back(&turn);
        turn.wait(lock,
                  [&] { return pool.waiting.front() == &turn && (!pool.idle.empty() || pool.open < pool.capacity); });
        pool.waiting.pop_front();
        if (!pool.waiting.empty()) pool.waiting.front()->notify_one();
    }
    if (!pool.idle.empty()) {
        auto connection = std::move(pool.idle.back());
        pool.idle.pop_back();
        return connection;
    }
    if (std::chrono::steady_clock::now() >= gives_up_at_) {
        if (!pool.waiting.empty()) pool.waiting.front()->notify_one();
        throw sql::DatabaseError(sql::DatabaseError::Kind::lost,
                                 sql::description_of(address_) + " is away, and this program ends without it.",
                                 sql::DatabaseError::Cause::server);
    }
    ++pool.open;
    lock.unlock();
    try {
        auto opened = options_.open(address_);
        reachable_.notify_all();
        return opened;
    } catch (...) {
        release(pool, nullptr);
        throw;
    }
}

void Database::release(Pool& pool, std::unique_ptr<sql::Connection> connection) {
    const std::lock_guard lock(mutex_);
    if (connection) {
        pool.idle.push_back(std::move(connection));
        answered_at_ = std::chrono::steady_clock::now();
    } else {
        --pool.open;
    }
    if (!pool.waiting.empty()) pool.waiting.front()->notify_one();
}

bool Database::Attempts::may_repeat_after(const sql::DatabaseError& error) {
    // A lock that somebody keeps was waited for in the statement already (sql::Address::lock_wait).
    return error.kind == sql::DatabaseError::Kind::busy && ++repeated_ < most_attempts &&
           std::chrono::steady_clock::now() < end_;
}

bool Database::Attempts::may_reconnect_after(const sql::DatabaseError& error) {
    constexpr std::chrono::milliseconds first_pause{20}, longest_pause{500};
    using enum sql::DatabaseError::Cause;
    // A server that has no session free gets one back when somebody ends his. In a failover the address leads to a
    // standby until that is promoted.
    const bool may_pass =
        error.kind == sql::DatabaseError::Kind::lost || error.cause == too_many_sessions || error.cause == read_only;
    std::vector<std::unique_ptr<sql::Connection>> stale;
    std::unique_lock lock(database_.mutex_);
    if (!may_pass || std::chrono::steady_clock::now() >= std::min(end_, database_.gives_up_at_)) return false;
    // What ended one session has most likely ended those that rest, too.
    auto& pool = database_.readers_;
    pool.open -= static_cast<int>(pool.idle.size());
    stale.swap(pool.idle);
    // The first time at once: often the server is there again already.
    if (reconnected_++ == 0) return true;
    const auto pause = std::min(longest_pause, first_pause * (1 << std::min(reconnected_, 6)));
    // That others get sessions says nothing about changes.
    (error.cause == read_only ? database_.writable_ : database_.reachable_).wait_for(lock, pause);
    return true;
}

Database::Lease::Lease(Database& database, Purpose purpose)
    : database_(database),
      purpose_(purpose),
      pool_(database.pool_for(purpose)),
      exceptions_(std::uncaught_exceptions()) {
    if (holds_session) throw std::logic_error("a thread asked for a second database session");
    connection_ = database_.acquire(pool_);
    holds_session = true;
}

Database::Lease::~Lease() {
    holds_session = false;
    // After an exception nobody knows whether the session still works: the next user gets a new one.
    if (std::uncaught_exceptions() > exceptions_)
        connection_.reset();
    else if (purpose_ == Purpose::write)
        database_.writable_.notify_all();
    database_.release(pool_, std::move(connection_));
}

}  // namespace mf
