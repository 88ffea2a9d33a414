#pragma once
/// \file base/digest.h
/// SHA-256 (OpenSSL) and random UUIDs.

#include <memory>
#include <string>
#include <string_view>

namespace centavo {

/// Lower-case hex, 64 characters.
std::string sha256_hex(std::string_view bytes);

/// SHA-256 over bytes that arrive in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::string_view bytes);
  /// May be called once; the object is spent afterwards.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A random (version 4) UUID, lower case.
std::string new_uuid();

}  // namespace centavo
