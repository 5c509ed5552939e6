// SPDX-License-Identifier: MIT
#include "journeys/installation.h"

#include "base/base64.h"
#include "base/text.h"
#include "store/schema.h"
#include "store/sql/quoting.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fstream>
#include <set>

using namespace mf;
using namespace mf::testing;

namespace {

/// Secrets that no other text contains, each with a character that addresses write in another way.
constexpr std::string_view of_company = "Vk7/company+Quark", of_credential = "Vk7/credential+Quark",
                           of_template = "Vk7/template+Quark", of_launch = "Vk7/launch+Quark",
                           of_default_file = "Vk7/file+Quark";
constexpr std::string_view all_secrets[] = {of_company, of_credential, of_template, of_launch, of_default_file};

std::string in_address(std::string_view secret) {
    std::string out;
    for (const char c : secret) out += c == '/' ? "%2F" : c == '+' ? "%2B" : std::string(1, c);
    return out;
}

/// Which of the secrets, in which form, a text contains; empty: none.
std::string found_in(std::string_view text) {
    for (const auto secret : all_secrets)
        for (const auto& form : {std::string(secret), to_base64(secret), in_address(secret)})
            if (text.find(form) != std::string_view::npos) return form;
    return {};
}

std::string content_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

pid_t parent_of(pid_t pid) {
    const auto status = content_of(fmt::format("/proc/{}/stat", pid));
    const auto end = status.rfind(')');
    if (end == std::string::npos) return 0;
    const auto words = split(std::string_view(status).substr(end + 2), ' ');
    return words.size() > 1 ? static_cast<pid_t>(to_integer(words[1]).value_or(0)) : 0;
}

/// The process, or one that it has started.
bool belongs_to(pid_t pid, pid_t ancestor) {
    for (int depth = 0; pid > 1 && depth < 20; pid = parent_of(pid), ++depth)
        if (pid == ancestor) return true;
    return false;
}

/// What of this kind is in /proc of all processes but those of the job.
std::string seen_in_processes(std::string_view file, pid_t job) {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const auto pid = static_cast<pid_t>(to_integer(entry.path().filename().string()).value_or(0));
        if (pid == 0 || pid == ::getpid()) continue;
        if (file == "environ" && belongs_to(pid, job)) continue;
        if (const auto found = found_in(content_of(entry.path() / file)); !found.empty())
            return fmt::format("{} in {} of process {}", found, file, pid);
    }
    return {};
}

std::string seen_in_files(const std::filesystem::path& directory) {
    std::error_code problem;
    for (std::filesystem::recursive_directory_iterator at(directory, problem), end; at != end; at.increment(problem))
        if (std::filesystem::is_regular_file(at->path(), problem))
            if (const auto found = found_in(content_of(at->path())); !found.empty())
                return fmt::format("{} in {}", found, at->path().string());
    return {};
}

std::string seen_in_database(const Installation& it) {
    const auto connection = sql::open(it.database());
    for (const auto& table : schema_tables()) {
        for (const auto& row : connection->query("SELECT * FROM " + sql::quoted_name(table.name)))
            for (const auto& value : row) {
                const auto* text = std::get_if<std::string>(&value);
                const auto* bytes = std::get_if<Bytes>(&value);
                if (const auto found = found_in(text ? *text : bytes ? bytes->data : std::string()); !found.empty())
                    return fmt::format("{} in table {}", found, table.name);
            }
    }
    return {};
}

}  // namespace

