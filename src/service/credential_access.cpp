// SPDX-License-Identifier: MIT
#include "service/credential_access.h"

#include "base/digest.h"

#include <fmt/format.h>

namespace mf {
namespace {

using namespace std::chrono_literals;

/// A failure counts at least so long, so that a queue full of jobs does not become a storm of requests.
constexpr std::chrono::seconds shortest_failure = 10s;
constexpr std::chrono::seconds usual_failure = 60s;
constexpr std::size_t most_entries = 10'000;

/// Lengths before the texts: no two sets of fields give the same text.
std::string digest_of(const CredentialQuestion& question) {
    Sha256 digest;
    const auto add = [&](std::string_view text) {
        digest.add(fmt::format("{}:", text.size()));
        digest.add(text);
    };
    add(question.prototype);
    for (const auto& [name, value] : question.fields) {
        add(name);
        add(value);
    }
    return digest.hex();
}

CredentialAnswer refused(const Error& error) {
    const bool passes_by = error.code == ErrorCode::unavailable;
    return {.availability = {passes_by ? AvailabilityState::unavailable : AvailabilityState::misconfigured,
                             error.message, usual_failure}};
}

CredentialAnswer resolved(const CredentialProvider& provider, const CredentialQuestion& question,
                          ProviderContext& context, std::chrono::seconds keep) {
    auto variables = provider.resolve(question.fields, context);
    if (!variables) return refused(variables.error());
    return {.availability = {AvailabilityState::available, {}, keep}, .variables = *std::move(variables)};
}

}  // namespace

Availability test_credential(const CredentialQuestion& question, ProviderContext context) {
    const auto* provider = find_provider(question.prototype);
    if (!provider) return {};
    return provider->checks() ? provider->check(question.fields, context)
                              : resolved(*provider, question, context, usual_failure).availability;
}

CredentialAnswer CredentialAccess::ask_now(const CredentialQuestion& question, std::stop_token stop) const {
    const auto* provider = find_provider(question.prototype);
    if (!provider) return {};
    ProviderContext context{.http = http_,
                            .now = clock_.now(),
                            .time_limit = options_.time_limit,
                            .stop = stop,
                            .file_roots = options_.file_roots};
    // What resolves is available; to look first would ask twice.
    if (!provider->resolves()) return {.availability = provider->check(question.fields, context)};
    return resolved(*provider, question, context, options_.keep);
}

CredentialAnswer CredentialAccess::ask(const CredentialQuestion& question, std::stop_token stop) {
    const auto digest = digest_of(question);
    std::unique_lock lock(mutex_);
    for (;;) {
        const auto now = clock_.now();
        if (entries_.size() >= most_entries) forget_old(now);
        Entry& entry = entries_[question.credential];
        if (!entry.busy) {
            // A clock that was put back makes an answer no younger.
            if (entry.digest == digest && entry.asked_at <= now && now < entry.valid_until) {
                auto answer = entry.answer;
                answer.is_news = false;
                return answer;
            }
            entry.busy = true;
            break;
        }
        const bool may_go_on = answered_.wait(lock, stop, [&] {
            const auto found = entries_.find(question.credential);
            return found == entries_.end() || !found->second.busy;
        });
        if (!may_go_on)
            return {.availability = {AvailabilityState::unavailable, "The server is being stopped.", shortest_failure}};
    }
    lock.unlock();
    CredentialAnswer answer;
    try {
        answer = ask_now(question, stop);
    } catch (...) {
        lock.lock();
        entries_.erase(question.credential);
        answered_.notify_all();
        throw;
    }
    lock.lock();
    Entry& entry = entries_[question.credential];
    const auto& told = entry.answer.availability;
    answer.is_news = entry.digest != digest || told.state != answer.availability.state ||
                     told.message != answer.availability.message;
    auto ttl = answer.availability.ttl;
    if (!answer.passes()) ttl = std::max(ttl, shortest_failure);
    const auto now = clock_.now();
    entry = {.digest = digest, .answer = answer, .asked_at = now, .valid_until = now + ttl};
    if (stop.stop_requested()) entry.valid_until = now;  // it says more about us than about the credential
    answered_.notify_all();
    return answer;
}

void CredentialAccess::forget_old(Timestamp now) {
    std::erase_if(entries_, [&](const auto& entry) { return !entry.second.busy && entry.second.valid_until <= now; });
}

}  // namespace mf
