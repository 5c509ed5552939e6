// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/grid.h"
#include "cli/invocation.h"
#include "cli/json_text.h"

namespace mf {
namespace {

constexpr std::int64_t page_size = 1000;
constexpr std::size_t longest_shown = 2000;  // bytes of a cell that are looked at: it is cut much earlier

std::string_view colour_of_state(std::string_view state) {
    if (state == "succeeded") return "32";
    if (state == "failed" || state == "timed_out" || state == "lost") return "31";
    if (state == "blocked" || state == "cancelled") return "33";
    if (state == "running" || state == "claimed") return "36";
    return {};
}

Cell cell_of(std::string_view column, const json::value& value) {
    const auto text = plain_text(value);
    Cell cell{one_line(std::string_view(text).substr(0, longest_shown)), value.is_number(), {}};
    if (column == "state") cell.colour = colour_of_state(cell.text);
    return cell;
}

/// Prints records one after the other in the chosen format.
class ListPrinter {
public:
    ListPrinter(Invocation& invocation, const Listing& listing) : in_(invocation), listing_(listing) {}

    void add(json::object row) {
        row = narrowed(std::move(row), in_.arguments());
        if (in_.json()) {
            std::string text = any_ ? ",\n    " : "[\n    ";
            append_ascii_json(text, row, 1);
            in_.out().write(text);
        } else if (!listing_.separator.empty()) {
            std::string line;
            bool first = true;
            for (const auto& [key, value] : row) {
                if (!std::exchange(first, false)) line += listing_.separator;
                line += one_line(plain_text(value));
            }
            in_.out().line(line);
        } else {
            if (!grid_) begin_grid(row);
            std::vector<Cell> cells;
            for (const std::string& column : columns_) {
                const json::value* value = row.if_contains(column);
                cells.push_back(value ? cell_of(column, *value) : Cell{});
            }
            grid_->add(std::move(cells));
        }
        any_ = true;
    }

    void end_page() {
        if (grid_) in_.out().write(grid_->page());
    }

    void end() {
        if (in_.json())
            in_.out().line(any_ ? "\n]" : "[]");
        else if (grid_)
            in_.out().write(grid_->end() + "\n");
        else if (any_)
            in_.out().line();
        else
            in_.out().write(fmt::format("{}\n\n", listing_.nothing));
    }

    bool any() const { return any_; }

private:
    void begin_grid(const json::object& row) {
        // A terminal is narrow: without a wish only the columns that people look at. Scripts get all of them.
        const bool all = in_.arguments().has("fields") || in_.verbose() || !in_.terminal().out_is_terminal ||
                         std::ranges::none_of(listing_.columns, &Column::on_terminal);
        for (const auto& member : row) {
            const std::string_view key = member.key();
            const auto shown = [&](const Column& column) { return column.on_terminal && column.name == key; };
            if (all || std::ranges::any_of(listing_.columns, shown)) columns_.emplace_back(key);
        }
        std::optional<std::size_t> width;
        if (in_.terminal().out_is_terminal) width = in_.terminal().width;
        grid_.emplace(columns_, Grid::Look{.width = width, .coloured = in_.coloured()});
    }

    Invocation& in_;
    const Listing& listing_;
    std::vector<std::string> columns_;
    std::optional<Grid> grid_;
    bool any_ = false;
};

/// "A", or "D" for every word that means descending.
std::string_view direction(const Arguments& arguments) {
    const auto order = lower(arguments.value("order").value_or("A"));
    return order == "d" || order == "desc" || order == "descending" ? "D" : "A";
}

}  // namespace

int Invocation::answer_rows(const json::array& rows, std::string_view nothing) {
    const Listing listing{.columns = {}, .nothing = nothing};
    ListPrinter printer(*this, listing);
    for (const json::value& row : rows) printer.add(row.is_object() ? row.get_object() : json::object{{"value", row}});
    printer.end_page();
    printer.end();
    return 0;
}

int Invocation::answer_list(const Listing& listing) {
    const auto limit = integer("limit");
    if (!limit) return refuse(limit.error());
    const auto offset = integer("offset");
    if (!offset) return refuse(offset.error());
    for (const auto& [name, number] : {std::pair{"limit", *limit}, std::pair{"offset", *offset}})
        if (number && *number < 0)
            return refuse(Refusal{.message = fmt::format("Option --{} must not be negative.", name)});
    auto filters = input();
    if (!filters) return refuse(filters.error());

    const Entity* known = entry().operation->input;
    const bool by_key = known && known->find("after");
    json::object query = *std::move(filters);
    for (const auto& [key, value] : listing.input) query[key] = value;
    query["order"] = direction(arguments());
    if (*offset) query["offset"] = **offset;

    ListPrinter printer(*this, listing);
    std::optional<std::int64_t> left = *limit;
    for (;;) {
        const auto wanted = by_key ? std::min(left.value_or(page_size), page_size) : left.value_or(-1);
        if (wanted >= 0) query["limit"] = wanted;
        if (left == 0) break;
        auto page = call(query);
        if (!page) {
            if (!printer.any()) return refuse(page.error());
            // What is printed cannot be taken back; without its end nobody takes it for the whole list.
            out_.flush();
            terminal_.err(fmt::format("The list is incomplete: {}\n", one_line(page.error().message)));
            return 1;
        }
        if (!page->is_array()) return refuse(Refusal{.message = "The list cannot be read: it is not a list."});
        const auto& rows = page->get_array();
        std::optional<std::int64_t> last;
        for (const json::value& value : rows) {
            if (!value.is_object()) continue;
            const auto& canonical = value.get_object();
            auto row = listing.columns.empty() ? canonical : shaped(listing.columns, canonical, zone());
            if (listing.adorn) listing.adorn(*this, row, canonical);
            printer.add(std::move(row));
            last = integer_member(canonical, "id");
        }
        printer.end_page();
        const auto got = static_cast<std::int64_t>(rows.size());
        if (left) *left -= std::min(*left, got);
        if (!by_key || !last || got < wanted || out_.failed() || stop_.stop_requested()) break;
        query["after"] = *last;
        query.erase("offset");
    }
    printer.end();
    return 0;
}

}  // namespace mf
