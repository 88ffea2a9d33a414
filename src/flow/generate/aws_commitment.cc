#include "flow/generate/aws_commitment.h"

#include <algorithm>
#include <array>

#include "flow/generate/random.h"

namespace centavo::generate {
namespace {

struct Wanted {
  std::string_view usage_type;
  int region;
  int upfront_percent;   // of the effective price
};
constexpr std::array<Wanted, 8> kReservations = {{{"BoxUsage:m5.large", 0, 50},
                                                  {"InstanceUsage:db.m5.large", 1, 0},
                                                  {"BoxUsage:m5.xlarge", 1, 100},
                                                  {"BoxUsage:r5.xlarge", 0, 0},
                                                  {"NodeUsage:cache.r6g.large", 0, 50},
                                                  {"ESInstance:r6g.large.search", 1, 0},
                                                  {"Multi-AZUsage:db.r6g.large", 0, 100},
                                                  {"BoxUsage:c5.xlarge", 2, 50}}};
constexpr std::array<int, 3> kPlanUpfrontPercent = {0, 50, 100};
constexpr std::array<std::string_view, 3> kPlanPayment = {"No Upfront", "Partial Upfront", "All Upfront"};

// The first is older than the bill; the others come as the months pass.
int first_month_of(int index, int months) { return index == 0 ? -4 : (index * 5 + 1) % std::max(months, 1); }

std::uint64_t term_key(std::uint64_t key, int first_month, int month) {
  return mix(key, static_cast<std::uint64_t>((month - first_month) / kTermMonths));
}

// "2026-05-01T00:00:00.000Z": the month in which the term began that runs in `month`, which is `period`.
std::string term_start(int first_month, int month, Period period) {
  const int begun = ((month - first_month) % kTermMonths + kTermMonths) % kTermMonths;
  for (int i = 0; i < begun; ++i) period = period.previous();
  return period.first() + "T00:00:00.000Z";
}

std::string term_end(int first_month, int month, Period period) {
  const int left = kTermMonths - ((month - first_month) % kTermMonths + kTermMonths) % kTermMonths;
  for (int i = 0; i < left; ++i) period = period.next();
  return period.first() + "T00:00:00.000Z";
}

}  // namespace

void Reservation::enter(int month, Period period) {
  const std::uint64_t term = term_key(key, first_month, month);
  const std::string_view code = product->kind->product_code;
  const std::string_view service = code == "AmazonRDS"           ? "rds"
                                   : code == "AmazonElastiCache" ? "elasticache"
                                   : code == "AmazonES"          ? "es"
                                                                 : "ec2";
  arn = fmt::format("arn:aws:{}:{}:{}:{}{}", service, product->region->code, account->id,
                    service == "ec2" ? "reserved-instances/" : "ri:", uuid_of(term));
  subscription = std::to_string(1000000000 + term % 9000000000);
  start = term_start(first_month, month, period);
  end = term_end(first_month, month, period);
  used_hours = 0;
}

void SavingsPlan::enter(int month, Period period) {
  start = term_start(first_month, month, period);
  end = term_end(first_month, month, period);
  arn = fmt::format("arn:aws:savingsplans::{}:savingsplan/{}", account->id, uuid_of(term_key(key, first_month, month)));
}

std::vector<Reservation> buy_reservations(const Fleet& fleet, std::uint64_t seed, std::int64_t rows_an_hour, int count,
                                          int months) {
  std::vector<Reservation> out;
  for (int i = 0; i < count; ++i) {
    const Wanted& wanted = kReservations[static_cast<std::size_t>(i)];
    const int kind = kind_of(wanted.usage_type);
    Reservation r;
    r.product = &fleet.product(kind, wanted.region);
    r.account = &fleet.accounts()[i % 2 == 0 ? 0 : 1];
    r.count = std::max<std::int64_t>(1, fleet.expected(rows_an_hour, kind, wanted.region) * 17 / 20);
    const Amount effective = r.product->rate / 100 * 62;
    r.upfront = effective / 100 * wanted.upfront_percent;
    r.recurring = effective - r.upfront;
    r.first_month = first_month_of(i, months);
    r.key = mix(seed, 0x7e5e7f, static_cast<std::uint64_t>(i));
    out.push_back(std::move(r));
  }
  return out;
}

std::vector<SavingsPlan> buy_savings_plans(const Fleet& fleet, std::uint64_t seed, std::int64_t rows_an_hour, int count,
                                           int months) {
  // What all that plans cover would cost in an hour under a plan; the plans together commit to two thirds of it.
  const auto kinds = usage_kinds();
  Int128 hourly = 0;
  for (int kind = 0; kind < static_cast<int>(kinds.size()); ++kind) {
    for (int region = 0; region < static_cast<int>(regions().size()); ++region) {
      const Product& product = fleet.product(kind, region);
      if (product.plan_rate == 0) continue;
      hourly += static_cast<Int128>(times(product.plan_rate, kinds[static_cast<std::size_t>(kind)].typical)) *
                fleet.expected(rows_an_hour * 1000, kind, region);
    }
  }
  const auto share = static_cast<Amount>(hourly / 1000 * 2 / 3 / count);
  const Amount commitment = std::max<Amount>(share / 10'000'000 * 10'000'000, 0.01_amount);  // AWS sells steps of 0.001
  std::vector<SavingsPlan> out;
  for (int i = 0; i < count; ++i) {
    SavingsPlan plan;
    plan.account = &fleet.accounts()[i == 1 ? 1 : 0];
    plan.payment = kPlanPayment[static_cast<std::size_t>(i)];
    plan.commitment = commitment;
    plan.upfront = commitment / 100 * kPlanUpfrontPercent[static_cast<std::size_t>(i)];
    plan.first_month = first_month_of(i, months);
    plan.key = mix(seed, 0x5a7165, static_cast<std::uint64_t>(i));
    out.push_back(std::move(plan));
  }
  return out;
}

}  // namespace centavo::generate
