// SPDX-License-Identifier: MIT
#pragma once

#include "domain/company.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

namespace mf {

/// Which running jobs name a RESULT_FILE outside of their work directories. The time of a file does not tell who wrote
/// it: when jobs of two companies that run at the same time name the same file, it is nobody's, so that no company gets
/// what belongs to another. Knows the jobs of this server. Thread-safe.
class OutsideResults {
public:
    /// The use of one file by one job, from before its process starts until its files are brought in.
    class Use {
        friend class OutsideResults;
        std::filesystem::path file_;
        Id<Company> company_;
        bool shared_ = false;  // guarded by the mutex of all uses
    };

    std::shared_ptr<Use> begin(const std::filesystem::path& file, Id<Company> company);
    /// Did a job of another company use it at the same time, even if it has ended since?
    bool is_shared(const Use& use) const;

private:
    mutable std::mutex mutex_;
    std::vector<std::weak_ptr<Use>> uses_;
};

}  // namespace mf
