#pragma once
/// \file app/serve/jobs.h
/// Long work that a page starts and follows: runs, comparisons of releases, verifications.

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
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
};

/// A few threads that work jobs off in order. Thread-safe. Ended jobs are kept for kKeepMs.
class Jobs {
 public:
  static constexpr std::size_t kWaitingMost = 32;
  static constexpr TimeMs kKeepMs = 3'600'000;

  Jobs(const Clock& clock, int threads);
  ~Jobs();                                       ///< cancels what runs, and waits for it

  /// Starts work, or returns the id of the job of the same (kind, tenant, key) that is under way.
  /// `busy` when too many wait.
  Result<std::string> start(const std::string& kind, const std::string& tenant, const std::string& user,
                            const std::string& key, JobWork work);
  Result<JobState> find(const std::string& id);  ///< `not_found`
  Status cancel(const std::string& id);
  /// Sends "progress" events, then "done" with the whole job, and closes.
  Status follow(const std::string& id, std::shared_ptr<http::EventStream> stream);
  std::size_t under_way() const;

 private:
  struct Job {
    JobState state;
    std::string key;
    JobWork work;
    Cancel cancel;
    std::uint64_t event = 0;
    std::vector<std::shared_ptr<http::EventStream>> streams;
  };
  void work_off();
  void drop_old();
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
