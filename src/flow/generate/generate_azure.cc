#include <algorithm>
#include <map>

#include "flow/generate/azure_export.h"
#include "flow/generate/random.h"

namespace centavo::generate {
namespace {

constexpr std::int64_t kRowsAMonthMin = 200;
constexpr std::int64_t kSmallMonthRows = 3000;
constexpr int kMonthsMax = 240;
constexpr int kDaysOfEarlyRun = 10;
constexpr int kRowsOnce = 4;  // marketplace, its refund, support, rounding: a month has one of each, in both exports
constexpr int kHoursADay = 24;
const std::map<std::string, Amount> kRates = {{"USD", kOne}, {"BRL", 5.4321_amount}, {"EUR", 0.9217_amount}};

// A reservation covers hours of one product, a savings plan dollars of any; both by the day.
struct Reservation {
  AzureBenefit benefit;
  std::size_t product;
  Amount hours_a_day;
  bool paid_once;
};
struct SavingsPlan {
  AzureBenefit benefit;
  Amount dollars_a_day;
};

AzureBenefit benefit_of(std::uint64_t key, std::string name, bool is_plan) {
  const std::string order = uuid_of(mix(key, 1)), id = uuid_of(mix(key, 2));
  if (is_plan)
    return {fmt::format("/providers/Microsoft.BillingBenefits/savingsPlanOrders/{}/savingsPlans/{}", order, id),
            std::move(name), "", "3 Years"};
  return {fmt::format("/providers/Microsoft.Capacity/reservationOrders/{}/reservations/{}", order, id), std::move(name),
          id, "1 Year"};
}

class Customer {
 public:
  Customer(const AzureOptions& options, const Period& last, const std::string& out_dir, duck::Database* engine,
           Pace& pace)
      : options_(options),
        last_(last),
        out_dir_(out_dir),
        engine_(engine),
        pace_(pace),
        key_(mix(options.seed, 0xa2e)),
        is_small_(options.rows / options.months < kSmallMonthRows),
        products_(azure_products(key_)),
        subscriptions_(azure_subscriptions(key_, is_small_ ? 3 : 12, is_small_ ? 4 : 40)) {
    account_.account = fmt::format("{}:{}_2019-05-31", uuid_of(mix(key_, 1)), uuid_of(mix(key_, 2)));
    account_.profile = "BRPF-0001";
    account_.currency = options.currency;
    account_.rate = kRates.at(options.currency);
    buy();
  }

  /// Writes all months and returns the truth.
  Result<OrderedJson> write(GenerateReport& report) {
    OrderedJson periods;
    Totals total;
    Period period = last_;
    for (int m = 1; m < options_.months; ++m) period = period.previous();
    std::int64_t given = 0;
    for (month_ = 0; month_ < options_.months; ++month_, period = period.next()) {
      const std::int64_t until = options_.rows * (month_ + 1) / options_.months;
      plan_month(period, until - given);
      given = until;
      OrderedJson runs;
      const bool twice = options_.restate && period == last_;
      Totals month;
      if (twice) month = TRY(write_runs(period, kDaysOfEarlyRun - 1, report, runs));
      if (!twice || !options_.before_restatement) month = TRY(write_runs(period, days_of(period), report, runs));
      OrderedJson& entry = periods[period.text()];
      entry = runs.back();
      entry["runs"] = runs;
      total.add(month);
    }
    return OrderedJson{
        {"generator", "azure"},
        {"format", options_.format == FileFormat::parquet ? "parquet" : "csv.gz"},
        {"seed", options_.seed},
        {"currency", account_.currency},
        {"pricing_currency", "USD"},
        {"exchange_rate", text_of(account_.rate)},
        {"billing_account", account_.account},
        {"billing_profile", account_.profile},
        {"note",
         "a period is the state after its newest run; billed is the actual export, effective the amortised one"},
        {"total", total.json()},
        {"periods", periods}};
  }

 private:
  struct Totals {
    AzureSums actual, amortized;

