// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/grid.h"
#include "cli/invocation.h"
#include "cli/json_text.h"

namespace mf {
namespace {

constexpr std::int64_t page_size = 1000;
constexpr std::size_t longest_shown = 2000;  // bytes of a cell that are looked at: it is cut much earlier

/// What people look for first. On a narrow terminal these columns get room before the others.
constexpr std::string_view telling[] = {
    "id",    "name",  "key",       "state",           "job",    "filename",       "planned", "exitcode",      "begin",
    "value", "after", "active",    "enabled",         "interv", "runtemplate_id", "job_id",  "next_schedule", "starts",
    "size",  "email", "scheduled", "runtemplate_name"};

/// Places of the columns: those that were asked for in the order in which they were, then the telling ones.
std::vector<std::size_t> by_importance(std::span<const std::string> columns, std::span<const std::string> wanted) {
    std::vector<std::string_view> asked(wanted.begin(), wanted.end());
    asked.insert(asked.end(), std::begin(telling), std::end(telling));
    std::vector<std::size_t> order;
    for (const auto name : asked)
        for (std::size_t i = 0; i < columns.size(); ++i)
            if (columns[i] == name && std::ranges::find(order, i) == order.end()) order.push_back(i);
    for (std::size_t i = 0; i < columns.size(); ++i)
        if (std::ranges::find(order, i) == order.end()) order.push_back(i);
    return order;
}

/// One line that says what a terminal has no room for, and how to see it.
std::string left_out_line(std::span<const std::string> names, std::string_view remedy, std::size_t width) {
    for (auto told = names.size(); told > 0; --told) {
        const auto more = names.size() - told;
        const auto line =
            fmt::format("Left out: {}{}. Use {} to see {}.", fmt::join(names.first(told), ", "),
                        more ? fmt::format(" and {} more", more) : "", remedy, names.size() == 1 ? "it" : "them");
        if (display_width(line) <= width) return line;
    }
    return fmt::format("{} left out; use {}.", names.size(), remedy);
}

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
        row = in_.narrowed(std::move(row));
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
            end_grid();
        else if (any_)
            in_.out().line();
        else
            in_.out().write(fmt::format("{}\n\n", listing_.nothing));
    }

    bool any() const { return any_; }

private:
    void begin_grid(const json::object& row) {
        // A terminal is narrow: without a wish only the columns that people look at. Scripts get all of them.
        const bool all = !in_.fields().empty() || in_.verbose() || !in_.terminal().out_is_terminal ||
                         std::ranges::none_of(listing_.columns, &Column::on_terminal);
        for (const auto& member : row) {
            const std::string_view key = member.key();
            const auto shown = [&](const Column& column) { return column.on_terminal && column.name == key; };
            auto& place = all || std::ranges::any_of(listing_.columns, shown) ? columns_ : never_shown_;
            place.emplace_back(key);
        }
        Grid::Look look{.coloured = in_.coloured()};
        if (in_.terminal().out_is_terminal) {
            look.width = in_.terminal().width;
            look.order = by_importance(columns_, in_.fields());
        }
        grid_.emplace(columns_, std::move(look));
    }

    void end_grid() {
        in_.out().write(grid_->end());
        auto names = grid_->left_out();
        names.insert(names.end(), never_shown_.begin(), never_shown_.end());
        if (!names.empty()) {
            const auto options = Catalog::options_of(in_.entry());
            const bool narrows = std::ranges::find(options, "fields", &Option::name) != options.end();
            std::string_view remedy = narrows ? "--fields or -f json" : "-f json";
            if (!in_.fields().empty()) remedy = "fewer --fields";
            const auto line = left_out_line(names, remedy, in_.terminal().width);
            in_.out().line(in_.coloured() ? fmt::format("\x1b[2m{}\x1b[0m", line) : line);
        }
        in_.out().line();
    }

