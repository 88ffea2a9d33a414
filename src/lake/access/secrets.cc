#include "lake/access/secrets.h"

#include <atomic>
#include <mutex>

#include <sodium.h>

namespace centavo::access {
namespace {

constexpr int kWaitingMax = 32;

bool is_ready() {
  static const bool ready = sodium_init() >= 0;
  return ready;
}

std::string random_text(std::size_t bytes, bool hex) {
  if (!is_ready()) std::abort();  // no randomness: nothing here would be a secret
  std::string raw(bytes, '\0');
  randombytes_buf(raw.data(), raw.size());
  const auto* const data = reinterpret_cast<const unsigned char*>(raw.data());
  std::string out;
  if (hex) {
    out.resize(2 * bytes + 1);
    sodium_bin2hex(out.data(), out.size(), data, raw.size());
  } else {
    out.resize(sodium_base64_encoded_len(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING));
    sodium_bin2base64(out.data(), out.size(), data, raw.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  }
  out.pop_back();  // its final zero byte
  return out;
}

// A turn at the 64 MiB.
class Turn {
 public:
  Turn() : position_(++waiting_) {
    if (position_ <= kWaitingMax) lock_ = std::unique_lock(mutex_);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { --waiting_; }
  Status taken() const {
    if (lock_.owns_lock()) return {};
    return fail_hint("try again in a moment", ErrorKind::busy, "too many sign-ins at once");
  }

 private:
  static inline std::mutex mutex_;
  static inline std::atomic<int> waiting_{0};
  const int position_;
  std::unique_lock<std::mutex> lock_;
};

Result<std::string> hash_in_turn(std::string_view password) {
  std::string out(crypto_pwhash_STRBYTES, '\0');
  if (!is_ready() || crypto_pwhash_str(out.data(), password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                       crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
    return fail(ErrorKind::out_of_space, "hash a password: 64 MiB of memory are not there");
  }
  out.resize(out.find('\0'));
  return out;
}

}  // namespace

std::string new_secret() { return random_text(32, false); }
std::string new_id() { return random_text(8, true); }

Result<std::string> hash_password(std::string_view password) {
  const Turn turn;
  TRY(turn.taken());
  return hash_in_turn(password);
}

Result<bool> check_password(const std::string& hash, std::string_view password) {
  const Turn turn;
  TRY(turn.taken());
  static const std::string nobodys = hash_in_turn("nobody's").value_or("");
  const std::string& against = hash.empty() ? nobodys : hash;
  const bool fits = is_ready() && crypto_pwhash_str_verify(against.c_str(), password.data(), password.size()) == 0;
  return fits && !hash.empty();
}

}  // namespace centavo::access
