// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_client.h"
#include "service/sign_in.h"

#include <mutex>

namespace mf {

/// How people sign in at another provider (OpenID Connect Core 1.0). Without an issuer nobody does.
struct OpenIdSettings {
    std::string issuer;  ///< "https://id.example.com/realms/office"; http on this machine only
    std::string client_id;
    std::string client_secret = {};  ///< empty: a public client, which proves itself by PKCE alone
    std::string redirect;            ///< the address of ours to which the provider sends people back
    std::string scopes = "openid profile email";
    /// Somebody who is not known here gets an account, without roles; otherwise such people are refused.
    bool create_users = false;
    /// Somebody whose verified e-mail address an enabled account has gets this account.
    bool match_email = true;
};

/// What the provider sent somebody back with.
struct OpenIdReturn {
    std::string state;
    std::string code;
    std::string address = {};
    std::string user_agent = {};
};

/// The way round over a provider: begin() says where to send somebody, finish() lets in who comes back. A state is good
/// once, and for 10 minutes. What the provider says about itself and its keys is kept for an hour; keys that are not
/// known are asked for anew. Thread-safe. Database, vault and client must outlive it.
class OpenId {
public:
    OpenId(Database& database, Vault& vault, HttpClient& http, OpenIdSettings settings, SignInOptions options = {});

    /// The address to send the browser to, and the state, which the browser has to show again (as a cookie) when it
    /// comes back: otherwise somebody could be made to come in as somebody else. unavailable: the provider cannot be
    /// asked, or the key of this installation cannot be had. invalid: the settings are wrong.
    struct Departure {
        std::string url;
        std::string state;
    };
    Result<Departure> begin(Timestamp now);

    /// forbidden: the provider's answer does not prove who it is, or that one has no account here. Otherwise as
    /// begin().
    Result<SignedIn> finish(const OpenIdReturn& back, Timestamp now);

private:
    /// What the provider says about itself (OpenID Connect Discovery 1.0).
    struct Provider {
        std::string authorization, token, keys_address;
        std::string person;  ///< the UserInfo endpoint; empty: it has none
        std::string keys;
        Timestamp read_at{}, keys_read_at{};
    };
    struct Claims {
        std::string subject, email, name;
        bool email_verified = false;
    };
    struct Request {
        std::string nonce, verifier;
    };
    Result<Provider> provider(Timestamp now);
    struct Tokens {
        std::string id, access;
    };
    Result<json::object> fetched(const std::string& url, std::string_view what, const std::string& access_token = {});
    Result<std::string> keys_of(Provider& provider, Timestamp now, bool anew);
    Result<Request> take_request(const std::string& state, Timestamp now);
    Result<Tokens> exchange(const Provider& provider, const std::string& code, const std::string& verifier);
    Result<Claims> checked(Provider& provider, const std::string& token, const std::string& nonce, Timestamp now);
    Result<void> complete(const Provider& provider, const Tokens& tokens, Claims& claims);
    Result<User> user_of(Session& session, const Claims& claims, Timestamp now) const;

    Database& database_;
    Vault& vault_;
    HttpClient& http_;
    const OpenIdSettings settings_;
    const SignInOptions options_;
    std::mutex mutex_;  // guards what is known
    std::optional<Provider> known_;
};

}  // namespace mf