    void add(const Totals& other) {
      add(actual, other.actual);
      add(amortized, other.amortized);
    }
    static void add(AzureSums& sums, const AzureSums& other) {
      sums.rows += other.rows;
      sums.commitment_rows += other.commitment_rows;
      for (const auto part : {&AzureSums::cost, &AzureSums::usage, &AzureSums::purchase, &AzureSums::adjustment,
                              &AzureSums::commitments, &AzureSums::refunds, &AzureSums::marketplace,
                              &AzureSums::unused_reservation, &AzureSums::unused_savings_plan})
        sums.*part += other.*part;
    }
    OrderedJson json() const {
      return {{"rows", actual.rows + amortized.rows},
              {"rows_actual", actual.rows},
              {"rows_amortized", amortized.rows},
              {"rows_focus", amortized.rows + actual.commitment_rows},
              {"billed", text_of(actual.cost)},
              {"effective", text_of(amortized.cost)},
              {"billed_by_charge_category",
               {{"Usage", text_of(actual.usage)},
                {"Purchase", text_of(actual.purchase)},
                {"Adjustment", text_of(actual.adjustment)}}},
              {"effective_by_charge_category",
               {{"Usage", text_of(amortized.usage)},
                {"Purchase", text_of(amortized.purchase)},
                {"Adjustment", text_of(amortized.adjustment)}}},
              {"commitments", text_of(actual.commitments)},
              {"refunds", text_of(actual.refunds)},
              {"marketplace", text_of(actual.marketplace)},
              {"unused_reservation", text_of(amortized.unused_reservation)},
              {"unused_savings_plan", text_of(amortized.unused_savings_plan)}};
    }
  };

  // Commitments as large as what a third of the machines use, and a fifth.
  void buy() {
    const std::int64_t rows_a_day = std::max<std::int64_t>(options_.rows / options_.months / 62, 1);
    const std::size_t regions = azure_regions().size();
    for (std::size_t i = 0; i < (is_small_ ? 1u : 4u); ++i) {
      const std::size_t product = (i / 2) * regions + i % 2;
      const AzureProduct& of = products_[product];
      const std::int64_t machines =
          rows_a_day * of.meter->share * (i % 2 == 0 ? 6 : 3) / 1000 * 35 / 100 * 55 / 100 + 1;
      reservations_.push_back(
          {benefit_of(mix(key_, i, 3), fmt::format("ri-{}-{}", of.meter->resource, of.region->id), false), product,
           machines * kHoursADay * kOne, i % 2 == 1});
    }
    for (std::uint64_t i = 0; i < (is_small_ ? 1u : 2u); ++i) {
      const std::int64_t cents_an_hour = rows_a_day * 31 / 100 * 25 / 100 * 12 * 30 / 24 / (is_small_ ? 1 : 2) + 10;
      plans_.push_back({benefit_of(mix(key_, i, 4), fmt::format("sp-comp-{}", i + 1), true),
                        cents_an_hour * kHoursADay * (kOne / 100)});
    }
  }

  // How the rows of a month are made up: what is bought, what is idle each day, the rest is usage, told by both
  // exports.
  void plan_month(const Period& period, std::int64_t rows) {
    period_key_ =
        mix(key_, static_cast<std::uint64_t>(period.year()) * 12 + static_cast<std::uint64_t>(period.month()));
    const auto bought = std::count_if(reservations_.begin(), reservations_.end(),
                                      [&](const Reservation& r) { return month_ == 0 || !r.paid_once; }) +
                        static_cast<std::int64_t>(plans_.size());
    const auto idle = static_cast<std::int64_t>(reservations_.size() + plans_.size()) * days_of(period);
    const std::int64_t rest = rows - 2 * kRowsOnce - bought - idle - 1;
    refunds_ = rest % 2 == 0 ? 1 : 2;
    usage_rows_ = rest / 2;
  }

