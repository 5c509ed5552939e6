// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

#include <memory>

namespace mf {

/// Finds the operation that a request means, by the routes of the operations ("POST /jobs/{id}/cancel"). A word of a
/// route counts before a placeholder: /jobs/status is no job. "-" in the place of a placeholder says nothing
/// (service/operation_request.h). The operations must outlive it.
class Router {
public:
    explicit Router(const Operations& operations);
    ~Router();
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;

    struct Found {
        const Operation* operation = nullptr;  ///< null: nothing has this method there
        json::object parameters = {};          ///< of the placeholders, as texts
        std::string allowed = {};              ///< the methods that there are ("GET, HEAD, PATCH"); empty: no such path
    };
    /// HEAD finds what GET finds. Segments of the path, decoded; one empty one at the end ("/jobs/") is left out.
    Found find(std::string_view method, std::span<const std::string> segments) const;

private:
    struct Node;
    const std::unique_ptr<Node> root_;
};

}  // namespace mf
