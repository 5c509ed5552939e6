// SPDX-License-Identifier: MIT
#pragma once

#include "api/compatible/exchange.h"

namespace mf::compatible {

/// Whom an endpoint answers.
enum class Who {
    everybody,         ///< nobody is asked who he is
    guests,            ///< who has not signed in is told less
    permitted_guests,  ///< without signing in only if Options::anonymous_reads says so
    accounts
};

struct Endpoint {
    std::string_view method;
    std::string_view path;  ///< below the base, "company/{id}/users"; the last word may have a suffix
    Who who = Who::accounts;
    std::string_view noun;  ///< "Company": "Company not found"
    Result<Answer> (*answer)(Exchange&);
    bool takes_token = false;  ///< an API token may stand in the query, as "token"
};

/// The table of all, in the order in which they are looked for and listed.
std::vector<Endpoint> all_endpoints();

std::span<const Endpoint> installation_endpoints();
std::span<const Endpoint> application_endpoints();
std::span<const Endpoint> job_endpoints();
std::span<const Endpoint> job_removal_endpoints();
std::span<const Endpoint> run_template_endpoints();
std::span<const Endpoint> company_endpoints();
std::span<const Endpoint> user_endpoints();
std::span<const Endpoint> credential_endpoints();
std::span<const Endpoint> task_endpoints();
std::span<const Endpoint> event_endpoints();
std::span<const Endpoint> session_endpoints();
std::span<const Endpoint> data_export_endpoints();

/// What a path means.
struct FoundEndpoint {
    const Endpoint* endpoint = nullptr;      ///< null: nothing has this method there
    std::vector<std::string_view> ids = {};  ///< what stands for the placeholders
    Form form = Form::json;
    std::string allowed = {};  ///< the methods that there are; empty: no such path
};
/// HEAD finds what GET finds. One empty segment at the end is left out: "/job/" is "/job". Without a suffix the form is
/// JSON. `segments` must outlive the answer.
FoundEndpoint find_endpoint(std::span<const Endpoint> endpoints, std::string_view method,
                            std::span<const std::string> segments);

}  // namespace mf::compatible
