// SPDX-License-Identifier: MIT
#pragma once

#include "api/caller.h"
#include "api/change_streams.h"
#include "api/output_streams.h"

#include <span>

namespace mf {

/// Streams of events (HTML Standard, section 9.2; doc/api.md):
///
///     GET /events               what happens to jobs
///     GET /jobs/{id}/events     what a job prints, and how it ends
///
/// Thread-safe.
class EventApi {
public:
    /// All must outlive it.
    EventApi(Database& database, const SignIn& sign_in, const Clock& clock)
        : database_(database), changes_(database, sign_in, clock), output_(database, sign_in, clock) {}

    static bool is_path(std::span<const std::string> segments);
    http::Response answer(const http::Request& request, std::span<const std::string> segments, const ApiCaller& caller);

private:
    http::Response answer_about_job(const http::Request& request, std::string_view id, const ApiCaller& caller);

    Database& database_;
    ChangeStreams changes_;
    OutputStreams output_;
};

}  // namespace mf
