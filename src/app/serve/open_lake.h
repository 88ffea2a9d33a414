#pragma once
/// \file app/serve/open_lake.h
/// The lake as one request or job works in it, and readers that requests share.

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "flow/explore/explore.h"
#include "flow/pipeline/pipeline.h"
#include "lake/access/access.h"

namespace centavo::serve {

/// The lake with one tenant, for one thread.
struct OpenTenant {
  Lake lake;
  Tenant tenant;
  std::shared_ptr<const pack::Library> library;
  Catalog& catalog;
  duck::Database& engine;
  const Clock& clock;

  Workshop workshop() { return {lake, catalog, *library, engine, clock}; }
};

/// A release as somebody sees it, for one request.
struct OpenRelease {
  Reader reader;
  std::shared_ptr<const explore::Holdings> holdings;
};

/// Open readers by tenant, release and sight. Opening one reads the Delta logs of all tables; a connection of its own
/// in an open one costs little. Thread-safe.
class Readers {
 public:
  static constexpr std::size_t kMost = 12;

  /// `memory_bytes`: engine memory of each open release.
  explicit Readers(std::int64_t memory_bytes) : memory_bytes_(memory_bytes) {}

  /// A reader for one request: its own connection. Release 0 is the newest.
  Result<Reader> open(OpenTenant& open, std::int64_t release, const access::Sight& sight);
  /// What the release holds for questions about cost: found once, with a reader of the same release and sight.
  Result<std::shared_ptr<const explore::Holdings>> holdings(OpenTenant& open, std::int64_t release,
                                                            const access::Sight& sight);
  /// The newest release of a tenant; asked of the store at most every kNewestMs.
  Result<std::int64_t> newest(OpenTenant& open);
  /// Forgets what is known of a tenant's newest release.
  void forget(const std::string& tenant);

 private:
  static constexpr std::int64_t kNewestMs = 200;
  struct Entry {
    std::string key;
    std::mutex mutex;                    ///< one opens, the others wait
    std::shared_ptr<Reader> reader;
    std::shared_ptr<const explore::Holdings> holdings;
  };
  std::shared_ptr<Entry> entry_of(const std::string& tenant, std::int64_t release, const access::Sight& sight);
  void settle(const std::shared_ptr<Entry>& entry, bool opened);
  Result<Reader> reader_in(const std::shared_ptr<Entry>& entry, OpenTenant& open, std::int64_t release,
                           const access::Sight& sight);
  struct Newest {
    std::int64_t release = 0;
    std::int64_t asked_ms = 0;
  };
  const std::int64_t memory_bytes_;
  std::mutex mutex_;
  std::list<std::shared_ptr<Entry>> entries_;      ///< used last comes first
  std::map<std::string, Newest> newest_;
};

}  // namespace centavo::serve
