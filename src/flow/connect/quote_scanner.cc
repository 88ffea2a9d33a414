#include "flow/connect/quote_scanner.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace centavo {
namespace {

// Where the characters that matter stand in 64 bytes.
struct Found {
  std::uint64_t ends = 0, returns = 0, delimiters = 0, quotes = 0;
  std::uint64_t parity = 0;   // bit i: whether the quotes up to and with i are odd in number
};

#if defined(__x86_64__)
__attribute__((target("avx2,pclmul"))) Found find_wide(const char* bytes, char delimiter, char quote) {
  const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
  const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + 32));
  const auto equal = [&](char c) __attribute__((target("avx2,pclmul"))) {
    const __m256i wanted = _mm256_set1_epi8(c);
    const auto first = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)));
    const auto second = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)));
    return first | static_cast<std::uint64_t>(second) << 32;
  };
  Found out{equal('\n'), equal('\r'), equal(delimiter), quote == '\0' ? 0 : equal(quote), 0};
  // A product without carries by all ones is a running parity.
  const __m128i product =
      _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<long long>(out.quotes)), _mm_set1_epi8(-1), 0);
  out.parity = static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
  return out;
}
#endif

Found find_anywhere(const char* bytes, char delimiter, char quote) {
  Found out;
  for (int i = 0; i < 64; ++i) {
    out.ends |= static_cast<std::uint64_t>(bytes[i] == '\n') << i;
    out.returns |= static_cast<std::uint64_t>(bytes[i] == '\r') << i;
    out.delimiters |= static_cast<std::uint64_t>(bytes[i] == delimiter) << i;
    out.quotes |= static_cast<std::uint64_t>(quote != '\0' && bytes[i] == quote) << i;
  }
  out.parity = out.quotes;
  for (int shift = 1; shift < 64; shift *= 2) out.parity ^= out.parity << shift;
  return out;
}

using Find = Found (*)(const char*, char, char);

Find best_find() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul")) return find_wide;
#endif
  return find_anywhere;
}

const Find kFind = best_find();

}  // namespace

RecordMasks QuoteScanner::scan(const char* bytes, unsigned size) {
  if (size < 64) return scan_slowly(bytes, size);
  const Found found = kFind(bytes, delimiter_, quote_);
  if (found.quotes == 0) {
    if (state_ == State::quoted) return {};
    state_ = state_after(bytes, state_);
    return {found.ends, found.returns};
  }
  const std::uint64_t inside = found.parity ^ (state_ == State::quoted ? ~0ULL : 0ULL);
  const std::uint64_t opening = found.quotes & inside;
  const bool may_open = state_ == State::record_start || state_ == State::field_start || state_ == State::closed;
  const std::uint64_t starts = ((found.delimiters | found.ends | found.quotes) << 1) | (may_open ? 1U : 0U);
  if ((opening & ~starts) != 0) return scan_slowly(bytes, size);
  state_ = (inside >> 63) != 0 ? State::quoted : state_after(bytes, state_);
  return {found.ends & ~inside, found.returns & ~inside};
}

// The state behind 64 bytes that end outside quotes, without a quote that is a mere character.
QuoteScanner::State QuoteScanner::state_after(const char* bytes, State before) const {
  int i = 63;
  while (i >= 0 && bytes[i] == ' ' && delimiter_ != ' ') --i;
  const int spaces = 63 - i;
  if (i >= 0) {
    const char c = bytes[i];
    if (c == '\n')
      before = State::record_start;
    else if (c == delimiter_)
      before = State::field_start;
    else if (quote_ != '\0' && c == quote_)
      before = State::closed;
    else
      before = State::plain;
  }
  if (spaces == 0) return before;
  if (before == State::closed || before == State::space_behind) return State::space_behind;
  const bool at_start = before == State::field_start || before == State::record_start;
  return at_start && spaces == 1 ? State::space_before : State::plain;
}

void QuoteScanner::step(char c) {
  const bool is_quote = quote_ != '\0' && c == quote_;
  if (state_ == State::quoted) {
    if (is_quote) state_ = State::closed;
  } else if (is_quote) {
    state_ = state_ == State::plain ? State::plain : State::quoted;
  } else if (c == '\n') {
    state_ = State::record_start;
  } else if (c == delimiter_) {
    state_ = State::field_start;
  } else if (c == ' ' && (state_ == State::field_start || state_ == State::record_start)) {
    state_ = State::space_before;
  } else if (c == ' ' && (state_ == State::closed || state_ == State::space_behind)) {
    state_ = State::space_behind;
  } else {
    state_ = State::plain;
  }
}

RecordMasks QuoteScanner::scan_slowly(const char* bytes, unsigned size) {
  RecordMasks out;
  for (unsigned i = 0; i < size; ++i) {
    if (state_ != State::quoted) {
      out.ends |= static_cast<std::uint64_t>(bytes[i] == '\n') << i;
      out.returns |= static_cast<std::uint64_t>(bytes[i] == '\r') << i;
    }
    step(bytes[i]);
  }
  return out;
}

}  // namespace centavo