  Result<Totals> write_runs(const Period& period, int days, GenerateReport& report, OrderedJson& told) {
    OrderedJson files = OrderedJson::array(), ids;
    std::vector<AzureSums> sums;
    const bool whole = days == days_of(period);
    const Day submitted = first_day(period) + std::chrono::days(whole && period != last_ ? days + 4 : days);
    for (const bool amortized : {false, true}) {
      AzureRun run{amortized,
                   whole && period != last_,
                   period,
                   days,
                   uuid_of(mix(period_key_, static_cast<std::uint64_t>(days), amortized ? 5 : 6)),
                   date_text(submitted) + (amortized ? "T05:20:00Z" : "T05:05:00Z")};
      AzureExport out(options_, account_, run, out_dir_, engine_, pace_);
      TRY_IN(fmt::format("generate azure {}", period.text()), write_days(out));
      TRY_IN(fmt::format("generate azure {}", period.text()), out.close());
      report.rows += out.sums().rows;
      report.bytes += out.bytes();
      report.files.insert(report.files.end(), out.files().begin(), out.files().end());
      for (const auto& file : out.files()) files.push_back(file);
      ids[amortized ? "amortized" : "actual"] = run.id;
      sums.push_back(out.sums());
    }
    Totals totals{sums[0], sums[1]};
    OrderedJson entry = {{"run", ids}, {"days", days}, {"final", whole && period != last_}, {"files", files}};
    entry.update(totals.json());
    told.push_back(entry);
    return totals;
  }

  Status write_days(AzureExport& out) {
    const int days = days_of(out.run().period);
    std::int64_t row = 0;
    for (int day = 1; day <= out.run().days; ++day) {
      if (day == 1 && !out.run().amortized) TRY(put_purchases(out, days));
      if (day == 3) TRY(put_once(out));
      hours_left_.clear();
      dollars_left_.clear();
      for (const auto& reservation : reservations_) hours_left_.push_back(reservation.hours_a_day);
      for (const auto& plan : plans_) dollars_left_.push_back(plan.dollars_a_day);
      for (const std::int64_t until = usage_rows_ * day / days; row < until; ++row) TRY(put_usage(out, day, row));
      if (out.run().amortized) TRY(put_idle(out, day));
      if (day == days) TRY(put_rounding(out, day));
    }
    return {};
  }

  static AzureLine line_of(const AzureProduct& product, const AzureSubscription& subscription, int day) {
    AzureLine line;
    line.day = day;
    line.subscription = &subscription;
    line.product = product.columns;
    line.place = product.place;
    line.unit = product.meter->unit;
    return line;
  }

