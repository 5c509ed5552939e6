// SPDX-License-Identifier: MIT
#pragma once

#include "cli/grammar.h"
#include "cli/runner.h"
#include "cli/shape.h"

namespace mf {

/// A complaint of the command line itself, in the form in which it is printed.
struct Refusal {
    std::string_view status = "error";
    std::string message = {};
    json::object details = {};  ///< further members of the JSON object
};

/// Which part of a list was asked for.
struct ListRange {
    std::optional<std::int64_t> limit = {};
    std::optional<std::int64_t> offset = {};
};

/// How a list of records is shown.
struct Listing {
    std::span<const Column> columns = {};
    std::string_view nothing = "No data";
    /// Changes a shaped row; canonical is what the operation said. May be null.
    void (*adorn)(Invocation&, json::object& row, const json::object& canonical) = nullptr;
    /// Names that adorn puts into a row when --fields asks for them.
    std::span<const std::string_view> elsewhere = {};
    std::string_view separator = {};  ///< as text: values joined by this, one record in a line; empty: a grid
    json::object input = {};          ///< further input of the operation
};

/// One call of one command: its options, and how it answers. The functions that answer return the exit code.
class Invocation {
public:
    Invocation(const Request& request, const Catalog& catalog, Backend& backend, Terminal& terminal, Output& out,
               std::stop_token stop);

    const Arguments& arguments() const { return request_.arguments; }
    const CatalogEntry& entry() const { return *request_.entry; }
    const Catalog& catalog() const { return catalog_; }
    Backend& backend() { return backend_; }
    Terminal& terminal() { return terminal_; }
    Output& out() { return out_; }
    std::stop_token stop() const { return stop_; }
    const Zone& zone();
    bool json() const { return json_; }
    bool verbose() const { return request_.globals.verbosity > 0; }
    bool coloured() const { return coloured_; }
    /// Is there somebody who can be asked?
    bool can_ask() const { return terminal_.in_is_terminal && !request_.globals.no_interaction; }
    const Globals& globals() const { return request_.globals; }
    bool quiet() const { return request_.globals.quiet || request_.globals.silent; }

    // ---- asking ----

    /// The options as the input of the operation.
    Result<json::object> input() const;
    /// Runs the operation of this command with the options, or with an input of the command's own.
    Result<json::value> call();
    Result<json::value> call(const json::object& input);
    Result<json::value> call(std::string_view operation, const json::object& input);
    /// Whole number of an option; an error that names the option.
    Result<std::optional<std::int64_t>> integer(std::string_view option) const;
    Result<std::int64_t> required_integer(std::string_view option) const;
    /// --limit and --offset of a list; an error that says what such a number may be.
    Result<ListRange> range() const;
    /// The names of --fields; none: all fields are wanted.
    const std::vector<std::string>& fields() const { return fields_; }
    bool wants(std::string_view field) const { return std::ranges::find(fields_, field) != fields_.end(); }
    /// An error that names the fields of --fields which are not among those that there are.
    Result<void> fields_are_among(std::span<const std::string_view> known) const;

    // ---- answering ----

    /// What an operation warns about: a member of the document with -f json, else remarks.
    void add_warnings(json::object& document, const json::object& answer);

    /// The document with -f json, else the text and a line end.
    int answer(const json::value& document, std::string_view text);
    int answer(const json::value& document);
    /// One record: JSON, or "key: value" lines; narrowed by --fields, which may also name what such a record has only
    /// at times.
    int answer_record(json::object record, std::span<const std::string_view> at_times = {});
    /// The rows of the operation of this command, page by page.
    int answer_list(const Listing& listing);
    /// Rows that are already here, shaped; of the columns only counts which of them a terminal shows.
    int answer_rows(const json::array& rows, const Listing& listing = {});

    /// Rows inside of a record, as text: a grid like that of a list, with all their fields.
    void show_grid(const json::array& rows);

    int refuse(const Refusal& refusal);
    int refuse(const Error& error);
    /// As above with a sentence of the command's contract instead of the one of the operation.
    int refuse(const Error& error, std::string message);

    /// Leaves only the fields that --fields names, in the order of the record.
    json::object narrowed(json::object record) const;

    /// A remark for people; never on standard output.
    void remark(std::string_view sentence);

private:
    const Request& request_;
    const Catalog& catalog_;
    Backend& backend_;
    Terminal& terminal_;
    Output& out_;
    std::stop_token stop_;
    std::optional<Zone> zone_;
    bool json_;
    bool coloured_;
    std::vector<std::string> fields_;
};

}  // namespace mf
