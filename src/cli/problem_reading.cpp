// SPDX-License-Identifier: MIT
#include "cli/problem_reading.h"

#include "base/json.h"
#include "cli/shape.h"
#include "net/url.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace mf {
namespace {

/// The words of the API; what it says with a status alone is told by that.
ErrorCode error_code_of(std::string_view word, int status) {
    constexpr std::pair<std::string_view, ErrorCode> words[] = {
        {"invalid", ErrorCode::invalid},
        {"not-found", ErrorCode::not_found},
        {"conflict", ErrorCode::conflict},
        {"forbidden", ErrorCode::forbidden},
        {"unavailable", ErrorCode::unavailable},
        {"limited", ErrorCode::limited},
        // Locally a token that is good for nothing is forbidden, too.
        {"unauthenticated", ErrorCode::forbidden},
        {"precondition-failed", ErrorCode::conflict}};
    for (const auto& [known, code] : words)
        if (known == word) return code;
    return status >= 500 ? ErrorCode::unavailable : ErrorCode::invalid;
}

}  // namespace

std::optional<ReadProblem> read_problem(const HttpReply& reply) {
    if (!reply.header("Content-Type").starts_with("application/problem+json")) return std::nullopt;
    const auto parsed = parse_json(reply.body);
    if (!parsed || !parsed->is_object()) return std::nullopt;
    const auto& document = parsed->get_object();
    ReadProblem out{.error = {.message = std::string(text_member(document, "detail"))},
                    .code = std::string(text_member(document, "code"))};
    out.error.code = error_code_of(out.code, reply.status);
    const auto& complaints = member(document, "errors");
    if (!complaints.is_array()) return out;
    for (const auto& complaint : complaints.get_array()) {
        if (!complaint.is_object()) continue;
        const auto text = [&](std::string_view name) { return std::string(text_member(complaint.get_object(), name)); };
        out.error.fields.push_back({text("field"), text("message"), text("code"), text("value"), text("file")});
    }
    return out;
}

std::string origin_of(std::string_view address) {
    const auto url = read_url(address);
    return url ? url->origin() : "another address";
}

}  // namespace mf
