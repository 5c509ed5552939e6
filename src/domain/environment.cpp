// SPDX-License-Identifier: MIT
#include "domain/environment.h"

#include "base/text.h"
#include "domain/secret_text.h"

namespace mf {

namespace {

// The names of layers in sentences.
std::string spoken(const Layer& layer) {
    switch (layer.kind) {
        case LayerKind::process: return "the environment of the server";
        case LayerKind::application: return "the defaults of the application";
        case LayerKind::company: return "the variables of the company";
        case LayerKind::credential: return fmt::format("the credential \"{}\"", layer.credential_name);
        case LayerKind::runtemplate: return "the run template";
        case LayerKind::launch_json:
        case LayerKind::launch: return "the launch options";
        case LayerKind::platform: break;
    }
    return "the platform";
}

class Assembler {
public:
    explicit Assembler(const EnvironmentLayers& layers) : layers_(layers) {}

    Result<Environment> run() {
        for (const auto& [name, value, secret] : layers_.process) {
            give(name, {LayerKind::process}, value.value_or(""));
            variables_[name].entry.secret = secret;
        }
        for (const auto& declared : layers_.application) declare(declared);
        add({LayerKind::company}, layers_.company);
        for (const auto& credential : layers_.credentials) add(credential);
        add({LayerKind::runtemplate}, layers_.runtemplate);
        add({LayerKind::launch_json}, layers_.launch_json);
        add({LayerKind::launch}, layers_.launch);
        for (const auto& [name, value] : layers_.platform) give(name, {LayerKind::platform}, value);
        warn_about_shared_names();
        if (!error_.fields.empty()) return error_;

        Environment result;
        for (auto& [name, variable] : variables_)
            if (variable.declared || !variable.entry.layers.empty())
                result.variables.push_back(std::move(variable.entry));
        if (auto expanded = expand(result); !expanded) return expanded.error();
        if (auto placed = place_result_file(result); !placed) return placed.error();
        for (const auto& declared : layers_.application) {
            const auto& missing = result.missing_required;
            const auto* variable = result.find(declared.name);
            // What is reserved can be given by nobody but the platform: a job must not wait for it forever.
            if (!variable || !variable->required || !variable->value.empty() || is_reserved_name(declared.name))
                continue;
            if (std::find(missing.begin(), missing.end(), declared.name) == missing.end())
                result.missing_required.push_back(declared.name);
        }
        result.warnings = std::move(warnings_);
        return result;
    }

private:
    struct Draft {
        EnvironmentVariable entry;
        bool declared = false;  // by the application, so exported even without a value
        bool judged = false;
        NameVerdict verdict = NameVerdict::plain;
    };

    void complain(std::string_view name, std::string message) {
        error_.message += (error_.message.empty() ? "" : " ") + message;
        error_.fields.push_back({std::string(name), std::move(message)});
    }

    void warn(std::string_view name, std::string message) {
        warnings_.push_back({std::string(name), std::move(message)});
    }

    // The draft of a name that a layer may set; none for refused and reserved names, which are reported here.
    Draft* open(std::string_view name, const Layer& layer, bool has_value) {
        auto found = variables_.find(name);
        if (found == variables_.end()) {
            found = variables_.emplace(std::string(name), Draft{}).first;
            found->second.entry.name = std::string(name);
        }
        auto& draft = found->second;
        if (!draft.judged) {
            auto judgement = judge_variable_name(name, layers_.allowed_names);
            draft.judged = true;
            draft.verdict = judgement.verdict;
            if (judgement.refused()) complain(name, judgement.reason + fmt::format(" It stands in {}.", spoken(layer)));
        }
        if (draft.verdict == NameVerdict::reserved) {
            if (has_value) warn(name, fmt::format("reserved, {} value ignored", to_text(layer)));
            return nullptr;
        }
        return draft.verdict == NameVerdict::dangerous || draft.verdict == NameVerdict::malformed ? nullptr : &draft;
    }

