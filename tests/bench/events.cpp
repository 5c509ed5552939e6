// SPDX-License-Identifier: MIT
// The streams of events of the real program.
#include "base/text.h"
#include "bench/http_load.h"
#include "secure/token.h"
#include "store/queries/job_change.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <cstdlib>
#include <fstream>

namespace mf::bench {
namespace {

constexpr int idle_streams = 5'000;
constexpr int events_of_bench = 500;
constexpr auto time_of_idleness = std::chrono::seconds(22);  // one heartbeat for each stream
constexpr std::string_view token_of_bench = "mfx_bench";

void let_in(Stand& stand) {
    stand.database().write([&](Session& session) {
        session.sql.execute(R"(UPDATE "user" SET "enabled" = ? WHERE "id" = ?)", {true, stand.user()});
        session.sql.execute(R"(INSERT INTO "user_role" ("user_id", "role", "assigned_at") VALUES (?, ?, ?))",
                            {stand.user(), std::string("admin"), ms(now())});
        ApiToken token{.user_id = {stand.user()},
                       .name = "bench",
                       .digest = token_digest(token_of_bench),
                       .shown = "mfx_",
                       .permissions = {},
                       .companies = {},
                       .created_at = now(),
                       .expires_at = {},
                       .last_used_at = {},
                       .last_used_address = {},
                       .revoked_at = {}};
        if (auto made = Repository<ApiToken>(session, Scope::everything()).insert(token); !made)
            throw std::runtime_error(made.error().message);
    });
}

/// One connection that has asked for events and got its first one.
class EventViewer {
public:
    EventViewer(int port, std::string_view query) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const auto request = fmt::format("GET /api/v1/events{} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
                                         query, token_of_bench);
        if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
            ::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0)
            throw std::runtime_error("no connection for a viewer");
    }
    void wait_for(std::string_view words) {
        while (text_.find(words) == std::string::npos) {
            pollfd waits{socket_.get(), POLLIN, 0};
            char buffer[4096];
            const auto count = ::poll(&waits, 1, 10'000) > 0 ? ::recv(socket_.get(), buffer, sizeof buffer, 0) : 0;
            if (count <= 0) throw std::runtime_error("a viewer got no event: " + text_);
            text_.append(buffer, static_cast<std::size_t>(count));
        }
        text_.clear();
    }

private:
    Descriptor socket_;
    std::string text_;
};

}  // namespace

Figures measure_events(const Places& places) {
    if (raise_descriptor_limit().now < idle_streams + 500) return {};
    Figures figures;
    {
        Stand stand(places);
        ::setenv("MULTIFLEXI_LISTEN", "127.0.0.1:0", 1);
        // So that so many connections of one address are not too many.
        ::setenv("MULTIFLEXI_TRUSTED_PROXIES", "127.0.0.1", 1);
        ::setenv("MULTIFLEXI_RATE_LIMIT", "0", 1);
        let_in(stand);
        stand.start_server();
        const auto port = port_of(stand);
        const auto without = static_cast<double>(memory_of(stand.server(), "VmRSS")) / 1024;
        std::vector<std::unique_ptr<EventViewer>> idle;
        while (std::ssize(idle) < idle_streams) {
            // More at once would wait longer for a worker than the server lets requests wait.
            const auto before = idle.size();
            for (int i = 0; i < 100; ++i) idle.push_back(std::make_unique<EventViewer>(port, "?job_id=2000000000"));
            for (auto i = before; i < idle.size(); ++i) idle[i]->wait_for("event: hello");
        }
        const auto cpu = cpu_of(stand.server());
        ::poll(nullptr, 0, static_cast<int>(std::chrono::milliseconds(time_of_idleness).count()));
        const auto used = cpu_of(stand.server()) - cpu;
        figures.push_back(told("RSS of the server without viewers", without, "MiB"));
        figures.push_back(at_most("5 000 idle streams of events: RSS of the server", 60,
                                  static_cast<double>(memory_of(stand.server(), "VmRSS")) / 1024, "MiB"));
        figures.push_back(
            at_most("... processor time, of one core", 2, 100 * used / Milliseconds(time_of_idleness), "%"));
        EventViewer viewer(port, "");
        viewer.wait_for("event: hello");
        std::vector<double> delays;
        for (int i = 0; i < events_of_bench; ++i) {
            stand.database().write([&](Session& session) {
                note_change(session, JobChangeKind::changed,
                            {.id = {1}, .company_id = {stand.company()}, .runtemplate_id = {1}}, now());
            });
            const auto committed = std::chrono::steady_clock::now();
            viewer.wait_for("event: job.changed");
            delays.push_back(Milliseconds(std::chrono::steady_clock::now() - committed).count());
        }
        figures.push_back(told("from a commit to a viewer, while 5 000 are idle, p50", quantile(delays, 0.5), "ms"));
        figures.push_back(at_most("... p99", 50, quantile(delays, 0.99), "ms"));
    }
    for (const auto* name : {"MULTIFLEXI_LISTEN", "MULTIFLEXI_TRUSTED_PROXIES", "MULTIFLEXI_RATE_LIMIT"})
        ::unsetenv(name);
    return figures;
}

}  // namespace mf::bench
