// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

struct Cell {
    std::string text;              ///< one line, see one_line()
    bool is_number = false;        ///< stands at the right, is never cut
    std::string_view colour = {};  ///< SGR parameters, "32"; empty: none
};

/// A table of ASCII lines whose rows come in pages, so that a list of any length needs the memory of one page. The
/// first page decides the columns and widths; a later page that needs more room is drawn under a header of its own.
/// On a terminal no line is wider than it: long texts are cut, and what still has no room is left out.
///
/// libsmartcols computes widths, too, but draws no frames, does not mark what it cuts, and wants all rows at once.
class Grid {
public:
    struct Look {
        std::optional<std::size_t> width = {};  ///< of the terminal; none: no terminal, cells are cut at 50 characters
        bool coloured = false;
        /// Every column once, by its place in the header, in the order in which they get room; empty: from the left.
        std::vector<std::size_t> order = {};
    };
    Grid(std::vector<std::string> header, Look look)
        : header_(std::move(header)),
          look_(std::move(look)),
          wanted_(header_.size()),
          least_(header_.size()),
          left_out_(header_.size()) {}

    /// A row has one cell for each word of the header.
    void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
    /// What the rows since the last call look like; empty without rows.
    std::string page();
    /// The lower edge; empty when there never was a row.
    std::string end();
    /// The columns that some page had no room for.
    std::vector<std::string> left_out() const;

private:
    struct Layout {
        std::vector<std::size_t> columns = {};  ///< those shown, from the left
        std::vector<std::size_t> widths = {};   ///< of each of them
        bool operator==(const Layout&) const = default;
    };
    void measure();
    Layout layout() const;
    std::string edge() const;

    std::vector<std::string> header_;
    Look look_;
    std::vector<std::vector<Cell>> rows_;
    std::vector<std::size_t> wanted_;  ///< width of the widest cell so far
    std::vector<std::size_t> least_;   ///< width below which a column is rather left out
    std::vector<bool> left_out_;
    Layout layout_;
};

/// Columns that a text takes on a terminal: wide characters count twice, combining ones not at all (wcwidth(3)).
std::size_t display_width(std::string_view text);

/// Cut to a width; what was cut ends in the mark.
std::string cut_to_width(std::string_view text, std::size_t width, std::string_view mark);

}  // namespace mf
