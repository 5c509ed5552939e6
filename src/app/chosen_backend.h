// SPDX-License-Identifier: MIT
#pragma once

#include "app/cli_backend.h"
#include "cli/remote_backend.h"

namespace mf {

/// The backend of the programs: the installation on this machine, until use_server() names a server.
class ChosenBackend final : public Backend {
public:
    Result<void> use_settings(const std::string& file) override { return chosen().use_settings(file); }
    void use_token(std::string token) override { chosen().use_token(std::move(token)); }
    Result<void> use_server(const ServerAccess& server) override;
    Result<ServerFacts> server_facts() override { return chosen().server_facts(); }
    Result<void> sign_in(const PersonalProof& proof) override { return chosen().sign_in(proof); }
    void sign_out() override { chosen().sign_out(); }
    const Operations& operations() override { return local_.operations(); }
    Zone zone() override { return chosen().zone(); }
    Timestamp now() override { return chosen().now(); }
    Result<json::value> maintain(const MaintenanceRequest& request, const MaintenanceProgress& progress) override {
        return chosen().maintain(request, progress);
    }
    Result<json::value> run(const Operation& operation, const json::object& input) override {
        return chosen().run(operation, input);
    }
    Result<void> follow_job(std::int64_t job, std::int64_t from_sequence, const JobEventSink& sink,
                            std::stop_token stop) override {
        return chosen().follow_job(job, from_sequence, sink, std::move(stop));
    }
    Result<void> read_job_output(std::int64_t job, JobStream stream, const BytesSink& sink) override {
        return chosen().read_job_output(job, stream, sink);
    }
    Result<void> read_artifact(std::int64_t artifact, const BytesSink& sink) override {
        return chosen().read_artifact(artifact, sink);
    }

private:
    Backend& chosen() { return remote_ ? static_cast<Backend&>(*remote_) : local_; }

    SystemClock clock_;
    LocalBackend local_;
    std::optional<RemoteBackend> remote_;
};

}  // namespace mf
