#pragma once
/// \file app/serve/warming.h
/// Work behind the requests, on one thread: releases are opened before somebody asks, at the start and when a tenant
/// has a new one, then with answers to what was asked last; and rows are taken into memory where people ask for them.

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "app/serve/call.h"

namespace centavo::serve {

/// Thread-safe. Ends with the object: what runs is cancelled.
class Warming {
 public:
  static constexpr int kLookMs = 500;                ///< how soon a new release is seen
  static constexpr std::size_t kQuestionsMost = 16;  ///< of each tenant, asked last comes first
  static constexpr std::size_t kTasksMost = 64;
  static constexpr std::size_t kOpenAtStart = 4;     ///< releases
  static constexpr TimeMs kForgetMs = 3'600'000;     ///< a question that nobody asked for so long

  explicit Warming(Service& service);
  ~Warming();
  Warming(const Warming&) = delete;
  Warming& operator=(const Warming&) = delete;

  /// Somebody asked this of the newest release, which was `release`.
  void asked(const Call& call, std::int64_t release);
  /// Takes the tables, or the charges, of that open release into memory, as they are seen with `sight`.
  void hold_tables(const std::string& tenant, std::int64_t release, const access::Sight& sight);
  void hold_charges(const std::string& tenant, std::int64_t release, const access::Sight& sight);
  /// Tasks that run or wait.
  std::size_t under_way() const;

 private:
  struct Question {
    std::string key;
    const Route* route = nullptr;
    std::map<std::string, std::string> parts;
    http::Request request;
    access::Principal who;
    TimeMs asked_ms = 0;
  };
  struct Asked {
    std::int64_t release = 0;            ///< of which the questions have answers
    std::list<Question> questions;       ///< asked last comes first
  };
  using Task = std::function<void()>;
  void add(Task task);
  void hold(const char* what, const std::string& tenant, std::function<Status(OpenTenant&)> take);
  void run();
  void open_at_start();
  void look();
  void answer_again(const std::string& tenant);
  std::vector<Question> questions_of(const std::string& tenant);

  Service& service_;
  Cancel leaving_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool works_ = true;                    // it begins with opening releases
  std::map<std::string, Asked> asked_;
  std::thread thread_;                   // last: it uses all of the above
};

}  // namespace centavo::serve
