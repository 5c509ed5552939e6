// SPDX-License-Identifier: MIT
#include "cli/invocation.h"

#include "base/settings_file.h"
#include "base/text.h"
#include "cli/input_file.h"
#include "cli/json_text.h"

namespace mf {
namespace {

std::string input_key(const Option& option) {
    std::string key(option.key.empty() ? option.name : option.key);
    if (option.key.empty()) std::ranges::replace(key, '-', '_');
    return key;
}

Result<json::object> pairs(const GivenOption& given) {
    json::object out;
    for (const std::string& pair : given.values) {
        const auto equals = pair.find('=');
        if (equals == pair.npos || equals == 0)
            return Error{ErrorCode::invalid,
                         fmt::format("Option --{} takes KEY=VALUE, not '{}'.", given.option.name, one_line(pair)),
                         {{std::string(given.option.name), "takes KEY=VALUE"}}};
        out[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    return out;
}

/// The lines of the files, of which the last of a name counts; what the object has already stays.
Result<void> add_pairs_of_files(const GivenOption& given, Terminal& terminal, json::object& out) {
    constexpr std::size_t largest = 1 << 20;
    json::object pairs;
    for (const std::string& name : given.values) {
        const auto content = read_input_file(name, terminal, largest);
        if (!content)
            return Error{ErrorCode::invalid,
                         fmt::format("--{} {}: {}", given.option.name, name, content.error().message)};
        const std::string shown = name == "-" ? "standard input" : to_utf8(name);
        auto file = parse_settings_file(*content, shown);
        for (const auto& line : file.lines)
            if (!is_utf8(line.value))
                file.errors.push_back(
                    {fmt::format("{}:{}", shown, line.number),
                     fmt::format("Line {} of {} has a value that is not valid UTF-8. Convert the file "
                                 "with iconv.",
                                 line.number, shown)});
        if (!file.errors.empty()) return Error{ErrorCode::invalid, file.errors.front().message, file.errors};
        for (const auto& line : file.lines) pairs[line.name] = line.value;
    }
    for (const auto& [key, value] : pairs) out.emplace(key, value);
    return {};
}

json::array words(const GivenOption& given) {
    json::array out;
    for (const std::string& list : given.values)
        for (const auto word : split(list, ','))
            if (!trim(word).empty()) out.emplace_back(trim(word));
    return out;
}

/// Operations name their input; who typed --slug never heard of "code".
std::string spelled_field(const std::string& field, const std::vector<Option>& options) {
    if (std::ranges::any_of(options, [&](const Option& option) { return option.name == field; })) return field;
    for (const Option& option : options)
        if (!option.key.empty() && option.key == field && option.becomes != Becomes::pair_file)
            return std::string(option.name);
    return field;
}

/// Refusals name the operation; who typed "run-template:update" never heard of "runtemplate:update".
Result<json::value> told_as_typed(Result<json::value> answer, std::string_view operation, std::string_view command) {
    if (answer || answer.error().code != ErrorCode::forbidden) return answer;
    Error error = answer.error();
    const auto named = fmt::format("'{}'", operation);
    if (error.message.starts_with(named)) error.message.replace(0, named.size(), fmt::format("'{}'", command));
    return error;
}

/// The sentence of an error: that of its own, or those of its fields.
std::string sentence_of(const Error& error) {
    std::string message = error.message;
    if (message.empty())
        for (const FieldError& each : error.fields)
            message += fmt::format("{}{}: {}", message.empty() ? "" : "\n", each.field, each.message);
    return message.empty() ? "The command failed." : message;
}

}  // namespace

Invocation::Invocation(const Request& request, const Catalog& catalog, Backend& backend, Terminal& terminal,
                       Output& out, std::stop_token stop)
    : request_(request), catalog_(catalog), backend_(backend), terminal_(terminal), out_(out), stop_(std::move(stop)) {
    const auto format = request.arguments.value("format");
    json_ = equal_ignoring_case(format.value_or(std::string(request.entry->command->default_format)), "json");
    coloured_ = request.globals.colours.value_or(terminal.out_is_terminal && !terminal.colours_unwanted);
    // An empty one narrows nothing, as in the original.
    const auto fields = request.arguments.value("fields").value_or("");
    for (const auto name : split(fields, ','))
        if (!trim(name).empty()) fields_.emplace_back(trim(name));
}

const Zone& Invocation::zone() {
    if (!zone_) zone_ = backend_.zone();
    return *zone_;
}

Result<json::object> Invocation::input() const {
    json::object input;
    for (const GivenOption& given : arguments().all()) {
        const auto key = input_key(given.option);
        switch (given.option.becomes) {
            case Becomes::local:
            case Becomes::nothing: break;
            case Becomes::words: input[key] = words(given); break;
            case Becomes::pairs: {
                auto object = pairs(given);
                if (!object) return object.error();
                // What stands on the command line wins over what stands in a file.
                auto& known = input[key];
                if (known.is_object())
                    for (const auto& [name, value] : known.get_object()) object->emplace(name, value);
                known = *std::move(object);
                break;
            }
            case Becomes::pair_file: {
                auto& known = input[key];
                if (!known.is_object()) known = json::object();
                if (auto added = add_pairs_of_files(given, terminal_, known.get_object()); !added) return added.error();
                break;
            }
            case Becomes::input: {
                const Operation* operation = entry().operation;
                const Field* field = operation && operation->input ? operation->input->find(key) : nullptr;
                if (!given.values.empty())
                    input[key] = given.values.back();
                else if (given.option.takes == Takes::flag || (field && field->type == FieldType::boolean))
                    input[key] = true;
                break;
            }
        }
    }
    return input;
}

Result<json::value> Invocation::call() {
    return input().and_then([&](const json::object& object) { return call(object); });
}

Result<json::value> Invocation::call(const json::object& input) {
    const Operation& operation = *entry().operation;
    return told_as_typed(backend_.run(operation, input), operation.name, entry().command->name);
}

Result<json::value> Invocation::call(std::string_view name, const json::object& input) {
    const Operation* operation = catalog_.operation(name);
    if (!operation) return Error{ErrorCode::unavailable, fmt::format("This installation does not offer {}.", name)};
    return told_as_typed(backend_.run(*operation, input), name, entry().command->name);
}

Result<std::optional<std::int64_t>> Invocation::integer(std::string_view option) const {
    const auto text = arguments().value(option);
    if (!text) return std::optional<std::int64_t>();
    const auto number = to_integer(trim(*text));
    if (!number)
        return Error{ErrorCode::invalid,
                     fmt::format("Option --{} takes a whole number, not '{}'.", option, one_line(text->substr(0, 80))),
                     {{std::string(option), "takes a whole number"}}};
    return std::optional<std::int64_t>(*number);
}

Result<std::int64_t> Invocation::required_integer(std::string_view option) const {
    auto number = integer(option);
    if (!number) return number.error();
    if (!*number) return Error{ErrorCode::invalid, fmt::format("Missing --{}", option)};
    return **number;
}

void Invocation::add_warnings(json::object& document, const json::object& answer) {
    const json::value& warnings = member(answer, "warnings");
    if (!warnings.is_array() || warnings.get_array().empty()) return;
    if (json()) {
        document["warnings"] = warnings;
        return;
    }
    for (const json::value& warning : warnings.get_array()) remark(fmt::format("Warning: {}", plain_text(warning)));
}

int Invocation::answer(const json::value& document, std::string_view text) {
    if (json_) return answer(document);
    out_.line(text);
    return 0;
}

int Invocation::answer(const json::value& document) {
    std::string text;
    append_ascii_json(text, document);
    out_.line(text);
    return 0;
}

int Invocation::answer_record(json::object record, std::span<const std::string_view> at_times) {
    auto known = names_in(record);
    known.insert(known.end(), at_times.begin(), at_times.end());
    if (auto valid = fields_are_among(known); !valid) return refuse(valid.error());
    record = narrowed(std::move(record));
    if (json_) return answer(record);
    for (const auto& [key, value] : record) {
        const auto text = plain_text(value);
        out_.line(fmt::format("{}: {}", std::string_view(key), terminal_.out_is_terminal ? one_line(text) : text));
    }
    return 0;
}

int Invocation::refuse(const Refusal& refusal) {
    if (json_) {
        json::object document{{"status", refusal.status}, {"message", refusal.message}};
        for (const auto& [key, value] : refusal.details) document.insert_or_assign(key, value);
        answer(document);
    } else if (request_.globals.quiet && !request_.globals.silent) {
        out_.flush();
        terminal_.err(refusal.message + "\n");
    } else {
        // A sentence may quote what somebody stored; its own line breaks are ours.
        for (const auto line : split(refusal.message, '\n')) out_.line(one_line(line));
    }
    return 1;
}

int Invocation::refuse(const Error& error) { return refuse(error, sentence_of(error)); }

int Invocation::refuse(const Error& error, std::string message) {
    Refusal refusal{error.code == ErrorCode::not_found ? "not found" : "error", std::move(message)};
    if (!error.fields.empty()) {
        json::array fields;
        const auto options = Catalog::options_of(entry());
        for (const FieldError& each : error.fields) {
            const auto field = spelled_field(each.field, options);
            // Sentences that begin with the name of the input: "code is longer than 64 bytes."
            if (field != each.field && refusal.message.starts_with(each.field + " "))
                refusal.message.replace(0, each.field.size(), "--" + field);
            json::object complaint{{"field", field}, {"message", each.message}};
            if (!each.code.empty()) complaint["code"] = each.code;
            if (!each.value.empty()) complaint["value"] = each.value;
            if (!each.file.empty()) complaint["file"] = each.file;
            fields.push_back(std::move(complaint));
        }
        refusal.details["errors"] = std::move(fields);
    }
    return refuse(refusal);
}

void Invocation::remark(std::string_view sentence) {
    if (quiet()) return;
    out_.flush();
    terminal_.err(one_line(sentence) + "\n");
}

Result<void> Invocation::fields_are_among(std::span<const std::string_view> known) const {
    std::vector<std::string> unknown;
    for (const auto& name : fields_)
        if (std::ranges::find(known, name) == known.end()) unknown.push_back(one_line(name.substr(0, 80)));
    if (unknown.empty()) return {};
    return Error{ErrorCode::invalid,
                 fmt::format("There is no field {} here. Name some of these, or leave --fields out: {}.",
                             fmt::join(unknown, ", "), fmt::join(known, ", ")),
                 {{"fields", fmt::format("names no field: {}", fmt::join(unknown, ", "))}}};
}

json::object Invocation::narrowed(json::object record) const {
    if (fields_.empty()) return record;
    json::object out;
    for (auto& member : record)
        if (wants(member.key())) out[member.key()] = std::move(member.value());
    return out;
}

}  // namespace mf
