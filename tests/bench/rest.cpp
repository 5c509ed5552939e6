// SPDX-License-Identifier: MIT
#include "base/json.h"
#include "base/text.h"
#include "bench/http_load.h"

#include <fmt/format.h>

#include <cstdlib>

namespace mf::bench {
namespace {

/// A token of a member of the company, who may see it.
std::string token_of_viewer(Stand& stand, const Places& places) {
    stand.cli({"user:create", "--login", "viewer", "--email", "viewer@example.com"});
    stand.cli({"user-company:assign", "--login", "viewer", "--company_id", fmt::to_string(stand.company()), "--role",
               "viewer"});
    const auto out = places.state / "token.json";
    const auto made = run({(places.programs / "multiflexi-cli").string(), "token:create", "--user", "viewer", "--name",
                           "bench", "-f", "json"},
                          out);
    const auto record = parse_json(content_of(out));
    if (made.exit_code != 0 || !record) throw std::runtime_error("no token was made");
    return std::string(record->at("token").as_string());
}

}  // namespace

Figures measure_rest(const Places& places) {
    if (!has_load()) return {};
    Stand stand(places);
    fill_history(stand);
    ::setenv("MULTIFLEXI_LISTEN", "127.0.0.1:0", 1);
    stand.start_server();
    ::setenv("MULTIFLEXI_LISTEN", "none", 1);
    const auto header = "Authorization: Bearer " + token_of_viewer(stand, places);
    const auto base = fmt::format("http://127.0.0.1:{}/api/v1", port_of(stand));
    stand.cli({"run-template:schedule", "--id", "1"});
    if (!stand.wait_for_ended(jobs_of_history + 1, std::chrono::seconds(60)))
        throw std::runtime_error("the job has not ended");
    const auto job = fmt::format("{}/jobs/{}", base, jobs_of_history + 1);

    const auto record = places.state / "record.json";
    if (run({"/usr/bin/curl", "-sS", "--fail", "-H", header, "-o", record.string(), job}).exit_code != 0)
        throw std::runtime_error("the record of a job was refused");

    Figures out;
    std::vector<double> bare, ours, cpu, list_p50, list_p99, lists;
    const HttpProgram beast(places, {"beast", record.string()});
    for (int round = 0; round < load_rounds; ++round) {
        bare.push_back(load_of(places, beast.process(), beast.url()).per_second);
        const auto of_record = load_of(places, stand.server(), job, header);
        ours.push_back(of_record.per_second);
        cpu.push_back(of_record.cpu_us);
        const auto of_list = load_of(places, stand.server(), base + "/jobs?limit=50&order=D", header);
        lists.push_back(of_list.per_second);
        list_p50.push_back(of_list.p50);
        list_p99.push_back(of_list.p99);
    }
    out.push_back(told(fmt::format("bare Beast, the record of a job ({} bytes)", std::filesystem::file_size(record)),
                       quantile(bare, 1), "/s"));
    out.push_back(told("GET /jobs/{id} of 1 000 000 jobs, with a token", quantile(ours, 1), "/s"));
    out.push_back(told("... processor time for each request", quantile(cpu, 0), "us"));
    out.push_back(at_least("... against bare Beast", 0.35, quantile(ours, 1) / quantile(bare, 1), ""));
    out.push_back(told("GET /jobs, 50 rows of 1 000 000 jobs", quantile(lists, 1), "/s"));
    out.push_back(told("... at 64 connections, p50", quantile(list_p50, 0), "ms"));
    out.push_back(at_most("... p99", 15, quantile(list_p99, 0), "ms"));
    return out;
}

}  // namespace mf::bench
