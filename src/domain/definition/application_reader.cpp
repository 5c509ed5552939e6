// SPDX-License-Identifier: MIT
#include "base/digest.h"
#include "base/text.h"
#include "domain/command_template.h"
#include "domain/definition/application_definition.h"
#include "domain/definition/application_keys.h"
#include "domain/definition/document.h"
#include "domain/definition/field_reader.h"
#include "domain/definition/image.h"
#include "domain/definition/section_reader.h"
#include "domain/definition/uri.h"
#include "domain/definition/version.h"
#include "domain/short_code.h"
#include "domain/visible_text.h"

#include <fmt/format.h>
#include <algorithm>

namespace mf {
namespace {

using Presence = ObjectReading::Presence;

constexpr std::size_t longest_path = 4096;

bool is_one_of(std::string_view word, std::span<const std::string_view> list) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

class ApplicationReader {
public:
    ApplicationReader(const json::object& object, Findings& findings, const ReadingOptions& options)
        : reading_(object, "", findings), findings_(findings), options_(options) {}

    ApplicationDefinition read() {
        read_keys();
        read_schema();
        read_identity();
        read_names();
        read_version_text();
        read_addresses();
        read_words();
        if (const json::value* environment = reading_.member("environment", Presence::required))
            read_.environment = read_environment(*environment, findings_, options_);
        read_program();
        const auto section = [&](std::string_view key, auto&& read) {
            if (const json::value* value = reading_.member(key)) read(*value);
        };
        section("artifacts", [&](const json::value& value) { read_.artifacts = read_artifacts(value, findings_); });
        section("produces", [&](const json::value& value) { read_.produces = read_produces(value, findings_); });
        section("consumes",
                [&](const json::value& value) { read_.consumes = read_consumes(value, read_.environment, findings_); });
        section("events", [&](const json::value& value) { read_events(value, read_, findings_); });
        section("exitCodes", [&](const json::value& value) { read_.exit_codes = read_exit_codes(value, findings_); });
        section("kubernetes", [&](const json::value& value) { read_.kubernetes = read_kubernetes(value, findings_); });
        check_requirements();
        return std::move(read_);
    }

private:
    void read_keys() {
        static const std::vector<std::string_view> known(std::begin(application_keys), std::end(application_keys));
        for (const auto& [key, value] : reading_.object()) {
            if (is_one_of(key, application_keys)) continue;
            if (is_one_of(key, legacy_application_keys)) {
                reading_.warning(FindingCode::legacy_key, key,
                                 "This key belongs to an old form of the file; it is kept.");
                continue;
            }
            std::string_view meant;
            for (const auto candidate : known)
                if (equal_ignoring_case(candidate, key)) meant = candidate;
            if (meant.empty()) meant = closest(key, known);
            reading_.warning(
                FindingCode::unknown_key, key,
                meant.empty()
                    ? "This key is not known; it is kept and has no effect."
                    : fmt::format("This key is not known; it is kept and has no effect. Did you mean \"{}\"?", meant));
        }
    }

    void read_schema() {
        const std::string schema = reading_.text("$schema");
        if (!reading_.object().contains("$schema"))
            reading_.warning(FindingCode::tolerated, "$schema",
                             "The address of the schema is missing; editors need it.");
        else if (!schema.empty() && !schema.starts_with("https://raw.githubusercontent.com/VitexSoftware/") &&
                 !schema.starts_with("https://multiflexi.eu/"))
            reading_.warning(FindingCode::tolerated, "$schema",
                             "This is not the address of a published schema; it is only a hint and is never opened.");
        read_.schema_version = reading_.text("schemaVersion");
        if (read_.schema_version.empty()) return;
        const auto parts = split(read_.schema_version, '.');
        const auto major = to_integer(parts.front());
        const auto minor = parts.size() > 1 ? to_integer(parts[1]) : std::nullopt;
        if (!major)
            reading_.warning(FindingCode::tolerated, "schemaVersion",
                             "This is not a version number; the file is read as version 3.");
        else if (*major != 3)
            reading_.error(FindingCode::schema_version_unsupported, "schemaVersion",
                           "Only version 3 of the format is understood.");
        else if (minor.value_or(0) > 4)
            reading_.warning(FindingCode::tolerated, "schemaVersion",
                             "The file was written for a newer version than 3.4; what is new in it has no effect.");
    }

