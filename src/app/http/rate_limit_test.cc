#include "app/http/rate_limit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "app/http/workers.h"

namespace centavo::http {
namespace {

using namespace std::chrono_literals;

TEST(RateLimit, GivesABurstOfTwoSecondsAndThenTheRate) {
  RateLimit limit(10);
  RateLimit::Time now{1000s};
  for (int i = 0; i < 20; ++i) EXPECT_EQ(limit.take("a", now), 0) << i;
  EXPECT_EQ(limit.take("a", now), 1);
  EXPECT_EQ(limit.take("b", now), 0);
  now += 100ms;
  EXPECT_EQ(limit.take("a", now), 0);
  EXPECT_EQ(limit.take("a", now), 1);
  now += 3s;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(limit.take("a", now), 0) << i;
  EXPECT_EQ(limit.take("a", now), 1);
}

TEST(RateLimit, SaysHowLongToWaitAtLowRates) {
  RateLimit limit(0.1);
  const RateLimit::Time now{1000s};
  EXPECT_EQ(limit.take("a", now), 0);
  EXPECT_EQ(limit.take("a", now), 10);
}

TEST(RateLimit, RemembersAClientAmongManyOthers) {
  RateLimit limit(1);
  const RateLimit::Time now{1000s};
  EXPECT_EQ(limit.take("a", now), 0);
  EXPECT_EQ(limit.take("a", now), 0);
  for (std::size_t i = 0; i < RateLimit::kClientsMax - 2; ++i) limit.take(std::to_string(i), now);
  EXPECT_EQ(limit.take("a", now), 1);
  EXPECT_EQ(limit.take("new", now), 0);
  EXPECT_EQ(limit.take("new too", now), 0);
  EXPECT_EQ(limit.take("a", now), 1);
}

TEST(RateLimit, OfNothingIsNone) {
  RateLimit limit(0);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(limit.take("a", RateLimit::Time{}), 0);
}

TEST(AddressCount, CountsUpAndDown) {
  AddressCount count;
  EXPECT_TRUE(count.add("a", 2));
  EXPECT_TRUE(count.add("a", 2));
  EXPECT_FALSE(count.add("a", 2));
  EXPECT_TRUE(count.add("b", 2));
  count.remove("a");
  EXPECT_TRUE(count.add("a", 2));
  EXPECT_TRUE(count.add("a", 0));
}

TEST(Workers, RunWhatTheyTookBeforeTheyEnd) {
  std::atomic<int> done{0};
  {
    Workers workers(2, 100);
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(workers.submit([&] { ++done; }));
    workers.close();
    EXPECT_FALSE(workers.submit([&] { ++done; }));
  }
  EXPECT_EQ(done, 50);
}

TEST(Workers, WithoutAQueueTakeWhatIdleThreadsCan) {
  std::mutex mutex;
  std::unique_lock gate(mutex);
  Workers workers(2, 0);
  const auto wait = [&] { const std::lock_guard lock(mutex); };
  EXPECT_TRUE(workers.submit(wait));
  EXPECT_TRUE(workers.submit(wait));
  EXPECT_FALSE(workers.submit(wait));
  gate.unlock();
}

}  // namespace
}  // namespace centavo::http
