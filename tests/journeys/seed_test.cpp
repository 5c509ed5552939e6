// SPDX-License-Identifier: MIT
#include "base/digest.h"
#include "journeys/installation.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using namespace mf::testing;

namespace {

constexpr std::string_view seeded_secret = "pa55-Word-of-the-Acme-bank";

json::object artifact_named(const json::value& list, std::string_view name) {
    for (const auto& row : list.as_array())
        if (text_of(row.as_object(), "filename") == name) return row.as_object();
    INFO("artifacts: ", to_text(list));
    FAIL("no such artifact: ", name);
    return {};
}

}  // namespace

TEST_CASE("from a definition file to a finished job") {
    Installation it;
    it.start();
    const auto program = it.script(R"(printf 'first\000second\377\376 no newline'
printf 'error \200\n' >&2
mkdir "${RESULT_FILE%/*}" && printf '{"a":1}' > "$RESULT_FILE"
printf '%%PDF-1.4\n\000\001\377' > "$MULTIFLEXI_TMP/invoice.pdf"
cp "$MULTIFLEXI_TMP/invoice.pdf" "$MULTIFLEXI_TMP/copy.pdf"
exit 3)");
    const json::object definition{
        {"executable", program.string()},
        {"cmdparamsTemplate", "--user {LOGIN} --password {PASSWORD}"},
        {"environment", json::object{{"LOGIN", json::object{{"type", "string"}, {"defval", "acme"}}},
                                     {"PASSWORD", json::object{{"type", "password"}}},
                                     {"RESULT_FILE", json::object{{"type", "string"}, {"defval", "out/result.json"}}}}},
        {"artifacts", json::array{json::object{{"name", "Invoices"}, {"type", "file"}, {"path", R"(\.pdf$)"}}}}};
    const auto id =
        fmt::to_string(it.run_template(definition, {"--config", fmt::format("PASSWORD={}", seeded_secret)}));

    const auto created = it.ask({"job:create", "--template", id}).as_object();
    const auto job = number_of(created, "job_id");
    CHECK(number_of(created, "id") == job);
    const auto record = it.ended(job);
    CHECK(text_of(record, "state") == "failed");
    CHECK(number_of(record, "exitcode") == 3);
    CHECK(record.at("pid").is_null());

    SUBCASE("its output is kept byte by byte") {
        const std::string out{"first\0second\377\376 no newline", 25};
        const auto number = fmt::to_string(job);
        CHECK(it.cli({"job", "output", "--id", number, "--stream", "stdout"}).out == out);
        CHECK(it.cli({"job:output", "--id", number, "--stream", "stderr"}).out == "error \200\n");
        CHECK(number_of(record, "stdout_size") == std::ssize(out));
        const auto both = it.cli({"job:output", number});
        CHECK(both.out == out);
        CHECK(both.err == "error \200\n");

        const auto artifacts = it.ask({"artifact:list", "--job_id", number});
        const auto as_file = artifact_named(artifacts, "stdout.txt");
        const auto file = it.directory() / "saved";
        CHECK(it.cli({"artifact", "save", "--id", fmt::to_string(number_of(as_file, "id")), "--file", file}).code == 0);
        CHECK(file_content(file) == out);
        CHECK(text_of(as_file, "sha256") == sha256_hex(out));
        CHECK(number_of(as_file, "size") == std::ssize(out));
    }
    SUBCASE("its files are kept with type, size and digest, the same content once") {
        const auto artifacts = it.ask({"artifact:list", "--job_id", fmt::to_string(job)});
        CHECK(artifacts.as_array().size() == 5);
        const auto result = artifact_named(artifacts, "result.json");
        CHECK(text_of(result, "content_type") == "application/json");
        CHECK(number_of(result, "size") == 7);
        CHECK(text_of(result, "sha256") == sha256_hex(R"({"a":1})"));
        const std::string invoice{"%PDF-1.4\n\0\1\377", 12};
        const auto pdf = artifact_named(artifacts, "invoice.pdf");
        const auto copy = artifact_named(artifacts, "copy.pdf");
        CHECK(text_of(pdf, "content_type").starts_with("application/pdf"));
        CHECK(text_of(pdf, "sha256") == sha256_hex(invoice));
        CHECK(text_of(pdf, "sha256") == text_of(copy, "sha256"));
        CHECK(it.sql(fmt::format("SELECT count(*) FROM content WHERE sha256 = '{}'", sha256_hex(invoice))) == "1\n");
        const auto saved = it.cli({"artifact:save", "--id", fmt::to_string(number_of(copy, "id")), "--file", "-"});
        CHECK(saved.code == 0);
        CHECK(saved.out == invoice);
    }
    SUBCASE("its secret is nowhere to be read") {
        const auto shown = it.cli({"job:get", "--id", fmt::to_string(job), "-f", "json"});
        CHECK(shown.out.find(seeded_secret) == std::string::npos);
        const auto whole = it.ask({"job:get", "--id", fmt::to_string(job)}).as_object();
        CHECK(text_of(whole.at("env").as_object(), "PASSWORD") == "••••••••");
        CHECK(text_of(whole.at("env").as_object(), "LOGIN") == "acme");
        CHECK(text_of(whole, "command").find("acme") != std::string::npos);
        CHECK(it.cli({"run-template:get", "--id", id, "-f", "json", "-v"}).out.find(seeded_secret) ==
              std::string::npos);
        CHECK(it.cli({"run-template:env", "--id", id, "--explain"}).out.find(seeded_secret) == std::string::npos);
        CHECK(it.everything_kept().find(seeded_secret) == std::string::npos);
        CHECK(it.stop() == 0);
        CHECK(it.everything_kept().find(seeded_secret) == std::string::npos);
    }
}

