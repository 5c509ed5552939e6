// SPDX-License-Identifier: MIT
#include "cli/remote_backend.h"

#include "base/digest.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/problem_reading.h"
#include "cli/shape.h"

namespace mf {
namespace {

using namespace std::chrono_literals;

/// Before a request whose connection broke is sent again.
constexpr std::chrono::milliseconds pauses_between_attempts[] = {100ms, 500ms, 2000ms};
constexpr auto time_for_connection = 10s;
/// Of one answer in memory: many times what a page of the longest records has.
constexpr std::size_t largest_answer = std::size_t{256} << 20;

constexpr std::string_view session_target = "/session";

/// Of waits that a server asks for which is asked too often.
constexpr int most_waits = 3;
constexpr std::int64_t longest_wait = 60;

/// None: it asks for none, or for one that nobody sits out.
std::optional<std::chrono::seconds> wait_asked_for(const Result<HttpReply>& reply) {
    if (!reply || reply->status != 429) return std::nullopt;
    const auto seconds = to_integer(reply->header("Retry-After"));
    if (!seconds || *seconds < 0 || *seconds > longest_wait) return std::nullopt;
    return std::chrono::seconds(*seconds);
}

/// A list as the operation gave it: the API packs it into {"items", "next"}.
json::value unpacked(const Operation& operation, json::value answer) {
    const bool may_be_list = operation.lists || !operation.output;
    if (!may_be_list || !answer.is_object()) return answer;
    auto& object = answer.get_object();
    auto* items = object.if_contains("items");
    if (object.size() != 2 || !items || !items->is_array() || !object.contains("next")) return answer;
    return std::move(*items);
}

}  // namespace

RemoteBackend::RemoteBackend(ServerAddress address, const ServerAccess& access, std::unique_ptr<HttpChannel> channel,
                             const Operations& operations, Clock& clock)
    : address_(std::move(address)),
      ca_file_(access.ca_file),
      token_(access.token),
      channel_(std::move(channel)),
      operations_(operations),
      clock_(clock) {}

Result<void> RemoteBackend::use_settings(const std::string&) {
    return invalid(
        fmt::format("A file of settings is about the installation on this machine, and {} is asked.", address_.shown));
}

Result<void> RemoteBackend::use_server(const ServerAccess&) {
    return invalid(fmt::format("{} is asked already.", address_.shown));
}

Result<json::value> RemoteBackend::maintain(const MaintenanceRequest&, const MaintenanceProgress&) {
    return Error{ErrorCode::forbidden,
                 fmt::format("Commands for the database as a whole work on the machine of the server only, not through "
                             "{}. Call them there, with --profile local if a profile is in use.",
                             address_.shown)};
}

void RemoteBackend::pause(std::chrono::milliseconds length) {
    Nudge nobody;
    const auto end = clock_.now() + length;
    while (clock_.now() < end) clock_.wait_until(end, nobody, {});
}

Result<HttpReply> RemoteBackend::ask(const OperationRequest& request, Again again, const HttpChannel::Sink& sink) {
    HttpRequest sent{.method = request.method, .url = address_.root + request.target, .body = request.body};
    sent.timeout = time_for_connection;
    sent.most_bytes = largest_answer;
    sent.ca_file = ca_file_;
    sent.headers.emplace_back("Accept", "application/json, application/problem+json, */*;q=0.5");
    // Sentences shall name options, as they do without a server.
    sent.headers.emplace_back("Prefer", "names=options");
    if (!token_.empty()) sent.headers.emplace_back("Authorization", "Bearer " + token_);
    if (!request.body.empty()) sent.headers.emplace_back("Content-Type", "application/json");
    if (again == Again::with_key && token_.empty()) again = Again::no;
    if (again == Again::with_key) sent.headers.emplace_back("Idempotency-Key", random_uuid());
    bool any = false;
    const HttpChannel::Sink noting = [&](std::string_view piece) {
        any = true;
        return sink(piece);
    };
    const auto how = again == Again::no ? HttpChannel::Send::once : HttpChannel::Send::again_if_dead;
    const auto send = [&] {
        auto answer = channel_->send(sent, how, sink ? noting : HttpChannel::Sink());
        // What was refused for its number was not done. A password that is wrong does not get right by waiting.
        for (int i = 0; i < most_waits && request.target != session_target; ++i) {
            const auto length = wait_asked_for(answer);
            if (!length) break;
            pause(*length);
            answer = channel_->send(sent, how, sink ? noting : HttpChannel::Sink());
        }
        return answer;
    };
    auto reply = send();
    const bool was_lost = !reply && channel_->was_lost();
    for (const auto length : pauses_between_attempts) {
        // What has been handed on already cannot be taken back.
        if (reply || !was_lost || again == Again::no || any) break;
        pause(length);
        reply = send();
    }
    if (!reply) {
        Error error = reply.error();
        if (was_lost && again == Again::no)
            error.message += " Nobody knows whether it was done: look before you try again.";
        return error;
    }
    if (reply->status / 100 == 2) return reply;
    return refusal(*reply);
}

Result<json::value> RemoteBackend::ask_for_json(const OperationRequest& request, Again again) {
    const auto reply = ask(request, again);
    if (!reply) return reply.error();
    auto parsed = parse_json(reply->body);
    if (!parsed || !reply->header("Content-Type").starts_with("application/json")) return stranger(*reply);
    return parsed;
}

Result<json::value> RemoteBackend::run(const Operation& operation, const json::object& input) {
    if (is_paged(operation)) return run_list(operation, input);
    auto answer = ask_for_json(request_of(operation, input), again_of(operation));
    if (!answer) return answer;
    return unpacked(operation, *std::move(answer));
}

Result<json::value> RemoteBackend::run_list(const Operation& operation, json::object input) {
    std::optional<std::int64_t> left;
    if (const auto* limit = input.if_contains("limit"); limit && !limit->is_null()) {
        left = limit->is_int64() ? limit->get_int64() : to_integer(plain_text(*limit));
        // What is no number of records is refused there.
        if (!left || *left < 0) return ask_for_json(request_of(operation, std::move(input)), Again::yes);
    }
    json::array all;
    for (;;) {
        // A list of nothing is checked there all the same.
        input["limit"] = std::clamp(left.value_or(longest_page), std::int64_t{1}, longest_page);
        auto page = ask_for_json(request_of(operation, input), Again::yes);
        if (!page) return page;
        auto* object = page->if_object();
        auto* items = object ? object->if_contains("items") : nullptr;
        const auto* next = object ? object->if_contains("next") : nullptr;
        if (!items || !items->is_array() || !next) return other_version();
        if (left == 0) return json::value(json::array());
        for (auto& item : items->get_array()) all.push_back(std::move(item));
        if (left) *left -= std::min(*left, std::ssize(items->get_array()));
        if (!next->is_string() || items->get_array().empty() || left == 0) return json::value(std::move(all));
        input["cursor"] = *next;
        input.erase("after");
        input.erase("offset");
    }
}

Result<void> RemoteBackend::read_content(const std::string& target, const BytesSink& sink) {
    const auto reply = ask({.method = "GET", .target = target}, Again::yes, sink);
    if (!reply) return reply.error();
    return {};
}

Result<void> RemoteBackend::read_job_output(std::int64_t job, JobStream stream, const BytesSink& sink) {
    return read_content(fmt::format("/jobs/{}/{}", job, stream == JobStream::out ? "stdout" : "stderr"), sink);
}

Result<void> RemoteBackend::read_artifact(std::int64_t artifact, const BytesSink& sink) {
    return read_content(fmt::format("/artifacts/{}/content", artifact), sink);
}

Result<ServerFacts> RemoteBackend::server_facts() {
    if (facts_) return *facts_;
    // A refusal of this question must not ask it again, to name the version.
    is_asking_facts_ = true;
    const auto answer = ask_for_json({.method = "GET", .target = "/"}, Again::yes);
    is_asking_facts_ = false;
    if (!answer) return answer.error();
    const auto* object = answer->if_object();
    if (!object || text_member(*object, "version").empty())
        return Error{ErrorCode::unavailable, fmt::format("What answers at {} is no MultiFlexi.", address_.shown)};
    facts_ = ServerFacts{.version = std::string(text_member(*object, "version")),
                         .time_zone = std::string(text_member(*object, "time_zone")),
                         .login = std::string(text_member(*object, "login"))};
    return *facts_;
}

Zone RemoteBackend::zone() {
    const auto facts = server_facts();
    if (!facts) return Zone::utc();
    auto zone = Zone::named(facts->time_zone);
    return zone ? *std::move(zone) : Zone::utc();
}

Result<void> RemoteBackend::sign_in(const PersonalProof& proof) {
    json::object body{{"login", proof.login}, {"password", proof.password}};
    if (!proof.code.empty()) body["code"] = proof.code;
    token_.clear();
    const auto answer = ask_for_json(
        {.method = "POST", .target = std::string(session_target), .body = to_text(json::value(std::move(body)))},
        Again::no);
    if (!answer) return answer.error();
    token_ = answer->is_object() ? std::string(text_member(answer->get_object(), "token")) : std::string();
    if (token_.empty()) return other_version();
    return {};
}

void RemoteBackend::sign_out() {
    // A session that could not be ended ends by itself.
    (void)ask({.method = "DELETE", .target = std::string(session_target)}, Again::no);
    token_.clear();
}

Error RemoteBackend::other_version() {
    if (!facts_ && !is_asking_facts_) (void)server_facts();
    return {ErrorCode::unavailable,
            fmt::format("The server at {} does not know what this command asks: it is another version{} than this "
                        "program ({}). Use the multiflexi-cli of its version.",
                        address_.shown, facts_ ? fmt::format(" ({})", one_line(facts_->version)) : std::string(),
                        MULTIFLEXI_VERSION)};
}

Error RemoteBackend::stranger(const HttpReply& reply) const {
    if (reply.status / 100 == 3)
        return {ErrorCode::unavailable,
                fmt::format("{} sends on to {}, where the token must not follow. If that is your server, name it.",
                            address_.shown, origin_of(reply.header("Location")))};
    return {
        ErrorCode::unavailable,
        fmt::format("What answers at {} (status {}) is not the API of MultiFlexi, or something in front of it. Look "
                    "whether the address is right.",
                    address_.shown, reply.status)};
}

Error RemoteBackend::refusal(const HttpReply& reply) {
    auto problem = read_problem(reply);
    if (!problem) return stranger(reply);
    if (problem->code == "unknown-path" || reply.status == 405) return other_version();
    if (reply.header("MultiFlexi-Second-Factor") == "code")
        problem->error.fields.push_back({"code", "is missing", "second_factor"});
    else if (reply.status == 401 && token_.empty())
        problem->error.message = fmt::format(
            "{} wants to know who asks. Name a token: --token-file FILE, MULTIFLEXI_TOKEN, or a profile with "
            "one (profile add).",
            address_.shown);
    return std::move(problem->error);
}

}  // namespace mf
