#pragma once
/// \file app/serve/jobs.h
/// Long work that a page starts and follows: runs, comparisons of releases, verifications.

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "app/http/http.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace centavo::serve {

struct Progress {
  std::int64_t done = 0, total = 0;
  std::string text;
};

/// What a job's work gets.
struct JobContext {
  const Cancel& cancel;
  std::function<void(const Progress&)> tell;
};
using JobWork = std::function<Result<OrderedJson>(const JobContext&)>;

/// Who started what, and where it stands.
struct JobState {
  std::string id, kind, tenant, user, state;   ///< state: running, done, failed, cancelled
  TimeMs started_ms = 0, ended_ms = 0;
  Progress progress;
  OrderedJson result;
  std::optional<Error> error;
  std::set<std::string> askers;                ///< who asked for it: `user`, and those who asked the same meanwhile
};

/// A few threads that work jobs off in order. Thread-safe. Ended jobs are kept for kKeepMs, the newest kEndedMost.
class Jobs {
 public:
  static constexpr std::size_t kWaitingMost = 32;
  static constexpr std::size_t kOfOneMost = 4;   ///< of one person, under way: nobody takes all places
  static constexpr std::size_t kEndedMost = 200;
  static constexpr TimeMs kKeepMs = 3'600'000;

  Jobs(const Clock& clock, int threads);
  ~Jobs();                                       ///< cancels what runs, and waits for it

  /// Starts work, or returns the id of the job of the same (kind, tenant, key) that is under way; `user` then is one of
  /// its askers too. `busy` when too many wait, or too many of this person's. What the work throws is its failure.
  Result<std::string> start(const std::string& kind, const std::string& tenant, const std::string& user,
                            const std::string& key, JobWork work);
  Result<JobState> find(const std::string& id);  ///< `not_found`
  /// Asks it to stop; one that waits still has then ended.
  Status cancel(const std::string& id);
  /// Sends "progress" events, then "done" with the whole job, and closes. `may_go_on` is asked before each: a stream
  /// whose reader was signed out meanwhile is closed.
  Status follow(const std::string& id, std::shared_ptr<http::EventStream> stream, std::function<bool()> may_go_on = {});
  std::size_t under_way() const;

 private:
  struct Job {
    JobState state;
    std::string key;
    JobWork work;
    Cancel cancel;
    std::uint64_t event = 0;
    struct Follower {
      std::shared_ptr<http::EventStream> stream;
      std::function<bool()> may_go_on;
    };
    std::vector<Follower> followers;
  };
  void work_off();
  Status check_room(const std::string& user) const;
  void drop_old();
  void end(Job& job, Result<OrderedJson> result);
  void tell(Job& job);

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::shared_ptr<Job>> jobs_;
  std::deque<std::shared_ptr<Job>> waiting_;
  std::vector<std::thread> threads_;
  bool leaving_ = false;
};

/// As the API says it: {id, kind, tenant, state, started, progress, result, problem}.
OrderedJson job_object(const JobState& job);

}  // namespace centavo::serve
