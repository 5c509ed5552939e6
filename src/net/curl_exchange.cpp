// SPDX-License-Identifier: MIT
#include "net/curl_exchange.h"

#include "base/shared_library.h"
#include "base/text.h"
#include "net/link_local.h"
#include "net/url.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <optional>

namespace mf {
namespace {

/// libcurl brings 20 more libraries along, and most calls of the command line ask nobody.
struct Curl {
    const SharedLibrary library{"libcurl.so.4"};
    decltype(&::curl_global_init) global_init = library["curl_global_init"];
    decltype(&::curl_easy_init) easy_init = library["curl_easy_init"];
    decltype(&::curl_easy_reset) easy_reset = library["curl_easy_reset"];
    decltype(&::curl_easy_cleanup) easy_cleanup = library["curl_easy_cleanup"];
    decltype(&::curl_easy_setopt) easy_setopt = library["curl_easy_setopt"];
    decltype(&::curl_easy_getinfo) easy_getinfo = library["curl_easy_getinfo"];
    decltype(&::curl_easy_strerror) easy_strerror = library["curl_easy_strerror"];
    decltype(&::curl_slist_append) slist_append = library["curl_slist_append"];
    decltype(&::curl_slist_free_all) slist_free_all = library["curl_slist_free_all"];
    decltype(&::curl_multi_init) multi_init = library["curl_multi_init"];
    decltype(&::curl_multi_cleanup) multi_cleanup = library["curl_multi_cleanup"];
    decltype(&::curl_multi_add_handle) multi_add_handle = library["curl_multi_add_handle"];
    decltype(&::curl_multi_remove_handle) multi_remove_handle = library["curl_multi_remove_handle"];
    decltype(&::curl_multi_perform) multi_perform = library["curl_multi_perform"];
    decltype(&::curl_multi_poll) multi_poll = library["curl_multi_poll"];
    decltype(&::curl_multi_wakeup) multi_wakeup = library["curl_multi_wakeup"];
    decltype(&::curl_multi_info_read) multi_info_read = library["curl_multi_info_read"];
    bool works = multi_wakeup && easy_setopt && global_init && global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
};

const Curl& curl() {
    static const Curl loaded;
    return loaded;
}

}  // namespace

/// One handle with its own connections; used by one thread at a time. It is driven as a "multi" handle, because only
/// such a wait can be ended from another thread.
class CurlLine::Handles {
public:
    Handles() : easy_(curl().easy_init()), multi_(curl().multi_init()) {}
    ~Handles() {
        if (easy_) curl().easy_cleanup(easy_);
        if (multi_) curl().multi_cleanup(multi_);
    }
    Handles(const Handles&) = delete;
    Handles& operator=(const Handles&) = delete;

    bool is_there() const { return easy_ && multi_; }
    CURL* easy() const { return easy_; }

