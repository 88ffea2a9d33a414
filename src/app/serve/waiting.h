#pragma once
/// \file app/serve/waiting.h
/// Of those who want the same, one makes it and the others wait.

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/cancel.h"
#include "base/result.h"

namespace centavo::serve {

/// Waits until `is_over`, which is asked under the lock. `cancelled` when `cancel` is requested first; null: never.
template <class IsOver>
Status wait_for_another(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, const Cancel* cancel,
                        IsOver is_over) {
  constexpr auto kLook = std::chrono::milliseconds(20);   // how soon a wait sees that its client left
  while (!is_over()) {
    changed.wait_for(lock, kLook);
    if (cancel != nullptr && cancel->requested()) return fail(ErrorKind::cancelled, "the request was given up");
  }
  return {};
}

}  // namespace centavo::serve