    void read_identity() {
        read_.uuid = read_uuid(reading_);
        const json::value* value = reading_.object().if_contains("uuid");
        if (!value || value->is_null() || (value->is_string() && value->get_string().empty()))
            reading_.warning(
                FindingCode::uuid_missing, "uuid",
                "There is no uuid; the application is recognised by its name only. Give it one and never change it.");
    }

    void read_names() {
        read_.name = reading_.localized("name", Presence::required);
        read_.title = reading_.localized("title");
        read_.description = reading_.localized("description", Presence::required);
        check_heading(read_.name, "/name", options_.longest_name, findings_);
        check_heading(read_.title, "/title", options_.longest_name, findings_);
        const bool given = !read_.name.translations.empty();
        if (given && trim(read_.name.in("en")).empty())
            reading_.warning(FindingCode::name_empty, "name", "The name is empty; lists show the uuid instead.");
        const auto lacks_english = [](const LocalizedText& text) {
            return !text.empty() &&
                   std::none_of(text.translations.begin(), text.translations.end(), [](const Translation& one) {
                       return one.language.empty() || one.language == "en" || one.language.starts_with("en-");
                   });
        };
        if (lacks_english(read_.name))
            reading_.warning(FindingCode::translation_missing, "name",
                             "There is no English name; people of other languages see the first one.");
        if (lacks_english(read_.description))
            reading_.note(FindingCode::translation_missing, "description", "There is no English description.");
        read_.author = reading_.text("author");
        read_.license = reading_.text("license");
        read_.category = reading_.text("category");
        read_code();
    }

    /// A key of old files that nobody checked; what is no text is left alone.
    void read_code() {
        const json::value* code = reading_.object().if_contains("code");
        if (!code || !code->is_string() || !check_text(code->get_string(), "/code", findings_)) return;
        read_.code = code->get_string();
        if (const auto good = check_code("code", "A code", read_.code); !good)
            reading_.error(FindingCode::value_unsafe, "code", good.error().message);
        if (read_.code.size() > longest_code)
            reading_.error(FindingCode::too_large, "code", fmt::format("This is longer than {} bytes.", longest_code));
    }

    void read_version_text() {
        read_.version = trim(reading_.text("version"));
        const json::value* value = reading_.object().if_contains("version");
        if (!value)
            return reading_.note(FindingCode::tolerated, "version",
                                 "There is no version; every changed file counts as an update.");
        if (!value->is_string()) return;
        if (read_.version.size() > 64)
            reading_.error(FindingCode::too_large, "version", "A version has at most 64 bytes.");
        else if (read_version(read_.version).is_free_text())
            reading_.warning(
                FindingCode::tolerated, "version",
                "This is not a version number like 1.2.3; it is kept as text and counts as older than any number.");
        else if (const auto parts = split(read_.version, '.');
                 std::any_of(parts.begin(), parts.end(), [](std::string_view part) {
                     return part.size() > 1 && part[0] == '0' && part[1] >= '0' && part[1] <= '9';
                 }))
            reading_.warning(FindingCode::tolerated, "version",
                             "Version numbers have no leading zeros; they do not count.");
        else if (!is_plain_version(value->get_string()))
            reading_.warning(FindingCode::tolerated, "version",
                             "Other programs take numbers and dots only, and may refuse the file.");
    }