    /// What became of the transfer that was set up; nothing when it was stopped.
    std::optional<CURLcode> run(const std::stop_token& stop) {
        if (curl().multi_add_handle(multi_, easy_) != CURLM_OK) return CURLE_FAILED_INIT;
        std::optional<CURLcode> outcome;
        {
            const std::stop_callback wake(stop, [this] { curl().multi_wakeup(multi_); });
            int running = 1;
            while (!stop.stop_requested()) {
                if (curl().multi_perform(multi_, &running) != CURLM_OK) outcome = CURLE_FAILED_INIT;
                if (running == 0 || outcome) break;
                // Shorter when the time limit or something else of libcurl comes first.
                curl().multi_poll(multi_, nullptr, 0, 60'000, nullptr);
            }
        }
        int left = 0;
        while (const CURLMsg* message = curl().multi_info_read(multi_, &left))
            if (message->msg == CURLMSG_DONE) outcome = message->data.result;
        curl().multi_remove_handle(multi_, easy_);
        return outcome;
    }

private:
    CURL* const easy_;
    CURLM* const multi_;
};

CurlLine::CurlLine() : handles_(std::make_unique<Handles>()) {}
CurlLine::~CurlLine() = default;
bool CurlLine::is_there() const { return handles_->is_there(); }
bool has_curl() { return curl().works; }

namespace {

constexpr std::size_t most_header_bytes = 256 * 1024;

template <class T>
void set_option(CURL* easy, CURLoption option, T value) {
    curl().easy_setopt(easy, option, value);
}

/// What the callbacks of one transfer see.
struct Transfer {
    std::size_t most_bytes = 0;
    HttpReply reply = {};
    std::size_t header_bytes = 0;
    bool too_long = false;
    bool refused_address = false;
    const std::function<bool(std::string_view)>* sink = nullptr;  ///< takes the body of an answer that is a success
    bool enough = false;                                          ///< said the sink
    char problem[CURL_ERROR_SIZE] = "";
};

std::size_t take_body(char* data, std::size_t, std::size_t size, void* into) {
    auto& transfer = *static_cast<Transfer*>(into);
    if (transfer.sink && transfer.reply.status / 100 == 2) {
        transfer.enough = !(*transfer.sink)({data, size});
        return transfer.enough ? 0 : size;
    }
    transfer.too_long = size > transfer.most_bytes - transfer.reply.body.size();
    if (transfer.too_long) return 0;  // ends the transfer
    transfer.reply.body.append(data, size);
    return size;
}

std::size_t take_header(char* data, std::size_t, std::size_t size, void* into) {
    auto& transfer = *static_cast<Transfer*>(into);
    transfer.header_bytes += size;
    if (transfer.header_bytes > most_header_bytes) {
        transfer.too_long = true;
        return 0;
    }
    const std::string_view line = trim({data, size});
    // An interim reply (100, 103) came before this one.
    if (line.starts_with("HTTP/")) {
        transfer.reply.headers.clear();
        const auto blank = line.find(' ');
        const auto status = blank == line.npos ? std::nullopt : to_integer(line.substr(blank + 1, 3));
        transfer.reply.status = static_cast<int>(status.value_or(0));
    }
    if (const auto colon = line.find(':'); colon != std::string_view::npos && !line.starts_with("HTTP/"))
        transfer.reply.headers.emplace_back(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
    return size;
}

curl_socket_t open_socket(void* into, curlsocktype, curl_sockaddr* address) {
    if (is_link_local(address->addr)) {
        static_cast<Transfer*>(into)->refused_address = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

class HeaderList {
public:
    HeaderList() = default;
    ~HeaderList() { curl().slist_free_all(list_); }
    HeaderList(const HeaderList&) = delete;
    HeaderList& operator=(const HeaderList&) = delete;
    void add(const std::string& line) { list_ = curl().slist_append(list_, line.c_str()); }
    curl_slist* get() const { return list_; }

private:
    curl_slist* list_ = nullptr;
};

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return is_letter(c) || is_digit(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

Result<void> check_request(const HttpRequest& request) {
    if (!is_token(request.method)) return invalid("The request has a method that is no word of HTTP.");
    for (const auto& [name, value] : request.headers)
        if (!is_token(name) || value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
            return invalid(
                fmt::format("The header {} of the request contains a line break or another character that "
                            "no header may have.",
                            is_token(name) ? name : "(unnamed)"));
    return {};
}

/// What every transfer has in common.
void prepare_transfer(CURL* easy, Transfer& transfer, std::chrono::milliseconds timeout, std::string_view host) {
    // Zero would be: no limit.
    const auto limit = static_cast<long>(std::max<std::int64_t>(timeout.count(), 1));
    set_option(easy, CURLOPT_TIMEOUT_MS, limit);
    set_option(easy, CURLOPT_CONNECTTIMEOUT_MS, limit);
    set_option(easy, CURLOPT_NOSIGNAL, 1L);
    // Or a name server that does not answer would be waited for after the time limit.
    set_option(easy, CURLOPT_QUICK_EXIT, 1L);
    set_option(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set_option(easy, CURLOPT_FOLLOWLOCATION, 0L);
    set_option(easy, CURLOPT_ERRORBUFFER, transfer.problem);
    set_option(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    set_option(easy, CURLOPT_OPENSOCKETDATA, static_cast<void*>(&transfer));
    if (is_loopback(host)) set_option(easy, CURLOPT_PROXY, "");
}

void prepare_body(CURL* easy, const HttpRequest& request) {
    if (request.method == "HEAD") return set_option(easy, CURLOPT_NOBODY, 1L);
    const bool has_body =
        !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
    if (has_body) {
        set_option(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        set_option(easy, CURLOPT_POSTFIELDS, request.body.c_str());
    }
    set_option(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void prepare_headers(CURL* easy, const HttpRequest& request, HeaderList& list) {
    bool has_type = false;
    for (const auto& [name, value] : request.headers) {
        has_type = has_type || equal_ignoring_case(name, "content-type");
        // That is how libcurl is told to send a header without a value.
        list.add(value.empty() ? name + ";" : name + ": " + value);
    }
    if (!has_type) list.add("Content-Type:");  // or libcurl takes every body for a form
    list.add("Expect:");                       // or a body waits for a second where nobody knows 100-continue
    set_option(easy, CURLOPT_HTTPHEADER, list.get());
    set_option(easy, CURLOPT_USERAGENT, "MultiFlexi/" MULTIFLEXI_VERSION);
}

std::string reason_for(CURL* easy, CURLcode code, const Transfer& transfer, std::chrono::milliseconds timeout) {
    if (transfer.too_long)
        return fmt::format("it sends more than {} bytes",
                           transfer.header_bytes > most_header_bytes ? most_header_bytes : transfer.most_bytes);
    if (transfer.refused_address)
        return "its address is a link-local one; those are refused, because clouds hand out access data there";
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST: return "nobody knows a host of this name";
        case CURLE_COULDNT_RESOLVE_PROXY: return "nobody knows the proxy of the environment";
        case CURLE_OPERATION_TIMEDOUT:
            return fmt::format("there was no complete answer within {:g} seconds",
                               static_cast<double>(timeout.count()) / 1000);
        case CURLE_GOT_NOTHING:
        case CURLE_RECV_ERROR:
        case CURLE_SEND_ERROR:
        case CURLE_PARTIAL_FILE: return "the connection was closed before the answer was complete";
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_WEIRD_SERVER_REPLY: return "what it answers is not HTTP";
        case CURLE_COULDNT_CONNECT: {
            long error = 0;
            curl().easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
            if (error != 0) return "no connection (" + error_text(static_cast<int>(error)) + ")";
            return "no connection";
        }
        // Says which certificate it is about and what is wrong with it; nothing of the request.
        case CURLE_PEER_FAILED_VERIFICATION:
            return *transfer.problem ? std::string(transfer.problem) : "its certificate is not trusted";
        default: return curl().easy_strerror(code);
    }
}

/// unavailable, with a sentence about the server of this name.
Error failed_transfer(const std::string& origin, CURL* easy, std::optional<CURLcode> code, const Transfer& transfer,
                      std::chrono::milliseconds timeout) {
    if (!code)
        return {ErrorCode::unavailable,
                fmt::format("The request to {} was given up, because the server ends.", origin)};
    return {ErrorCode::unavailable,
            fmt::format("{} cannot be reached: {}.", origin, reason_for(easy, *code, transfer, timeout))};
}

bool is_host(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_' || c == ':';
    });
}

bool is_loss_of_connection(std::optional<CURLcode> code) {
    return code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
           code == CURLE_PARTIAL_FILE;
}

}  // namespace

struct Exchanging {
    static CurlLine::Handles& handles_of(const CurlLine& line) { return *line.handles_; }
};

Error without_curl() {
    return {ErrorCode::unavailable,
            "Other machines are asked with the library libcurl.so.4: install the package "
            "libcurl4."};
}

Exchange exchange(CurlLine& line, const HttpRequest& request, const ExchangeOptions& options) {
    const auto url = read_web_url(request.url);
    if (!url) return {url.error()};
    if (const auto checked = check_request(request); !checked) return {checked.error()};
    if (!request.ca_file.empty() && access(request.ca_file.c_str(), R_OK) != 0)
        return {invalid("The file of the trusted authorities (CA) cannot be read.")};
    if (!has_curl() || !line.is_there()) return {without_curl()};
    auto& handles = Exchanging::handles_of(line);
    CURL* const easy = handles.easy();
    Transfer transfer{.most_bytes = request.most_bytes};
    if (options.sink) transfer.sink = &options.sink;
    HeaderList headers;
    prepare_transfer(easy, transfer, request.timeout, url->host);
    if (options.stall.count() > 0) {
        set_option(easy, CURLOPT_TIMEOUT_MS, 0L);
        set_option(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        set_option(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall.count()));
    }
    if (!options.unix_socket.empty()) set_option(easy, CURLOPT_UNIX_SOCKET_PATH, options.unix_socket.c_str());
    if (options.new_connection) set_option(easy, CURLOPT_FRESH_CONNECT, 1L);
    prepare_headers(easy, request, headers);
    prepare_body(easy, request);
    set_option(easy, CURLOPT_URL, request.url.c_str());
    set_option(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set_option(easy, CURLOPT_HEADERFUNCTION, &take_header);
    set_option(easy, CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
    set_option(easy, CURLOPT_WRITEFUNCTION, &take_body);
    set_option(easy, CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
    if (!request.ca_file.empty()) set_option(easy, CURLOPT_CAINFO, request.ca_file.c_str());
    const auto code = handles.run(request.stop);
    if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && transfer.enough)) {
        curl().easy_reset(easy);  // keeps connections, forgets the request
        return {std::move(transfer.reply)};
    }
    if (code == CURLE_SSL_CACERT_BADFILE) return {invalid("The file of the trusted authorities (CA) has none in it.")};
    if (code == CURLE_URL_MALFORMAT) return {invalid("The address is not one that libcurl understands.")};
    const auto limit = options.stall.count() > 0 ? std::chrono::milliseconds(options.stall) : request.timeout;
    return {failed_transfer(options.server.empty() ? url->origin() : options.server, easy, code, transfer, limit),
            is_loss_of_connection(code)};
}

Result<void> connect_to(const TcpTarget& target) {
    if (!is_host(target.host) || target.port < 1 || target.port > 65535)
        return invalid("The address of the server is none: it needs a name or an address, and a port from 1 to 65535.");
    if (!has_curl()) return without_curl();
    // Of its own: a bare connection is never used again.
    const CurlLine kept;
    if (!kept.is_there()) return without_curl();
    auto& line = Exchanging::handles_of(kept);
    const Url url{.scheme = "http", .host = target.host, .port = target.port};
    Transfer transfer;
    prepare_transfer(line.easy(), transfer, target.timeout, target.host);
    const std::string address = url.origin();
    set_option(line.easy(), CURLOPT_URL, address.c_str());
    set_option(line.easy(), CURLOPT_PROXY, "");
    set_option(line.easy(), CURLOPT_CONNECT_ONLY, 1L);
    const auto code = line.run(target.stop);
    if (code == CURLE_OK) return {};
    return failed_transfer(address.substr(std::string_view("http://").size()), line.easy(), code, transfer,
                           target.timeout);
}

}  // namespace mf
