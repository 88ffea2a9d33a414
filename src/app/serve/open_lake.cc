#include "app/serve/open_lake.h"

#include <algorithm>

#include "app/serve/waiting.h"

namespace centavo::serve {
namespace {

// The tables that questions read, those asked most in front: they get memory first.
const std::vector<std::string>& tables_to_hold() {
  static const std::vector<std::string> tables = {
      "gold.cost_by_month",  "gold.cost_by_day",         "gold.unallocated_cost",   "gold.cost_by_tag",
      "gold.allocated_cost", "gold.cost_by_virtual_tag", "gold.commitment_summary", "gold.cost_in_currency"};
  return tables;
}

std::string key_of(const std::string& tenant, std::int64_t release, const access::Sight& sight) {
  return fmt::format("{}\n{}\n{}", tenant, release, sight.key());
}

}  // namespace

Result<std::int64_t> Readers::newest(OpenTenant& open) {
  const std::int64_t now = open.clock.now_ms();
  {
    const std::lock_guard lock(mutex_);
    const auto found = newest_.find(open.tenant.id);
    if (found != newest_.end() && now - found->second.asked_ms < kNewestMs && now >= found->second.asked_ms)
      return found->second.release;
  }
  const Release release = TRY(centavo::release(open.lake.store(), open.tenant.id));
  const std::lock_guard lock(mutex_);
  Newest& known = newest_[open.tenant.id];
  const bool begins_again =
      release.number < known.release || (release.number == known.release && release.published_ms != known.published_ms);
  if (begins_again) {
    ++known.epoch;
    std::erase_if(entries_, [&](const auto& entry) { return entry->tenant == open.tenant.id; });
  }
  known = {release.number, now, release.published_ms, known.epoch};
  return release.number;
}

std::int64_t Readers::epoch(const std::string& tenant) const {
  const std::lock_guard lock(mutex_);
  const auto found = newest_.find(tenant);
  return found == newest_.end() ? 0 : found->second.epoch;
}

std::int64_t Readers::held_bytes() const {
  const std::lock_guard lock(mutex_);
  std::int64_t out = 0;
  for (const auto& entry : entries_) out += entry->held_bytes;
  return out;
}

void Readers::forget(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  const auto found = newest_.find(tenant);
  if (found != newest_.end()) found->second.asked_ms = 0;
}

std::shared_ptr<Readers::Entry> Readers::entry_there_is(const std::string& tenant, std::int64_t release,
                                                        const access::Sight& sight) {
  const std::string key = key_of(tenant, release, sight);
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& each) { return each->key == key; });
  return found == entries_.end() ? nullptr : *found;
}

std::shared_ptr<Readers::Entry> Readers::entry_of(const std::string& tenant, std::int64_t release,
                                                  const access::Sight& sight) {
  const std::string key = key_of(tenant, release, sight);
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& each) { return each->key == key; });
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
    return entries_.front();
  }
  entries_.push_front(std::make_shared<Entry>());
  entries_.front()->tenant = tenant;
  entries_.front()->key = key;
  return entries_.front();
}

// Only a release that opened takes the place of another: asking for ones that are not there empties nothing.
void Readers::settle(const Entry& entry, bool opened) {
  const std::lock_guard lock(mutex_);
  if (!opened) {
    std::erase_if(entries_, [&](const auto& each) { return each.get() == &entry; });
  } else {
    while (entries_.size() > kMost) entries_.pop_back();   // who reads it still, holds it
  }
}

// Lets the next one open, however this one ended.
class Readers::Opening {
 public:
  explicit Opening(Entry& entry) : entry_(entry) {}
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;
  ~Opening() {
    {
      const std::lock_guard lock(entry_.mutex);
      entry_.opening = false;
    }
    entry_.changed.notify_all();
  }

 private:
  Entry& entry_;
};

