#pragma once
/// \file flow/pipeline/replay.h
/// Makes a past release again from raw, by the definitions of its day, and compares it value by value.

#include <string>
#include <vector>

#include "flow/pipeline/pipeline.h"

namespace centavo {

struct Replay {
  /// One period of one table, as the release shows it and as it came out again.
  struct Line {
    std::string table, period;
    std::int64_t rows = 0, rows_again = 0;
    bool same = false;
    std::int64_t rows_only_then = 0, rows_only_now = 0;   ///< of the two multisets
    /// Columns whose values differ; with `then` and `now` their sums where they are numbers.
    struct Column {
      std::string name, then, now;
    };
    std::vector<Column> columns;
    std::string reason;   ///< why it could not be made again; "" when it was
  };
  std::string tenant;
  std::int64_t release = 0;
  TimeMs published_ms = 0;
  std::vector<std::string> programs;      ///< versions of the program that made it
  std::vector<std::string> differing;     ///< packs, parameters and settings that are not those of today
  std::int64_t files = 0;                 ///< raw files read
  std::vector<Line> lines;
  bool same = true;
};

/// Release 0 is the newest. Nothing of the lake changes. Every column is compared: rows carry the run and the time that
/// took them in first, so those come out again as well.
/// `not_found` names what is gone: the release, a version of a table that was vacuumed, a landing.
Result<Replay> replay(Workshop& workshop, const Tenant& tenant, std::int64_t release, const OnEvent& on_event,
                      const Cancel* cancel);

}  // namespace centavo
