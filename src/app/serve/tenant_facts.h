#pragma once
/// \file app/serve/tenant_facts.h
/// What of a tenant changes without a release: what landed, what is certified, which months are closed, which run made
/// which release.

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "app/serve/open_lake.h"

namespace centavo::serve {

struct TenantFacts {
  explore::Standing standing;
  std::map<std::string, std::int64_t> release_of_run;
};

/// Each such file is written once, so they are read again only when one came or went, and when kReadMs are over: ages
/// grow. Whether one came is asked of the store at most every kLookMs. Thread-safe.
class AllTenantFacts {
 public:
  static constexpr std::int64_t kLookMs = 200;
  static constexpr std::int64_t kReadMs = 20'000;

  Result<std::shared_ptr<const TenantFacts>> of(OpenTenant& open);
  /// Looks again at the next question: after a write of ours.
  void forget(const std::string& tenant);

 private:
  struct Entry {
    std::mutex mutex;                    ///< one reads, the others wait
    std::int64_t looked_ms = 0, read_ms = 0;
    std::string stamp;
    std::shared_ptr<const TenantFacts> facts;
  };
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;
};

}  // namespace centavo::serve
