// SPDX-License-Identifier: MIT
#include "support/desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::must;

TEST_CASE("a collector is asked to take test metrics") {
    testing::Desk desk;
    CHECK(desk.error_of("telemetry:test", {}).message == "Telemetry is off. Name a collector to try with --endpoint.");
    CHECK(desk.error_of("telemetry:test", {{"endpoint", "ftp://collector.example"}}).fields.at(0).field == "endpoint");
    const auto taken = must(desk.run("telemetry:test", {{"endpoint", "http://localhost:4318/"}}));
    CHECK(taken.at("accepted") == true);
    const auto& sent = desk.http.requests.at(0);
    CHECK(sent.method == "POST");
    CHECK(sent.url == "http://localhost:4318/v1/metrics");
    const auto metrics = [](const HttpRequest& request) {
        return must(parse_json(request.body)).at("resourceMetrics").at(0).at("scopeMetrics").at(0).at("metrics");
    };
    CHECK(metrics(sent).as_array().size() == 2);
    must(desk.run("telemetry:test", {{"endpoint", "http://localhost:4318/v1/metrics"}, {"disable_gauges", true}}));
    CHECK(desk.http.requests.at(1).url == "http://localhost:4318/v1/metrics");
    CHECK(metrics(desk.http.requests.at(1)).as_array().size() == 1);
}
