// SPDX-License-Identifier: MIT
#include "cli/grid.h"

#include "base/text.h"

#include <locale.h>
#include <wchar.h>
#include <numeric>

namespace mf {
namespace {

constexpr std::size_t longest_cell = 50;  // without a terminal; what scripts of other versions expect
constexpr std::size_t narrowest = 8;      // narrower columns tell nothing

std::size_t width_of_character(std::string_view character) {
    if (character.size() == 1) return 1;
    // wcwidth() knows Unicode only in a UTF-8 locale; that of the process must stay "C".
    static const locale_t unicode = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (!unicode) return 1;
    const locale_t before = ::uselocale(unicode);
    wchar_t wide = 0;
    mbstate_t state{};
    int width = 1;
    if (::mbrtowc(&wide, character.data(), character.size(), &state) == character.size()) width = ::wcwidth(wide);
    ::uselocale(before);
    return width < 0 ? 1 : static_cast<std::size_t>(width);
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// "2025-06-15 12:35:00" loses its meaning when it is cut.
bool may_be_cut(const Cell& cell) {
    return !cell.is_number && !(cell.text.size() == 19 && cell.text[4] == '-' && cell.text[13] == ':');
}

}  // namespace

std::size_t display_width(std::string_view text) {
    if (is_ascii(text)) return text.size();
    std::size_t width = 0;
    while (!text.empty()) {
        const auto length = std::max<std::size_t>(utf8_length(text), 1);
        width += width_of_character(text.substr(0, length));
        text.remove_prefix(length);
    }
    return width;
}

std::string cut_to_width(std::string_view text, std::size_t width, std::string_view mark) {
    if (display_width(text) <= width) return std::string(text);
    const auto room = width - std::min(width, display_width(mark));
    std::size_t used = 0;
    std::size_t end = 0;
    while (end < text.size()) {
        const auto length = std::max<std::size_t>(utf8_length(text.substr(end)), 1);
        const auto more = width_of_character(text.substr(end, length));
        if (used + more > room) break;
        used += more;
        end += length;
    }
    return std::string(text.substr(0, end)).append(mark);
}

std::vector<std::size_t> Grid::wanted_widths() const {
    std::vector<std::size_t> widths;
    for (const std::string& word : header_) widths.push_back(display_width(word));
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < widths.size() && i < row.size(); ++i) {
            auto width = display_width(row[i].text);
            if (!look_.width && may_be_cut(row[i])) width = std::min(width, longest_cell);
            widths[i] = std::max(widths[i], width);
        }
    return widths;
}

void Grid::fit(std::vector<std::size_t>& widths) const {
    if (!look_.width) return;
    std::vector<bool> soft(widths.size(), true);
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < widths.size() && i < row.size(); ++i)
            if (!may_be_cut(row[i])) soft[i] = false;
    auto total = std::accumulate(widths.begin(), widths.end(), 3 * widths.size() + 1);
    while (total > *look_.width) {
        // The widest column gives first: what is cut hurts least there.
        std::size_t widest = widths.size();
        for (std::size_t i = 0; i < widths.size(); ++i)
            if (soft[i] && widths[i] > narrowest && (widest == widths.size() || widths[i] > widths[widest])) widest = i;
        if (widest == widths.size()) return;
        --widths[widest];
        --total;
    }
}

std::string Grid::edge() const {
    std::string line = "+";
    for (const auto width : widths_) line.append(width + 2, '-').append("+");
    return line + "\n";
}

std::string Grid::page() {
    if (rows_.empty()) return {};
    auto needed = wanted_widths();
    const bool first = widths_.empty();
    const bool grows = !first && !std::ranges::equal(needed, widths_, [](auto a, auto b) { return a <= b; });
    std::string out;
    if (first || grows) {
        for (std::size_t i = 0; i < widths_.size(); ++i) needed[i] = std::max(needed[i], widths_[i]);
        fit(needed);
        const bool changed = needed != widths_;
        if (!first && changed) out += edge();
        widths_ = std::move(needed);
        if (changed) {
            out += edge();
            for (std::size_t i = 0; i < widths_.size(); ++i) {
                const auto word = cut_to_width(header_[i], widths_[i], look_.width ? "…" : "...");
                out += fmt::format("| {}{} ", word,
                                   std::string(widths_[i] - std::min(widths_[i], display_width(word)), ' '));
            }
            out += "|\n" + edge();
        }
    }
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < widths_.size(); ++i) {
            const Cell empty;
            const Cell& cell = i < row.size() ? row[i] : empty;
            const auto text =
                may_be_cut(cell) ? cut_to_width(cell.text, widths_[i], look_.width ? "…" : "...") : cell.text;
            const std::string blanks(widths_[i] - std::min(widths_[i], display_width(text)), ' ');
            out += "| ";
            if (cell.is_number) out += blanks;
            if (look_.coloured && !cell.colour.empty())
                out += fmt::format("\x1b[{}m{}\x1b[0m", cell.colour, text);
            else
                out += text;
            if (!cell.is_number) out += blanks;
            out += ' ';
        }
        out += "|\n";
    }
    rows_.clear();
    return out;
}

std::string Grid::end() { return widths_.empty() ? std::string() : edge(); }

}  // namespace mf
