#pragma once
/// \file app/serve/listener_testing.h
/// Who follows a job in a test.

#include <atomic>
#include <mutex>
#include <string>

#include "app/http/http.h"

namespace centavo::serve {

struct Listener : http::EventStream {
  std::mutex mutex;
  std::string text;                  ///< "name: data" of each event, a line each
  std::atomic<bool> closed{false};   ///< by the server, or because the reader left

  bool send(std::string_view event, std::string_view data, std::uint64_t) override {
    const std::lock_guard lock(mutex);
    if (closed) return false;
    text += fmt::format("{}: {}\n", event, data);
    return true;
  }
  void close() override { closed = true; }
  bool is_gone() const override { return closed; }
};

}  // namespace centavo::serve
