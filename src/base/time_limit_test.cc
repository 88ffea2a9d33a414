#include "base/time_limit.h"

namespace centavo {
namespace {

using std::chrono::milliseconds;

void wait_for_stop(const TimeLimit& limit) {
  for (int i = 0; i < 500 && !limit.cancel()->requested(); ++i) std::this_thread::sleep_for(milliseconds(10));
}

TEST(TimeLimit, AsksToStopWhenTheTimeIsOver) {
  const TimeLimit limit(nullptr, milliseconds(30));
  EXPECT_FALSE(limit.is_over());
  wait_for_stop(limit);
  EXPECT_TRUE(limit.cancel()->requested());
  EXPECT_TRUE(limit.is_over());
}

TEST(TimeLimit, PassesOnWhatSomebodyElseAsks) {
  Cancel outer;
  const TimeLimit limit(&outer);
  EXPECT_FALSE(limit.cancel()->requested());
  outer.request();
  wait_for_stop(limit);
  EXPECT_TRUE(limit.cancel()->requested());
  EXPECT_FALSE(limit.is_over());
}

TEST(TimeLimit, EndsAtOnceWithTheWork) {
  const auto started = std::chrono::steady_clock::now();
  {
    const TimeLimit limit(nullptr, std::chrono::hours(1));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(5));
}

}  // namespace
}  // namespace centavo
