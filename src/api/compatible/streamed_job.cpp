// SPDX-License-Identifier: MIT
#include "api/compatible/streamed_job.h"

#include "base/json.h"
#include "base/text.h"
#include "service/content_reader.h"

#include <algorithm>
#include <cstring>

namespace mf::compatible {
namespace {

/// How many bytes at the end of a piece are the beginning of a character that the next piece goes on with.
std::size_t unfinished_bytes(std::string_view text) {
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
        const auto byte = static_cast<unsigned char>(text[text.size() - back]);
        if ((byte & 0xC0U) == 0x80U) continue;
        const std::size_t whole = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
        return whole > back ? back : 0;
    }
    return 0;
}

/// JSON in parts: texts as they are, and between them outputs as JSON strings.
class JobSource final : public http::BodySource {
public:
    void add(std::string text) { parts_.push_back({std::move(text), nullptr}); }
    void add(std::unique_ptr<ContentReader> output) { parts_.push_back({"", std::move(output)}); }

    std::optional<std::uint64_t> size() const override { return std::nullopt; }
    Result<std::size_t> read(std::span<char> into) override {
        while (at_ == piece_.size()) {
            if (part_ == parts_.size()) return std::size_t{0};
            if (auto next = next_piece(); !next) return next.error();
        }
        const auto bytes = std::min(into.size(), piece_.size() - at_);
        std::memcpy(into.data(), piece_.data() + at_, bytes);
        at_ += bytes;
        return bytes;
    }

private:
    struct Part {
        std::string text;
        std::unique_ptr<ContentReader> output;
    };

    Result<void> next_piece() {
        piece_.clear();
        at_ = 0;
        Part& part = parts_[part_];
        if (!part.output) {
            piece_ = std::move(part.text);
            ++part_;
            return {};
        }
        if (!is_open_) piece_ += '"';
        is_open_ = true;
        auto read = part.output->next();
        if (!read) return read.error();
        std::string text = std::exchange(left_, {}) + *read;
        if (!read->empty()) {
            left_ = text.substr(text.size() - unfinished_bytes(text));
            text.resize(text.size() - left_.size());
        }
        std::string quoted;
        append_json_string(quoted, text);
        piece_.append(quoted, 1, quoted.size() - 2);
        if (read->empty()) {
            piece_ += '"';
            is_open_ = false;
            ++part_;
        }
        return {};
    }

    std::vector<Part> parts_;
    std::size_t part_ = 0;
    std::string piece_;
    std::size_t at_ = 0;
    std::string left_;
    bool is_open_ = false;
};

Result<std::unique_ptr<ContentReader>> output_of(const Exchange& exchange, std::int64_t id, std::string_view name) {
    return open_job_output(exchange.context().database, Scope::of(exchange.caller().rights, Permission::view), {id},
                           name == "stdout" ? JobStream::out : JobStream::err);
}

}  // namespace

Result<void> add_outputs(const Exchange& exchange, std::int64_t id, std::size_t most, json::object& shown) {
    for (const auto* name : {"stdout", "stderr"}) {
        const auto output = output_of(exchange, id, name);
        if (!output) return output.error();
        std::string text;
        while (text.size() < most) {
            const auto piece = (*output)->next();
            if (!piece) return piece.error();
            if (piece->empty()) break;
            text += *piece;
        }
        text.resize(std::min(text.size(), most));
        shown[name] = to_utf8(text);
    }
    return {};
}

Result<std::unique_ptr<http::BodySource>> streamed_job(const Exchange& exchange, std::int64_t id,
                                                       const json::object& shown) {
    auto source = std::make_unique<JobSource>();
    std::string text = "{";
    bool is_first = true;
    for (const auto& [key, value] : shown) {
        if (!std::exchange(is_first, false)) text += ',';
        append_json_string(text, std::string_view(key));
        text += ':';
        if (key != "stdout" && key != "stderr") {
            text += to_text(value);
            continue;
        }
        auto output = output_of(exchange, id, std::string_view(key));
        if (!output) return output.error();
        source->add(std::exchange(text, {}));
        source->add(*std::move(output));
    }
    source->add(text + "}");
    return std::unique_ptr<http::BodySource>(std::move(source));
}

}  // namespace mf::compatible
