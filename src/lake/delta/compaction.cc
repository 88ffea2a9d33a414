#include "lake/delta/compaction.h"

#include <algorithm>
#include <numeric>

namespace centavo::delta {

Result<std::vector<std::vector<std::size_t>>> plan_compaction(std::span<const DataFile> files,
                                                              std::int64_t target_bytes) {
  if (target_bytes <= 0) return fail(ErrorKind::invalid_argument, "target size {} is not positive", target_bytes);
  std::vector<std::size_t> order(files.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return files[a].size_bytes > files[b].size_bytes; });
  struct Bin {
    std::int64_t bytes = 0;
    std::vector<std::size_t> members;
  };
  std::vector<Bin> bins;
  for (const std::size_t i : order) {
    const std::int64_t size = std::max<std::int64_t>(files[i].size_bytes, 0);
    if (size >= target_bytes) continue;
    auto bin = std::find_if(bins.begin(), bins.end(), [&](const Bin& b) { return b.bytes + size <= target_bytes; });
    if (bin == bins.end()) bin = bins.insert(bins.end(), Bin{});
    bin->bytes += size;
    bin->members.push_back(i);
  }
  std::vector<std::vector<std::size_t>> groups;
  for (Bin& bin : bins) {
    if (bin.members.size() < 2) continue;
    std::sort(bin.members.begin(), bin.members.end());
    groups.push_back(std::move(bin.members));
  }
  return groups;
}

}  // namespace centavo::delta
