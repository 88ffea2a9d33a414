#include "app/serve/log.h"

#include <mutex>
#include <string>

#include <poll.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace centavo::serve {
namespace {

constexpr int kStderr = 2;

// A pipe that polls writable has room for PIPE_BUF bytes, which a write then takes at once.
bool has_room() {
  struct pollfd one = {kStderr, POLLOUT, 0};
  return poll(&one, 1, 0) == 1 && (one.revents & POLLOUT) != 0;
}

class Lines {
 public:
  void write(std::string_view line) {
    const std::lock_guard lock(mutex_);
    if (!has_room()) {
      ++dropped_;
      return;
    }
    std::string text;
    if (dropped_ > 0) text = fmt::format("({} lines were dropped: nobody read them)\n", std::exchange(dropped_, 0));
    text.append(line.substr(0, kLineMost));
    text += '\n';
    [[maybe_unused]] const auto written = ::write(kStderr, text.data(), text.size());
  }

 private:
  std::mutex mutex_;
  std::int64_t dropped_ = 0;
};

Lines& lines() {
  static Lines out;
  return out;
}

class Sink : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    std::string_view line(text.data(), text.size());
    while (line.ends_with('\n')) line.remove_suffix(1);
    lines().write(line);
  }
  void flush_() override {}
};

}  // namespace

void log_line(std::string_view line) { lines().write(line); }

void log_to_stderr() {
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("centavo", std::make_shared<Sink>()));
}

}  // namespace centavo::serve
