// SPDX-License-Identifier: MIT
#include "cli/grammar.h"

#include "base/text.h"
#include "cli/suggestion.h"

namespace mf {
namespace {

bool looks_like_option(std::string_view word) { return word.size() > 1 && word[0] == '-'; }

/// "-5 minutes", "-1", "-" (standard input) are values although they start with a hyphen.
bool can_be_value(std::string_view word) {
    return !looks_like_option(word) || (word[1] >= '0' && word[1] <= '9') || word[1] == '.';
}

bool names(const Option& option, std::string_view spelled) {
    return same_word(option.name, spelled) || std::ranges::any_of(option.aliases, [&](std::string_view alias) {
               return !alias.empty() && same_word(alias, spelled);
           });
}

const Option* named(std::span<const Option> options, std::string_view spelled) {
    for (const Option& option : options)
        if (same_word(option.name, spelled)) return &option;
    for (const Option& option : options)
        if (names(option, spelled)) return &option;
    return nullptr;
}

/// The terminal program names its settings file by --envfile, which nobody must take for --env-file of a command.
const Option* named_global(std::string_view spelled) {
    return named(global_options(), spelled == "envfile" ? "environment" : spelled);
}

const Option* lettered(std::span<const Option> options, char letter) {
    for (const Option& option : options)
        if (letter != 0 && option.letter == letter) return &option;  // 0: an option without a letter
    return nullptr;
}

/// Which words name the command: their positions, and the command when there is one.
struct CommandWords {
    std::vector<std::size_t> positions = {};
    const CatalogEntry* entry = nullptr;
};

/// Finds the command before its options are known: options in front of it are skipped with what all commands together
/// say about them.
class CommandFinder {
public:
    CommandFinder(std::span<const std::string> words, const Catalog& catalog) : words_(words), catalog_(catalog) {}

    CommandWords find() {
        CommandWords found;
        bool options_over = false;
        for (std::size_t i = 0; i < words_.size(); ++i) {
            const std::string& word = words_[i];
            if (!options_over && word == "--") {
                options_over = true;
            } else if (!options_over && looks_like_option(word)) {
                // Of "user:data-erasure approve" -f is another option, without a value.
                const bool is_flag =
                    word == "-f" && !found.positions.empty() && catalog_.begins_command(words_[found.positions[0]]);
                if (!is_flag && takes_next(word, i)) ++i;
            } else {
                found.positions.push_back(i);
                found.entry = catalog_.find(command_name(found.positions));
                const bool is_whole = word.find(':') != word.npos && !catalog_.begins_command(word);
                if (found.entry || found.positions.size() == 2 || is_whole) return found;
            }
        }
        return found;
    }

    std::string command_name(const std::vector<std::size_t>& positions) const {
        std::string name;
        for (const auto position : positions) name += (name.empty() ? "" : ":") + words_[position];
        return name;
    }

private:
    bool takes_next(std::string_view word, std::size_t at) const {
        if (at + 1 >= words_.size() || !can_be_value(words_[at + 1])) return false;
        if (!word.starts_with("--")) {
            // Of -nf json the last letter decides; what follows f, F or e in the same word is its value.
            const auto last = word.find_first_of("fFe", 1);
            return last != word.npos && last + 1 == word.size();
        }
        if (word.find('=') != word.npos) return false;
        const auto name = word.substr(2);
        if (const Option* global = named_global(name)) return global->takes == Takes::value;
        const auto takes = catalog_.takes(name);
        if (!takes || *takes == Takes::flag) return false;
        const bool next_is_command = catalog_.find(words_[at + 1]) || !catalog_.of_entity(words_[at + 1]).empty();
        return *takes == Takes::value || !next_is_command;
    }

    std::span<const std::string> words_;
    const Catalog& catalog_;
};

/// Reads all words once the command is known.
class Reader {
public:
    Reader(std::span<const std::string> words, const CatalogEntry* entry, std::vector<Option> options,
           const std::vector<std::size_t>& command_words)
        : words_(words), entry_(entry), options_(std::move(options)), command_words_(command_words) {}

    Globals globals;
    Arguments arguments;
    std::optional<Misuse> misuse;

