#include "app/serve/jobs.h"

#include <spdlog/spdlog.h>

#include "base/digest.h"

namespace centavo::serve {
namespace {

OrderedJson progress_object(const Progress& progress) {
  return {{"done", progress.done}, {"total", progress.total}, {"text", progress.text}};
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
    if (job->state.state == "running" && job->state.kind == kind && job->state.tenant == tenant && job->key == key)
      return id;
  }
  if (waiting_.size() >= kWaitingMost)
    return fail_hint("try again in a minute", ErrorKind::busy, "{} jobs wait already", waiting_.size());
  auto job = std::make_shared<Job>();
  job->state.id = new_uuid();
  job->state.kind = kind;
  job->state.tenant = tenant;
  job->state.user = user;
  job->state.state = "running";
  job->state.started_ms = clock_.now_ms();
  job->key = key;
  job->work = std::move(work);
  jobs_[job->state.id] = job;
  waiting_.push_back(job);
  changed_.notify_one();
  return job->state.id;
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
  found->second->cancel.request();
  return {};
}

Status Jobs::follow(const std::string& id, std::shared_ptr<http::EventStream> stream) {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return fail(ErrorKind::not_found, "there is no job {}", id);
  Job& job = *found->second;
  if (job.state.state == "running") {
    stream->send("progress", progress_object(job.state.progress).dump(), ++job.event);
    job.streams.push_back(std::move(stream));
  } else {
    stream->send("done", job_object(job.state).dump(), ++job.event);
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
  std::erase_if(jobs_, [&](const auto& entry) {
    const JobState& state = entry.second->state;
    return state.state != "running" && now - state.ended_ms > kKeepMs;
  });
}

// Under the lock.
void Jobs::tell(Job& job) {
  const bool ended = job.state.state != "running";
  const std::string data = ended ? job_object(job.state).dump() : progress_object(job.state.progress).dump();
  ++job.event;
  std::erase_if(job.streams, [&](const auto& stream) {
    const bool there = stream->send(ended ? "done" : "progress", data, job.event);
    if (ended) stream->close();
    return !there || ended;
  });
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
    Result<OrderedJson> result = job->cancel.requested()
                                     ? Result<OrderedJson>(fail(ErrorKind::cancelled, "cancelled before it began"))
                                     : job->work(context);
    lock.lock();
    job->work = nullptr;
    job->state.ended_ms = clock_.now_ms();
    if (result) {
      job->state.state = "done";
      job->state.result = std::move(*result);
    } else {
      job->state.state = result.error().kind == ErrorKind::cancelled ? "cancelled" : "failed";
      spdlog::warn("job {} ({} of {}): {}", job->state.id, job->state.kind, job->state.tenant, result.error().message);
      job->state.error = std::move(result.error());
    }
    tell(*job);
  }
}

}  // namespace centavo::serve
