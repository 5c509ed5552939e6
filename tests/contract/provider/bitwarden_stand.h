// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_client.h"
#include "support/child_program.h"
#include "support/temporary_directory.h"

#include <memory>
#include <string>

namespace mf::testing {

/// The official program of Bitwarden, logged in and serving (`bw serve`), and the double of a server that it is logged
/// in with (bitwarden_double.mjs). Everything on the loopback; gone with the object.
class BitwardenStand {
public:
    /// Nothing, with the reason printed, when the programs are not installed (scripts/setup does that).
    /// MULTIFLEXI_REQUIRE_SERVERS=1 turns that into an exception.
    static std::unique_ptr<BitwardenStand> start();

    static constexpr const char* email = "job@example.org";
    static constexpr const char* password = "master \"Pass\" ž1";

    std::string server_url() const;  ///< https, with the certificate below
    std::string serve_url() const { return serve_url_; }
    std::filesystem::path certificate() const { return directory_.path() / "certificate.pem"; }

    /// What the vault has from now on: a JSON list, see sealedItem() of the double. Folders are "Jobs" and "Private".
    void set_items(const std::string& items) const;
    /// "locked", "unlocked" or "unauthenticated".
    std::string status() const;
    void unlock() const;
    void lock() const;
    /// The server of the vault goes away.
    void end_server() { server_->kill(); }

private:
    BitwardenStand();
    std::unique_ptr<ChildProgram> start_bw(const std::vector<std::string>& words,
                                           const std::vector<std::string>& environment = {}) const;
    std::string run_bw(const std::vector<std::string>& words, const std::vector<std::string>& environment) const;
    void start_serve();
    HttpReply ask(const HttpRequest& request) const;
    std::filesystem::path log() const { return directory_.path() / "log"; }

    const TemporaryDirectory directory_;
    const std::unique_ptr<CurlClient> client_ = std::make_unique<CurlClient>();
    std::unique_ptr<ChildProgram> server_;
    std::string server_port_;
    std::unique_ptr<ChildProgram> serve_;
    std::string serve_url_;
};

}  // namespace mf::testing
