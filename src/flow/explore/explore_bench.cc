// How long a click takes: questions of the pages over a lake's newest release, and the same rows by one bare select.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "flow/explore/explore.h"

namespace centavo {
namespace {

struct Times {
  std::vector<double> ms;
  double at(double share) {
    std::sort(ms.begin(), ms.end());
    return ms.empty() ? 0
                      : ms[std::min(ms.size() - 1, static_cast<std::size_t>(share * static_cast<double>(ms.size())))];
  }
};

template <class Work>
Status measure(const char* name, int rounds, const Work& work) {
  Times times;
  for (int i = 0; i < rounds + 2; ++i) {
    const auto start = std::chrono::steady_clock::now();
    TRY(work());
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    if (i >= 2) times.ms.push_back(took.count());
  }
  std::printf("%-44s p50 %8.1f  p95 %8.1f  p99 %8.1f ms\n", name, times.at(.5), times.at(.95), times.at(.99));
  return {};
}

Status run_bench(const std::string& dir, const std::string& id, int rounds) {
  Lake lake = TRY(Lake::open(dir));
  const auto catalog = TRY(Catalog::open(dir));
  const auto library = TRY(pack::Library::load(lake.pack_folders()));
  auto engine = TRY(duck::Database::open({}));
  Workshop workshop{lake, *catalog, library, engine};
  const Tenant tenant = TRY(lake.tenant(id));
  auto reader = TRY(Reader::open(workshop, tenant, 0));
  explore::Holdings holdings;
  const auto hold = [&]() -> Status {
    holdings = TRY(explore::holdings_of(reader, tenant));
    return {};
  };
  const auto bare = [&]() -> Status {
    TRY(
        reader.connection().all(fmt::format("select ServiceName, sum(EffectiveCost) from gold.cost_by_day where "
                                            "billing_period = date '{}-01' group by 1 order "
                                            "by 2 desc",
                                            holdings.periods.back())));
    return {};
  };
  const auto ask = [&](const explore::Parameters& parameters) {
    return [&, parameters]() -> Status {
      const auto question = TRY(explore::parse_question(parameters));
      TRY(explore::cost(reader, holdings, question));
      return {};
    };
  };
  const auto look = [&]() -> Status {
    TRY(explore::overview(reader, holdings, {}));
    return {};
  };
  const auto turn = [&]() -> Status {
    const auto question = TRY(explore::parse_pivot({{"p", "all"}}));
    TRY(explore::pivot(reader, holdings, question));
    return {};
  };
  const auto find = [&]() -> Status {
    TRY(explore::values_of(reader, holdings, "ServiceName", "a", {}));
    return {};
  };
  const auto list = [&]() -> Status {
    explore::Question question;
    question.limit = 100;
    TRY(explore::lines(reader, holdings, question, ""));
    return {};
  };
  TRY(measure("holdings (once a release)", 3, hold));
  if (holdings.periods.empty()) return fail(ErrorKind::not_found, "no cost in the lake");
  TRY(measure("bare: services of a month", rounds, bare));
  TRY(measure("cost: services, compared, by day", rounds, ask({{"by", "ServiceName"}})));
  TRY(measure("cost: service, account, region", rounds, ask({{"by", "ServiceName,SubAccountId,RegionId"}})));
  TRY(measure("cost: accounts, 12 months, without tax", rounds,
              ask({{"by", "SubAccountId"}, {"p", "12m"}, {"x.ChargeCategory", "Tax"}})));
  if (!holdings.paying_tag.empty()) TRY(measure("cost: a tag", rounds, ask({{"by", holdings.paying_tag}})));
  TRY(measure("overview", rounds, look));
  TRY(measure("pivot: categories, services by month", rounds, turn));
  TRY(measure("values of a dimension", rounds, find));
  TRY(measure("lines: the first 100", std::min(rounds, 10), list));
  return {};
}

}  // namespace
}  // namespace centavo

int main(int count, char** words) {
  if (count < 3) {
    std::puts("usage: bench_flow_explore LAKE TENANT [ROUNDS]");
    return 2;
  }
  const auto done = centavo::run_bench(words[1], words[2], count > 3 ? std::max(1, std::atoi(words[3])) : 30);
  if (!done) std::printf("%s\n", done.error().message.c_str());
  return done ? 0 : 1;
}
