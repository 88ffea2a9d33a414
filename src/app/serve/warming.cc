#include "app/serve/warming.h"

#include <algorithm>
#include <set>

#include <spdlog/spdlog.h>

#include "app/serve/service.h"

namespace centavo::serve {

Warming::Warming(Service& service) : service_(service) {
  service_.readers().on_opened([this](const std::string& tenant, std::int64_t release, const access::Sight& sight) {
    hold_tables(tenant, release, sight);
  });
  thread_ = std::thread([this] { run(); });
}

Warming::~Warming() {
  leaving_.request();
  {
    const std::lock_guard lock(mutex_);
  }
  changed_.notify_all();
  thread_.join();
}

void Warming::asked(const Call& call, std::int64_t release) {
  if (&call.cancel == &leaving_ || call.request.parameter("rel")) return;   // ours, or of a release of their own
  const access::Sight sight = call.sight();
  const std::string key =
      fmt::format("{}\n{}\n{}\n{}", call.route->pattern, call.request.path, call.question_key(), sight.key());
  const TimeMs now = service_.clock().now_ms();
  const std::lock_guard lock(mutex_);
  Asked& known = asked_[call.part("tenant")];
  known.release = std::max(known.release, release);
  auto& questions = known.questions;
  const auto found =
      std::find_if(questions.begin(), questions.end(), [&](const Question& each) { return each.key == key; });
  if (found != questions.end()) {
    found->asked_ms = now;
    questions.splice(questions.begin(), questions, found);
    return;
  }
  http::Request request;   // what makes the question, and nothing of the person's connection
  request.method = "GET";
  request.path = call.request.path;
  request.segments = call.request.segments;
  request.query = call.request.query;
  request.id = "warming";
  questions.push_front({key, call.route, call.parts, std::move(request), call.who, now});
  if (questions.size() > kQuestionsMost) questions.pop_back();
}

void Warming::hold_tables(const std::string& tenant, std::int64_t release, const access::Sight& sight) {
  hold("tables", tenant,
       [this, release, sight](OpenTenant& open) { return service_.readers().hold_tables(open, release, sight); });
}

void Warming::hold_charges(const std::string& tenant, std::int64_t release, const access::Sight& sight) {
  hold("charges", tenant, [this, release, sight](OpenTenant& open) {
    return service_.readers().hold_charges(open, release, sight, &leaving_);
  });
}

void Warming::hold(const char* what, const std::string& tenant, std::function<Status(OpenTenant&)> take) {
  add([this, what, tenant, take = std::move(take)] {
    auto open = service_.open_tenant(tenant);
    if (!open) return;
    const Status held = take(*open);
    if (!held && !leaving_.requested())
      spdlog::warn("{} of {} are not taken into memory: {}", what, tenant, held.error().message);
  });
}

void Warming::add(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (tasks_.size() < kTasksMost) tasks_.push_back(std::move(task));
  }
  changed_.notify_all();
}

// As its people see the newest release of the first tenants, and an administrator does.
void Warming::open_at_start() {
  auto lake = service_.lake();
  const auto tenants = lake ? lake->tenants() : Result<std::vector<Tenant>>();
  const auto users = service_.people().users();
  if (!tenants || !users) return;
  std::vector<access::Principal> people(1);
  people.front().roles = {{access::Role::admin, "*"}};
  for (const auto& user : *users) {
    access::Principal& who = people.emplace_back();
    who.roles = user.roles;
    who.unmasked = user.unmasked;
  }
  std::set<std::string> opened;
  for (const Tenant& tenant : *tenants) {
    for (const auto& who : people) {
      if (leaving_.requested() || opened.size() == kOpenAtStart) return;
      const access::Sight sight = access::sight_of(who, tenant.id);
      if (sight.layers.empty() || !opened.insert(tenant.id + "\n" + sight.key()).second) continue;
      auto open = service_.open_tenant(tenant.id);
      const auto found = open ? service_.readers().holdings(*open, 0, sight, &leaving_)
                              : Result<std::shared_ptr<const explore::Holdings>>(fail(open.error()));
      if (!found) spdlog::debug("{} is not opened at the start: {}", tenant.id, found.error().message);
    }
  }
}

void Warming::run() {
  open_at_start();
  {
    const std::lock_guard lock(mutex_);
    works_ = false;
  }
  while (!leaving_.requested()) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::milliseconds(kLookMs),
                        [&] { return leaving_.requested() || !tasks_.empty(); });
      if (!tasks_.empty()) {
        task = std::move(tasks_.front());
        tasks_.pop_front();
        works_ = true;
      }
    }
    if (leaving_.requested()) return;
    if (task) {
      task();
      const std::lock_guard lock(mutex_);
      works_ = false;
    }
    look();
  }
}

std::size_t Warming::under_way() const {
  const std::lock_guard lock(mutex_);
  return tasks_.size() + (works_ ? 1 : 0);
}

// Whether a tenant that people ask of has a new release.
void Warming::look() {
  const TimeMs now = service_.clock().now_ms();
  std::vector<std::string> tenants;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [tenant, asked] : asked_) {
      asked.questions.remove_if([&](const Question& each) { return now - each.asked_ms > kForgetMs; });
      if (!asked.questions.empty()) tenants.push_back(tenant);
    }
  }
  for (const auto& tenant : tenants) {
    if (leaving_.requested()) return;
    auto open = service_.open_tenant(tenant);
    const auto newest = open ? service_.readers().newest(*open) : Result<std::int64_t>(fail(open.error()));
    bool is_new = false;
    {
      const std::lock_guard lock(mutex_);
      Asked& known = asked_[tenant];
      if (!newest) {
        asked_.erase(tenant);
      } else {
        is_new = known.release != *newest;
        known.release = *newest;
      }
    }
    if (is_new) answer_again(tenant);
  }
}

std::vector<Warming::Question> Warming::questions_of(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  const auto& questions = asked_[tenant].questions;
  return {questions.begin(), questions.end()};
}

void Warming::answer_again(const std::string& tenant) {
  for (const Question& question : questions_of(tenant)) {
    if (leaving_.requested()) return;
    Call call{service_, question.request, leaving_, question.route, question.parts, question.who};
    const auto answered = question.route->act(call);
    if (!answered) spdlog::debug("{}: {}", question.request.path, answered.error().message);
  }
}

}  // namespace centavo::serve
