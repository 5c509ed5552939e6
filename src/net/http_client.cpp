// SPDX-License-Identifier: MIT
#include "net/http_client.h"

#include "base/text.h"

namespace mf {

std::string_view HttpReply::header(std::string_view name) const {
    for (const auto& [each, value] : headers)
        if (equal_ignoring_case(each, name)) return value;
    return {};
}

Result<void> HttpClient::reach(const TcpTarget&) {
    return Error{ErrorCode::unavailable, "This client makes no bare connections."};
}

}  // namespace mf
