#pragma once
/// \file app/serve/log.h
/// Lines on standard error that never make a request wait: when nobody reads them, they are dropped and counted.

#include <string_view>

namespace centavo::serve {

/// Writes `line` (at most kLineMost bytes of it) and a line end, or drops it when standard error would block. The next
/// line that can be written is preceded by how many were dropped. Thread-safe.
void log_line(std::string_view line);
inline constexpr std::size_t kLineMost = 3000;   ///< with its end below PIPE_BUF, so that lines stay whole in a pipe

/// The program's own messages (spdlog) go the same way, with time and level.
void log_to_stderr();

}  // namespace centavo::serve
