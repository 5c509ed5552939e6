// SPDX-License-Identifier: MIT
#include "execute/mime.h"

#include "base/shared_library.h"
#include "base/text.h"

#include <magic.h>
#include <algorithm>
#include <array>
#include <memory>

namespace mf {

namespace {

struct ByEnding {
    std::string_view ending;
    std::string_view type;
};

// For files that are text. libmagic takes a short CSV for plain text, and a log for a program in some language.
constexpr std::array text_types{
    ByEnding{"json", "application/json"},
    ByEnding{"ndjson", "application/x-ndjson"},
    ByEnding{"jsonl", "application/x-ndjson"},
    ByEnding{"csv", "text/csv"},
    ByEnding{"tsv", "text/tab-separated-values"},
    ByEnding{"xml", "application/xml"},
    ByEnding{"isdoc", "application/xml"},
    ByEnding{"xsl", "application/xml"},
    ByEnding{"html", "text/html"},
    ByEnding{"htm", "text/html"},
    ByEnding{"xhtml", "application/xhtml+xml"},
    ByEnding{"svg", "image/svg+xml"},
    ByEnding{"css", "text/css"},
    ByEnding{"js", "text/javascript"},
    ByEnding{"md", "text/markdown"},
    ByEnding{"yaml", "application/yaml"},
    ByEnding{"yml", "application/yaml"},
    ByEnding{"ics", "text/calendar"},
    ByEnding{"vcf", "text/vcard"},
    ByEnding{"eml", "message/rfc822"},
    ByEnding{"log", "text/plain"},
    ByEnding{"txt", "text/plain"},
};

// For files that are ZIP archives, or compound documents.
constexpr std::array package_types{
    ByEnding{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    ByEnding{"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    ByEnding{"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    ByEnding{"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    ByEnding{"odt", "application/vnd.oasis.opendocument.text"},
    ByEnding{"isdocx", "application/vnd.isdoc+zip"},
    ByEnding{"epub", "application/epub+zip"},
    ByEnding{"jar", "application/java-archive"},
};

std::string ending_of(std::string_view name) {
    if (const auto slash = name.rfind('/'); slash != std::string_view::npos) name.remove_prefix(slash + 1);
    const auto dot = name.rfind('.');
    return dot == std::string_view::npos ? std::string() : lower(name.substr(dot + 1));
}

template <std::size_t N>
std::string_view look_up(const std::array<ByEnding, N>& types, std::string_view ending) {
    for (const auto& each : types)
        if (each.ending == ending) return each.type;
    return {};
}

/// libmagic, which brings three more libraries along: only who has files to judge loads it.
struct Magic {
    const SharedLibrary library{"libmagic.so.1"};
    decltype(&::magic_open) open = library["magic_open"];
    decltype(&::magic_load) load = library["magic_load"];
    decltype(&::magic_close) close = library["magic_close"];
    decltype(&::magic_buffer) buffer = library["magic_buffer"];
    bool is_there() const { return open && load && close && buffer; }
};

const Magic& magic() {
    static const Magic loaded;
    return loaded;
}

/// Its handles may not be shared between threads; loading one takes milliseconds, so each thread keeps its own.
class Sniffer {
public:
    Sniffer() : handle_(magic().is_there() ? magic().open(MAGIC_MIME_TYPE) : nullptr) {
        if (!handle_ || magic().load(handle_, nullptr) == 0) return;
        magic().close(handle_);
        handle_ = nullptr;
    }
    ~Sniffer() {
        if (handle_) magic().close(handle_);
    }
    Sniffer(const Sniffer&) = delete;
    Sniffer& operator=(const Sniffer&) = delete;
    std::string type_of(std::string_view bytes) const {
        const char* type = handle_ && !bytes.empty() ? magic().buffer(handle_, bytes.data(), bytes.size()) : nullptr;
        return type ? type : "";
    }

private:
    magic_t handle_;
};

thread_local std::unique_ptr<const Sniffer> sniffer_of_thread;

std::string sniff(std::string_view bytes) {
    if (!sniffer_of_thread) sniffer_of_thread = std::make_unique<const Sniffer>();
    return sniffer_of_thread->type_of(bytes);
}

/// Control characters that texts do not have. Those of terminals and printers they do: BEL to CR, and ESC.
bool has_binary_controls(std::string_view bytes) {
    return std::any_of(bytes.begin(), bytes.end(), [](char each) {
        const auto c = static_cast<unsigned char>(each);
        return (c < 0x20 && !(c >= 0x07 && c <= 0x0D) && c != 0x1B) || c == 0x7F;
    });
}

bool looks_like_text(std::string_view bytes) {
    return !has_binary_controls(bytes) &&
           (is_utf8(bytes) || is_utf8(bytes.substr(0, bytes.size() - std::min<std::size_t>(3, bytes.size()))));
}

bool says_little(std::string_view type, std::string_view bytes) {
    if (type.starts_with("text/")) return true;
    // Also what it takes for JSON or octets, when a text can be read: the ending knows better.
    return (type == "application/octet-stream" || type == "application/json" || type == "application/javascript" ||
            type.empty()) &&
           looks_like_text(bytes);
}

}  // namespace

void forget_mime_types() { sniffer_of_thread.reset(); }

std::string mime_type(std::string_view name, std::string_view first_bytes) {
    const std::string ending = ending_of(name);
    const std::string_view start = first_bytes.substr(0, 64 * 1024);
    std::string type = sniff(start);
    if (type == "inode/x-empty" || type == "application/x-empty") type.clear();
    if (says_little(type, start)) {
        if (const auto better = look_up(text_types, ending); !better.empty()) return std::string(better);
        if (type == "text/xml") return "application/xml";
        return type.empty() || type == "application/octet-stream" ? "text/plain" : type;
    }
    if (type == "application/zip" || type == "application/octet-stream" || type == "application/CDFV2")
        if (const auto better = look_up(package_types, ending); !better.empty()) return std::string(better);
    return type.empty() ? "application/octet-stream" : type;
}

}  // namespace mf
