// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "domain/user.h"

namespace mf {

/// A tenant: its run templates, jobs and variables are invisible to every other.
struct Company {
    Id<Company> id;
    std::string name;
    std::string code;  ///< short, unique; appears in logs and as MULTIFLEXI_COMPANY_CODE
    std::optional<std::string> ic;
    std::optional<std::string> dic;
    std::optional<std::string> email;
    bool enabled = true;
    std::optional<std::string> settings;
    std::optional<std::string> logo;
    std::optional<std::int64_t> customer;
    std::optional<std::string> zabbix_host;
    std::optional<std::int64_t> max_parallel;  ///< jobs that may run at once on all nodes together; none: no limit
    std::optional<std::int64_t> max_queued;    ///< jobs that may wait when somebody launches one; none: no limit
    std::optional<Timestamp> paused_at;
    std::optional<Timestamp> paused_until;  ///< none, while it is paused: until somebody resumes it
    std::optional<std::string> pause_reason;
    std::optional<std::int64_t> live = 1;  ///< none: retired, kept for its history only
    Timestamp created_at{};
    Timestamp updated_at{};
};
template <>
const Entity& entity_of<Company>();

Result<void> check(const Company& company);

/// Nothing of the company is launched.
struct Pause {
    std::optional<Timestamp> until;  ///< none: until somebody resumes it
};
std::optional<Pause> pause_of(const Company& company, Timestamp now);
/// "The company 'Acme' is paused until 2026-03-01T02:00:00Z: closing of the books." The time in UTC.
std::string pause_sentence(const Company& company);

/// A variable that every job of the company receives.
struct CompanyVariable {
    Id<CompanyVariable> id;
    Id<Company> company_id;
    std::string name;
    std::string value;
    bool secret = false;  ///< the value is sealed and never shown
};
template <>
const Entity& entity_of<CompanyVariable>();

struct Application;

/// That a company uses an application.
struct CompanyApplication {
    Id<CompanyApplication> id;
    Id<Company> company_id;
    Id<Application> app_id;
    Timestamp created_at{};
};
template <>
const Entity& entity_of<CompanyApplication>();

}  // namespace mf
