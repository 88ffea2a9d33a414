#include "app/serve/jobs.h"

#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/serve/listener_testing.h"

namespace centavo::serve {
namespace {

using ::testing::HasSubstr;

// Work that waits until it is let go.
class Held {
 public:
  JobWork work() {
    return [open = open_](const JobContext& context) -> Result<OrderedJson> {
      while (!open->load() && !context.cancel.requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (context.cancel.requested()) return fail(ErrorKind::cancelled, "cancelled");
      return OrderedJson{{"found", 1}};
    };
  }
  void let_go() { *open_ = true; }

 private:
  std::shared_ptr<std::atomic<bool>> open_ = std::make_shared<std::atomic<bool>>(false);
};

JobState ended(Jobs& jobs, const std::string& id) {
  for (int i = 0; i < 2000; ++i) {
    const auto job = jobs.find(id);
    if (job && job->state != "running") return *job;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return jobs.find(id).value();
}

TEST(Jobs, WorkThatThrowsFailsAloneAndTheNextIsDone) {
  Jobs jobs(Clock::system(), 1);
  const auto bad = jobs.start("run", "acme", "ana", "1", [](const JobContext&) -> Result<OrderedJson> {
    throw std::runtime_error("out of luck");
  });
  const JobState job = ended(jobs, bad.value());
  EXPECT_EQ(job.state, "failed");
  EXPECT_THAT(job_object(job).dump(), ::testing::Not(HasSubstr("out of luck")));   // a fault of ours is for the log
  const auto good =
      jobs.start("run", "acme", "ana", "2", [](const JobContext&) { return Result<OrderedJson>(OrderedJson{}); });
  EXPECT_EQ(ended(jobs, good.value()).state, "done");
}

TEST(Jobs, BytesThatAreNoTextReachNobodyAsAThrow) {
  Jobs jobs(Clock::system(), 1);
  Held held;
  const auto first = jobs.start("run", "acme", "ana", "0", held.work()).value();
  const auto id = jobs.start("run", "acme", "ana", "1", [](const JobContext& context) -> Result<OrderedJson> {
    context.tell({1, 2, "a file \xff\xfe"});
    return fail(ErrorKind::invalid_argument, "a value \xff\xfe");
  });
  const auto events = std::make_shared<Listener>();
  ASSERT_TRUE(jobs.follow(id.value(), events));
  held.let_go();
  EXPECT_EQ(ended(jobs, id.value()).state, "failed");
  const std::lock_guard lock(events->mutex);
  EXPECT_THAT(events->text, HasSubstr("a file \xEF\xBF\xBD"));
  EXPECT_THAT(events->text, HasSubstr("done: "));
}

TEST(Jobs, OnePersonTakesNotAllPlaces) {
  Jobs jobs(Clock::system(), 1);
  Held held;
  for (std::size_t i = 0; i < Jobs::kOfOneMost; ++i)
    ASSERT_TRUE(jobs.start("diff", "acme", "ana", std::to_string(i), held.work()));
  const auto more = jobs.start("diff", "acme", "ana", "more", held.work());
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().kind, ErrorKind::busy);
  EXPECT_TRUE(jobs.start("diff", "acme", "bia", "more", held.work()));
  const auto same = jobs.start("diff", "acme", "bia", "0", held.work());  // what is under way already costs no place
  ASSERT_TRUE(same);
  EXPECT_TRUE(jobs.find(same.value())->askers.contains("bia"));
  held.let_go();
}

TEST(Jobs, OneThatWaitsIsCancelledAtOnceAndGivesItsPlaceBack) {
  Jobs jobs(Clock::system(), 1);
  Held held;
  ASSERT_TRUE(jobs.start("run", "acme", "ana", "first", held.work()));
  const auto waits = jobs.start("run", "acme", "ana", "second", held.work()).value();
  ASSERT_TRUE(jobs.cancel(waits));
  EXPECT_EQ(jobs.find(waits)->state, "cancelled");
  EXPECT_EQ(jobs.under_way(), 1U);
  const auto again = jobs.start("run", "acme", "ana", "second", held.work());
  ASSERT_TRUE(again);
  EXPECT_NE(*again, waits);
  held.let_go();
}

TEST(Jobs, WhoWasSignedOutHearsNothingMore) {
  Jobs jobs(Clock::system(), 1);
  std::promise<void> followed, told;
  const auto id = jobs.start("run", "acme", "ana", "", [&](const JobContext& context) -> Result<OrderedJson> {
    followed.get_future().wait();
    context.tell({1, 2, "a secret"});
    told.set_value();
    return OrderedJson{{"found", "a secret"}};
  });
  const auto gone = std::make_shared<Listener>(), there = std::make_shared<Listener>();
  ASSERT_TRUE(jobs.follow(id.value(), gone, [] { return false; }));
  ASSERT_TRUE(jobs.follow(id.value(), there, [] { return true; }));
  followed.set_value();
  EXPECT_EQ(ended(jobs, id.value()).state, "done");
  EXPECT_TRUE(gone->closed.load());
  EXPECT_THAT(gone->text, ::testing::Not(HasSubstr("a secret")));
  EXPECT_THAT(there->text, HasSubstr("a secret"));
}

TEST(Jobs, TheNewestOfThoseThatEndedAreKept) {
  FakeClock clock(1'790'000'000'000);
  Jobs jobs(clock, 1);
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < Jobs::kEndedMost + 20; ++i) {
    clock.advance_ms(10);
    ids.push_back(jobs.start("diff", "acme", "ana", std::to_string(i),
                             [](const JobContext&) { return Result<OrderedJson>(OrderedJson{}); })
                      .value());
    ended(jobs, ids.back());
  }
  EXPECT_FALSE(jobs.find(ids.front()));
  EXPECT_TRUE(jobs.find(ids.back()));
}

}  // namespace
}  // namespace centavo::serve
