#pragma once
/// \file io/duck/keyed_hash.h
/// HMAC-SHA-256 of many values under few keys.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace centavo::duck {

/// Keeps the state of the last key, so that a column of values costs one key set-up. Not thread-safe.
class KeyedHash {
 public:
  using Hex = std::array<char, 64>;

  KeyedHash();
  ~KeyedHash();
  KeyedHash(const KeyedHash&) = delete;
  KeyedHash& operator=(const KeyedHash&) = delete;

  /// Lower-case hex, or nullopt when OpenSSL refuses.
  std::optional<Hex> hex(std::string_view key, std::string_view value);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace centavo::duck
