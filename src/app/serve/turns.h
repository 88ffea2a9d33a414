#pragma once
/// \file app/serve/turns.h
/// How much of the engine one person has at a time. Thread-safe.

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"

namespace centavo::serve {

class Turns {
 public:
  static constexpr int kOfOneMost = 4;

  /// A turn, kept as long as the pointer is. `busy` when this person has kOfOneMost.
  Result<std::shared_ptr<void>> take(const std::string& user) {
    const std::lock_guard lock(state_->mutex);
    int& count = state_->of[user];
    if (count >= kOfOneMost) {
      return fail_hint("wait for one, or stop one", ErrorKind::busy,
                       "{} of your queries and files are under way already", count);
    }
    ++count;
    return std::shared_ptr<void>(nullptr, [state = state_, user](void*) {
      const std::lock_guard guard(state->mutex);
      const auto found = state->of.find(user);
      if (found != state->of.end() && --found->second == 0) state->of.erase(found);
    });
  }

 private:
  struct State {
    std::mutex mutex;
    std::map<std::string, int> of;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace centavo::serve
