// SPDX-License-Identifier: MIT
#pragma once

#include "api/compatible/exchange.h"
#include "net/server/body_source.h"

namespace mf::compatible {

/// A job as JSON whose outputs are read and written while they are sent, so that a long one is complete and takes no
/// memory. `shown` is the record; its stdout and stderr are replaced. not_found: there is no such job for the caller.
Result<std::unique_ptr<http::BodySource>> streamed_job(const Exchange& exchange, std::int64_t id,
                                                       const json::object& shown);

/// Both outputs put into the record, at most so many bytes of each.
Result<void> add_outputs(const Exchange& exchange, std::int64_t id, std::size_t most, json::object& shown);

}  // namespace mf::compatible
