#include "app/serve/open_lake.h"

namespace centavo::serve {

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
  newest_[open.tenant.id] = {release.number, now};
  return release.number;
}

void Readers::forget(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  newest_.erase(tenant);
}

std::shared_ptr<Readers::Entry> Readers::entry_of(const std::string& tenant, std::int64_t release,
                                                  const access::Sight& sight) {
  const std::string key = fmt::format("{}\n{}\n{}", tenant, release, sight.key());
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& each) { return each->key == key; });
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
    return entries_.front();
  }
  entries_.push_front(std::make_shared<Entry>());
  entries_.front()->key = key;
  return entries_.front();
}

// Only a release that opened takes the place of another: asking for ones that are not there empties nothing.
void Readers::settle(const std::shared_ptr<Entry>& entry, bool opened) {
  const std::lock_guard lock(mutex_);
  if (!opened) {
    entries_.remove(entry);
  } else {
    while (entries_.size() > kMost) entries_.pop_back();   // who reads it still, holds it
  }
}

// Under the entry's lock.
Result<Reader> Readers::reader_in(const std::shared_ptr<Entry>& entry, OpenTenant& open, std::int64_t release,
                                  const access::Sight& sight) {
  if (!entry->reader) {
    Workshop workshop = open.workshop();
    auto opened = Reader::open(workshop, open.tenant, release, sight, {}, memory_bytes_);
    settle(entry, opened.has_value());
    entry->reader = std::make_shared<Reader>(TRY(std::move(opened)));
  }
  return entry->reader->share();
}

Result<Reader> Readers::open(OpenTenant& open, std::int64_t release, const access::Sight& sight) {
  const std::int64_t number = release == 0 ? TRY(newest(open)) : release;
  const auto entry = entry_of(open.tenant.id, number, sight);
  const std::lock_guard lock(entry->mutex);
  return reader_in(entry, open, number, sight);
}

Result<std::shared_ptr<const explore::Holdings>> Readers::holdings(OpenTenant& open, std::int64_t release,
                                                                   const access::Sight& sight) {
  const std::int64_t number = release == 0 ? TRY(newest(open)) : release;
  const auto entry = entry_of(open.tenant.id, number, sight);
  const std::lock_guard lock(entry->mutex);
  if (!entry->holdings) {
    Reader reader = TRY(reader_in(entry, open, number, sight));
    entry->holdings = std::make_shared<const explore::Holdings>(TRY(explore::holdings_of(reader, open.tenant)));
  }
  return entry->holdings;
}

}  // namespace centavo::serve
