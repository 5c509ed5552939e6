// SPDX-License-Identifier: MIT
#pragma once

#include "execute/listener_test.h"
#include "execute/native.h"
#include "execute/process_table.h"
#include "execute/shim/spool.h"
#include "execute/work_directory.h"
#include "support/manual_clock.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fstream>
#include <thread>

namespace mf::testing {

struct NativeFixture {
    TemporaryDirectory base;
    WorkDirectory directory = *WorkDirectory::create(base.path(), 5);
    std::unique_ptr<NativeExecutor> executor = open();
    std::shared_ptr<Record> record = std::make_shared<Record>();

    std::unique_ptr<NativeExecutor> open(
        std::chrono::milliseconds patience = NativeExecutor::Options{}.patience) const {
        auto opened = NativeExecutor::open(
            the_clock, {.program = shim_program(), .spool = base.path() / "spool", .patience = patience});
        if (!opened) throw std::runtime_error(opened.error().message);
        return *std::move(opened);
    }
    /// As a server that was killed and started again.
    void restart() {
        executor.reset();
        executor = open();
    }
    JobPlan plan(std::string script) const {
        JobPlan plan{.job_id = 5,
                     .argv = {"sh", "-c", std::move(script)},
                     .environment = directory.variables(),
                     .work_directory = directory.path(),
                     .memo = "what there is to know"};
        plan.environment["PATH"] = "/usr/bin:/bin";
        return plan;
    }
    std::filesystem::path file(const char* name) const { return directory.path() / name; }
    /// Lets a job go on that waits for the file.
    void touch(const char* name) const { std::ofstream(file(name)) << "yes"; }
    static std::string waits_for(const char* name) {
        return std::string("while ! [ -e ") + name + " ]; do sleep 0.01; done; ";
    }
    Spool spool(int number = 0) const { return *Spool::attach(base.path() / "spool" / std::to_string(number)); }
    ProcessIdentity shim() const {
        const auto file = spool();
        return {static_cast<pid_t>(file.header().shim_pid), file.header().shim_start_time};
    }
    void wait_until_ended() const {
        const auto file = spool();
        while (file.phase() != SpoolPhase::ended) file.wait_while(file.phase(), std::chrono::seconds(1));
    }
    std::shared_ptr<Record> recover(std::uint64_t from_byte) {
        const auto survivors = executor->survivors();
        REQUIRE(survivors.size() == 1);
        auto later = std::make_shared<Record>();
        REQUIRE(executor->recover(survivors[0].handle, from_byte, later));
        return later;
    }
    static void wait_until_gone(const ProcessIdentity& process) {
        while (true) {
            const auto entry = read_process(process.pid);
            if (!entry || entry->is_dead() || entry->identity != process) return;
            std::this_thread::yield();
        }
    }
};

}  // namespace mf::testing
