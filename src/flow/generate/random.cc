#include "flow/generate/random.h"

namespace centavo::generate {

std::string random_text(Random& random, Alphabet alphabet, int length) {
  static constexpr const char* kLetters[] = {"0123456789abcdef", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
                                             "abcdefghijklmnopqrstuvwxyz234567", "0123456789"};
  static constexpr int kSizes[] = {16, 32, 32, 10};
  const auto which = static_cast<int>(alphabet);
  std::string out;
  out.reserve(static_cast<std::size_t>(length));
  for (int i = 0; i < length; ++i) out += kLetters[which][random.below(kSizes[which])];
  return out;
}

std::string uuid_of(std::uint64_t key) {
  Random random(key);
  std::string out = random_text(random, Alphabet::hex, 36);
  for (const int dash : {8, 13, 18, 23}) out[static_cast<std::size_t>(dash)] = '-';
  out[14] = '4';
  out[19] = "89ab"[random.below(4)];
  return out;
}

}  // namespace centavo::generate
