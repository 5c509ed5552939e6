// SPDX-License-Identifier: MIT
#include "execute/process.h"

#include "execute/supervisor_loop.h"

namespace mf {

Supervisor::Supervisor(const Clock& clock) : Supervisor(clock, Options{}) {}
Supervisor::Supervisor(const Clock& clock, Options options) : loop_(std::make_unique<Loop>(clock, options)) {}
Supervisor::~Supervisor() = default;

Supervisor::Started Supervisor::start(const ProcessCommand& command, std::shared_ptr<ProcessListener> listener) {
    return loop_->start(command, std::move(listener));
}
std::optional<Supervisor::Key> Supervisor::adopt(const Adoption& adoption, std::shared_ptr<ProcessListener> listener) {
    return loop_->adopt(adoption, std::move(listener));
}
void Supervisor::stop(Key key, StopReason reason) { loop_->stop(key, reason); }
void Supervisor::resume(Key key) { loop_->resume(key); }
std::size_t Supervisor::running() const { return loop_->running(); }
int Supervisor::descriptor() const { return loop_->descriptor(); }
int Supervisor::patience() const { return loop_->patience(); }
void Supervisor::work() { loop_->work(); }

}  // namespace mf
