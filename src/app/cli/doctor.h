#pragma once
/// \file app/cli/doctor.h
/// Looks for what crashes, full disks and lost files leave in a lake, and mends what can be mended without guessing.

#include <string>
#include <vector>

#include "app/cli/context.h"

namespace centavo::cli {

struct Finding {
  std::string tenant;     ///< "" for the lake itself
  std::string where;      ///< table, file, run
  std::string what;
  std::string advice;     ///< what a person can do; "" when repair does it
  bool mended = false;
};

/// With `repair`, mends on the way. Tenants whose run is at work are left alone, and said to be.
Result<std::vector<Finding>> examine(Context& context, OpenLake& open, bool repair);

}  // namespace centavo::cli