  Status put_usage(AzureExport& out, int day, std::int64_t row) {
    Random random(mix(period_key_, static_cast<std::uint64_t>(row), 7));
    auto dice = random.below(100);
    std::size_t meter = 0;
    while (dice >= azure_meters()[meter].share) dice -= azure_meters()[meter++].share;
    const auto where = random.below(10);
    const std::size_t region = where < 6 ? 0 : where < 9 ? 1 : 2;
    const std::size_t at = meter * azure_regions().size() + region;
    const AzureProduct& product = products_[at];
    const AzureSubscription& subscription =
        subscriptions_[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(subscriptions_.size())))];
    const auto& resources = subscription.resources[meter];
    AzureLine line = line_of(product, subscription, day);
    line.resource = &resources[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(resources.size())))];
    line.quantity = random.between(1, product.meter->steps) * product.meter->step;
    line.list_price = product.list;
    line.price = line.unit_price = product.agreed;
    if (product.reserved > 0) cover(line, at, product, random.below(100));
    const bool is_covered = line.benefit != nullptr;
    line.cost = is_covered && !out.run().amortized ? 0 : times(line.price, line.quantity);
    if (is_covered && !out.run().amortized) line.price = 0;
    return out.add(line);
  }

  // A benefit takes a row whole, and is never used up to the last: something of it is idle every day.
  void cover(AzureLine& line, std::size_t product_at, const AzureProduct& product, std::int64_t dice) {
    for (std::size_t i = 0; dice < 35 && i < reservations_.size(); ++i) {
      if (reservations_[i].product != product_at || hours_left_[i] <= line.quantity) continue;
      hours_left_[i] -= line.quantity;
      line.benefit = &reservations_[i].benefit;
      line.model = AzureModel::reservation;
      line.price = product.reserved;
      return;
    }
    const Amount dollars = times(product.plan, line.quantity);
    for (std::size_t i = 0; dice >= 35 && dice < 60 && i < plans_.size(); ++i) {
      if (dollars_left_[i] <= dollars) continue;
      dollars_left_[i] -= dollars;
      line.benefit = &plans_[i].benefit;
      line.model = AzureModel::savings_plan;
      line.price = product.plan;
      return;
    }
    if (dice >= 92) {
      line.model = AzureModel::spot;
      line.price = line.unit_price = product.spot;
    }
  }

  Status put_idle(AzureExport& out, int day) {
    for (std::size_t i = 0; i < reservations_.size(); ++i) {
      const AzureProduct& product = products_[reservations_[i].product];
      AzureLine line = line_of(product, subscriptions_[i % subscriptions_.size()], day);
      line.charge = AzureCharge::unused_reservation;
      line.model = AzureModel::reservation;
      line.benefit = &reservations_[i].benefit;
      line.quantity = hours_left_[i];
      line.price = product.reserved;
      line.unit_price = 0;
      line.cost = times(line.price, line.quantity);
      TRY(out.add(line));
    }
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      AzureLine line = line_of(products_[0], subscriptions_[i % subscriptions_.size()], day);
      line.charge = AzureCharge::unused_savings_plan;
      line.model = AzureModel::savings_plan;
      line.benefit = &plans_[i].benefit;
      line.unit = "1";
      line.quantity = line.cost = dollars_left_[i];
      line.price = kOne;
      line.unit_price = 0;
      TRY(out.add(line));
    }
    return {};
  }

  Status put_purchases(AzureExport& out, int days) {
    for (const Reservation& reservation : reservations_) {
      if (reservation.paid_once && month_ > 0) continue;
      const AzureProduct& product = products_[reservation.product];
      AzureLine line = line_of(product, subscriptions_.front(), 1);
      line.charge = AzureCharge::purchase;
      line.model = AzureModel::reservation;
      line.benefit = &reservation.benefit;
      line.unit = "1";
      line.frequency = reservation.paid_once ? "OneTime" : "Recurring";
      line.cost = times(product.reserved, reservation.hours_a_day) * (reservation.paid_once ? 365 : days);
      line.price = line.unit_price = line.cost;
      TRY(out.add(line));
    }
    for (const SavingsPlan& plan : plans_) {
      AzureLine line = line_of(products_[0], subscriptions_.front(), 1);
      line.charge = AzureCharge::purchase;
      line.model = AzureModel::savings_plan;
      line.benefit = &plan.benefit;
      line.unit = "1";
      line.frequency = "Recurring";
      line.price = line.unit_price = line.cost = plan.dollars_a_day * days;
      TRY(out.add(line));
    }
    return {};
  }

  // What comes once a month: a marketplace subscription with a refund, support, and what was given back of a
  // reservation.
  Status put_once(AzureExport& out) {
    Random random(mix(period_key_, 8));
    AzureLine line = line_of(products_[0], subscriptions_.front(), 3);
    line.unit = "1/Month";
    line.charge = AzureCharge::purchase;
    line.frequency = "Recurring";
    line.place = "Unassigned,Unassigned";
    line.product = "SaaS,,,Microsoft.SaaS,,Standard,SaaS,Elastic Cloud,,,Elastic Cloud - Standard";
    line.publisher = "Elasticsearch BV";
    line.price = line.unit_price = line.cost = random.between(20'000, 90'000) * (kOne / 100);
    TRY(out.add(line));
    line.charge = AzureCharge::refund;
    line.frequency = "OneTime";
    line.cost = -line.cost / 4;
    line.price = line.unit_price = line.cost;
    TRY(out.add(line));
    line.charge = AzureCharge::purchase;
    line.frequency = "Recurring";
    line.publisher = {};
    line.product = "Azure Support,,,Microsoft.Support,,Standard,Azure Support,Standard,,,Standard Support";
    line.price = line.unit_price = line.cost = 100 * kOne;
    TRY(out.add(line));
    for (int i = 0; i < (out.run().amortized ? 0 : refunds_); ++i) {
      const AzureProduct& product = products_[reservations_.front().product];
      AzureLine back = line_of(product, subscriptions_.front(), 3);
      back.charge = AzureCharge::refund;
      back.model = AzureModel::reservation;
      back.benefit = &reservations_.front().benefit;
      back.frequency = "OneTime";
      back.unit = "1";
      back.cost = -times(product.reserved, random.between(1, 90) * kOne);
      back.price = back.unit_price = back.cost;
      TRY(out.add(back));
    }
    return {};
  }

  Status put_rounding(AzureExport& out, int day) {
    Random random(mix(period_key_, 9));
    AzureLine line = line_of(products_[0], subscriptions_.front(), day);
    line.charge = AzureCharge::rounding;
    line.frequency = "OneTime";
    line.product = "Rounding,,,,,,,,,,Rounding adjustment";
    line.place = "Unassigned,Unassigned";
    line.unit = "1";
    line.cost = random.between(-49, 49) * (kOne / 10'000);
    line.price = line.cost;
    return out.add(line);
  }

  const AzureOptions& options_;
  Period last_;
  const std::string& out_dir_;
  duck::Database* engine_;
  Pace& pace_;
  std::uint64_t key_, period_key_ = 0;
  bool is_small_;
  std::vector<AzureProduct> products_;
  std::vector<AzureSubscription> subscriptions_;
  AzureAccount account_;
  std::vector<Reservation> reservations_;
  std::vector<SavingsPlan> plans_;
  std::vector<Amount> hours_left_, dollars_left_;  // of the day, by commitment
  int month_ = 0, refunds_ = 1;
  std::int64_t usage_rows_ = 0;
};

