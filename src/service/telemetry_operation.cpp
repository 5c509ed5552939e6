// SPDX-License-Identifier: MIT
#include "base/json.h"
#include "net/url.h"
#include "service/job_operations.h"

#include <fmt/format.h>

namespace mf {

struct TelemetryInput {
    std::optional<std::string> endpoint;
    std::optional<bool> disable_gauges;
};

template <>
const Entity& entity_of<TelemetryInput>() {
    using I = TelemetryInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::endpoint>("endpoint", {.help = "Address of a collector that takes OTLP over HTTP, such as "
                                                 "http://localhost:4318",
                                         .max_length = 2048}),
        field<&I::disable_gauges>("disable_gauges", {.help = "Send a counter only"}));
    static constexpr Entity entity{"telemetry_input", "Test of a collector", fields};
    return entity;
}

namespace {

/// ExportMetricsServiceRequest in the JSON encoding of OTLP 1.x: 64-bit numbers are texts.
json::value test_metrics(Timestamp now, bool with_gauge) {
    const auto nanoseconds = fmt::format("{}000000", now.time_since_epoch().count());
    const json::object point{{"timeUnixNano", nanoseconds}, {"startTimeUnixNano", nanoseconds}, {"asInt", "1"}};
    json::array metrics;
    // 2 is AGGREGATION_TEMPORALITY_CUMULATIVE.
    metrics.push_back(
        {{"name", "multiflexi.telemetry.test"},
         {"sum", {{"dataPoints", json::array{point}}, {"aggregationTemporality", 2}, {"isMonotonic", true}}}});
    if (with_gauge)
        metrics.push_back(
            {{"name", "multiflexi.telemetry.test.gauge"}, {"gauge", {{"dataPoints", json::array{point}}}}});
    const json::object attribute{{"key", "service.name"}, {"value", {{"stringValue", "multiflexi"}}}};
    const json::object scope{{"scope", {{"name", "multiflexi"}}}, {"metrics", std::move(metrics)}};
    const json::object resource{{"resource", {{"attributes", json::array{attribute}}}},
                                {"scopeMetrics", json::array{scope}}};
    return {{"resourceMetrics", json::array{resource}}};
}

Result<Talk> prepare_telemetry_test(Call&, const TelemetryInput& input) {
    if (!input.endpoint || input.endpoint->empty())
        return Error{ErrorCode::invalid, "Telemetry is off. Name a collector to try with --endpoint."};
    if (const auto read = read_web_url(*input.endpoint); !read) {
        const auto sentence = fmt::format("The endpoint is no address of a collector. {}", read.error().message);
        return Error{ErrorCode::invalid, sentence, {{"endpoint", sentence}}};
    }
    auto url = *input.endpoint;
    while (url.ends_with('/')) url.pop_back();
    if (!url.ends_with("/v1/metrics")) url += "/v1/metrics";
    return Talk([url, gauges = !input.disable_gauges.value_or(false)](Outside& outside) -> json::value {
        HttpRequest request{.method = "POST",
                            .url = url,
                            .headers = {{"Content-Type", "application/json"}},
                            .body = to_text(test_metrics(outside.now, gauges)),
                            .timeout = outside.time_limit,
                            .stop = outside.stop};
        const auto reply = outside.http.send(request);
        if (!reply) return {{"accepted", false}, {"message", reply.error().message}};
        if (reply->status / 100 == 2)
            return {{"accepted", true}, {"message", "The collector has taken the test metrics."}};
        return {{"accepted", false},
                {"message", fmt::format("The collector answered {} to the test metrics.", reply->status)}};
    });
}

Result<json::value> tell_telemetry_test(Call&, const TelemetryInput&, const json::value& heard) { return heard; }

}  // namespace

void add_telemetry_operation(Operations& operations) {
    add_talking(operations,
                {"telemetry:test", "POST /telemetry/test", "Send test metrics to a collector.", Permission::operate,
                 Access::reads},
                prepare_telemetry_test, tell_telemetry_test);
}

}  // namespace mf
