// SPDX-License-Identifier: MIT
#include "domain/command_template.h"

#include "base/text.h"
#include "domain/placeholders.h"
#include "domain/secret_text.h"

namespace mf {

namespace {

struct SplitWord {
    std::string text;
    bool quoted = false;
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Splitter {
public:
    explicit Splitter(std::string_view text) : text_(text) {}

    Result<std::vector<SplitWord>> run() {
        if (const auto nul = text_.find('\0'); nul != std::string_view::npos)
            return problem("There is a NUL byte", nul);
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (is_blank(c)) {
                end_word();
                line_ended_ = line_ended_ || (c == '\n' && !words_.empty());
            } else if (c == '\'' || c == '"') {
                if (!quoted_part(c)) return problem(fmt::format("The quote {}", c), at_, " is not closed");
            } else if (c == '\\') {
                if (at_ + 1 == text_.size()) return problem("The backslash", at_, " has nothing behind it");
                if (text_[++at_] != '\n') add(text_[at_]);
            } else {
                remark(c);
                add(c);
            }
            ++at_;
        }
        end_word();
        return std::move(words_);
    }

    std::vector<std::string> remarks() const {
        std::vector<std::string> all;
        if (!operators_.empty())
            all.push_back(fmt::format(
                "The command contains {}, which only a shell understands; no shell is used, it is passed on as text.",
                fmt::join(operators_, " ")));
        if (several_lines_)
            all.emplace_back(
                "The command has several lines, which would be several commands for a shell; no shell is used, a line "
                "end only separates arguments.");
        return all;
    }

private:
    // Leaves at_ on the closing quote, or where it was when there is none.
    bool quoted_part(char quote) {
        const auto open = at_;
        begin_word();
        word_.quoted = true;
        for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
            if (quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size() &&
                std::string_view("$`\"\\\n").find(text_[at_ + 1]) != std::string_view::npos) {
                if (text_[++at_] != '\n') word_.text += text_[at_];
                continue;
            }
            if (quote == '"' && (text_[at_] == '`' || text_[at_] == '$')) remark(text_[at_]);
            word_.text += text_[at_];
        }
        if (at_ < text_.size()) return true;
        at_ = open;
        return false;
    }

    void begin_word() {
        in_word_ = true;
        several_lines_ = several_lines_ || line_ended_;
    }

    void add(char c) {
        begin_word();
        word_.text += c;
    }

    void end_word() {
        if (in_word_) words_.push_back(std::move(word_));
        word_ = {};
        in_word_ = false;
    }

    void remark(char c) {
        if (c == '$' ? !text_.substr(at_).starts_with("$(")
                     : std::string_view("|&;<>`").find(c) == std::string_view::npos)
            return;
        const std::string text = c == '$' ? "$(" : std::string(1, c);
        if (std::find(operators_.begin(), operators_.end(), text) == operators_.end()) operators_.push_back(text);
    }

    static Error problem(std::string_view what, std::size_t offset, std::string_view rest = "") {
        return {ErrorCode::invalid, fmt::format("{} at byte {} of the command{}.", what, offset + 1, rest)};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    SplitWord word_;
    bool in_word_ = false;
    bool line_ended_ = false;     // behind the first word
    bool several_lines_ = false;  // a word stands on a later line than the first one
    std::vector<SplitWord> words_;
    std::vector<std::string> operators_;
};

}  // namespace

Result<std::vector<std::string>> split_words(std::string_view text) {
    return Splitter(text).run().transform([](std::vector<SplitWord> words) {
        std::vector<std::string> plain;
        plain.reserve(words.size());
        for (auto& word : words) plain.push_back(std::move(word.text));
        return plain;
    });
}

std::string quote_word(std::string_view word) {
    const auto harmless = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) ||
               std::string_view("_-./:=,+@%").find(c) != std::string_view::npos;
    };
    if (!word.empty() && std::all_of(word.begin(), word.end(), harmless)) return std::string(word);
    std::string quoted = "'";
    for (const char c : word) {
        if (c == '\'')
            quoted += "'\\''";
        else
            quoted += c;
    }
    return quoted + "'";
}

std::string join_words(std::span<const std::string> words) {
    std::string joined;
    for (const auto& word : words) joined += (joined.empty() ? "" : " ") + quote_word(word);
    return joined;
}