Result<Period> check(const AzureOptions& options, const duck::Database* engine) {
  const Period last = TRY_IN("last period", Period::parse(options.last_period));
  if (options.months < 1 || options.months > kMonthsMax)
    return fail(ErrorKind::invalid_argument, "{} months: give 1 to {}", options.months, kMonthsMax);
  if (options.rows / options.months < kRowsAMonthMin) {
    return fail_hint(fmt::format("ask for {} rows or more", kRowsAMonthMin * options.months),
                     ErrorKind::invalid_argument, "{} rows in {} months: a month of both exports needs {} rows",
                     options.rows, options.months, kRowsAMonthMin);
  }
  if (options.rows_per_file < 1)
    return fail(ErrorKind::invalid_argument, "{} rows per file: give 1 or more", options.rows_per_file);
  if (!kRates.contains(options.currency))
    return fail_hint("BRL, EUR and USD are", ErrorKind::invalid_argument, "currency {}: no exchange rate is known",
                     options.currency);
  if (options.format == FileFormat::parquet && engine == nullptr)
    return fail(ErrorKind::invalid_argument, "Parquet needs the engine");
  return last;
}

}  // namespace

Result<GenerateReport> generate_azure(const AzureOptions& options, const std::string& out_dir, duck::Database* engine,
                                      const Progress& progress, const Cancel* cancel) {
  const Period last = TRY_IN("generate azure", check(options, engine));
  GenerateReport report;
  Pace pace{progress, cancel, 0, options.rows};
  Customer customer(options, last, out_dir, engine, pace);
  report.truth = TRY(customer.write(report));
  TRY(write_file(out_dir + "/truth.json", report.truth.dump(2) + "\n"));
  if (progress) progress(report.rows, report.rows);
  return report;
}

}  // namespace centavo::generate
