#include "app/serve/answers.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace centavo::serve {
namespace {

using std::chrono::milliseconds;

TEST(Answers, AreMadeOnceHoweverManyAskAtTheSameTime) {
  Answers answers(1 << 20);
  const Cancel never;
  std::atomic<int> made = 0, same = 0;
  std::vector<std::thread> people;
  for (int i = 0; i < 16; ++i) {
    people.emplace_back([&] {
      const auto answer = answers.find_or_make("q", never, [&]() -> Result<std::string> {
        ++made;
        std::this_thread::sleep_for(milliseconds(100));
        return std::string("12.5");
      });
      if (answer && **answer == "12.5") ++same;
    });
  }
  for (auto& person : people) person.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(same, 16);
  ASSERT_NE(answers.find("q"), nullptr);
}

TEST(Answers, AnErrorIsToldToAllWhoWaitAndNotKept) {
  Answers answers(1 << 20);
  const Cancel never;
  std::atomic<int> made = 0, told = 0;
  std::vector<std::thread> people;
  for (int i = 0; i < 8; ++i) {
    people.emplace_back([&] {
      const auto answer = answers.find_or_make("q", never, [&]() -> Result<std::string> {
        ++made;
        std::this_thread::sleep_for(milliseconds(200));
        return fail(ErrorKind::not_found, "no cost");
      });
      if (!answer && answer.error().message == "no cost") ++told;
    });
  }
  for (auto& person : people) person.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(told, 8);
  const auto later = answers.find_or_make("q", never, [] { return Result<std::string>("7"); });
  ASSERT_TRUE(later);
  EXPECT_EQ(**later, "7");
}

TEST(Answers, WhoWaitsForOneThatGaveUpMakesItAlone) {
  Answers answers(1 << 20);
  const Cancel never;
  std::atomic<bool> begun = false;
  std::thread first([&] {
    const auto answer = answers.find_or_make("q", never, [&]() -> Result<std::string> {
      begun = true;
      std::this_thread::sleep_for(milliseconds(100));
      return fail(ErrorKind::cancelled, "the client left");
    });
    EXPECT_FALSE(answer);
  });
  while (!begun) std::this_thread::yield();
  const auto second = answers.find_or_make("q", never, [] { return Result<std::string>("7"); });
  first.join();
  ASSERT_TRUE(second);
  EXPECT_EQ(**second, "7");
}

TEST(Answers, WhoLeavesWaitsNoLonger) {
  Answers answers(1 << 20);
  const Cancel never;
  std::atomic<bool> begun = false, go = false;
  std::thread first([&] {
    const auto answer = answers.find_or_make("q", never, [&]() -> Result<std::string> {
      begun = true;
      while (!go) std::this_thread::sleep_for(milliseconds(1));
      return std::string("7");
    });
    EXPECT_TRUE(answer);
  });
  while (!begun) std::this_thread::yield();
  Cancel left;
  left.request();
  const auto second = answers.find_or_make("q", left, [] { return Result<std::string>("8"); });
  go = true;
  first.join();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::cancelled);
}

TEST(Answers, TheOldestLeaveWhenThereIsNoRoom) {
  Answers answers(800);
  const auto text = [](std::size_t size) { return std::make_shared<const std::string>(size, 'x'); };
  for (int i = 0; i < 20; ++i) answers.keep(fmt::format("{:02}", i), text(88));
  EXPECT_LE(answers.bytes(), 800u);
  EXPECT_EQ(answers.find("00"), nullptr);
  EXPECT_NE(answers.find("19"), nullptr);
  answers.keep("large", text(500));
  EXPECT_EQ(answers.find("large"), nullptr) << "one answer takes no more than an eighth";
}

}  // namespace
}  // namespace centavo::serve
