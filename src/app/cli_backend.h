// SPDX-License-Identifier: MIT
#pragma once

#include "app/installation.h"
#include "cli/runner.h"

namespace mf {

/// The command line's way to the installation on this machine; opens the database when it is first needed.
class LocalBackend final : public Backend {
public:
    Result<void> use_settings(const std::string& file) override;
    void use_token(std::string token) override { token_ = std::move(token); }
    Result<void> use_server(const ServerAccess&) override { return no_server(); }
    Result<ServerFacts> server_facts() override { return no_server(); }
    Result<void> sign_in(const PersonalProof&) override { return no_server(); }
    void sign_out() override {}
    const Operations& operations() override;
    Zone zone() override;
    Timestamp now() override { return clock_.now(); }
    Result<json::value> maintain(const MaintenanceRequest& request, const MaintenanceProgress& progress) override;
    Result<json::value> run(const Operation& operation, const json::object& input) override;
    Result<void> follow_job(std::int64_t job, std::int64_t from_sequence, const JobEventSink& sink,
                            std::stop_token stop) override;
    Result<void> read_job_output(std::int64_t job, JobStream stream, const BytesSink& sink) override;
    Result<void> read_artifact(std::int64_t artifact, const BytesSink& sink) override;

private:
    static Error no_server() { return invalid("The installation on this machine is asked without a server."); }
    template <class Open>
    Result<void> read_content(const BytesSink& sink, Open&& open);
    Result<Installation*> loaded();
    Result<Installation*> opened();
    /// Who acts: whose token it is, or else the administrator of this machine.
    Result<const Caller*> caller();
    /// What that one may see.
    Result<Scope> seen();
    /// Things that are none of the caller's fault come as exceptions; the command line shows sentences.
    template <class F>
    auto guarded(F&& work) -> decltype(work());

    SystemClock clock_;
    std::optional<std::filesystem::path> settings_file_;
    std::optional<Installation> installation_;
    bool is_open_ = false;
    std::optional<std::string> token_;
    std::optional<Caller> caller_;
    std::optional<Operations> operations_;
};

}  // namespace mf