    void put(Draft& draft, const Layer& layer, std::string value) {
        auto& entry = draft.entry;
        if (value.find('\0') != std::string::npos)
            complain(entry.name,
                     fmt::format("{}: value contains a NUL byte, which no environment can carry. Remove it in {}.",
                                 entry.name, spoken(layer)));
        if (!entry.layers.empty() && entry.layers.back().layer == layer)
            entry.layers.back().value = std::move(value);
        else
            entry.layers.push_back({layer, std::move(value)});
        entry.layer = layer;
    }

    void declare(const DeclaredVariable& declared) {
        const Layer layer{LayerKind::application};
        auto* draft = open(declared.name, layer, declared.default_value.has_value());
        if (!draft) return;  // also a reserved name that is required: nobody could give it, so no job must wait for it
        draft->declared = true;
        draft->entry.required = declared.required;
        draft->entry.secret = draft->entry.secret || declared.secret || is_secret(declared.type);
        if (!declared.default_value) return;
        auto exported = exported_default(declared.type, *declared.default_value);
        if (exported) return put(*draft, layer, *std::move(exported));
        // Imports refuse such defaults; one that is stored all the same is handed on rather than turned into a 0.
        warn(declared.name, fmt::format("the default is no {} value, passed on unchanged", to_text(declared.type)));
        put(*draft, layer, *declared.default_value);
    }

    void add(const Layer& layer, const std::vector<GivenVariable>& given) {
        for (const auto& one : given) {
            auto* draft = open(one.name, layer, one.value.has_value());
            if (!draft) continue;
            draft->entry.secret = draft->entry.secret || one.secret;
            if (one.value) put(*draft, layer, *one.value);
        }
    }

    void add(const AssignedCredential& credential) {
        if (credential.company_id != layers_.company_id)
            complain(credential.name,
                     fmt::format("The credential \"{}\" belongs to another company. Remove it from the run template.",
                                 credential.name));
        else
            add({LayerKind::credential, credential.id, credential.name}, credential.values);
    }

    void give(const std::string& name, const Layer& layer, const std::string& value) {
        auto& draft = variables_[name];
        draft.entry.name = name;
        // Reserved names have been told of when they were given; TMPDIR is none.
        if (!draft.entry.layers.empty() && draft.entry.layer.kind != LayerKind::process)
            warn(name, fmt::format("set by the platform, {} value ignored", to_text(draft.entry.layer)));
        put(draft, layer, value);
    }

    // Two credentials of one job that set the same variable are often a mistake; the later one wins.
    void warn_about_shared_names() {
        for (const auto& [name, draft] : variables_) {
            std::vector<std::string> from;
            for (const auto& value : draft.entry.layers)
                if (value.layer.kind == LayerKind::credential) from.push_back(value.layer.credential_name);
            if (from.size() < 2) continue;
            const auto last = std::move(from.back());
            from.pop_back();
            warn(name, fmt::format("set by credentials {} and {}", fmt::join(from, ", "), last));
        }
    }

    Result<void> expand(Environment& result) {
        std::vector<MacroVariable> variables;
        variables.reserve(result.variables.size());
        for (const auto& variable : result.variables) {
            const std::string_view value = variable.layers.empty() ? std::string_view() : variable.layers.back().value;
            const bool literal =
                variable.layer.kind == LayerKind::platform || variable.layer.kind == LayerKind::process;
            variables.push_back({variable.name, value, variable.secret, literal});
        }
        auto expansion = expand_macros(variables);
        if (!expansion) return expansion.error();
        for (std::size_t i = 0; i < variables.size(); ++i) {
            result.variables[i].value = std::move(expansion->variables[i].value);
            result.variables[i].secret = expansion->variables[i].secret;
        }
        for (auto& warning : expansion->warnings) warnings_.push_back(std::move(warning));
        return {};
    }

