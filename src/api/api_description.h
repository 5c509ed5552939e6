// SPDX-License-Identifier: MIT
#pragma once

#include "net/server/static_files.h"
#include "service/operation.h"

namespace mf {

/// The description of the REST API, for programs and for people. It is the same for everybody and asks nobody to sign
/// in:
///
///     GET /openapi.json     OpenAPI 3.1 (openapi/document.h)
///     GET /docs             a page to read and to try it, which loads its files from /docs/<file>; GET / leads there
///
/// A program that was built without pages (MULTIFLEXI_WEB) has the first only. Thread-safe.
class ApiDescription {
public:
    /// `root` is the path of the API.
    ApiDescription(const Operations& operations, std::string_view root);

    /// The answer; nothing: the request is not about the description. Segments are those behind the root.
    std::optional<http::Response> answer_to(const http::Request& request, std::span<const std::string> segments) const;

private:
    http::Response document(const http::Request& request) const;
    http::Response page() const;

    const std::string root_;
    const std::string document_, compressed_, tag_;
    const http::StaticFiles files_;
};

}  // namespace mf
