// SPDX-License-Identifier: MIT
#pragma once

#include "service/perform.h"

namespace mf {

/// Makes a request that carries a key of the client's choice be done once: the same request again within 24 hours gets
/// the answer of the first one. Keys belong to a user. Use it for one call.
class Idempotency {
public:
    /// Everything that the request asks for: which operation, as whom (Rights::fingerprint()), with which input. In
    /// which order the members of the input come, and how its numbers are written, makes no other request.
    Idempotency(std::string key, std::string_view operation, std::string_view rights, const json::object& input);

    /// For perform_on(). An error invalid: the key was used for another request, or it is empty or longer than 255
    /// bytes.
    Alongside alongside();
    /// After the call: the answer is that of an earlier request.
    bool was_replayed() const { return replayed_; }

private:
    Result<std::optional<json::value>> look_up(Call& call);
    Result<void> record(Call& call, const json::value& answer);

    std::string key_, request_;
    bool replayed_ = false;
};

}  // namespace mf
