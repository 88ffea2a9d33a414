#include "app/serve/jobs.h"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "app/serve/call.h"
#include "base/digest.h"

namespace centavo::serve {
namespace {

OrderedJson progress_object(const Progress& progress) {
  return {{"done", progress.done}, {"total", progress.total}, {"text", progress.text}};
}

Result<OrderedJson> result_of(const JobWork& work, const JobContext& context) {
  try {
    return work(context);
  } catch (const std::exception& error) {
    return fail(ErrorKind::internal, "the work threw: {}", error.what());
  }
}

}  // namespace

OrderedJson job_object(const JobState& job) {
  OrderedJson out = {{"id", job.id},
                     {"kind", job.kind},
                     {"tenant", job.tenant},
                     {"user", job.user},
                     {"state", job.state},
                     {"started", iso_time(job.started_ms)},
                     {"ended", job.ended_ms == 0 ? OrderedJson() : OrderedJson(iso_time(job.ended_ms))},
                     {"progress", progress_object(job.progress)},
                     {"result", job.result},
                     {"problem", OrderedJson()}};
  if (job.error) {
    // A fault of ours names paths and hosts: those are for the log.
    const bool is_ours = http::problem_of(*job.error).status == 500;
    out["problem"] = {{"title", name_of(job.error->kind)},
                      {"detail", is_ours ? "the server's log says why, at job " + job.id : job.error->message},
                      {"hint", is_ours ? "" : job.error->hint}};
  }
  return out;
}

Jobs::Jobs(const Clock& clock, int threads) : clock_(clock) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work_off(); });
}

Jobs::~Jobs() {
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
    for (auto& [id, job] : jobs_) job->cancel.request();
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

Result<std::string> Jobs::start(const std::string& kind, const std::string& tenant, const std::string& user,
                                const std::string& key, JobWork work) {
  const std::lock_guard lock(mutex_);
  drop_old();
  for (const auto& [id, job] : jobs_) {
    const JobState& state = job->state;
    if (state.state != "running" || state.kind != kind || state.tenant != tenant || job->key != key) continue;
    if (job->cancel.requested()) continue;   // it is not what is asked for any more
    job->state.askers.insert(user);
    return id;
  }
  TRY(check_room(user));
  auto job = std::make_shared<Job>();
  job->state.id = new_uuid();
  job->state.kind = kind;
  job->state.tenant = tenant;
  job->state.user = user;
  job->state.askers = {user};
  job->state.state = "running";
  job->state.started_ms = clock_.now_ms();
  job->key = key;
  job->work = std::move(work);
  jobs_[job->state.id] = job;
  waiting_.push_back(job);
  changed_.notify_one();
  return job->state.id;
}

// Under the lock.
Status Jobs::check_room(const std::string& user) const {
  if (waiting_.size() >= kWaitingMost)
    return fail_hint("try again in a minute", ErrorKind::busy, "{} jobs wait already", waiting_.size());
  const auto mine = std::count_if(jobs_.begin(), jobs_.end(), [&](const auto& entry) {
    return entry.second->state.state == "running" && entry.second->state.user == user;
  });
  if (mine >= static_cast<std::ptrdiff_t>(kOfOneMost))
    return fail_hint("wait for one, or cancel one", ErrorKind::busy, "{} of your jobs are under way already", mine);
  return {};
}

Result<JobState> Jobs::find(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return fail(ErrorKind::not_found, "there is no job {}", id);
  return found->second->state;
}

Status Jobs::cancel(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return fail(ErrorKind::not_found, "there is no job {}", id);
  const auto job = found->second;
  job->cancel.request();
  const auto place = std::find(waiting_.begin(), waiting_.end(), job);
  if (place == waiting_.end()) return {};
  waiting_.erase(place);
  end(*job, fail(ErrorKind::cancelled, "cancelled before it began"));
  return {};
}

Status Jobs::follow(const std::string& id, std::shared_ptr<http::EventStream> stream, std::function<bool()> may_go_on) {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return fail(ErrorKind::not_found, "there is no job {}", id);
  Job& job = *found->second;
  if (job.state.state == "running") {
    stream->send("progress", json_text(progress_object(job.state.progress)), ++job.event);
    job.followers.push_back({std::move(stream), std::move(may_go_on)});
  } else {
    stream->send("done", json_text(job_object(job.state)), ++job.event);
    stream->close();
  }
  return {};
}

std::size_t Jobs::under_way() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& [id, job] : jobs_) count += job->state.state == "running" ? 1 : 0;
  return count;
}

// Under the lock.
void Jobs::drop_old() {
  const TimeMs now = clock_.now_ms();
  std::vector<TimeMs> ends;
  for (const auto& [id, job] : jobs_) {
    if (job->state.state != "running") ends.push_back(job->state.ended_ms);
  }
  TimeMs oldest = now - kKeepMs;
  if (ends.size() > kEndedMost) {
    std::sort(ends.begin(), ends.end());
    oldest = std::max(oldest, ends[ends.size() - kEndedMost]);
  }
  std::erase_if(jobs_, [&](const auto& entry) {
    return entry.second->state.state != "running" && entry.second->state.ended_ms < oldest;
  });
}

// Under the lock.
void Jobs::tell(Job& job) {
  if (job.followers.empty()) return;
  const bool ended = job.state.state != "running";
  const std::string data = json_text(ended ? job_object(job.state) : progress_object(job.state.progress));
  ++job.event;
  std::erase_if(job.followers, [&](const auto& follower) {
    if (follower.may_go_on && !follower.may_go_on()) {
      follower.stream->close();
      return true;
    }
    const bool there = follower.stream->send(ended ? "done" : "progress", data, job.event);
    if (ended) follower.stream->close();
    return !there || ended;
  });
}

// Under the lock.
void Jobs::end(Job& job, Result<OrderedJson> result) {
  job.work = nullptr;
  job.state.ended_ms = clock_.now_ms();
  if (result) {
    job.state.state = "done";
    job.state.result = std::move(*result);
  } else {
    job.state.state = result.error().kind == ErrorKind::cancelled ? "cancelled" : "failed";
    spdlog::warn("job {} ({} of {}): {}", job.state.id, job.state.kind, job.state.tenant, result.error().message);
    job.state.error = std::move(result.error());
  }
  tell(job);
}

void Jobs::work_off() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return leaving_ || !waiting_.empty(); });
    if (leaving_) return;
    const std::shared_ptr<Job> job = waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    const JobContext context{job->cancel, [&](const Progress& progress) {
                               const std::lock_guard guard(mutex_);
                               job->state.progress = progress;
                               tell(*job);
                             }};
    Result<OrderedJson> result = result_of(job->work, context);
    lock.lock();
    end(*job, std::move(result));
  }
}

}  // namespace centavo::serve
