// SPDX-License-Identifier: MIT
#include "net/server/refusal.h"

#include "base/log.h"

namespace mf::http {
namespace {

Wire complete_refusal(Response answer, const AnswerFacts& facts) {
    if (answer.status == 503 || answer.status == 429) answer.headers.set("Retry-After", "1");
    if (answer.status == 405) answer.headers.set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    return to_wire(std::move(answer), facts);
}

}  // namespace

Wire refusal(const ServerOptions& options, int status, std::string_view sentence, const AnswerFacts& facts) {
    try {
        if (options.refusal) return complete_refusal(options.refusal(status, sentence), facts);
    } catch (const std::exception& error) {
        log::error("a refusal cannot be made", {{"status", status}, {"reason", error.what()}});
    }
    return complete_refusal(response(status, "text/plain; charset=utf-8", std::string(sentence) + "\n"), facts);
}

}  // namespace mf::http
