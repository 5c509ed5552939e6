// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/session.h"
#include "net/server/message.h"

#include <map>

namespace mf::mcp {

struct HttpTransportOptions {
    Options session;
    /// Pages of these origins ("https://chat.example.com") may call; every other page is refused. Programs, which send
    /// no Origin, may always. The name that the page itself was loaded from proves nothing: it may have been bound to
    /// this machine for that purpose (DNS rebinding).
    std::vector<std::string> origins = {};
    std::chrono::minutes idle_time{60};  ///< a session without requests ends
    std::size_t most_sessions = 1000;    ///< together; beyond that the one that was idle longest ends
    std::size_t most_of_user = 32;       ///< of one person
};

/// The transport "Streamable HTTP" of the Model Context Protocol at one address (revision 2025-06-18, Transports):
///   POST     one message; a request is answered with JSON, anything else with 202 and nothing
///   DELETE   ends the session
///   GET      405: this server says nothing of its own accord
///   OPTIONS  what browsers ask before a page of another origin calls (Fetch Standard, CORS)
/// Every request needs a token ("Authorization: Bearer …"); a session is of the person who began it, and has the rights
/// of the token of each request. All functions may be called from several threads at once.
class HttpTransport {
public:
    /// Whose token this is, and what they may do now. forbidden: nobody's; limited: they ask too often.
    struct Recognition {
        Recognition(Result<Caller> whose, http::Headers told = {})
            : caller(std::move(whose)), headers(std::move(told)) {}
        Result<Caller> caller;
        http::Headers headers;  ///< of the answer: how often they may ask (RateLimit, Retry-After)
    };
    using Recognise = std::function<Recognition(std::string_view token, const http::Request& request)>;
    /// What stands around one request of this caller.
    using HostOf = std::function<std::unique_ptr<Host>(Caller caller)>;
    using Now = std::function<Timestamp()>;

    /// `operations` must outlive it.
    HttpTransport(const Operations& operations, HttpTransportOptions options, Recognise recognise, HostOf host_of,
                  Now now);

    http::Response answer(const http::Request& request);

    std::size_t sessions();  ///< that are open

private:
    struct Open {
        std::shared_ptr<Session> session;
        Id<User> user;
        Timestamp used_at{};
    };
    using Sessions = std::map<std::string, Open, std::less<>>;

    bool is_allowed(std::string_view origin) const;
    http::Response answer_allowed(const http::Request& request);
    http::Response answer_recognised(const http::Request& request, const Result<Caller>& caller);
    http::Response answer_message(const http::Request& request, const Caller& caller);
    http::Response begin(const http::Request& request, const Caller& caller);
    std::shared_ptr<Session> find(std::string_view id, const Caller& caller);
    std::string keep(std::shared_ptr<Session> session, const Caller& caller);
    std::shared_ptr<Pace> pace_of(const Caller& caller);
    static void forget_idle(Sessions& sessions, Timestamp before);

    const Operations& operations_;
    const HttpTransportOptions options_;
    const Recognise recognise_;
    const HostOf host_of_;
    const Now now_;
    Locked<Sessions> sessions_;
    Locked<std::map<Id<User>, std::shared_ptr<Pace>>> paces_;  ///< of all sessions of a person together
};

}  // namespace mf::mcp
