// SPDX-License-Identifier: MIT
#include "execute/native.h"

#include "execute/listener_test.h"
#include "execute/work_directory.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <csignal>

using namespace mf;
using mf::testing::Record;
using mf::testing::TemporaryDirectory;

namespace {

SystemClock the_clock;

struct Fixture {
    TemporaryDirectory base;
    WorkDirectory directory = *WorkDirectory::create(base.path(), 5);
    Supervisor supervisor{the_clock};
    NativeExecutor executor{supervisor};
    std::shared_ptr<Record> record = std::make_shared<Record>();

    JobPlan plan(std::string script) const {
        JobPlan plan{.job_id = 5,
                     .argv = {"sh", "-c", std::move(script)},
                     .environment = directory.variables(),
                     .work_directory = directory.path()};
        plan.environment["PATH"] = "/usr/bin:/bin";
        return plan;
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a native job runs in its work directory") {
    const auto started = executor.start(plan("pwd; echo $TMPDIR; exit 4"), record);
    REQUIRE(started);
    CHECK(record->wait_end().exit_code == 4);
    CHECK(record->out == directory.path().string() + "\n" + directory.path().string() + "\n");
    CHECK(started->pid == record->identity.pid);
    executor.stop(started->handle, StopReason::cancelled);  // too late
    CHECK(executor.recover(started->handle, plan(""), record).error().code == ErrorCode::not_found);
}

TEST_CASE_FIXTURE(Fixture, "a native job that cannot be started has ended") {
    auto broken = plan("");
    broken.argv = {"/no/such/program"};
    const auto started = executor.start(broken, record);
    REQUIRE(started);
    CHECK(!started->pid);
    CHECK(record->wait_end().exit_code == 127);
    CHECK(!record->end->start_error.empty());
}

TEST_CASE_FIXTURE(Fixture, "stop and resume by handle") {
    record->pause_after = 1;
    const auto started = executor.start(plan("echo one; sleep 1000"), record);
    REQUIRE(started);
    record->wait([&] { return record->paused; });
    executor.resume_output(started->handle);
    for (const char* foreign : {"", "x", ":::::", "a:1:2:b:1"}) executor.stop(foreign, StopReason::cancelled);
    executor.stop(started->handle, StopReason::cancelled);
    record->wait([&] { return record->end.has_value(); });
    CHECK(record->end->signal == SIGTERM);
}

TEST_CASE_FIXTURE(Fixture, "a later run recognises a job that still runs, and can stop it with all descendants") {
    const auto started = executor.start(plan("(setsid sleep 1000 &); echo ready; sleep 1000"), record);
    REQUIRE(started);
    record->wait_for_output("ready");
    auto recovered = std::make_shared<Record>();
    {
        Supervisor later(the_clock);
        NativeExecutor again(later);
        CHECK(again.recover("nonsense", plan(""), recovered).error().code == ErrorCode::invalid);
        again.stop(started->handle, StopReason::cancelled);  // a handle of another run is not ours before recover()
        const auto handle = again.recover(started->handle, plan(""), recovered);
        REQUIRE(handle);
        CHECK(*handle != started->handle);
        again.stop(*handle, StopReason::cancelled);
        CHECK(recovered->wait_end().exit_code == 255);
        CHECK(recovered->end->left_behind == 0);
    }
    CHECK(record->wait_end().signal == SIGTERM);
}
