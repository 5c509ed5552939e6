// SPDX-License-Identifier: MIT
#include "api/rate_limit.h"
#include "base/base64.h"
#include "base/digest.h"
#include "contract/openapi/exchanges.h"

#include <tuple>

namespace mf::testing {
namespace {

json::object sign_in_as_anna(std::string_view password) { return {{"login", "anna"}, {"password", password}}; }

void add_anna(ContractDesk& desk) {
    desk.add(User{.login = "anna",
                  .enabled = true,
                  .created_at = desk.moment,
                  .password = hash_password(good_password, cheap),
                  .updated_at = desk.moment});
}

void try_sessions(Exchanges& exchanges) {
    ContractDesk desk;
    add_anna(desk);
    const auto sign_in = [&](std::string_view password, http::Headers headers = {}) {
        return desk.ask_json("POST", "/session", std::move(headers), sign_in_as_anna(password));
    };
    exchanges.note("session:create", "without a password", desk.ask_json("POST", "/session", {}, {{"login", "anna"}}));
    exchanges.note("session:create", "from another site",
                   sign_in(good_password, {{"Origin", "https://elsewhere.example"}}));
    exchanges.note("session:create", "with a wrong password", sign_in("wrong"));
    auto in = sign_in(good_password);
    const auto token = std::string(ContractDesk::body_of(in).at("token").as_string());
    exchanges.note("session:create", "as it should be", std::move(in));
    exchanges.note("session:delete", "without a session", desk.ask("DELETE", "/session", desk.as_tester()));
    exchanges.note("session:delete", "as it should be", desk.ask("DELETE", "/session", desk.bearer(token)));
    desk.clock.advance(std::chrono::seconds(1));
    for (int i = 0; i < 10; ++i) (void)sign_in("wrong");
    exchanges.note("session:delete", "with a password that was guessed too often",
                   desk.ask("DELETE", "/session", {{"Authorization", "Basic " + to_base64("anna:wrong")}}));
    exchanges.note("about:get", "as it should be", desk.ask("GET", "/", desk.as_tester()));
    exchanges.note("about:get", "by nobody", desk.ask("GET", "/"));
    exchanges.note("about:get", "with a password that was guessed too often",
                   desk.ask("GET", "/", {{"Authorization", "Basic " + to_base64("anna:wrong")}}));
    exchanges.note("session:create", "too often with a wrong password", sign_in("wrong"));
    exchanges.note("session:openid", "without a provider", desk.ask("GET", "/session/openid"));
    exchanges.note("session:openid-return", "without a provider", desk.ask("GET", "/session/openid/return?state=s"));
}

void try_provider(Exchanges& exchanges) {
    ContractDesk desk;
    FakeHttp provider(HttpReply{
        .status = 200, .headers = {{"Content-Type", "application/json"}}, .body = R"({"issuer":"https://id.example.com",
            "authorization_endpoint":"https://id.example.com/auth","token_endpoint":"https://id.example.com/token",
            "jwks_uri":"https://id.example.com/keys","code_challenge_methods_supported":["S256"]})"});
    OpenId openid(desk.database, desk.vault, provider,
                  {.issuer = "https://id.example.com", .client_id = "us", .redirect = "https://multiflexi.example/"});
    auto context = desk.context;
    context.openid = &openid;
    RestApi api(context);
    exchanges.note("session:openid", "as it should be", api.handle(desk.request("GET", "/api/v1/session/openid")));
    exchanges.note("session:openid-return", "without having set out",
                   api.handle(desk.request("GET", "/api/v1/session/openid/return?state=s&code=c")));
    RateLimiter limiter({"caller", 1}, {"address", 1});
    context.rate_limiter = &limiter;
    RestApi limited(context);
    for (int i = 0; i < 2; ++i) (void)limited.handle(desk.request("GET", "/api/v1/account"));
    exchanges.note("session:openid", "too often", limited.handle(desk.request("GET", "/api/v1/session/openid")));
    exchanges.note("session:openid-return", "too often",
                   limited.handle(desk.request("GET", "/api/v1/session/openid/return?state=s&code=c")));
    exchanges.note("openapi:get", "asked for too often", limited.handle(desk.request("GET", "/api/v1/openapi.json")));
}

void try_output(std::string_view stream, Exchanges& exchanges, ContractDesk& desk) {
    const auto id = fmt::format("job:{}", stream);
    const auto ask = [&](std::string_view job, http::Headers headers) {
        return desk.ask("GET", fmt::format("/jobs/{}/{}", job, stream), std::move(headers));
    };
    const auto job = fmt::to_string(desk.acme.ended.id.value);
    exchanges.note(id, "as it should be", ask(job, desk.as_tester()));
    exchanges.note(id, "of no number", ask("x", desk.as_tester()));
    exchanges.note(id, "of an id that nothing has", ask("987654", desk.as_tester()));
    exchanges.note(id, "without a sign-in", ask(job, {}));
}

void try_contents(Exchanges& exchanges) {
    ContractDesk desk;
    const auto nobody = desk.bearer(desk.token_of("nobody", [](const User&) {}));
    const http::Headers guessed{{"Authorization", "Basic " + to_base64("guessed:wrong")}};
    for (int i = 0; i < 10; ++i) (void)desk.ask("GET", "/account", guessed);
    const std::string_view printed = "acme printed";
    const auto artifact = desk.add(Artifact{.job_id = desk.acme.ended.id,
                                            .company_id = desk.company.id,
                                            .kind = ArtifactKind::stdout_text,
                                            .filename = "printed.txt",
                                            .content_type = "text/plain",
                                            .size = static_cast<std::int64_t>(printed.size()),
                                            .sha256 = sha256_hex(printed),
                                            .created_at = desk.moment})
                              .id.value;
    const auto running = desk.launch(desk.acme.origin, desk.moment).id;
    desk.claim();
    desk.start(running);
    desk.database.write([&](Session& session) {
        std::int64_t seq = 0;
        for (const auto source : {OutputSource::standard_output, OutputSource::standard_error}) {
            const auto piece = pack(running, 1, {.seq = seq++, .at = desk.moment, .source = source, .bytes = "0123"});
            if (append_output(session, std::span(&piece, 1)) > 0) throw std::runtime_error("output was refused");
        }
    });
    for (const auto stream : {"stdout", "stderr"}) {
        try_output(stream, exchanges, desk);
        const auto target = fmt::format("/jobs/{}/{}", desk.acme.ended.id.value, stream);
        exchanges.note(fmt::format("job:{}", stream), "by somebody without a role", desk.ask("GET", target, nobody));
        for (const auto* range : {"bytes=2-4", "bytes=100-"}) {
            auto headers = desk.as_tester();
            headers.add("Range", range);
            exchanges.note(fmt::format("job:{}", stream), fmt::format("the range {}", range),
                           desk.ask("GET", fmt::format("/jobs/{}/{}", running.value, stream), headers));
        }
        exchanges.note(fmt::format("job:{}", stream), "with a password that was guessed too often",
                       desk.ask("GET", target, guessed));
    }
    const auto ask = [&](std::string_view how, std::string_view id, http::Headers headers, http::Headers more = {}) {
        for (const auto& [name, value] : more) headers.add(name, value);
        exchanges.note("artifact:content", how, desk.ask("GET", fmt::format("/artifacts/{}/content", id), headers));
    };
    const auto id = fmt::to_string(artifact);
    ask("as it should be", id, desk.as_tester());
    ask("a range", id, desk.as_tester(), {{"Range", "bytes=2-4"}});
    ask("a range outside", id, desk.as_tester(), {{"Range", "bytes=100-"}});
    ask("what is known", id, desk.as_tester(), {{"If-None-Match", fmt::format("\"{}\"", sha256_hex(printed))}});
    ask("of no number", "x", desk.as_tester());
    ask("of an id that nothing has", "987654", desk.as_tester());
    ask("without a sign-in", id, {});
    ask("by somebody without a role", id, nobody);
    ask("with a password that was guessed too often", id, guessed);
}

void try_events(Exchanges& exchanges) {
    ContractDesk desk;
    const auto nobody = desk.bearer(desk.token_of("nobody", [](const User&) {}));
    const http::Headers guessed{{"Authorization", "Basic " + to_base64("guessed:wrong")}};
    for (int i = 0; i < 10; ++i) (void)desk.ask("GET", "/account", guessed);
    const auto ask = [&](std::string_view id, std::string_view how, const std::string& target, http::Headers headers) {
        exchanges.note(id, how, desk.ask("GET", target, std::move(headers)));
    };
    const auto viewer = desk.bearer(desk.company_token("viewer", desk.company.id, CompanyRole::viewer));
    const auto of_job = fmt::format("/jobs/{}/events", desk.acme.ended.id.value);
    for (const auto& [id, target, wrong, missing] :
         {std::tuple("events:stream", std::string("/events"), std::string("/events?types=unheard"),
                     std::string("/events?company_id=987654")),
          std::tuple("job:events", of_job, std::string("/jobs/x/events"), std::string("/jobs/987654/events"))}) {
        ask(id, "as it should be", target, desk.as_tester());
        ask(id, "with a wrong word", wrong, desk.as_tester());
        ask(id, "of what is not there", missing, viewer);
        ask(id, "without a sign-in", target, {});
        ask(id, "by somebody without a role", target, nobody);
        ask(id, "with a password that was guessed too often", target, guessed);
    }
    auto known = desk.as_tester();
    known.add("Last-Event-ID", "1-failed");
    ask("job:events", "all of it is known", of_job, known);
}

}  // namespace

void try_other_paths(Exchanges& exchanges) {
    try_events(exchanges);
    try_sessions(exchanges);
    try_provider(exchanges);
    try_contents(exchanges);
    ContractDesk desk;
    auto answer = desk.ask("GET", "/openapi.json");
    const auto tag = std::string(answer.headers.get("ETag"));
    exchanges.note("openapi:get", "as it should be", std::move(answer));
    exchanges.note("openapi:get", "what is known", desk.ask("GET", "/openapi.json", {{"If-None-Match", tag}}));
}

}  // namespace mf::testing