    void read() {
        bool options_over = false;
        for (at_ = 0; at_ < words_.size(); ++at_) {
            const std::string& word = words_[at_];
            if (!options_over && word == "--")
                options_over = true;
            else if (!options_over && word.starts_with("--"))
                read_long(std::string_view(word).substr(2));
            else if (!options_over && looks_like_option(word))
                read_letters(std::string_view(word).substr(1));
            else if (std::ranges::find(command_words_, at_) == command_words_.end())
                read_word(word);
        }
        if (misuse) misuse->globals = globals;
    }

private:
    void complain(std::string message, std::vector<std::string> nearest = {}) {
        if (!misuse) misuse = Misuse{.message = std::move(message), .nearest = std::move(nearest), .entry = entry_};
    }

    void read_long(std::string_view text) {
        const auto equals = text.find('=');
        const auto name = text.substr(0, equals);
        std::optional<std::string> value;
        if (equals != text.npos) value = text.substr(equals + 1);
        if (const Option* global = named_global(name)) return read_global(*global, std::move(value));
        if (const Option* option = named(options_, name)) return read_option(*option, name, std::move(value));
        std::vector<std::string_view> known;
        for (const Option& option : options_) known.push_back(option.name);
        for (const Option& option : global_options()) known.push_back(option.name);
        auto near = near_words(name, known);
        for (std::string& word : near) word.insert(0, "--");
        complain(fmt::format("The \"--{}\" option does not exist.", to_utf8(name)), std::move(near));
    }

    void read_letters(std::string_view letters) {
        for (std::size_t i = 0; i < letters.size(); ++i) {
            const Option* global = lettered(global_options(), letters[i]);
            const Option* option = global ? global : lettered(options_, letters[i]);
            if (!option && letters[i] == 'F') option = named(options_, "format");
            if (!option)
                return complain(fmt::format("The \"-{}\" option does not exist.", to_utf8(letters.substr(i, 1))));
            std::optional<std::string> value;
            if (option->takes != Takes::flag && i + 1 < letters.size()) {
                const auto rest = letters.substr(i + 1);
                value = rest.starts_with('=') ? rest.substr(1) : rest;
                i = letters.size();
            }
            global ? read_global(*option, std::move(value)) : read_option(*option, option->name, std::move(value));
        }
    }

    void read_global(const Option& option, std::optional<std::string> value) {
        if (option.takes == Takes::flag && value && option.name != "verbose")
            return complain(fmt::format("The \"--{}\" option does not accept a value.", option.name));
        if (option.takes == Takes::flag) return set_flag(option, value);
        if (!value) value = next_value(true);
        if (!value || value->empty())
            return complain(fmt::format("The \"--{}\" option requires {}.", option.name,
                                        option.file_name ? "a file name" : "a value"));
        check_text(option, *value);
        const std::pair<std::string_view, std::string*> places[] = {{"environment", &globals.settings_file},
                                                                    {"token-file", &globals.token_file},
                                                                    {"server", &globals.server},
                                                                    {"profile", &globals.profile},
                                                                    {"ca-file", &globals.ca_file}};
        for (const auto& [name, place] : places)
            if (option.name == name) *place = *value;
    }

    void set_flag(const Option& option, const std::optional<std::string>& value) {
        const std::string_view name = option.name;
        if (name == "help") globals.help = true;
        if (name == "quiet") globals.quiet = true;
        if (name == "silent") globals.silent = true;
        if (name == "verbose") globals.verbosity += value ? static_cast<int>(to_integer(*value).value_or(1) & 3) : 1;
        if (name == "version") globals.version = true;
        if (name == "ansi") globals.colours = true;
        if (name == "no-ansi") globals.colours = false;
        if (name == "no-interaction") globals.no_interaction = true;
        if (name == "allow-plain") globals.allow_plain = true;
    }

    /// Texts are stored as JSON: other bytes would silently become something else there, a password one that never
    /// fits.
    void check_text(const Option& option, std::string_view value) {
        if (option.file_name || option.becomes == Becomes::pair_file || is_utf8(value)) return;
        complain(
            fmt::format("The value of the \"--{}\" option is not valid UTF-8. Use a UTF-8 terminal, or convert it "
                        "with iconv.",
                        option.name));
    }

