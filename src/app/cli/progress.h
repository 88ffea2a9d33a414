#pragma once
/// \file app/cli/progress.h
/// One line on a terminal that says what goes on; nothing in a pipe, under --quiet or --json.

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "app/cli/output.h"

namespace centavo::cli {

/// Thread-safe. Takes its line away when the output writes and when it ends.
class Progress {
 public:
  explicit Progress(Output& output);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Shows `text`, how much of it is done (0..1, when known) and from that when it will end. At most ten times a
  /// second.
  void show(std::string_view text, std::optional<double> fraction = {});
  void clear();

 private:
  using Steady = std::chrono::steady_clock;
  Output& output_;
  const bool on_;
  std::mutex mutex_;
  bool shown_ = false;
  Steady::time_point started_ = Steady::now();
  Steady::time_point last_{};
};

/// "silver.costs 2026-09  ━━━━━━────── 48 %  12 s left", at most `width` columns.
std::string progress_line(std::string_view text, std::optional<double> fraction, double seconds_so_far,
                          std::size_t width);

}  // namespace centavo::cli