Result<std::vector<std::string>> command_words(std::string_view executable) {
    const auto refuse = [&](std::string_view why) {
        return Error{ErrorCode::invalid,
                     fmt::format("The executable \"{}\" {}.", to_utf8(executable.substr(0, 200)), why)};
    };
    if (executable.size() > 4096) return refuse("is longer than 4096 bytes");
    for (const char c : executable)
        if ((static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f)
            return Error{ErrorCode::invalid, "The executable contains a control character."};
    auto words = split_words(executable);
    if (!words) return words;
    if (words->empty() || words->front().empty())
        return Error{ErrorCode::invalid, "The executable is empty; name a program, or its absolute path."};
    const std::string_view program = words->front();
    if (program.starts_with('-')) return refuse("starts with \"-\" and would be taken for an option");
    if (program.find('/') != std::string_view::npos && !program.starts_with('/')) {
        for (const auto part : split(program, '/'))
            if (part == "..") return refuse("is a relative path with \"..\"; use an absolute path");
    }
    if (program == "." || program == ".." || program.ends_with('/')) return refuse("names a directory, not a program");
    return words;
}

Result<CommandTemplate> CommandTemplate::parse(std::string_view text) {
    if (text.size() > longest)
        return Error{ErrorCode::invalid,
                     fmt::format("The command template has {} bytes; at most {} are allowed.", text.size(), longest)};
    Splitter splitter(text);
    auto words = splitter.run();
    if (!words) return words.error();
    CommandTemplate result;
    result.remarks_ = splitter.remarks();
    for (const auto& word : *words) result.add_word(word.text, word.quoted);
    return result;
}

void CommandTemplate::add_word(std::string_view text, bool quoted) {
    const auto remark = [&](std::string sentence) {
        if (std::find(remarks_.begin(), remarks_.end(), sentence) == remarks_.end())
            remarks_.push_back(std::move(sentence));
    };
    Word word{{}, quoted};
    const auto literal = [&](std::string_view part) {
        if (part.find("{{") != std::string_view::npos)
            remark("\"{{\" does not begin a placeholder; it is passed on as text. Write ${NAME}.");
        if (part.find("${") != std::string_view::npos)
            remark("\"${\" is not followed by a name in capital letters and \"}\"; it is passed on as text.");
        if (!part.empty()) word.pieces.push_back({std::string(part)});
    };
    std::size_t done = 0;
    for (auto open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
        const auto macro = macro_at(text, open);
        if (!macro) continue;
        const auto begin = open > done && text[open - 1] == '$' ? open - 1 : open;
        literal(text.substr(done, begin - done));
        word.pieces.push_back({std::string(macro->name), true});
        if (known_.emplace(macro->name).second) names_.emplace_back(macro->name);
        done = macro->end;
    }
    literal(text.substr(done));
    words_.push_back(std::move(word));
}

Result<CommandTemplate::Filled> CommandTemplate::fill(
    const std::function<std::optional<Value>(std::string_view)>& lookup) const {
    constexpr EnvironmentLimits limits;
    std::vector<std::string> unknown;
    for (const auto& name : names_)
        if (!lookup(name)) unknown.push_back("{" + name + "}");
    if (!unknown.empty())
        return Error{ErrorCode::invalid, fmt::format("The command template uses {}, but there is no such variable. Add "
                                                     "it to the environment of the application, or "
                                                     "remove it from the template.",
                                                     fmt::join(unknown, ", "))};
    Filled filled;
    std::size_t total = 0;
    for (const auto& word : words_) {
        std::string argument;
        std::string shown;
        for (const auto& piece : word.pieces) {
            const auto value = piece.placeholder ? *lookup(piece.text) : Value{piece.text};
            if (argument.size() + value.text.size() >= limits.one)
                return Error{ErrorCode::invalid,
                             fmt::format("Argument {} has more than {} bytes, more than a process can be given.",
                                         filled.arguments.size() + 1, limits.one - 1)};
            argument += value.text;
            shown += value.secret && !value.text.empty() ? secret_mask_text : value.text;
        }
        if (argument.empty() && !word.quoted) continue;
        // The kernel counts the NUL and the pointer as well.
        total += argument.size() + 1 + sizeof(char*);
        if (total > limits.all)
            return Error{
                ErrorCode::invalid,
                fmt::format("The arguments have more than {} bytes together, more than a process can be given.",
                            limits.all)};
        filled.arguments.push_back(std::move(argument));
        filled.shown.push_back(std::move(shown));
    }
    return filled;
}

}  // namespace mf
