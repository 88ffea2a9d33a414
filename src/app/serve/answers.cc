#include "app/serve/answers.h"

namespace centavo::serve {

std::shared_ptr<const std::string> Answers::find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->answer;
}

void Answers::keep(const std::string& key, std::shared_ptr<const std::string> answer) {
  const std::size_t size = key.size() + answer->size();
  if (size > bytes_most_ / 8) return;
  const std::lock_guard lock(mutex_);
  if (index_.contains(key)) return;
  entries_.push_front({key, std::move(answer)});
  index_[key] = entries_.begin();
  bytes_ += size;
  while (bytes_ > bytes_most_) {
    const Entry& last = entries_.back();
    bytes_ -= last.key.size() + last.answer->size();
    index_.erase(last.key);
    entries_.pop_back();
  }
}

std::size_t Answers::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace centavo::serve
