#pragma once
/// \file lake/catalog/numbered_log.h
/// A log in the lake: <folder>/<20 digits>.json, one file an entry, from 1 on, each written once by put-if-absent.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "io/store/store.h"

namespace centavo {

/// Does not own the store, which must outlive it.
class NumberedLog {
 public:
  /// `what`: of one entry, for messages: "a release".
  NumberedLog(Store& store, std::string folder, std::string what)
      : store_(store), folder_(std::move(folder)), what_(std::move(what)) {}

  std::string key(std::int64_t number) const;
  /// All numbers, ascending. `corrupt_data` names a file that is no entry.
  Result<std::vector<std::int64_t>> numbers() const;
  /// `corrupt_data` unless the entry says the number of its name; `not_found`.
  Result<Json> read(std::int64_t number) const;
  /// All entries in order.
  Result<std::vector<Json>> read_all() const;
  /// Writes the next entry; `entry_of` gives its text for a number. With `retry`, another writer's number is passed
  /// over, else it is a `conflict`. Returns the number.
  Result<std::int64_t> append(const std::function<Json(std::int64_t number)>& entry_of, bool retry = true) const;

 private:
  Store& store_;
  std::string folder_;
  std::string what_;
};

}  // namespace centavo
