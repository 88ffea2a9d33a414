#pragma once
/// \file io/store/memory_store.h
/// A store for tests: keeps what the engine must see in a temporary folder, counts calls, fails on demand.

#include <functional>
#include <map>

#include "io/store/store.h"

namespace centavo {

/// Name of a Store call, for counting and for faults: "read", "info", "list", "write", "write_if_absent", "remove",
/// "engine_path", "settle", "move".
struct StoreCall {
  std::string name;
  std::string key;
};

class MemoryStore : public Store {
 public:
  MemoryStore();
  ~MemoryStore() override;

  /// Called before each call; an error it returns is the call's answer and nothing happens.
  void before(std::function<Status(const StoreCall&)> hook);
  /// Called after a successful call; an error it returns is the answer although it happened (a lost reply).
  void after(std::function<Status(const StoreCall&)> hook);
  int count(std::string_view call_name) const;
  void reset_counts();

  Result<std::string> read(std::string_view key) override;
  Result<ObjectInfo> info(std::string_view key) override;
  Result<std::vector<ObjectInfo>> list(std::string_view folder, bool deep, std::string_view from_name) override;
  Status write(std::string_view key, std::string_view bytes) override;
  Status write_if_absent(std::string_view key, std::string_view bytes) override;
  Status remove(std::string_view key) override;
  Result<std::string> engine_path(std::string_view key) override;
  Status settle(std::string_view key) override;
  Status move(std::string_view from, std::string_view to) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace centavo
