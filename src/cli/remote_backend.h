// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"
#include "cli/runner.h"
#include "cli/server_address.h"
#include "net/http_channel.h"
#include "service/operation_request.h"

namespace mf {

/// Everything that the command line asks, asked of a server over its REST API (doc/api.md). Answers and errors are
/// those that the operation gives there; pages are put together again. A request whose connection broke is sent again,
/// a few times, when doing it twice does no harm. Redirections are not followed: the token is for this server.
class RemoteBackend final : public Backend {
public:
    /// The operations that this program knows; a server of another version may lack some. Both references must outlive
    /// it.
    RemoteBackend(ServerAddress address, const ServerAccess& access, std::unique_ptr<HttpChannel> channel,
                  const Operations& operations, Clock& clock);

    Result<void> use_settings(const std::string& file) override;
    void use_token(std::string token) override { token_ = std::move(token); }
    Result<void> use_server(const ServerAccess& server) override;
    Result<ServerFacts> server_facts() override;
    Result<void> sign_in(const PersonalProof& proof) override;
    void sign_out() override;
    const Operations& operations() override { return operations_; }
    /// That of the server, so that times read as they do there; UTC when it does not say.
    Zone zone() override;
    Timestamp now() override { return clock_.now(); }
    /// forbidden: that works where the database is.
    Result<json::value> maintain(const MaintenanceRequest& request, const MaintenanceProgress& progress) override;
    Result<json::value> run(const Operation& operation, const json::object& input) override;
    /// Lasts through a restart of the server.
    Result<void> follow_job(std::int64_t job, std::int64_t from_sequence, const JobEventSink& sink,
                            std::stop_token stop) override;
    Result<void> read_job_output(std::int64_t job, JobStream stream, const BytesSink& sink) override;
    Result<void> read_artifact(std::int64_t artifact, const BytesSink& sink) override;

private:
    /// The reply of a success.
    Result<HttpReply> ask(const OperationRequest& request, Again again, const HttpChannel::Sink& sink = {});
    Result<json::value> ask_for_json(const OperationRequest& request, Again again);
    Result<json::value> run_list(const Operation& operation, json::object input);
    Result<void> read_content(const std::string& target, const BytesSink& sink);
    Error refusal(const HttpReply& reply);
    Error stranger(const HttpReply& reply) const;
    Error other_version();
    void pause(std::chrono::milliseconds length);

    const ServerAddress address_;
    const std::string ca_file_;
    std::string token_;
    const std::unique_ptr<HttpChannel> channel_;
    const Operations& operations_;
    Clock& clock_;
    std::optional<ServerFacts> facts_;
    bool is_asking_facts_ = false;
};

}  // namespace mf
