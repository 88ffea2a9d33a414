#include "app/serve/answers.h"

#include "app/serve/waiting.h"

namespace centavo::serve {

// Ends the making of an answer, however it ends.
class Answers::Turn {
 public:
  Turn(Answers& answers, const std::string& key, std::shared_ptr<Making> making)
      : answers_(answers), key_(key), making_(std::move(making)) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    {
      const std::lock_guard lock(answers_.mutex_);
      making_->done = true;
      answers_.making_.erase(key_);
    }
    answers_.changed_.notify_all();
  }

 private:
  Answers& answers_;
  const std::string& key_;
  const std::shared_ptr<Making> making_;
};

// Under the lock.
Answers::Answer Answers::find_kept(const std::string& key) {
  const auto found = index_.find(key);
  if (found == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->answer;
}

Answers::Answer Answers::find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  return find_kept(key);
}

void Answers::keep(const std::string& key, Answer answer) {
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

Result<Answers::Answer> Answers::find_or_make(const std::string& key, const Cancel& cancel, const Make& make) {
  std::unique_lock lock(mutex_);
  std::shared_ptr<Making> mine;
  while (!mine) {
    if (auto kept = find_kept(key)) return kept;
    const auto [it, is_first] = making_.try_emplace(key);
    if (is_first) {
      mine = it->second = std::make_shared<Making>();
      continue;
    }
    const std::shared_ptr<Making> other = it->second;
    TRY(wait_for_another(lock, changed_, &cancel, [&] { return other->done; }));
    if (other->made || other->made.error().kind != ErrorKind::cancelled) return other->made;
  }
  lock.unlock();
  const Turn turn(*this, key, mine);
  auto text = make();
  Result<Answer> made = text ? Result<Answer>(std::make_shared<const std::string>(std::move(*text)))
                             : Result<Answer>(fail(std::move(text.error())));
  if (made) keep(key, *made);
  lock.lock();
  mine->made = made;
  lock.unlock();
  return made;
}

std::size_t Answers::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace centavo::serve
