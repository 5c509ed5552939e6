// SPDX-License-Identifier: MIT
#include "bench/stand.h"

#include <fmt/format.h>

namespace mf::bench {

void fill_history(Stand& stand) {
    constexpr int run_templates = 1000;
    const auto application = stand.add_application("matcher", "/bin/true", "");
    const auto first = stand.add_run_templates(application, run_templates, Overlap::coalesce);
    constexpr std::int64_t at_once = 100'000;
    constexpr std::int64_t apart = 8640;  // ms
    const auto begin = now().time_since_epoch().count() - jobs_of_history * apart;
    for (std::int64_t done = 0; done < jobs_of_history; done += at_once)
        stand.database().write([&](Session& session) {
            session.sql.execute(
                R"(WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
                   INSERT INTO "job" ("app_id", "company_id", "runtemplate_id", "state", "slot", "schedule", "schedule_type", "executor",
                       "launched_by", "begin", "end", "exitcode", "command", "handle", "claimed_by", "app_version", "stdout_size",
                       "cpu_ms", "max_rss_kib", "created_at")
                   SELECT ?, ?, ? + i % ?, CASE WHEN i % 10 = 0 THEN 'failed' ELSE 'succeeded' END, ? + i * ?, ? + i * ?, 'hourly', 'Native',
                       ?, ? + i * ? + 12, ? + i * ? + 1790, CASE WHEN i % 10 = 0 THEN 1 ELSE 0 END,
                       'abraflexi-invoice-matcher --out matched_' || i || '.json', '{"pid":' || (4000 + i % 28000) || ',"start":' || i || '}',
                       'node-1', '1.4.2', 2048 + i % 4096, 120 + i % 400, 24576 + i % 8192, ? + i * ? FROM n)",
                {done, done + at_once, application, stand.company(), first, std::int64_t{run_templates}, begin, apart,
                 begin, apart, stand.user(), begin, apart, begin, apart, begin, apart});
        });
    stand.database().write([&](Session& session) {
        session.sql.execute(
            R"(INSERT INTO "job_count" ("company_id", "hour", "created", "succeeded", "failed")
               SELECT "company_id", "created_at" / 3600000, COUNT(*), SUM("state" = 'succeeded'), SUM("state" = 'failed')
               FROM "job" GROUP BY 1, 2)",
            {});
    });
}

Figures measure_history(const Places& places) {
    Stand stand(places);
    fill_history(stand);
    stand.start_server();
    Figures out;
    const auto measure = [&](const std::string& name, const std::vector<std::string>& words) {
        std::vector<double> wall, cpu;
        for (int i = 0; i < 21; ++i) {
            const auto done = stand.cli(words);
            wall.push_back(done.wall.count());
            cpu.push_back(done.cpu.count());
        }
        out.push_back(at_most("1 000 000 jobs: " + name + ", p50", 20, quantile(wall, 0.5), "ms"));
        out.push_back(told("  processor time of that", quantile(cpu, 0.5), "ms"));
    };
    const auto deepest = std::to_string(jobs_of_history - 50);
    measure("job list, first page, oldest first", {"job", "list", "--limit", "50", "--order", "A"});
    measure("job list, first page, newest first", {"job", "list", "--limit", "50", "--order", "D"});
    measure("job list, deepest page, oldest first",
            {"job", "list", "--limit", "50", "--offset", deepest, "--order", "A"});
    measure("job list, deepest page, newest first",
            {"job", "list", "--limit", "50", "--offset", deepest, "--order", "D"});
    measure("status", {"status"});
    return out;
}

}  // namespace mf::bench
