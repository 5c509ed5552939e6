// SPDX-License-Identifier: MIT
#include "cli/grid.h"

#include "base/text.h"

#include <locale.h>
#include <wchar.h>
#include <numeric>

namespace mf {
namespace {

constexpr std::size_t longest_cell = 50;  // without a terminal; what scripts of other versions expect
constexpr std::size_t narrowest = 12;     // text cut shorter tells nothing: another column gives way instead
constexpr std::size_t frame_of_cell = 3;  // "| " in front and " " behind

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

/// "2025-06-15 12:35:00" and "2025-06-15T12:35:00+02:00" lose their meaning when they are cut.
bool begins_with_time(std::string_view text) {
    return text.size() >= 19 && text[4] == '-' && text[7] == '-' && text[13] == ':' && text[16] == ':' &&
           (text[10] == ' ' || text[10] == 'T');
}

/// What of a cell must stay.
std::size_t hard_width(const Cell& cell) {
    if (cell.is_number) return display_width(cell.text);
    if (!begins_with_time(cell.text)) return 0;
    if (cell.text[10] == 'T' || cell.text.size() == 19) return display_width(cell.text);
    return 20;  // the time and the mark
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

void Grid::measure() {
    for (std::size_t i = 0; i < header_.size(); ++i) wanted_[i] = std::max(wanted_[i], display_width(header_[i]));
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < wanted_.size() && i < row.size(); ++i) {
            const auto hard = hard_width(row[i]);
            auto width = display_width(row[i].text);
            if (!look_.width) width = std::max(hard, std::min(width, longest_cell));
            wanted_[i] = std::max(wanted_[i], width);
            least_[i] = std::max(least_[i], std::max(hard, std::min(width, narrowest)));
        }
    for (std::size_t i = 0; i < header_.size(); ++i)
        least_[i] = std::max(least_[i], std::min(display_width(header_[i]), narrowest));
}

Grid::Layout Grid::layout() const {
    Layout out;
    std::vector<std::size_t> order = look_.order;
    if (order.empty()) {
        order.resize(header_.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
    }
    std::size_t total = 1;  // the right edge
    for (const auto column : order) {
        if (look_.width && !out.columns.empty() && total + least_[column] + frame_of_cell > *look_.width) continue;
        total += least_[column] + frame_of_cell;
        out.columns.push_back(column);
    }
    std::ranges::sort(out.columns);
    total = 1;
    for (const auto column : out.columns) {
        out.widths.push_back(wanted_[column]);
        total += wanted_[column] + frame_of_cell;
    }
    if (!look_.width) return out;
    while (total > *look_.width) {
        // The widest column gives first: what is cut hurts least there.
        std::size_t widest = out.widths.size();
        for (std::size_t i = 0; i < out.widths.size(); ++i) {
            // Alone and still too wide: even a number has to be cut, which its mark shows.
            const auto least = out.widths.size() == 1 ? 1 : least_[out.columns[i]];
            if (out.widths[i] > least && (widest == out.widths.size() || out.widths[i] > out.widths[widest]))
                widest = i;
        }
        if (widest == out.widths.size()) break;
        --out.widths[widest];
        --total;
    }
    return out;
}

std::vector<std::string> Grid::left_out() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < header_.size(); ++i)
        if (left_out_[i]) names.push_back(header_[i]);
    return names;
}

std::string Grid::edge() const {
    std::string line = "+";
    for (const auto width : layout_.widths) line.append(width + 2, '-').append("+");
    return line + "\n";
}

std::string Grid::page() {
    if (rows_.empty()) return {};
    measure();
    auto needed = layout();
    const std::string_view mark = look_.width ? "…" : "...";
    std::string out;
    if (needed != layout_) {
        if (!layout_.columns.empty()) out += edge();
        layout_ = std::move(needed);
        for (std::size_t i = 0; i < header_.size(); ++i)
            if (!std::ranges::binary_search(layout_.columns, i)) left_out_[i] = true;
        out += edge();
        for (std::size_t i = 0; i < layout_.columns.size(); ++i) {
            const auto word = cut_to_width(header_[layout_.columns[i]], layout_.widths[i], mark);
            out += fmt::format("| {}{} ", word,
                               std::string(layout_.widths[i] - std::min(layout_.widths[i], display_width(word)), ' '));
        }
        out += "|\n" + edge();
    }
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < layout_.columns.size(); ++i) {
            const Cell empty;
            const Cell& cell = layout_.columns[i] < row.size() ? row[layout_.columns[i]] : empty;
            const auto text = cut_to_width(cell.text, layout_.widths[i], mark);
            const std::string blanks(layout_.widths[i] - std::min(layout_.widths[i], display_width(text)), ' ');
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

std::string Grid::end() { return layout_.columns.empty() ? std::string() : edge(); }

}  // namespace mf