    Invocation& in_;
    const Listing& listing_;
    std::vector<std::string> columns_;
    std::vector<std::string> never_shown_;  ///< only with --fields or --verbose
    std::optional<Grid> grid_;
    bool any_ = false;
};

/// "A", or "D" for every word that means descending.
std::string_view direction(const Arguments& arguments) {
    const auto order = lower(arguments.value("order").value_or("A"));
    return order == "d" || order == "desc" || order == "descending" ? "D" : "A";
}

/// The names that --fields may have in this list; a list that is made from its operation alone has those of its rows.
Result<void> check_fields(const Invocation& in, const Listing& listing, const json::array& rows) {
    std::vector<std::string_view> known(listing.elsewhere.begin(), listing.elsewhere.end());
    for (const Column& column : listing.columns) known.push_back(column.name);
    if (listing.columns.empty()) {
        if (rows.empty() || !rows.front().is_object()) return {};
        known = names_in(rows.front().get_object());
    }
    return in.fields_are_among(known);
}

}  // namespace

int Invocation::answer_rows(const json::array& rows, const Listing& listing) {
    if (auto valid = check_fields(*this, listing, rows); !valid) return refuse(valid.error());
    ListPrinter printer(*this, listing);
    for (const json::value& row : rows) printer.add(row.is_object() ? row.get_object() : json::object{{"value", row}});
    printer.end_page();
    printer.end();
    return 0;
}

void Invocation::show_grid(const json::array& rows) {
    if (rows.empty()) return;
    std::vector<std::string> columns;
    for (const auto& member : rows.front().as_object()) columns.emplace_back(member.key());
    Grid::Look look{.coloured = coloured()};
    if (terminal().out_is_terminal) {
        look.width = terminal().width;
        look.order = by_importance(columns, {});
    }
    Grid grid(columns, std::move(look));
    for (const json::value& row : rows) {
        std::vector<Cell> cells;
        for (const std::string& column : columns) cells.push_back(cell_of(column, row.as_object().at(column)));
        grid.add(std::move(cells));
    }
    out().write(grid.page());
    out().write(grid.end());
}

Result<ListRange> Invocation::range() const {
    // Far above every list, and two of them still add up to a number.
    constexpr std::int64_t most = 1'000'000'000'000;
    ListRange out;
    for (const auto& [name, number] : {std::pair{"limit", &out.limit}, std::pair{"offset", &out.offset}}) {
        const auto value = arguments().value(name).value_or("");
        const auto text = trim(value);
        const bool is_number = !text.empty() && text.find_first_not_of("0123456789", text[0] == '-') == text.npos;
        auto given = integer(name);
        // A number that is none of 64 bits is no other mistake than one that is too large.
        if (!given && (!is_number || text == "-")) return given.error();
        if (given && !*given) continue;
        if (text[0] != '-' && given && **given <= most) {
            *number = **given;
            continue;
        }
        const auto wrong = text[0] == '-' ? fmt::format("must not be negative: {}", text.substr(0, 40))
                                          : fmt::format("must be at most {}, not {}", most, text.substr(0, 40));
        return Error{ErrorCode::invalid, fmt::format("Option --{} {}.", name, wrong), {{name, wrong}}};
    }
    return out;
}

int Invocation::answer_list(const Listing& listing) {
    const auto asked = range();
    if (!asked) return refuse(asked.error());
    auto filters = input();
    if (!filters) return refuse(filters.error());
    if (auto valid = check_fields(*this, listing, {}); !valid) return refuse(valid.error());

    const Entity* known = entry().operation->input;
    const bool by_key = known && known->find("after");
    json::object query = *std::move(filters);
    for (const auto& [key, value] : listing.input) query[key] = value;
    query["order"] = direction(arguments());
    if (asked->offset) query["offset"] = *asked->offset;

    ListPrinter printer(*this, listing);
    std::optional<std::int64_t> left = asked->limit;
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
        if (!printer.any())
            if (auto valid = check_fields(*this, listing, rows); !valid) return refuse(valid.error());
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
