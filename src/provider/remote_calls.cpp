// SPDX-License-Identifier: MIT
#include "provider/remote_calls.h"

#include "base/uptime.h"
#include "provider/field_values.h"

#include <fmt/format.h>

namespace mf {

RemoteCalls::RemoteCalls(ProviderContext& context, std::chrono::milliseconds most)
    : context_(context), limit_(std::min(context.time_limit, most)), begin_(uptime()) {}

std::chrono::milliseconds RemoteCalls::left() const { return limit_ - (uptime() - begin_); }

Error RemoteCalls::too_late() const {
    return {ErrorCode::unavailable,
            fmt::format("The answers took longer than {:g} seconds.", static_cast<double>(limit_.count()) / 1000)};
}

Result<HttpReply> RemoteCalls::send(HttpRequest request) {
    request.timeout = left();
    request.stop = context_.stop;
    if (request.timeout.count() <= 0) return too_late();
    return context_.http.send(request);
}

Result<void> RemoteCalls::reach(TcpTarget target) {
    target.timeout = left();
    target.stop = context_.stop;
    if (target.timeout.count() <= 0) return too_late();
    return context_.http.reach(target);
}

Error busy_server(const std::string& origin, int status) {
    return {ErrorCode::unavailable, fmt::format("{} answers with the status {}. Try again later.", origin, status)};
}

Error moved_server(std::string_view keyword, int status) {
    return wrong_field(keyword, fmt::format("What {} names answers with a redirection ({}), and those are not "
                                            "followed. Set it to the address that the redirection leads to.",
                                            keyword, status));
}

Availability judge_reply(const Result<HttpReply>& reply, const std::string& origin, const StatusMeanings& meanings) {
    if (!reply) return availability_of(reply.error());
    const int status = reply->status;
    if (status >= 200 && status < 300) return is_available(fmt::format("{} answers.", meanings.service));
    if (status == 401 || status == 403)
        return availability_of(
            wrong_field(meanings.password, fmt::format("{} refuses the account ({}): correct {} and {}.",
                                                       meanings.service, status, meanings.login, meanings.password)));
    if (status == 404)
        return availability_of(
            wrong_field(meanings.not_found, fmt::format("{} does not know what was asked for (404): correct {}.",
                                                        meanings.service, meanings.not_found)));
    if (is_moved(status)) return availability_of(moved_server(meanings.address, status));
    return availability_of(busy_server(origin, status));
}

const json::value* member_of(const json::value& document, std::initializer_list<std::string_view> path) {
    const json::value* place = &document;
    for (const auto key : path) {
        const json::object* object = place->if_object();
        place = object ? object->if_contains(key) : nullptr;
        if (!place) return nullptr;
    }
    return place;
}

std::string_view text_member(const json::value& document, std::initializer_list<std::string_view> path) {
    const json::value* found = member_of(document, path);
    const json::string* text = found ? found->if_string() : nullptr;
    return text ? std::string_view(*text) : std::string_view();
}

}  // namespace mf
