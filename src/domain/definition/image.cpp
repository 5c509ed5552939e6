// SPDX-License-Identifier: MIT
#include "domain/definition/image.h"

#include "base/text.h"
#include "domain/definition/uri.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>

namespace mf {
namespace {

/// Scripts, event handlers and links to elsewhere: an icon needs none.
bool is_active_svg(std::string_view svg) {
    const std::string text = lower(svg);
    for (const std::string_view part :
         {"<script", "javascript:", "<foreignobject", "<iframe", "<!entity", "<!doctype html"})
        if (text.find(part) != std::string::npos) return true;
    // " onload=", " onclick =" …
    for (auto at = text.find("on"); at != std::string::npos; at = text.find("on", at + 2)) {
        if (at == 0 || std::string_view(" \t\r\n/\"'").find(text[at - 1]) == std::string_view::npos) continue;
        const auto end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz", at);
        const auto next = end == std::string::npos ? end : text.find_first_not_of(" \t\r\n", end);
        if (next != std::string::npos && text[next] == '=' && end > at + 2) return true;
    }
    return false;
}

/// The bytes that %XX stand for (RFC 3986, 2.1); any other '%' stays.
std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        unsigned byte = 0;
        const auto digits = text.substr(at + 1, 2);
        const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        const bool escaped =
            text[at] == '%' && digits.size() == 2 && problem == std::errc{} && end == digits.data() + 2;
        out += escaped ? static_cast<char>(byte) : text[at];
        if (escaped) at += 2;
    }
    return out;
}

std::string read_data_uri(const std::string& image, std::string_view key, ObjectReading& reading) {
    const auto complain = [&](Severity severity, std::string sentence) {
        reading.add(severity, FindingCode::value_unsafe, key, std::move(sentence));
        return std::string{};
    };
    const auto comma = image.find(',');
    const auto header =
        lower(std::string_view(image).substr(5, comma == std::string::npos ? std::string::npos : comma - 5));
    const auto media_type = trim(std::string_view(header).substr(0, header.find(';')));
    static const std::vector<std::string_view> shown_types{"image/png",
                                                           "image/jpeg",
                                                           "image/gif",
                                                           "image/webp",
                                                           "image/svg+xml",
                                                           "image/x-icon",
                                                           "image/vnd.microsoft.icon",
                                                           "image/bmp",
                                                           "image/avif"};
    if (!media_type.starts_with("image/"))
        return complain(Severity::error,
                        fmt::format("An icon must have an image media type, not \"{}\".", printable(media_type, 60)));
    if (comma == std::string::npos)
        return complain(Severity::warning, "This data URI has no data; the icon is not used.");
    if (std::find(shown_types.begin(), shown_types.end(), media_type) == shown_types.end())
        return complain(Severity::warning, "Browsers do not show images of this type; the icon is not used.");
    const auto data = std::string_view(image).substr(comma + 1);
    std::string content;
    if (header.ends_with(";base64")) {
        auto decoded = decode_base64(data);
        if (!decoded || decoded->empty())
            return complain(Severity::warning, "The data is not base64; the icon is not used.");
        content = std::move(*decoded);
    } else {
        content = percent_decoded(data);
    }
    if (media_type == "image/svg+xml" && is_active_svg(content))
        return complain(Severity::warning, "The drawing contains scripts or links; the icon is not used.");
    return image;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
    std::string out;
    unsigned bits = 0;
    int count = 0;
    std::size_t digits = 0;
    std::size_t padding = 0;
    for (const char c : text) {
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
        if (c == '=') {
            ++padding;
            continue;
        }
        unsigned value = 0;
        if (c >= 'A' && c <= 'Z')
            value = static_cast<unsigned>(c - 'A');
        else if (c >= 'a' && c <= 'z')
            value = static_cast<unsigned>(c - 'a') + 26;
        else if (c >= '0' && c <= '9')
            value = static_cast<unsigned>(c - '0') + 52;
        else if (c == '+')
            value = 62;
        else if (c == '/')
            value = 63;
        else
            return std::nullopt;
        if (padding > 0) return std::nullopt;
        ++digits;
        bits = bits << 6 | value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>(bits >> count & 0xFF);
        }
    }
    // Missing padding is common and harmless; a single left-over digit is not.
    if (digits % 4 == 1 || padding > 2 || (padding > 0 && (digits + padding) % 4 != 0)) return std::nullopt;
    return out;
}

std::string read_image(ObjectReading& reading, std::string_view key) {
    const std::string image = reading.text(key);
    if (image.empty()) return {};
    if (image.size() > longest_image) {
        reading.error(FindingCode::too_large, key, fmt::format("The icon is longer than {} bytes.", longest_image));
        return {};
    }
    const auto scheme = lower(uri_scheme(image));
    if (scheme == "data") return read_data_uri(image, key, reading);
    if (scheme == "http" || scheme == "https") {
        reading.warning(FindingCode::tolerated, key,
                        "Icons are not fetched from other servers; embed the image as a data URI.");
    } else if (image.starts_with('/') || image.starts_with('\\') || has_parent_part(image) ||
               image.find("..\\") != std::string::npos) {
        reading.error(FindingCode::path_unsafe, key,
                      "An icon is not read from the disk of the server; embed the image as a data URI.");
    } else if (!scheme.empty() && scheme.find('.') == std::string::npos) {
        reading.error(FindingCode::value_unsafe, key,
                      "An icon must be a data URI of an image, not another kind of address.");
    } else {
        reading.warning(FindingCode::tolerated, key, "This is no image; embed it as a data URI.");
    }
    return {};
}

}  // namespace mf
