#pragma once
/// \file app/serve/open_lake.h
/// The lake as one request or job works in it, and readers that requests share.

#include <condition_variable>
#include <functional>
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
/// in an open one costs little. Thread-safe: one opens, others who want the same wait, at most until `cancel`.
class Readers {
 public:
  static constexpr std::size_t kMost = 12;

  /// Called when a release was opened, by who opened it: to have it hold tables behind the requests.
  using OnOpened = std::function<void(const std::string& tenant, std::int64_t release, const access::Sight& sight)>;

  /// `memory_bytes`: engine memory of each open release. A quarter of it may hold rows.
  explicit Readers(std::int64_t memory_bytes) : memory_bytes_(memory_bytes) {}
  /// Once, before the first reader.
  void on_opened(OnOpened opened) { opened_ = std::move(opened); }

  /// A reader for one request: its own connection. Release 0 is the newest.
  Result<Reader> open(OpenTenant& open, std::int64_t release, const access::Sight& sight,
                      const Cancel* cancel = nullptr);
  /// The same, with what it holds.
  Result<OpenRelease> open_release(OpenTenant& open, std::int64_t release, const access::Sight& sight,
                                   const Cancel* cancel);
  /// What the release holds for questions about cost: found once, with a reader of the same release and sight.
  Result<std::shared_ptr<const explore::Holdings>> holdings(OpenTenant& open, std::int64_t release,
                                                            const access::Sight& sight, const Cancel* cancel = nullptr);
  /// Has an open reader hold the gold tables that questions read. Questions go on meanwhile. Nothing happens to a
  /// release that is not open, here and below.
  Status hold_tables(OpenTenant& open, std::int64_t release, const access::Sight& sight);
  /// Has it hold the charges by day, when it does not yet: questions that no gold table answers are then
  /// answered from memory. Takes a whole read of the charges.
  Status hold_charges(OpenTenant& open, std::int64_t release, const access::Sight& sight, const Cancel* cancel);
  /// The newest release of a tenant; asked of the store at most every kNewestMs.
  Result<std::int64_t> newest(OpenTenant& open);
  /// Grows when a tenant's releases begin again, because it was removed and made anew: what was kept of the same
  /// numbers is then of another.
  std::int64_t epoch(const std::string& tenant) const;
  /// What the rows held by all open readers take, about.
  std::int64_t held_bytes() const;
  /// Forgets what is known of a tenant's newest release.
  void forget(const std::string& tenant);

 private:
  static constexpr std::int64_t kNewestMs = 200;
  struct Entry {
    std::string tenant, key;
    std::mutex mutex;
    std::condition_variable changed;
    bool opening = false, holds_tables = false, holds_charges = false;
    std::shared_ptr<Reader> reader;
    std::shared_ptr<const explore::Holdings> holdings;
    std::int64_t held_bytes = 0;         ///< of rows in memory; under the mutex of all
  };
  class Opening;
  void settle(const Entry& entry, bool opened);
  struct Newest {
    std::int64_t release = 0;
    std::int64_t asked_ms = 0;
    TimeMs published_ms = 0;
    std::int64_t epoch = 0;
  };
  std::shared_ptr<Entry> entry_there_is(const std::string& tenant, std::int64_t release, const access::Sight& sight);
  std::shared_ptr<Entry> entry_of(const std::string& tenant, std::int64_t release, const access::Sight& sight);
  Status make_ready(Entry& entry, OpenTenant& open, std::int64_t release, const access::Sight& sight,
                    bool with_holdings, const Cancel* cancel);
  void count_held(Entry& entry, std::int64_t bytes);

  const std::int64_t memory_bytes_;
  OnOpened opened_;
  mutable std::mutex mutex_;
  std::list<std::shared_ptr<Entry>> entries_;      ///< used last comes first
  std::map<std::string, Newest> newest_;
};

}  // namespace centavo::serve
