#include "app/http/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <tuple>

namespace centavo::http {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

const prometheus::Histogram::BucketBoundaries kSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                          0.5,   1,      2.5,   5,    10,    30,   60};

bool is_name(std::string_view text) {
  const auto fits = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
         std::all_of(text.begin(), text.end(), fits);
}

MetricFamily single(const char* name, const char* help, MetricType type, double value) {
  MetricFamily family{name, help, type, {}};
  ClientMetric& metric = family.metric.emplace_back();
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return family;
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double pages = 0, resident = 0;
  file >> pages >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double open_files() {
  std::error_code error;
  const auto files = std::filesystem::directory_iterator("/proc/self/fd", error);
  return error ? 0 : static_cast<double>(std::distance(begin(files), end(files)));
}

void add_figures(const Figures& figures, double started, std::vector<MetricFamily>& out) {
  const auto gauge = [&](const char* name, const char* help, double value) {
    out.push_back(single(name, help, MetricType::Gauge, value));
  };
  const auto counter = [&](const char* name, const char* help, double value) {
    out.push_back(single(name, help, MetricType::Counter, value));
  };
  gauge("centavo_http_connections", "Open connections", static_cast<double>(figures.connections));
  gauge("centavo_http_requests_waiting", "Requests and downloads that wait for a thread",
        static_cast<double>(figures.waiting));
  gauge("centavo_http_requests_working", "Requests being worked on", static_cast<double>(figures.working));
  gauge("centavo_http_streams", "Downloads being written", static_cast<double>(figures.streams));
  gauge("centavo_http_event_streams", "Open streams of server-sent events", static_cast<double>(figures.event_streams));
  counter("centavo_http_refused_connections_total", "Connections over a limit, closed at once",
          static_cast<double>(figures.refused));
  counter("centavo_http_received_bytes_total", "Bytes received", static_cast<double>(figures.bytes_in));
  counter("centavo_http_sent_bytes_total", "Bytes sent", static_cast<double>(figures.bytes_out));
  gauge("process_resident_memory_bytes", "Resident memory", resident_bytes());
  counter("process_cpu_seconds_total", "User and system time", cpu_seconds());
  gauge("process_open_fds", "Open file descriptors", open_files());
  gauge("process_start_time_seconds", "Start of the process since 1970", started);
}

void add_gauges(const std::vector<Gauge>& gauges, std::map<std::string, MetricFamily>& families) {
  for (const Gauge& gauge : gauges) {
    const bool sound = is_name(gauge.name) && std::all_of(gauge.labels.begin(), gauge.labels.end(),
                                                          [](const auto& label) { return is_name(label.first); });
    if (!sound) continue;
    MetricFamily& family = families[gauge.name];
    family.name = gauge.name;
    family.type = MetricType::Gauge;
    if (family.help.empty()) family.help = gauge.help;
    ClientMetric& metric = family.metric.emplace_back();
    for (const auto& [name, value] : gauge.labels) metric.label.push_back({name, value});
    metric.gauge.value = gauge.value;
  }
}

}  // namespace

struct Metrics::State {
  struct Series {
    prometheus::Counter* requests;
    prometheus::Counter* bytes;
    prometheus::Histogram* seconds;
  };
  using Key = std::tuple<std::string, std::string, int>;

  Series& series_of(const Served& served) {
    Key key(served.method.empty() ? "none" : served.method, served.route.empty() ? "none" : served.route,
            served.status);
    const auto found = series.find(key);
    if (found != series.end()) return found->second;
    // The statuses of one route are few, so what is cut off here is a route for each address somebody tried.
    if (series.size() >= kSeriesMax) std::get<1>(key) = "other";
    const auto again = series.find(key);
    if (again != series.end()) return again->second;
    const prometheus::Labels labels = {
        {"method", std::get<0>(key)}, {"route", std::get<1>(key)}, {"status", std::to_string(std::get<2>(key))}};
    const Series made{&requests.Add(labels), &bytes.Add(labels), &seconds.Add(labels, kSeconds)};
    return series.emplace(std::move(key), made).first->second;
  }

  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter().Name("centavo_http_requests_total").Help("Answered requests").Register(registry);
  prometheus::Family<prometheus::Counter>& bytes = prometheus::BuildCounter()
                                                       .Name("centavo_http_response_bytes_total")
                                                       .Help("Bytes of answers, as sent")
                                                       .Register(registry);
  prometheus::Family<prometheus::Histogram>& seconds =
      prometheus::BuildHistogram()
          .Name("centavo_http_request_duration_seconds")
          .Help("From the last byte of a request to the last of its answer")
          .Register(registry);
  mutable std::mutex mutex;
  std::map<Key, Series> series;
  std::vector<std::function<std::vector<Gauge>()>> gauges;
  double started = static_cast<double>(std::time(nullptr));
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::count(const Served& served) {
  const std::lock_guard lock(state_->mutex);
  const State::Series& series = state_->series_of(served);
  series.requests->Increment();
  series.bytes->Increment(static_cast<double>(served.bytes));
  // How long somebody listened to events says nothing about how quick we are.
  if (!served.events) series.seconds->Observe(served.seconds);
}

void Metrics::add(std::function<std::vector<Gauge>()> gauges) {
  const std::lock_guard lock(state_->mutex);
  state_->gauges.push_back(std::move(gauges));
}

std::string Metrics::text(const Figures& figures) const {
  std::vector<MetricFamily> families = state_->registry.Collect();
  families.erase(std::remove_if(families.begin(), families.end(),
                                [](const MetricFamily& family) { return family.metric.empty(); }),
                 families.end());
  add_figures(figures, state_->started, families);
  std::vector<std::function<std::vector<Gauge>()>> sources;
  {
    const std::lock_guard lock(state_->mutex);
    sources = state_->gauges;
  }
  std::map<std::string, MetricFamily> added;
  for (const auto& source : sources) add_gauges(source(), added);
  for (auto& [name, family] : added) families.push_back(std::move(family));
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return out.str();
}

}  // namespace centavo::http