// Whoever comes first opens, without the entry's lock.
Status Readers::make_ready(Entry& entry, OpenTenant& open, std::int64_t release, const access::Sight& sight,
                           bool with_holdings, const Cancel* cancel) {
  const auto is_ready = [&] { return entry.reader && (!with_holdings || entry.holdings); };
  std::unique_lock lock(entry.mutex);
  TRY(wait_for_another(lock, entry.changed, cancel, [&] { return !entry.opening || is_ready(); }));
  if (is_ready()) return {};
  entry.opening = true;
  std::shared_ptr<Reader> reader = entry.reader;
  lock.unlock();
  const Opening opening(entry);
  if (!reader) {
    Workshop workshop = open.workshop();
    auto opened = Reader::open(workshop, open.tenant, release, sight, {}, memory_bytes_);
    settle(entry, opened.has_value());
    reader = std::make_shared<Reader>(TRY(std::move(opened)));
    {
      const std::lock_guard again(entry.mutex);
      entry.reader = reader;
    }
    if (opened_) opened_(open.tenant.id, release, sight);
  }
  if (!with_holdings) return {};
  Reader own = TRY(reader->share());
  auto holdings = std::make_shared<const explore::Holdings>(TRY(explore::holdings_of(own, open.tenant)));
  const std::lock_guard again(entry.mutex);   // gone before `opening`
  entry.holdings = std::move(holdings);
  return {};
}

Status Readers::hold_tables(OpenTenant& open, std::int64_t release, const access::Sight& sight) {
  const auto entry = entry_there_is(open.tenant.id, release, sight);
  if (!entry) return {};
  std::shared_ptr<Reader> reader;
  {
    const std::lock_guard lock(entry->mutex);
    if (!entry->reader || std::exchange(entry->holds_tables, true)) return {};
    reader = entry->reader;
  }
  Reader own = TRY(reader->share());
  TRY(own.hold(tables_to_hold(), memory_bytes_ / 4));
  count_held(*entry, reader->held_bytes());
  return {};
}

Status Readers::hold_charges(OpenTenant& open, std::int64_t release, const access::Sight& sight, const Cancel* cancel) {
  const auto entry = entry_there_is(open.tenant.id, release, sight);
  if (!entry) return {};
  std::shared_ptr<Reader> reader;
  std::shared_ptr<const explore::Holdings> holdings;
  {
    const std::lock_guard lock(entry->mutex);
    if (!entry->reader || !entry->holdings || std::exchange(entry->holds_charges, true)) return {};
    reader = entry->reader;
    holdings = entry->holdings;
  }
  Reader own = TRY(reader->share());
  own.connection().watch(cancel);
  auto more = TRY(explore::hold_charges(own, *holdings, memory_bytes_ / 4));
  count_held(*entry, reader->held_bytes());
  const std::lock_guard lock(entry->mutex);
  entry->holdings = std::make_shared<const explore::Holdings>(std::move(more));
  return {};
}

// All that is held together takes no more than the memory of one engine: who was asked longest ago goes first.
void Readers::count_held(Entry& entry, std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  entry.held_bytes = bytes;
  std::int64_t total = 0;
  for (const auto& each : entries_) total += each->held_bytes;
  for (auto it = entries_.end(); total > memory_bytes_ && it != entries_.begin();) {
    --it;
    if (it->get() == &entry) continue;
    total -= (*it)->held_bytes;
    it = entries_.erase(it);
  }
}

Result<Reader> Readers::open(OpenTenant& open, std::int64_t release, const access::Sight& sight, const Cancel* cancel) {
  const std::int64_t number = release == 0 ? TRY(newest(open)) : release;
  const auto entry = entry_of(open.tenant.id, number, sight);
  TRY(make_ready(*entry, open, number, sight, false, cancel));
  return entry->reader->share();   // never changes once it is there
}

Result<std::shared_ptr<const explore::Holdings>> Readers::holdings(OpenTenant& open, std::int64_t release,
                                                                   const access::Sight& sight, const Cancel* cancel) {
  const std::int64_t number = release == 0 ? TRY(newest(open)) : release;
  const auto entry = entry_of(open.tenant.id, number, sight);
  TRY(make_ready(*entry, open, number, sight, true, cancel));
  const std::lock_guard lock(entry->mutex);
  return entry->holdings;
}

// Both of one entry: what the holdings say is held, this reader holds.
Result<OpenRelease> Readers::open_release(OpenTenant& open, std::int64_t release, const access::Sight& sight,
                                          const Cancel* cancel) {
  const auto entry = entry_of(open.tenant.id, release, sight);
  TRY(make_ready(*entry, open, release, sight, true, cancel));
  Reader reader = TRY(entry->reader->share());
  const std::lock_guard lock(entry->mutex);
  return OpenRelease{std::move(reader), entry->holdings};
}

}  // namespace centavo::serve
