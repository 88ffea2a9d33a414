#include "lake/pack/library.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace centavo::pack {
namespace {

TEST(EmbeddedPacks, LoadWithoutAMistake) {
  const auto start = std::chrono::steady_clock::now();
  const auto mistakes = Library::lint({});
  const std::chrono::duration<double, std::milli> first = std::chrono::steady_clock::now() - start;
  const auto again = std::chrono::steady_clock::now();
  const auto library = Library::load({});
  const std::chrono::duration<double, std::milli> second = std::chrono::steady_clock::now() - again;
  fmt::print("lint {:.0f} ms, load again {:.0f} ms, {} packs\n", first.count(), second.count(), embedded_packs().size());
  for (const Mistake& mistake : mistakes) ADD_FAILURE() << mistake.text();
  EXPECT_TRUE(library.has_value());
}

}  // namespace
}  // namespace centavo::pack