    void read_addresses() {
        read_.image = read_image(reading_, "image");
        read_.homepage = read_web_address(reading_, "homepage");
        const std::string ociimage = reading_.text("ociimage");
        if (ociimage.empty()) {
            if (reading_.object().contains("ociimage") && reading_.object().at("ociimage").is_string())
                reading_.warning(FindingCode::tolerated, "ociimage",
                                 "The container image is empty; leave the key out.");
            return;
        }
        constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:-";
        const auto at = ociimage.find('@');
        const auto reference = std::string_view(ociimage).substr(0, at);
        const auto digest = at == std::string::npos ? std::string_view{} : std::string_view(ociimage).substr(at + 1);
        const bool good_digest = at == std::string::npos ||
                                 (digest.size() == 71 && digest.starts_with("sha256:") &&
                                  digest.substr(7).find_first_not_of("0123456789abcdef") == std::string_view::npos);
        if (ociimage.front() == '-')
            reading_.error(FindingCode::value_unsafe, "ociimage",
                           "This starts with '-' and would be read as an option.");
        else if (reference.empty() || reference.front() == ':' || reference.back() == ':' || reference.back() == '/' ||
                 reference.find_first_not_of(allowed) != std::string_view::npos || !good_digest ||
                 ociimage.size() > 512)
            reading_.error(FindingCode::schema_violation, "ociimage",
                           "This must be a container image like registry/name:tag, with an optional @sha256 digest.");
        else if (has_parent_part(reference) || reference.front() == '.' || reference.front() == '/' ||
                 reference.find("//") != std::string_view::npos)
            reading_.error(FindingCode::value_unsafe, "ociimage",
                           "A container image is no path; name it like registry/name:tag.");
        else
            read_.ociimage = ociimage;
    }

    void read_words() {
        read_.tags = reading_.words("tags");
        // Old servers let "topics" replace "tags".
        if (auto topics = reading_.words("topics"); !topics.empty()) read_.tags = std::move(topics);
        read_.requirements = reading_.words("requirements");
        read_.setup = reading_.text("setup");
        read_.deploy = reading_.text("deploy");
        read_.result_file = reading_.text("resultfile");
    }

    void read_program() {
        read_.executable = reading_.text("executable", Presence::required);
        const json::value* executable = reading_.object().if_contains("executable");
        if (executable && executable->is_string()) check_executable();
        const std::string modern = reading_.text("cmdparamsTemplate");
        const std::string legacy = reading_.text("cmdparams");
        check_arguments(modern, "cmdparamsTemplate");
        check_arguments(legacy, "cmdparams");
        read_.arguments = modern.empty() ? legacy : modern;
    }

    void check_executable() {
        const std::string& executable = read_.executable;
        if (trim(executable).empty()) {
            if (read_.ociimage.empty())
                reading_.error(FindingCode::executable_empty, "executable",
                               "There is neither a program nor a container image to run.");
            return;
        }
        if (executable.size() > longest_path)
            return reading_.error(FindingCode::too_large, "executable",
                                  fmt::format("This is longer than {} bytes.", longest_path));
        if (const auto words = command_words(executable); !words)
            return reading_.error(FindingCode::value_unsafe, "executable", words.error().message);
        check_visible(executable, "executable");
        if (executable.find_first_of(" ;|&<>`$*?\"'\\()") != std::string::npos)
            reading_.warning(FindingCode::command_suspicious, "executable",
                             "Words behind the first are arguments, and characters of the shell mean nothing here; put "
                             "arguments into cmdparamsTemplate.");
        else if (executable.find('/') != std::string::npos && executable.front() != '/')
            reading_.warning(
                FindingCode::path_unsafe, "executable",
                "A relative path depends on where it is started from; give an absolute path or a bare name.");
    }

    void check_visible(const std::string& text, std::string_view key) {
        if (!is_printable(text))
            reading_.warning(FindingCode::value_unsafe, key,
                             "There are characters that do not show or that turn the writing direction.");
    }

    void check_arguments(const std::string& text, std::string_view key) {
        if (text.size() > CommandTemplate::longest)
            return reading_.error(FindingCode::too_large, key,
                                  fmt::format("This is longer than {} bytes.", CommandTemplate::longest));
        const auto arguments = CommandTemplate::parse(text);
        if (!arguments) return reading_.error(FindingCode::value_unsafe, key, arguments.error().message);
        std::string words = text;
        std::erase_if(words, [](char c) { return c == '\t' || c == '\n' || c == '\r'; });
        check_visible(words, key);
        for (const std::string& remark : arguments->remarks())
            reading_.warning(FindingCode::command_suspicious, key, remark);
        std::vector<std::string> secrets;
        for (const std::string& name : arguments->names()) {
            const auto* field = read_.field(name);
            if (field && field->secret) secrets.push_back(shown_name(name));
            if (field || is_reserved_name(name)) continue;
            reading_.warning(FindingCode::unknown_placeholder, key,
                             fmt::format("{} is no setting of this application; unless a run template or company sets "
                                         "it, jobs cannot start.",
                                         shown_name(name)));
        }
        if (!secrets.empty())
            reading_.warning(FindingCode::secret_in_arguments, key,
                             fmt::format("While a job runs, everybody on its machine can read the arguments of its "
                                         "program, and here they have secrets: {}. Let the program take them from its "
                                         "environment.",
                                         fmt::join(secrets, ", ")));
    }

