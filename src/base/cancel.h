#pragma once
/// \file base/cancel.h
/// A request to stop, shared by a command and the work it started. Ctrl-C sets it.

#include <atomic>

namespace centavo {

class Cancel {
 public:
  void request() { requested_.store(true); }
  bool requested() const { return requested_.load(); }

 private:
  std::atomic<bool> requested_{false};
};

}  // namespace centavo
