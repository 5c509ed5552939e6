// SPDX-License-Identifier: MIT
#include "api/request_conditions.h"

#include "api/rest_answer.h"
#include "base/json.h"

#include <fmt/format.h>

namespace mf {

Result<void> RequestConditions::read(const Operation& operation, const json::object& input,
                                     const std::function<Shown()>& shown) {
    if (auto read = read_if_match(operation, shown); !read) return read;
    return read_idempotency_key(operation, input);
}

Result<void> RequestConditions::read_if_match(const Operation& operation, const std::function<Shown()>& find) {
    if (operation.access == Access::reads || request_.header("If-Match").empty()) return {};
    const auto shown = find();
    if (!shown.operation) return invalid("If-Match can be used only where GET shows what is to be changed.");
    alongside_.before = [this, shown](Call& call) { return compare(call, shown); };
    return {};
}

Result<std::optional<json::value>> RequestConditions::compare(Call& call, const Shown& shown) {
    const auto record = perform(call.session, *shown.operation, shown.input, caller_.caller, surroundings_of(context_));
    if (!record) return record.error();
    if (names_tag(request_.headers.list("If-Match"), entity_tag(to_text(record->answer)), Weak::counts_not))
        return std::optional<json::value>();
    precondition_failed_ = true;
    return Error{ErrorCode::conflict, "It was changed since you have read it. Read it again and decide anew."};
}

Result<void> RequestConditions::read_idempotency_key(const Operation& operation, const json::object& input) {
    // What only reads may be asked again anyway.
    if (operation.access == Access::reads) return {};
    if (request_.method != "POST" || !request_.headers.has("Idempotency-Key") || caller_.by == ApiCaller::By::nothing)
        return {};
    if (operation.discloses == Discloses::secret)
        return invalid(
            fmt::format("{} hands out a secret, which is not kept for a second answer: leave "
                        "Idempotency-Key out.",
                        operation.name));
    if (alongside_.before) return invalid("If-Match and Idempotency-Key cannot be used together.");
    once_.emplace(std::string(request_.header("Idempotency-Key")), operation.name, caller_.caller.rights.fingerprint(),
                  input);
    alongside_ = once_->alongside();
    return {};
}

}  // namespace mf
