// SPDX-License-Identifier: MIT
#pragma once

#include "base/embedded.h"
#include "base/result.h"
#include "base/value.h"
#include "net/http_client.h"

#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

// What stands behind a credential prototype beyond its fields. Most prototypes are plain data: their fields become
// variables of the job. A provider of the same code can resolve more variables when a job starts, which are never
// stored, and can look whether the thing behind the credential works.

namespace mf {

enum class AvailabilityState {
    unknown,        ///< nobody looked, or there is nothing to look at
    available,      ///< it works
    degraded,       ///< it works, and somebody should look
    unavailable,    ///< it does not work now; nobody needs to change the credential
    misconfigured,  ///< it will not work until somebody changes the credential or what it is about
};
constexpr auto names_of(AvailabilityState) {
    return std::to_array<std::string_view>({"unknown", "available", "degraded", "unavailable", "misconfigured"});
}

struct Availability {
    AvailabilityState state = AvailabilityState::unknown;
    std::string message = {};     ///< whole sentences for people, never a secret
    std::chrono::seconds ttl{0};  ///< how long this may be shown before somebody looks again
};

/// Keyword to value: the settings of the credential type below the values of the credential, secrets opened.
using FieldValues = std::map<std::string, std::string, std::less<>>;

struct ProvidedVariable {
    std::string name;
    std::string value;
    bool secret = true;
    bool operator==(const ProvidedVariable&) const = default;
};

struct ProviderContext {
    HttpClient& http;
    Timestamp now;
    std::chrono::milliseconds time_limit = std::chrono::seconds(10);  ///< for all requests of one call together
    std::stop_token stop = {};                                        ///< ends a call early, as unavailable
    /// Directories whose files credentials may name (EnvFile), from the setting MULTIFLEXI_ENVFILE_ROOTS. Empty: none.
    std::vector<std::filesystem::path> file_roots = {};
};

/// One for each code; has no state that a caller could see. Every function may be called from every thread.
class CredentialProvider {
public:
    virtual ~CredentialProvider() = default;
    virtual std::string_view code() const = 0;

    /// Is this field for the provider only (VAULT_TOKEN), and never given to a job?
    virtual bool is_internal(std::string_view keyword) const;
    /// Does resolve() find more than the fields?
    virtual bool resolves() const { return false; }
    /// Does resolve() talk to another process or machine? Then its answers are worth keeping for a while.
    virtual bool is_remote() const { return false; }
    /// Does check() look at anything?
    virtual bool checks() const { return false; }

    /// The variables, no name twice, at most most_provided_variables of at most most_provided_bytes each.
    /// Errors name the field to correct, in the sentence and in Error::fields. unavailable: a later try may succeed
    /// (nobody answers, a sealed or locked vault). Any other code: not before somebody has corrected something.
    virtual Result<std::vector<ProvidedVariable>> resolve(const FieldValues& fields, ProviderContext& context) const;

    /// Looks as little as is needed, and changes nothing. What it says lasts for its ttl.
    virtual Availability check(const FieldValues& fields, ProviderContext& context) const;
};

inline constexpr std::size_t most_provided_variables = 1000;
inline constexpr std::size_t most_provided_bytes = std::size_t{1} << 20;

/// The provider of a prototype, in any case of letters, because applications write mServer in three ways. Null: the
/// prototype is plain data. Lives as long as the program.
const CredentialProvider* find_provider(std::string_view code);

/// Definition files of the prototypes that every installation has, for read_credential_prototype.
std::span<const EmbeddedFile> built_in_prototypes();

}  // namespace mf
