#include "flow/connect/path_deliveries.h"

#include <regex>

namespace centavo {

Result<PathDeliveries> PathDeliveries::find(const std::string& pattern, const SourceFiles& listing,
                                            const std::set<std::string>& landed) {
  PathDeliveries out;
  if (pattern.empty()) return out;
  std::set<std::string> now;
  for (const SourceFile& file : listing.files) now.insert(file.path);
  try {
    const std::regex regex(pattern);
    const auto add = [&](const std::string& path) {
      std::smatch found;
      if (!std::regex_search(path, found, regex) || found.size() < 2 || !found[1].matched) return;
      const Delivered& file =
          out.files_.insert_or_assign(path, Delivered{found[1].str(), found.size() > 2 ? found[2].str() : ""})
              .first->second;
      std::string& newest = out.newest_[file.unit];
      newest = std::max(newest, file.run);
    };
    for (const std::string& path : now) add(path);
    for (const std::string& path : landed) add(path);
    for (const std::string& path : now) {
      if (out.files_.contains(path) && !out.is_superseded(path)) out.units_now_.insert(out.unit_of(path));
    }
  } catch (const std::regex_error& e) {
    return fail(ErrorKind::invalid_argument, "delivery path {}: {}", pattern, e.what());
  }
  return out;
}

std::string PathDeliveries::unit_of(const std::string& path) const {
  const auto at = files_.find(path);
  return at == files_.end() ? "" : at->second.unit;
}

bool PathDeliveries::is_superseded(const std::string& path) const {
  const auto at = files_.find(path);
  return at != files_.end() && at->second.run < newest_.at(at->second.unit);
}

bool PathDeliveries::has_files_now(const std::string& path) const { return units_now_.contains(unit_of(path)); }

}  // namespace centavo
