#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/store/memory_store.h"
#include "lake/catalog/catalog.h"

namespace centavo {
namespace {

using ::testing::HasSubstr;

Release sample(std::string run) {
  Release release;
  release.run = std::move(run);
  release.published_ms = 1'790'000'000'123;
  release.reason = "run";
  release.versions = {{"gold.costs", 4}, {"silver.costs", 7}};
  release.certificate = {{"holds", true}};
  return release;
}

TEST(Releases, ArePublishedInOrderAndReadBack) {
  MemoryStore store;
  ASSERT_EQ(publish(store, "acme", sample("r1"))->number, 1);
  ASSERT_EQ(publish(store, "acme", sample("r2"))->number, 2);
  ASSERT_EQ(publish(store, "loja", sample("r3"))->number, 1);

  const auto newest = release(store, "acme");
  ASSERT_TRUE(newest) << newest.error().message;
  EXPECT_EQ(newest->number, 2);
  EXPECT_EQ(newest->run, "r2");
  EXPECT_EQ(newest->published_ms, 1'790'000'000'123);
  EXPECT_EQ(newest->reason, "run");
  EXPECT_EQ(newest->versions.at("silver.costs"), 7);
  EXPECT_EQ(newest->certificate["holds"], true);
  EXPECT_EQ(release(store, "acme", 1)->run, "r1");
  EXPECT_EQ(releases(store, "acme")->size(), 2U);
}

TEST(Releases, OfANewTenantAreNone) {
  MemoryStore store;
  EXPECT_TRUE(releases(store, "acme")->empty());
  const auto none = release(store, "acme");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::not_found);
}

TEST(Releases, AMissingNumberNamesTheNewest) {
  MemoryStore store;
  ASSERT_TRUE(publish(store, "acme", sample("r1")));
  const auto missing = release(store, "acme", 5);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
  EXPECT_THAT(missing.error().message, HasSubstr("newest is 1"));
}

TEST(Releases, OfManyPublishersEachGetsItsOwnNumber) {
  MemoryStore store;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] { EXPECT_TRUE(publish(store, "acme", sample(fmt::format("r{}", i)))); });
    }
  }
  const auto all = releases(store, "acme");
  ASSERT_TRUE(all);
  std::set<std::string> runs;
  for (const Release& each : *all) runs.insert(each.run);
  EXPECT_EQ(runs.size(), 8U);
  EXPECT_EQ(all->back().number, 8);
}

TEST(Releases, AWriteThatFailsPublishesNothing) {
  MemoryStore store;
  store.before([](const StoreCall& call) -> Status {
    if (call.name == "write_if_absent") return fail(ErrorKind::out_of_space, "no space left");
    return {};
  });
  const auto failed = publish(store, "acme", sample("r1"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::out_of_space);
  EXPECT_TRUE(releases(store, "acme")->empty());
}

TEST(Releases, WhatIsNotOneIsCorrupt) {
  for (const auto& [name, text] : std::map<std::string, std::string>{
           {"1.json", "{}"},
           {"00000000000000000000.json", "{}"},
           {"0000000000000000000x.json", "{}"},
           {"00000000000000000001.json", ""},
           {"00000000000000000001.json ", "{}"},
           {"00000000000000000002.json", R"({"number":1,"versions":{},"published_at":"2026-09-01T00:00:00Z"})"},
           {"00000000000000000003.json", R"({"number":3,"versions":[],"published_at":"2026-09-01T00:00:00Z"})"},
           {"00000000000000000004.json", R"({"number":4,"versions":{"a":"x"},"published_at":"2026-09-01T00:00:00Z"})"},
       }) {
    MemoryStore store;
    ASSERT_TRUE(store.write("tenants/acme/_releases/" + name, text));
    const auto read = releases(store, "acme");
    ASSERT_FALSE(read) << name;
    EXPECT_EQ(read.error().kind, ErrorKind::corrupt_data) << name;
  }
}

}  // namespace
}  // namespace centavo
