#include "flow/connect/quote_scanner.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace centavo {
namespace {

#if defined(__SSE2__)
class Block {
 public:
  explicit Block(const char* bytes) {
    for (int i = 0; i < 4; ++i) part_[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + 16 * i));
  }
  std::uint64_t equal(char c) const {
    const __m128i wanted = _mm_set1_epi8(c);
    std::uint64_t out = 0;
    for (int i = 0; i < 4; ++i) {
      const auto bits = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(part_[i], wanted)));
      out |= static_cast<std::uint64_t>(bits) << (16 * i);
    }
    return out;
  }

 private:
  __m128i part_[4];
};
#else
class Block {
 public:
  explicit Block(const char* bytes) : bytes_(bytes) {}
  std::uint64_t equal(char c) const {
    std::uint64_t out = 0;
    for (int i = 0; i < 64; ++i) out |= static_cast<std::uint64_t>(bytes_[i] == c) << i;
    return out;
  }

 private:
  const char* bytes_;
};
#endif

// Bit i: the parity of the bits up to and with i.
std::uint64_t prefix_xor(std::uint64_t bits) {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

}  // namespace

RecordMasks QuoteScanner::scan(const char* bytes, unsigned size) {
  if (size < 64) return scan_slowly(bytes, size);
  const Block block(bytes);
  const std::uint64_t ends = block.equal('\n');
  const std::uint64_t returns = block.equal('\r');
  const std::uint64_t quotes = quote_ == '\0' ? 0 : block.equal(quote_);
  if (quotes == 0) {
    if (state_ == State::quoted) return {};
    state_ = state_after(bytes, state_);
    return {ends, returns};
  }
  const bool open = state_ == State::quoted;
  const std::uint64_t inside = prefix_xor(quotes) ^ (open ? ~0ULL : 0ULL);
  const std::uint64_t opening = quotes & inside;
  const bool may_open = state_ == State::record_start || state_ == State::field_start || state_ == State::closed;
  const std::uint64_t starts = ((block.equal(delimiter_) | ends | quotes) << 1) | (may_open ? 1U : 0U);
  if ((opening & ~starts) != 0) return scan_slowly(bytes, size);
  state_ = (inside >> 63) != 0 ? State::quoted : state_after(bytes, state_);
  return {ends & ~inside, returns & ~inside};
}

// The state behind 64 bytes that end outside quotes, without a quote that is a mere character.
QuoteScanner::State QuoteScanner::state_after(const char* bytes, State before) const {
  int i = 63;
  while (i >= 0 && bytes[i] == ' ' && delimiter_ != ' ') --i;
  const int spaces = 63 - i;
  if (i >= 0) {
    const char c = bytes[i];
    if (c == '\n') before = State::record_start;
    else if (c == delimiter_) before = State::field_start;
    else if (quote_ != '\0' && c == quote_) before = State::closed;
    else before = State::plain;
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
