#pragma once
/// \file flow/generate/aws_fleet.h
/// Who runs what in the generated bill: accounts, products, and slots. A slot is one resource with one kind of usage;
/// its key alone decides everything about it, so a bill of any size needs only the slots of one hour.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "flow/generate/aws_layout.h"
#include "flow/generate/aws_line.h"

namespace centavo::generate {

struct Account {
  std::string id, name;
  std::string_view team, tenant;
  int index = 0;
};

struct Slot {
  std::uint64_t key = 0;
  const Product* product = nullptr;
  const Account* account = nullptr;
  std::string id, negation_id, resource, zone;
  std::string_view team, env, tenant;
  Amount typical = 0;        ///< units an hour
  bool pods = false;         ///< a Kubernetes node: split cost rows belong to it
};

/// Not thread-safe: slots beyond the cache are made anew in one place.
class Fleet {
 public:
  Fleet(std::uint64_t seed, int accounts, const Layout& layout);
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  const std::vector<Account>& accounts() const { return accounts_; }   ///< the first pays
  const Product& product(int kind, int region) const;
  /// Valid until the next call.
  const Slot& slot(std::int64_t index);
  /// How many of `rows` lines are of this kind and region, about.
  std::int64_t expected(std::int64_t rows, int kind, int region) const;

 private:
  Slot make(std::int64_t index) const;

  std::uint64_t seed_;
  std::vector<Account> accounts_;
  std::vector<Product> products_;            // kind-major
  std::vector<std::uint16_t> kind_by_weight_, region_by_weight_;
  std::deque<Slot> cache_;
  Slot beyond_;
};

}  // namespace centavo::generate
