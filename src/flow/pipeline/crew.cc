#include <deque>
#include <thread>

#include "flow/pipeline/work.h"

namespace centavo {

struct Crew::State {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<Status()>> waiting;
  std::vector<std::thread> threads;
  std::size_t busy = 0;
  bool closed = false;
  std::optional<Error> error;

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [&] { return closed || !waiting.empty(); });
      if (waiting.empty()) return;
      auto piece = std::move(waiting.front());
      waiting.pop_front();
      ++busy;
      changed.notify_all();
      if (!error) {
        lock.unlock();
        Status status = piece();
        piece = nullptr;
        lock.lock();
        if (!status && !error) error = status.error();
      }
      --busy;
      changed.notify_all();
    }
  }
};

Crew::Crew(std::size_t workers) : state_(std::make_unique<State>()) {
  for (std::size_t i = 0; i < std::max<std::size_t>(workers, 1); ++i) {
    state_->threads.emplace_back([state = state_.get()] { state->work(); });
  }
}

Crew::~Crew() { (void)finish(); }

Status Crew::submit(std::function<Status()> piece) {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [&] { return state_->waiting.empty() || state_->error; });
  if (state_->error) return fail(*state_->error);
  state_->waiting.push_back(std::move(piece));
  state_->changed.notify_all();
  return {};
}

Status Crew::finish() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->closed = true;
    state_->changed.notify_all();
  }
  for (auto& thread : state_->threads) {
    if (thread.joinable()) thread.join();
  }
  if (state_->error) return fail(*state_->error);
  return {};
}

void Slots::take(std::size_t wanted) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return free_ >= wanted; });
  free_ -= wanted;
}

void Slots::give(std::size_t taken) {
  const std::scoped_lock lock(mutex_);
  free_ += taken;
  changed_.notify_all();
}

std::mutex& TableLocks::of(const pack::TableName& table) {
  const std::scoped_lock lock(mutex_);
  return locks_[table];
}

CutFiles::File& CutFiles::of(const pack::TableName& table, const std::string& raw_key) {
  const std::scoped_lock lock(mutex_);
  return files_[{table, raw_key}];
}

void Touched::add(const delta::Table& table) {
  const std::scoped_lock lock(mutex_);
  tables_.insert_or_assign(table.root(), table);
}

std::vector<delta::Table> Touched::take() {
  const std::scoped_lock lock(mutex_);
  std::vector<delta::Table> out;
  for (auto& [root, table] : tables_) out.push_back(std::move(table));
  tables_.clear();
  return out;
}

}  // namespace centavo