    std::optional<std::string> next_value(bool needed) {
        if (at_ + 1 >= words_.size()) return std::nullopt;
        const std::string& next = words_[at_ + 1];
        const bool is_command = std::ranges::find(command_words_, at_ + 1) != command_words_.end();
        if (is_command && !needed) return std::nullopt;
        if (!can_be_value(next)) return std::nullopt;
        ++at_;
        return next;
    }

    void read_option(const Option& option, std::string_view spelled, std::optional<std::string> value) {
        if (option.takes == Takes::flag) {
            if (value) return complain(fmt::format("The \"--{}\" option does not accept a value.", spelled));
            arguments.add(option, spelled);
            return;
        }
        if (!value) value = next_value(option.takes != Takes::optional_value);
        if (!value && option.takes != Takes::optional_value)
            return complain(fmt::format("The \"--{}\" option requires a value.", spelled));
        if (option.name == "format") globals.json = value && equal_ignoring_case(*value, "json");
        GivenOption& given = arguments.add(option, spelled);
        if (option.takes != Takes::list) given.values.clear();
        if (value) check_text(option, *value);
        if (value) given.values.push_back(*std::move(value));
    }

    void read_word(const std::string& word) {
        const Option* option = entry_ ? named(options_, entry_->command->positional) : nullptr;
        const bool one_only = option && option->takes != Takes::list;
        if (!option || entry_->command->positional.empty() || (one_only && arguments.has(option->name))) {
            if (entry_)
                complain(fmt::format("The \"{}\" command does not know what to do with the word \"{}\".",
                                     entry_->command->name, to_utf8(word.substr(0, 80))));
            return;
        }
        check_text(*option, word);
        arguments.add(*option, option->name).values.push_back(word);
    }

    std::span<const std::string> words_;
    const CatalogEntry* entry_;
    std::vector<Option> options_;
    const std::vector<std::size_t>& command_words_;
    std::size_t at_ = 0;
};

}  // namespace

const GivenOption* Arguments::find(std::string_view name) const {
    const auto found =
        std::ranges::find_if(given_, [&](const GivenOption& given) { return same_word(given.option.name, name); });
    return found == given_.end() ? nullptr : &*found;
}

std::optional<std::string> Arguments::value(std::string_view name) const {
    const GivenOption* given = find(name);
    if (!given || given->values.empty()) return std::nullopt;
    return given->values.back();
}

std::vector<std::string> Arguments::values(std::string_view name) const {
    const GivenOption* given = find(name);
    return given ? given->values : std::vector<std::string>{};
}

GivenOption& Arguments::add(const Option& option, std::string_view spelled) {
    for (GivenOption& given : given_)
        if (given.option.name == option.name) {
            given.spelled = spelled;
            return given;
        }
    return given_.emplace_back(GivenOption{option, std::string(spelled)});
}

std::variant<Request, Misuse> read_arguments(std::span<const std::string> words, const Catalog& catalog) {
    CommandFinder finder(words, catalog);
    CommandWords command = finder.find();
    const bool unknown = !command.entry && !command.positions.empty();
    if (command.positions.empty()) command.entry = catalog.find("list");
    // Also behind an unknown command --format tells how to say so.
    const std::vector<Option> only_format{{.name = "format", .letter = 'f'}};
    Reader reader(words, command.entry, command.entry ? Catalog::options_of(*command.entry) : only_format,
                  command.positions);
    reader.read();
    Request request{command.entry, {}, std::move(reader.arguments), reader.globals};
    if (request.globals.version) return request;
    if (unknown) {
        auto near = near_commands(catalog, finder.command_name(command.positions));
        if (catalog.of_entity(words[command.positions.front()]).empty()) command.positions.resize(1);
        const auto spelled = finder.command_name(command.positions);
        const auto entity = catalog.of_entity(spelled);
        // "company --help" asks for the commands of companies.
        if (request.globals.help && !entity.empty()) {
            request.entity = entity;
            return request;
        }
        const auto known = catalog.of_entity(spelled.substr(0, spelled.find(':')));
        const auto name = known.empty() ? std::string_view() : known.front()->command->name;
        return Misuse{.message = fmt::format("Command \"{}\" is not defined.", to_utf8(spelled.substr(0, 80))),
                      .nearest = std::move(near),
                      .entity = std::string(name.substr(0, name.find(':'))),
                      .globals = request.globals};
    }
    if (reader.misuse && !request.globals.help) return *std::move(reader.misuse);
    return request;
}

}  // namespace mf
