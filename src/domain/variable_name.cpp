// SPDX-License-Identifier: MIT
#include "domain/variable_name.h"

#include "base/text.h"

namespace mf {

namespace {

// conffield.keyname of existing databases; the longest real name has 32 bytes.
constexpr std::size_t longest_variable_name = 64;

struct Group {
    std::string_view reason;  ///< continues "The environment name X is not allowed: it …"
    std::vector<std::string_view> names;
    std::vector<std::string_view> prefixes;
};

// Sources: ld.so(8), the unsecure variables of glibc (sysdeps/generic/unsecvars.h), env_delete of sudo, bash(1),
// python(1), perlrun(1), ruby(1), node(1), git(1), and the manuals of the interpreters named.
const std::vector<Group>& groups() {
    static const std::vector<Group> all = {
        {"decides which libraries the dynamic loader puts into the process",
         {"GLIBC_TUNABLES", "GCONV_PATH", "GETCONF_DIR", "LOCPATH", "NLSPATH", "MALLOC_TRACE", "SHLIB_PATH", "LIBPATH",
          "AUTHSTATE"},
         {"LD_", "_RLD", "DYLD_"}},
        {"decides how the process finds hosts",
         {"HOSTALIASES", "LOCALDOMAIN", "NIS_PATH", "RESOLV_HOST_CONF", "RES_OPTIONS"},
         {}},
        {"decides which programs are found by their bare names", {"PATH"}, {}},
        {"changes how shells split words or what they run",
         {"IFS", "ENV", "BASH_ENV", "BASHOPTS", "SHELLOPTS", "BASH_XTRACEFD", "BASH_LOADABLES_PATH", "PS4",
          "PROMPT_COMMAND", "CDPATH", "GLOBIGNORE", "EXECIGNORE", "FPATH", "FCEDIT", "ZDOTDIR", "SHELL"},
         {"BASH_FUNC_"}},
        {"makes Python run other code",
         {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONEXECUTABLE", "PYTHONUSERBASE",
          "PYTHONBREAKPOINT", "PYTHONWARNINGS", "PYTHONPLATLIBDIR", "PYTHONPYCACHEPREFIX", "PYTHONCASEOK"},
         {}},
        {"makes PHP run other code", {"PHP_INI_SCAN_DIR", "PHPRC"}, {}},
        {"makes Perl run other code",
         {"PERL5LIB", "PERL5OPT", "PERL5DB", "PERL5DB_THREADED", "PERL5SHELL", "PERLLIB", "PERLIO", "PERLIO_DEBUG"},
         {}},
        {"makes Ruby run other code",
         {"RUBYOPT", "RUBYLIB", "RUBYSHELL", "RUBYPATH", "GEM_HOME", "GEM_PATH", "BUNDLE_GEMFILE", "BUNDLE_PATH"},
         {}},
        {"makes Node.js run other code",
         {"NODE_OPTIONS", "NODE_PATH", "NODE_REPL_EXTERNAL_MODULE", "NPM_CONFIG_NODE_OPTIONS",
          "NPM_CONFIG_SCRIPT_SHELL", "NPM_CONFIG_USERCONFIG", "NPM_CONFIG_GLOBALCONFIG", "npm_config_node_options",
          "npm_config_script_shell", "npm_config_userconfig", "npm_config_globalconfig"},
         {}},
        {"makes Java run other code", {"JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH"}, {}},
        {"makes .NET run other code",
         {"DOTNET_STARTUP_HOOKS", "DOTNET_ADDITIONAL_DEPS", "DOTNET_SHARED_STORE", "DOTNET_ROOT",
          "CORECLR_ENABLE_PROFILING", "COR_ENABLE_PROFILING"},
         {"CORECLR_PROFILER", "COR_PROFILER"}},
        {"makes an interpreter run other code",
         {"R_PROFILE",
          "R_PROFILE_USER",
          "R_ENVIRON",
          "R_ENVIRON_USER",
          "R_LIBS",
          "R_LIBS_USER",
          "R_LIBS_SITE",
          "TCLLIBPATH",
          "TCL_LIBRARY",
          "GUILE_LOAD_PATH",
          "GUILE_LOAD_COMPILED_PATH",
          "ERL_LIBS",
          "ERL_FLAGS",
          "ERL_AFLAGS",
          "ERL_ZFLAGS",
          "JULIA_LOAD_PATH",
          "JULIA_DEPOT_PATH",
          "AWKPATH",
          "AWKLIBPATH",
          "GOFLAGS",
          "MAKEFLAGS",
          "GNUMAKEFLAGS",
          "MAKEFILES",
          "EXINIT",
          "VIMINIT",
          "GVIMINIT",
          "TAR_OPTIONS"},
         {"LUA_INIT", "LUA_PATH", "LUA_CPATH"}},
        {"makes Git run other programs",
         {"GIT_SSH", "GIT_SSH_COMMAND", "GIT_PROXY_COMMAND", "GIT_EXTERNAL_DIFF", "GIT_EDITOR", "GIT_SEQUENCE_EDITOR",
          "GIT_PAGER", "GIT_ASKPASS", "GIT_EXEC_PATH", "GIT_TEMPLATE_DIR", "GIT_ALLOW_PROTOCOL"},
         {"GIT_CONFIG"}},
        {"names a program that other programs start",
         {"EDITOR", "VISUAL", "PAGER", "MANPAGER", "LESSOPEN", "LESSCLOSE", "SSH_ASKPASS", "SUDO_ASKPASS", "RSYNC_RSH",
          "CVS_RSH", "SVN_SSH", "TERMINFO", "TERMINFO_DIRS", "TERMCAP", "TERMPATH"},
         {}},
        {"loads plug-ins into the process, or writes down its session keys",
         {"OPENSSL_CONF", "OPENSSL_CONF_INCLUDE", "OPENSSL_ENGINES", "OPENSSL_MODULES", "SSLKEYLOGFILE", "KRB5_CONFIG",
          "SASL_PATH", "GTK_MODULES", "GTK_PATH", "GIO_EXTRA_MODULES", "GIO_MODULE_DIR", "GST_PLUGIN_PATH",
          "QT_PLUGIN_PATH", "LIBMYSQL_PLUGINS", "LIBMYSQL_PLUGIN_DIR"},
         {}},
        {"redirects the files from which programs read their settings",
         {"HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_DATA_HOME", "XDG_DATA_DIRS", "XDG_CACHE_HOME",
          "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "CURL_HOME", "WGETRC", "NETRC", "INPUTRC", "GNUPGHOME", "TZDIR"},
         {}},
    };
    return all;
}

const Group* dangerous_group(std::string_view name) {
    for (const auto& group : groups()) {
        if (std::find(group.names.begin(), group.names.end(), name) != group.names.end()) return &group;
        for (const auto prefix : group.prefixes)
            if (name.starts_with(prefix)) return &group;
    }
    return nullptr;
}

// Blanks, controls and the invisible or direction-changing characters of Unicode, by which two names look like one.
bool is_invisible(std::string_view character) {
    if (character.size() == 1) return static_cast<unsigned char>(character[0]) <= ' ' || character[0] == 0x7f;
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
    if (character.size() == 2)
        return at(0) == 0xC2 && (at(1) <= 0xA0 || at(1) == 0xAD);  // C1, no-break blank, soft hyphen
    if (character.size() != 3) return false;
    if (at(0) == 0xE2 && at(1) == 0x80)
        return at(2) <= 0x8F || (at(2) >= 0xA8 && at(2) <= 0xAF);               // U+2000-200F, 2028-202F
    if (at(0) == 0xE2 && at(1) == 0x81) return at(2) >= 0x9F && at(2) <= 0xAF;  // U+205F-206F
    return character == "\xE3\x80\x80" || character == "\xEF\xBB\xBF";          // U+3000, U+FEFF
}

std::string malformation(std::string_view name) {
    if (name.empty()) return "An environment name is empty.";
    if (name.size() > longest_variable_name)
        return fmt::format("The environment name {}… has {} bytes; at most {} are allowed.",
                           shown_name(name.substr(0, 32)), name.size(), longest_variable_name);
    if (name.find('=') != std::string_view::npos)
        return fmt::format("The environment name {} contains \"=\", which would make it another variable.",
                           shown_name(name));
    if (!is_utf8(name)) return fmt::format("The environment name {} is not valid UTF-8.", shown_name(name));
    for (std::size_t i = 0; i < name.size();) {
        const auto length = utf8_length(name.substr(i));
        if (is_invisible(name.substr(i, length)))
            return fmt::format("The environment name {} contains white space, or a control or invisible character.",
                               shown_name(name));
        i += length;
    }
    return {};
}

bool is_usual(std::string_view name) {
    return std::all_of(name.begin(), name.end(),
                       [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace

NameJudgement judge_variable_name(std::string_view name, const AllowedNames& allowed) {
    if (auto wrong = malformation(name); !wrong.empty()) return {NameVerdict::malformed, std::move(wrong)};
    if (is_reserved_name(name))
        return {NameVerdict::reserved,
                fmt::format("The environment name {} is reserved: its value comes from the platform.", name)};
    if (const auto* group = dangerous_group(name); group && !allowed.contains(name))
        return {
            NameVerdict::dangerous,
            fmt::format(
                "The environment name {} is not allowed: it {}. Use another name, or have the operator allow this one.",
                name, group->reason)};
    if (!is_usual(name))
        return {
            NameVerdict::unusual,
            fmt::format(
                "The environment name {} is not made of capital letters, digits and \"_\" alone; it is kept as it is.",
                name)};
    return {};
}

bool is_reserved_name(std::string_view name) { return name.starts_with("MULTIFLEXI_"); }

bool begins_with_digit(std::string_view name) { return !name.empty() && name[0] >= '0' && name[0] <= '9'; }

bool is_shell_name(std::string_view name) {
    const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
    return !name.empty() && letter(name.front()) &&
           std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::string shown_name(std::string_view name) {
    std::string shown;
    const std::string text = to_utf8(name);
    std::size_t characters = 0;
    for (std::size_t i = 0; i < text.size(); ++characters) {
        if (characters == 64) return shown + "…";
        const auto character = std::string_view(text).substr(i, utf8_length(std::string_view(text).substr(i)));
        if (character == " ")
            shown += ' ';
        else if (is_invisible(character))
            for (const char c : character) shown += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
        else
            shown += character;
        i += character.size();
    }
    return "\"" + shown + "\"";
}

}  // namespace mf
