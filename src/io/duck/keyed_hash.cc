#include "io/duck/keyed_hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace centavo::duck {

struct KeyedHash::State {
  EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  EVP_MAC_CTX* const context = EVP_MAC_CTX_new(algorithm);
  std::optional<std::string> key;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(algorithm);
  }

  bool set_key(std::string_view wanted) {
    if (key == wanted) return EVP_MAC_init(context, nullptr, 0, nullptr) == 1;  // the same key again
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    key = std::string(wanted);
    return EVP_MAC_init(context, reinterpret_cast<const unsigned char*>(wanted.data()), wanted.size(), parameters) == 1;
  }
};

KeyedHash::KeyedHash() : state_(std::make_unique<State>()) {}
KeyedHash::~KeyedHash() = default;

std::optional<KeyedHash::Hex> KeyedHash::hex(std::string_view key, std::string_view value) {
  if (state_->context == nullptr || !state_->set_key(key)) return std::nullopt;
  std::array<unsigned char, 32> digest{};
  std::size_t size = 0;
  if (EVP_MAC_update(state_->context, reinterpret_cast<const unsigned char*>(value.data()), value.size()) != 1 ||
      EVP_MAC_final(state_->context, digest.data(), &size, digest.size()) != 1 || size != digest.size()) {
    return std::nullopt;
  }
  static constexpr char kHex[] = "0123456789abcdef";
  Hex out{};
  for (std::size_t i = 0; i < digest.size(); ++i) {
    out[2 * i] = kHex[digest[i] >> 4];
    out[2 * i + 1] = kHex[digest[i] & 15];
  }
  return out;
}

}  // namespace centavo::duck
