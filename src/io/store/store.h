#pragma once
/// \file io/store/store.h
/// Bytes under keys: what a lake stands on. Two implementations now: a local folder and memory (tests).
/// A key is a relative path with '/' between parts, without "." or ".." or an empty part.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace centavo {

struct ObjectInfo {
  std::string key;
  std::int64_t size_bytes = 0;
  TimeMs modified_ms = 0;
};

/// Thread-safe. Every successful write is durable when the call returns (local: file and folder synced).
class Store {
 public:
  virtual ~Store() = default;

  /// The bytes of `key`. `not_found` when there is none.
  virtual Result<std::string> read(std::string_view key) = 0;

  /// Size and time of `key`. `not_found` when there is none.
  virtual Result<ObjectInfo> info(std::string_view key) = 0;

  /// The objects whose key starts with `folder` + "/" (all of them when `folder` is empty), in order of key.
  /// With `deep` false, only those directly in the folder. `from_name`: skip names (behind the folder) before it.
  /// A missing folder is an empty list.
  virtual Result<std::vector<ObjectInfo>> list(std::string_view folder, bool deep = true,
                                               std::string_view from_name = {}) = 0;

  /// Writes or replaces; a reader sees the old bytes or the new, never a mix.
  virtual Status write(std::string_view key, std::string_view bytes) = 0;

  /// Writes only when `key` does not exist: of many writers exactly one wins, the others get `already_exists`.
  /// `outcome_unknown` when the bytes are in place but could not be made durable.
  virtual Status write_if_absent(std::string_view key, std::string_view bytes) = 0;

  /// Removes; a missing key is fine.
  virtual Status remove(std::string_view key) = 0;

  /// Where the engine reads or writes `key` itself (a file path; later a URL). Creates the folder around it.
  /// After the engine wrote there, call `settle` before anybody relies on it.
  virtual Result<std::string> engine_path(std::string_view key) = 0;

  /// Makes what the engine wrote under `key` durable, and its folders.
  virtual Status settle(std::string_view key) = 0;

  /// Moves what the engine wrote at `from` to `to`, replacing it, durably.
  virtual Status move(std::string_view from, std::string_view to) = 0;
};

/// A store over a folder, which is created when missing. put-if-absent is link(2).
Result<std::unique_ptr<Store>> open_local_store(std::string root);

}  // namespace centavo