TEST_CASE("a secret is where its job is, and nowhere else") {
    Installation it;
    it.environment["MULTIFLEXI_ENVFILE_ROOTS"] = (it.directory() / "vault").string();
    std::filesystem::create_directory(it.directory() / "vault");
    it.start();
    const auto script = it.script(
        "for value in \"$OF_COMPANY\" \"$OF_CREDENTIAL\" \"$OF_TEMPLATE\" \"$OF_LAUNCH\" \"$OF_FILE\"; do\n"
        "  echo \"raw $value end\" >&2\n"
        "  printf %s \"$value\" | base64 -w0; echo\n"
        "  printf %s \"$value\" | sed 's,/,%2F,g; s,+,%2B,g'; echo\n"
        "  test ${#value} -gt 10 || exit 9\n"
        "done\n"
        "touch ready\n"
        "until test -e go; do sleep 0.05; done");
    const auto password = json::object{{"type", "password"}};
    const auto id = it.run_template(
        {{"executable", "/bin/bash " + script.string()},
         {"environment", json::object{{"OF_TEMPLATE", password}, {"OF_LAUNCH", password}, {"OF_COMPANY", password}}}});
    const auto origin = fmt::to_string(id);

    // Each on its way in: standard input or a file, never an argument.
    const auto given = [&](Words words, std::string_view input) {
        const auto answer = it.cli(std::move(words), input);
        CHECK_MESSAGE(answer.code == 0, answer.out, answer.err);
        CHECK(found_in(answer.out + answer.err) == "");
    };
    given({"company:variable-set", "--company_id", "1", "--name", "OF_COMPANY", "--secret", "1", "--value-file", "-"},
          of_company);
    const auto prototype = it.write("p.credprototype.json", R"({"uuid":"0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f",
        "code":"Bank","name":"Bank","version":"1.0","fields":[{"keyword":"OF_CREDENTIAL","type":"password"}]})");
    given({"credential-prototype:import-json", "--file", prototype.string()}, "");
    given({"credential-prototype:sync"}, "");
    given({"credential-type:create", "--company-id", "1", "--class", "Bank"}, "");
    given({"credential:create", "--company-id", "1", "--credential-type-id", "1", "--name", "Main", "--field",
           "OF_CREDENTIAL=-"},
          of_credential);
    given({"run-template:assign-credential", "--id", origin, "--credential_id", "1"}, "");
    const auto secret_file = it.write("vault/values.env", fmt::format("OF_FILE={}\n", of_default_file));
    given({"credential-type:create", "--company-id", "1", "--class", "EnvFile"}, "");
    given({"credential:create", "--company-id", "1", "--credential-type-id", "2", "--name", "File", "--field",
           "ENV_FILE_PATH=" + secret_file.string()},
          "");
    given({"run-template:assign-credential", "--id", origin, "--credential_id", "2"}, "");
    given({"run-template:update", "--id", origin, "--config-file", "-"}, fmt::format("OF_TEMPLATE={}\n", of_template));
    const auto launched = it.cli({"run-template:schedule", "--id", origin, "--config-file", "-", "-f", "json"},
                                 fmt::format("OF_LAUNCH={}\n", of_launch));
    REQUIRE(launched.code == 0);
    const auto job = number_of(launched.json().as_object(), "job_id");

    const auto work = [&] {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(it.work()))
            if (entry.path().filename() == "ready") return entry.path().parent_path();
        return std::filesystem::path();
    };
    REQUIRE(comes_true([&] { return !work().empty(); }));
    const auto pid = static_cast<pid_t>(number_of(it.job_record(job), "pid"));
    REQUIRE(pid > 1);
    CHECK(seen_in_processes("cmdline", pid) == "");
    CHECK(seen_in_processes("environ", pid) == "");
    CHECK(found_in(content_of(fmt::format("/proc/{}/environ", pid))) != "");  // this test would see one

    const auto everywhere = [&] {
        CHECK(seen_in_database(it) == "");
        CHECK(seen_in_files(it.data()) == "");
        CHECK(found_in(it.log()) == "");
        const auto number = fmt::to_string(job);
        for (const Words& words : std::vector<Words>{{"job:get", "--id", number, "--verbose"},
                                                     {"job:list", "--verbose"},
                                                     {"job:output", number},
                                                     {"run-template:get", "--id", origin},
                                                     {"run-template:env", "--id", origin, "--explain"},
                                                     {"credential:get", "--id", "1"},
                                                     {"credential:list"},
                                                     {"credential:versions", "--id", "1"},
                                                     {"company:variable-list", "--company_id", "1"},
                                                     {"artifact:list"},
                                                     {"audit:list"},
                                                     {"audit:export"},
                                                     {"encryption:status"}})
            for (const auto* format : {"text", "json"}) {
                auto asked = words;
                if (asked.front() != "audit:export") asked.insert(asked.end(), {"-f", format});
                const auto answer = it.cli(asked);
                CAPTURE(words.front());
                CHECK(answer.code == 0);
                CHECK(found_in(answer.out + answer.err) == "");
            }
    };
    everywhere();
    std::ofstream(work() / "go") << "";
    CHECK(text_of(it.ended(job), "state") == "succeeded");
    everywhere();
    CHECK(has(it.cli({"job:output", fmt::to_string(job)}).out, "••••••••"));
    // The operator who really wants it gets it, and that is written down.
    CHECK(has(it.cli({"credential:get", "--id", "1", "--reveal", "--yes"}).out, of_credential));
    CHECK(has(it.cli({"audit:list", "-f", "json"}).out, "credential_revealed"));
}
