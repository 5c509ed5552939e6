// SPDX-License-Identifier: MIT
#include "probe/memory.h"

#include "base/text.h"
#include "probe/checks.h"
#include "probe/proc_file.h"

#include <fmt/format.h>
#include <optional>

namespace mf::probe {
namespace {

/// In bytes; the file counts in kB, by which it means KiB.
std::optional<double> bytes_of(std::string_view meminfo, std::string_view name) {
    for (const auto line : split(meminfo, '\n')) {
        if (!line.starts_with(name) || line.substr(name.size(), 1) != ":") continue;
        const auto value = trim(line.substr(name.size() + 1));
        if (const auto number = to_integer(value.substr(0, value.find(' '))))
            return static_cast<double>(*number) * 1024;
    }
    return std::nullopt;
}

Finding judge(double free, double total, std::string_view word, Limits limits) {
    const double percent = 100 * free / total;
    return {.state = judge_low(percent, limits),
            .message = fmt::format("{:.1f} % {}, {} of {}", percent, word, size_text(free), size_text(total)),
            .metrics = {{fmt::format("{}_percent", word), rounded(percent)},
                        {fmt::format("{}_bytes", word), free},
                        {"size_bytes", total}}};
}

}  // namespace

Finding judge_memory(std::string_view meminfo, Limits limits) {
    const auto total = bytes_of(meminfo, "MemTotal");
    const auto available = bytes_of(meminfo, "MemAvailable");
    if (!total || !available || *total <= 0) return unknown("The kernel does not tell how much memory is available.");
    return judge(*available, *total, "available", limits);
}

Finding judge_swap(std::string_view meminfo, Limits limits) {
    const auto total = bytes_of(meminfo, "SwapTotal");
    const auto free = bytes_of(meminfo, "SwapFree");
    if (!total || !free) return unknown("The kernel does not tell how much swap is free.");
    if (*total <= 0) return {.message = "there is no swap"};
    return judge(*free, *total, "free", limits);
}

std::vector<Task> plan_memory(const Settings& settings, const Machine& machine) {
    return {{"memory", "", settings.timeout,
             [file = machine.proc / "meminfo", limits = Limits{settings.memory_warning, settings.memory_critical}] {
                 return judge_memory(read_proc(file), limits);
             }}};
}

std::vector<Task> plan_swap(const Settings& settings, const Machine& machine) {
    return {{"swap", "", settings.timeout,
             [file = machine.proc / "meminfo", limits = Limits{settings.swap_warning, settings.swap_critical}] {
                 return judge_swap(read_proc(file), limits);
             }}};
}

}  // namespace mf::probe
