// SPDX-License-Identifier: MIT
#pragma once

#include "api/compatible/endpoint.h"

namespace mf::compatible {

/// The REST interface of the former MultiFlexi, as its clients know it (doc/compatible-api.md): a translation of names
/// and forms over the same operations as everything else, so rights, companies and the audit log are theirs.
///
/// Thread-safe.
class CompatibleApi {
public:
    static constexpr std::string_view root = "/api/VitexSoftware/MultiFlexi/1.0.0";

    /// The context must outlive it. With a prefix it answers below that, and without it as well.
    explicit CompatibleApi(const ApiContext& context, Options options = {});

    /// Is the request one for handle()?
    bool serves(const http::Request& request) const;
    /// Also what fails unexpectedly is told as its clients know it, and logged.
    http::Response handle(const http::Request& request);

private:
    /// What is left of the path below the root; none: it is elsewhere.
    std::optional<std::span<const std::string>> below_root(const http::Request& request) const;
    http::Response answer(const http::Request& request);
    Recognised recognise(const http::Request& request, const Endpoint* endpoint);
    http::Response answer_to(const http::Request& request, std::span<const std::string> segments,
                             const FoundEndpoint& found, ApiCaller caller);
    http::Response run(const http::Request& request, const FoundEndpoint& found, ApiCaller caller);

    const ApiContext& context_;
    const Options options_;
    const std::vector<Endpoint> endpoints_;
    const std::vector<std::string> prefix_;  ///< its segments
    Callers callers_;
};

/// {"error": sentence, "success": false}, with every complaint about the input as "errors" if there are some.
http::Response refusal(int status, std::string_view sentence, std::span<const FieldError> fields = {});

}  // namespace mf::compatible