TEST_CASE("a secret that a job prints is masked in what is kept") {
    Installation it;
    it.start();
    const json::object definition{{"executable", it.script("echo \"it is $PASSWORD.\"").string()},
                                  {"environment", json::object{{"PASSWORD", json::object{{"type", "password"}}}}}};
    const auto id = it.run_template(definition, {"--config", fmt::format("PASSWORD={}", seeded_secret)});
    const auto job = it.job(id);
    CHECK(text_of(it.ended(job), "state") == "succeeded");
    CHECK(it.cli({"job:output", fmt::to_string(job)}).out.find(seeded_secret) == std::string::npos);
    // Names of files, and what is said about files that are not there, may be made of it, too.
    const json::object named{
        {"executable", it.script("echo > \"$MULTIFLEXI_TMP/report-$PASSWORD.txt\"").string()},
        {"environment",
         json::object{{"PASSWORD", json::object{{"type", "password"}}},
                      {"RESULT_FILE", json::object{{"type", "string"}, {"defval", "result-{PASSWORD}.json"}}}}},
        {"artifacts", json::array{json::object{{"name", "Reports"}, {"type", "file"}, {"path", "report-{PASSWORD}"}}}}};
    const auto files = it.job(it.run_template(named, {"--config", fmt::format("PASSWORD={}", seeded_secret)}));
    CHECK(text_of(it.ended(files), "state") == "succeeded");
    CHECK(it.rows({"artifact:list", "--job_id", fmt::to_string(files)}).size() == 3);
    CHECK(it.everything_kept().find(seeded_secret) == std::string::npos);
    // One that is given for this launch only, too.
    const auto other = it.job(id, {"--env", "PASSWORD=launch-only-secret"});
    CHECK(text_of(it.ended(other), "state") == "succeeded");
    const auto kept = it.everything_kept();
    CHECK(kept.find(seeded_secret) == std::string::npos);
    CHECK(kept.find("launch-only-secret") == std::string::npos);
}

TEST_CASE("commands in each spelling") {
    Installation it;
    const auto file =
        it.write("hello.app.json",
                 R"({"schemaVersion":"3.4.0","uuid":"7b1c2d3e-1111-4000-8000-000000000001","name":{"en":"Hello"},)"
                 R"("description":{"en":"x"},"version":"1.0.0","executable":"/bin/true","environment":{}})");
    for (const Words& words :
         {Words{"application", "import-json", "--file", file}, Words{"application:import-json", "--file", file},
          Words{"application", "import-json", "--json", file}}) {
        const auto answer = it.ask(words);
        CHECK(text_of(answer.at("imported").as_object(), "name") == "Hello");
    }
    CHECK(it.rows({"application:list"}).size() == 1);
    for (const Words& words : {Words{"run-template:list"}, Words{"runtemplate:list"}, Words{"runtemplate", "list"},
                               Words{"run-template", "list"}})
        CHECK(it.ask(words).as_array().empty());
    CHECK(it.ask({"appstatus"}).as_object().contains("version-cli"));
}