    Result<void> place_result_file(Environment& result) {
        for (auto& variable : result.variables) {
            if (variable.name != "RESULT_FILE" || variable.value.empty() || is_stream(variable.value)) continue;
            for (const auto part : split(variable.value, '/'))
                if (part == "..")
                    return Error{ErrorCode::invalid,
                                 "RESULT_FILE: the path must not contain \"..\"; name a file in the directory of the "
                                 "job, or give an absolute path.",
                                 {{"RESULT_FILE", "The path must not contain \"..\"."}}};
            if (variable.value.front() == '/') continue;
            std::string_view directory = layers_.temporary_directory;
            while (directory.size() > 1 && directory.ends_with('/')) directory.remove_suffix(1);
            variable.value = fmt::format("{}/{}", directory, variable.value);
        }
        return {};
    }

    const EnvironmentLayers& layers_;
    std::map<std::string, Draft, std::less<>> variables_;
    std::vector<VariableWarning> warnings_;
    Error error_{ErrorCode::invalid, {}};
};

}  // namespace

bool is_stream(std::string_view value) {
    const auto colon = value.find("://");
    return colon != std::string_view::npos && colon > 0 &&
           std::all_of(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) {
               return std::isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '-' || c == '.';
           });
}

std::string to_text(const Layer& layer) {
    switch (layer.kind) {
        case LayerKind::process: return "process";
        case LayerKind::application: return "application";
        case LayerKind::company: return "company";
        case LayerKind::credential: return "credential:" + layer.credential_name;
        case LayerKind::runtemplate: return "runtemplate";
        case LayerKind::launch_json: return "adhoc-json";
        case LayerKind::launch: return "adhoc";
        case LayerKind::platform: break;
    }
    return "system";
}

std::string shown_value(const EnvironmentVariable& variable) {
    return variable.secret ? std::string(shown_secret(variable.value)) : variable.value;
}

std::string shown_value(const EnvironmentVariable& variable, const LayerValue& value) {
    return variable.secret ? std::string(shown_secret(value.value)) : value.value;
}

const EnvironmentVariable* Environment::find(std::string_view name) const {
    const auto found = std::lower_bound(variables.begin(), variables.end(), name,
                                        [](const auto& variable, std::string_view key) { return variable.name < key; });
    return found != variables.end() && found->name == name ? &*found : nullptr;
}

std::vector<std::string> Environment::secrets() const {
    std::vector<std::string> values;
    for (const auto& variable : variables)
        if (variable.secret && !variable.value.empty()) values.push_back(variable.value);
    return values;
}

Result<Environment> assemble_environment(const EnvironmentLayers& layers) { return Assembler(layers).run(); }

std::string missing_required_reason(const Environment& environment) {
    const auto& missing = environment.missing_required;
    if (missing.empty()) return {};
    return fmt::format("Required variable{} without a value: {}. Set {} in the run template, or for its whole company.",
                       missing.size() > 1 ? "s" : "", fmt::join(missing, ", "), missing.size() > 1 ? "them" : "it");
}

std::map<std::string, std::string> platform_variables(const PlatformFacts& facts) {
    return {
        {"MULTIFLEXI_JOB_ID", std::to_string(facts.job_id)},
        {"MULTIFLEXI_EXECUTOR", facts.executor},
        {"MULTIFLEXI_VERSION", MULTIFLEXI_VERSION},
        {"MULTIFLEXI_TMP", facts.temporary_directory},
        {"TMPDIR", facts.temporary_directory},
        {"MULTIFLEXI_APPLICATION_ID", std::to_string(facts.application_id)},
        {"MULTIFLEXI_APPLICATION_NAME", facts.application_name},
        {"MULTIFLEXI_APPLICATION_UUID", facts.application_uuid},
        {"MULTIFLEXI_COMPANY_ID", std::to_string(facts.company_id)},
        {"MULTIFLEXI_COMPANY_CODE", facts.company_code},
        {"MULTIFLEXI_COMPANY_NAME", facts.company_name},
        {"MULTIFLEXI_RUNTEMPLATE_ID", std::to_string(facts.runtemplate_id)},
        {"MULTIFLEXI_RUNTEMPLATE_NAME", facts.runtemplate_name},
    };
}

}  // namespace mf
