#pragma once
/// \file app/http/metrics.h
/// What /metrics says (Prometheus text format, prometheus-cpp): requests, connections, the process, and what the
/// application adds.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/http/http.h"

namespace centavo::http {

/// One value of a gauge the application adds: {"centavo_tenant_freshness_seconds", "Age of …", {{"tenant", "acme"}},
/// 3600}. Names and label names are [a-zA-Z_][a-zA-Z0-9_]*; others are left out.
struct Gauge {
  std::string name, help;
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
};

/// Thread-safe.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// Counts one answered request: give it to Server::listen as on_served. At most kSeriesMax of method, route and
  /// status are told apart; what comes behind them is counted under route "other".
  void count(const Served& served);
  static constexpr std::size_t kSeriesMax = 1000;

  /// `gauges` is asked at each scrape, on the thread that answers it; it must be quick.
  void add(std::function<std::vector<Gauge>()> gauges);

  /// The text to answer with, and its type.
  std::string text(const Figures& figures) const;
  static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace centavo::http
