// SPDX-License-Identifier: MIT
#include "service/idempotency.h"

#include "base/digest.h"
#include "base/json.h"
#include "service/sealing.h"
#include "store/queries/idempotency.h"

namespace mf {
namespace {

Error key_error(std::string message) {
    Error out{ErrorCode::invalid, message};
    out.fields.push_back({"Idempotency-Key", std::move(message)});
    return out;
}

}  // namespace

Idempotency::Idempotency(std::string key, std::string_view asked) : key_(std::move(key)), request_(sha256_hex(asked)) {}

Alongside Idempotency::alongside() {
    return {.before = [this](Call& call) { return look_up(call); },
            .after = [this](Call& call, const json::value& answer) { return record(call, answer); }};
}

Result<std::optional<json::value>> Idempotency::look_up(Call& call) {
    replayed_ = false;
    if (key_.empty() || key_.size() > 255)
        return key_error("The header Idempotency-Key must have 1 to 255 characters, such as a UUID.");
    const auto known = find_answered(call.session, call.actor.user, key_);
    if (!known) return std::optional<json::value>();
    if (known->request != request_)
        return key_error(
            "This Idempotency-Key was used for another request. Make a new key for each thing that is to be done.");
    const auto opened = call.vault->open(known->answer, {"idempotency", "answer", known->id});
    if (!opened) return opened.error();
    auto answer = parse_json(*opened);
    if (!answer) return answer.error();
    replayed_ = true;
    return std::optional(*std::move(answer));
}

Result<void> Idempotency::record(Call& call, const json::value& answer) {
    const auto id = note_request(call.session, call.actor.user, key_, request_, call.now);
    const auto sealed = seal(call, to_text(answer), {"idempotency", "answer", id});
    if (!sealed) return sealed.error();
    note_answer(call.session, id, *sealed);
    return {};
}

}  // namespace mf
