#include "flow/connect/json_numbers.h"

#include <gtest/gtest.h>

namespace centavo {
namespace {

std::string copied(std::string_view text, std::size_t piece = 1000) {
  NumberQuoter quoter;
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += piece) quoter.take(text.substr(at, piece), out);
  quoter.end(out);
  return out;
}

TEST(JsonNumbers, OnlyWhatADoubleCannotHoldIsQuoted) {
  EXPECT_EQ(copied(R"({"a": 0.123456789012345678, "b": 12.5})"), R"({"a": "0.123456789012345678", "b": 12.5})");
  EXPECT_EQ(copied("[123456789012345, -1234567890123456]"), R"([123456789012345, "-1234567890123456"])");
  EXPECT_EQ(copied("0.123456789012345678e-3"), R"("0.123456789012345678e-3")");
  EXPECT_EQ(copied("[true, null, 1e5]"), "[true, null, 1e5]");
}

TEST(JsonNumbers, TextsStayAsTheyAre) {
  const std::string text = R"({"id": "123456789012345678", "x": "a\" 123456789012345678 \\", "y": [1]})";
  EXPECT_EQ(copied(text), text);
}

TEST(JsonNumbers, PiecesMayEndAnywhere) {
  const std::string text = R"({"a\\": 0.12345678901234567, "b": "\"1234567890123456789", "c": -99999999999999999})";
  for (std::size_t piece = 1; piece < 9; ++piece) EXPECT_EQ(copied(text, piece), copied(text)) << piece;
}

}  // namespace
}  // namespace centavo
