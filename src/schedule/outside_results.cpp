// SPDX-License-Identifier: MIT
#include "schedule/outside_results.h"

namespace mf {

std::shared_ptr<OutsideResults::Use> OutsideResults::begin(const std::filesystem::path& file, Id<Company> company) {
    auto use = std::make_shared<Use>();
    use->file_ = file.lexically_normal();
    use->company_ = company;
    const std::lock_guard lock(mutex_);
    std::erase_if(uses_, [](const auto& other) { return other.expired(); });
    for (const auto& weak : uses_) {
        const auto other = weak.lock();
        if (!other || other->company_ == company || other->file_ != use->file_) continue;
        other->shared_ = true;
        use->shared_ = true;
    }
    uses_.push_back(use);
    return use;
}

bool OutsideResults::is_shared(const Use& use) const {
    const std::lock_guard lock(mutex_);
    return use.shared_;
}

}  // namespace mf
