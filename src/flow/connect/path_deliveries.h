#pragma once
/// \file flow/connect/path_deliveries.h
/// Deliveries that only their folders tell: all files of one day or part come again together, in a folder of a later
/// run.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "flow/connect/source_files.h"

namespace centavo {

/// Which files belong together, by the source's `delivery: path`: group 1 of the pattern is what a delivery is of,
/// group 2 (may be missing) which run made it. Runs are compared as text: the greatest is the newest. A path that does
/// not match stands for itself.
class PathDeliveries {
 public:
  PathDeliveries() = default;

  /// `landed` are the files that landed before: a run does not come back when newer files leave the source.
  /// An empty pattern knows no deliveries. `invalid_argument` when it is no regular expression.
  static Result<PathDeliveries> find(const std::string& pattern, const SourceFiles& listing,
                                     const std::set<std::string>& landed);

  /// What the file's delivery is of; "" when it stands for itself.
  std::string unit_of(const std::string& path) const;
  /// Whether a newer run of the same has files, so that this one counts no longer.
  bool is_superseded(const std::string& path) const;
  /// Whether the source has files now of the newest run of what this file is about.
  bool has_files_now(const std::string& path) const;

 private:
  struct Delivered {
    std::string unit, run;
  };
  std::map<std::string, Delivered> files_;       // by path
  std::map<std::string, std::string> newest_;    // unit -> run
  std::set<std::string> units_now_;
};

}  // namespace centavo