    void check_requirements() {
        // Where no prototype is installed at all, every real file would have a warning of which nobody can do anything.
        const auto severity = options_.prototypes && options_.prototypes->empty() ? Severity::note : Severity::warning;
        for (std::size_t i = 0; i < read_.requirements.size(); ++i) {
            const std::string& requirement = read_.requirements[i];
            const std::string place =
                reading_.object().at("requirements").is_array() ? pointer_to("/requirements", i) : "/requirements";
            constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:+-";
            if (requirement.find_first_not_of(allowed) != std::string::npos) {
                findings_.warning(FindingCode::unknown_requirement, place,
                                  "This cannot be the code of a credential prototype; it is shown and has no effect.",
                                  printable(requirement));
                continue;
            }
            if (!options_.prototypes || requirement.starts_with("package:") || requirement.starts_with("ext:"))
                continue;
            const auto known = std::find_if(
                options_.prototypes->begin(), options_.prototypes->end(),
                [&](const KnownPrototype& prototype) { return equal_ignoring_case(prototype.code, requirement); });
            if (known == options_.prototypes->end()) {
                findings_.add(severity, FindingCode::unknown_requirement, place,
                              "No credential prototype with this code is installed.", printable(requirement));
                continue;
            }
            std::string missing;
            for (const std::string& keyword : known->keywords)
                if (!read_.field(keyword)) missing += (missing.empty() ? "" : ", ") + keyword;
            if (!missing.empty())
                findings_.add(severity, FindingCode::requirement_env_gap, place,
                              fmt::format("The prototype also provides {}, which \"environment\" does not declare.",
                                          printable(missing)),
                              printable(requirement));
        }
    }

    ObjectReading reading_;
    Findings& findings_;
    const ReadingOptions& options_;
    ApplicationDefinition read_;
};

}  // namespace

const FieldDefinition* ApplicationDefinition::field(std::string_view key) const {
    const auto found = std::find_if(environment.begin(), environment.end(),
                                    [&](const FieldDefinition& one) { return one.name == key; });
    return found == environment.end() ? nullptr : &*found;
}

const ExitCodeDefinition* ApplicationDefinition::exit_code(int number) const {
    const auto found = std::find_if(exit_codes.begin(), exit_codes.end(),
                                    [&](const ExitCodeDefinition& one) { return one.code == number; });
    return found == exit_codes.end() ? nullptr : &*found;
}

std::string display_name(const ApplicationDefinition& definition) {
    const auto name = trim(definition.name.in("en"));
    return std::string(name.empty() ? std::string_view(definition.uuid) : name);
}

std::string uuid_of_document(std::string_view text, Findings& findings) {
    const auto document = read_document(text, findings);
    const json::object* object = document ? document->if_object() : nullptr;
    if (!object) {
        if (document)
            findings.error(FindingCode::not_an_object, "",
                           fmt::format("An application definition is an object {{…}}, not {}.", kind_name(*document)));
        return {};
    }
    ObjectReading reading(*object, "", findings);
    return read_uuid(reading);
}

ApplicationReading read_application(std::string_view text, std::string_view file, const ReadingOptions& options) {
    Findings findings{std::string(file)};
    ApplicationReading result;
    if (const auto document = read_document(text, findings)) {
        if (const json::object* object = document->if_object()) {
            auto definition = ApplicationReader(*object, findings, options).read();
            definition.document = text;
            definition.sha256 = sha256_hex(text);
            if (!findings.has_error()) result.definition = std::move(definition);
        } else {
            const auto start = text.find_first_not_of(" \t\r\n");
            const auto [line, column] = line_and_column(text, start == std::string_view::npos ? 0 : start);
            findings.error(FindingCode::not_an_object, "",
                           fmt::format("An application definition is an object {{…}}, not {} (line {}, column {}).",
                                       kind_name(*document), line, column));
        }
    }
    result.findings = findings.take();
    return result;
}

}  // namespace mf
