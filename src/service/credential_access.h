// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"
#include "provider/provider.h"

#include <condition_variable>
#include <mutex>

namespace mf {

/// What a provider is to be asked about one credential. Contains secrets.
struct CredentialQuestion {
    std::int64_t credential = 0;
    std::string name;       ///< for people
    std::string prototype;  ///< code; its provider resolves or checks
    FieldValues fields;     ///< secrets opened, those for the provider only as well
};

/// What came of it.
struct CredentialAnswer {
    Availability availability;
    std::vector<ProvidedVariable> variables = {};
    bool is_news = false;  ///< nobody was told this state before: worth recording

    /// May a job start with it?
    bool passes() const {
        return availability.state != AvailabilityState::unavailable &&
               availability.state != AvailabilityState::misconfigured;
    }
};

/// What a provider says now, whatever was answered before: somebody wants to know. Of one that only resolves, whether
/// it does.
Availability test_credential(const CredentialQuestion& question, ProviderContext context);

/// Asks providers on behalf of jobs: one at a time for each credential, however many jobs want it, and none again while
/// the last answer counts. What was resolved is kept in memory for a while, and nowhere else. Thread-safe.
class CredentialAccess {
public:
    struct Options {
        std::chrono::milliseconds time_limit{10'000};        ///< of one question
        std::chrono::seconds keep{60};                       ///< how long resolved values count
        std::vector<std::filesystem::path> file_roots = {};  ///< see ProviderContext
    };
    /// Both must outlive this.
    CredentialAccess(HttpClient& http, const Clock& clock, Options options)
        : http_(http), clock_(clock), options_(std::move(options)) {}

    /// Waits for the provider, or for somebody else who asks the same. A stop makes it unavailable at once.
    CredentialAnswer ask(const CredentialQuestion& question, std::stop_token stop);

private:
    struct Entry {
        std::string digest;  ///< of the fields that were asked with
        CredentialAnswer answer;
        Timestamp asked_at{};
        Timestamp valid_until{};
        bool busy = false;
    };
    CredentialAnswer ask_now(const CredentialQuestion& question, std::stop_token stop) const;
    void forget_old(Timestamp now);

    HttpClient& http_;
    const Clock& clock_;
    const Options options_;
    std::mutex mutex_;
    std::condition_variable_any answered_;
    std::map<std::int64_t, Entry> entries_;  ///< by credential
};

}  // namespace mf
