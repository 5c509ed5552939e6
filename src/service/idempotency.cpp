// SPDX-License-Identifier: MIT
#include "service/idempotency.h"

#include "base/digest.h"
#include "base/json.h"
#include "service/sealing.h"
#include "store/queries/idempotency.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

namespace mf {
namespace {

/// The same text for the same JSON: members in the order of their names, whole numbers without fraction and exponent,
/// as RFC 8785 has them. Numbers beyond 2^53 keep all their digits.
void append_canonical(std::string& out, const json::value& value) {
    if (const auto* object = value.if_object()) {
        std::vector<const json::key_value_pair*> members;
        for (const auto& member : *object) members.push_back(&member);
        std::ranges::sort(members, {}, [](const auto* member) { return std::string_view(member->key()); });
        out += '{';
        for (const auto* member : members) {
            if (!out.ends_with('{')) out += ',';
            append_json_string(out, member->key());
            out += ':';
            append_canonical(out, member->value());
        }
        out += '}';
    } else if (const auto* array = value.if_array()) {
        out += '[';
        for (const auto& element : *array) {
            append_canonical(out, element);
            out += ',';
        }
        out += ']';
    } else if (const auto* number = value.if_double();
               number && std::trunc(*number) == *number && std::abs(*number) < 0x1p53) {
        out += to_text(static_cast<std::int64_t>(*number));
    } else if (value.is_uint64() && value.get_uint64() <= INT64_MAX) {
        out += to_text(static_cast<std::int64_t>(value.get_uint64()));
    } else {
        out += to_text(value);
    }
}

std::string request_text(std::string_view operation, std::string_view rights, const json::object& input) {
    auto out = fmt::format("{}\n{}\n", operation, rights);
    append_canonical(out, json::value(input));
    return out;
}

Error key_error(std::string message) {
    Error out{ErrorCode::invalid, message};
    out.fields.push_back({"Idempotency-Key", std::move(message)});
    return out;
}

}  // namespace

Idempotency::Idempotency(std::string key, std::string_view operation, std::string_view rights,
                         const json::object& input)
    : key_(std::move(key)), request_(sha256_hex(request_text(operation, rights, input))) {}

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
