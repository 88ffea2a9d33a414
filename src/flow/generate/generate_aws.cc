#include <algorithm>

#include "flow/generate/aws_month.h"
#include "flow/generate/random.h"

namespace centavo::generate {
namespace {

constexpr std::int64_t kRowsAMonthMin = 100;
constexpr std::int64_t kSmallMonthRows = 1500;
constexpr std::int64_t kHourlyMonthRows = 75000;   // from here on a line an hour; below a line a day
constexpr int kMonthsMax = 240;
constexpr std::int64_t kGrowthPercent = 103;

Result<Period> check(const AwsOptions& options, const duck::Database* engine) {
  const Period last = TRY_IN("last period", Period::parse(options.last_period));
  if (options.months < 1 || options.months > kMonthsMax) {
    return fail(ErrorKind::invalid_argument, "{} months: give 1 to {}", options.months, kMonthsMax);
  }
  if (options.rows / options.months < kRowsAMonthMin) {
    return fail_hint(fmt::format("ask for {} rows or more", kRowsAMonthMin * options.months),
                     ErrorKind::invalid_argument, "{} rows in {} months: a month of a bill needs {} rows", options.rows,
                     options.months, kRowsAMonthMin);
  }
  if (options.rows_per_file < 1)
    return fail(ErrorKind::invalid_argument, "{} rows per file: give 1 or more", options.rows_per_file);
  if (options.report.empty() || options.report.find_first_of("/\\\"") != std::string::npos) {
    return fail(ErrorKind::invalid_argument, "report name \"{}\": use letters, digits and dashes", options.report);
  }
  if (options.format == FileFormat::parquet && engine == nullptr)
    return fail(ErrorKind::invalid_argument, "Parquet needs the engine");
  return last;
}

// Rows of each month: growing, together exactly options.rows, none below the least.
std::vector<std::int64_t> rows_by_month(const AwsOptions& options) {
  std::vector<std::int64_t> weights;
  std::int64_t weight = 1'000'000;
  std::int64_t sum = 0;
  Random random(mix(options.seed, 0x2035));
  for (int m = 0; m < options.months; ++m) {
    weights.push_back(weight / 100 * random.between(98, 102));
    sum += weights.back();
    weight = std::min<std::int64_t>(weight * kGrowthPercent / 100, 1'000'000'000);
  }
  const std::int64_t free_rows = options.rows - kRowsAMonthMin * options.months;
  std::vector<std::int64_t> out;
  std::int64_t so_far = 0;
  std::int64_t given = 0;
  for (const auto w : weights) {
    so_far += w;
    const auto until = static_cast<std::int64_t>(static_cast<Int128>(free_rows) * so_far / sum);
    out.push_back(kRowsAMonthMin + until - given);
    given = until;
  }
  return out;
}

BillPlan plan_for(const AwsOptions& options, bool small) {
  BillPlan plan;
  plan.seed = options.seed;
  plan.hourly = options.rows / options.months >= kHourlyMonthRows;
  plan.discounts = options.discounts;
  plan.marketplace_rows = small ? 2 : 8;
  plan.credit_rows = small ? 2 : 6;
  plan.refund_rows = small ? 1 : 2;
  plan.taxed_services = small ? 1 : kBigServices;
  return plan;
}

Assembly assembly_of(const AwsOptions& options, const Period& period, bool final, bool preliminary) {
  Assembly out;
  out.id = uuid_of(mix(options.seed,
                       static_cast<std::uint64_t>(period.year()) * 12 + static_cast<std::uint64_t>(period.month()),
                       preliminary ? 0xa1 : 0xa2));
  out.delivered = preliminary ? period.text() + "-28T06:30:00.000Z" : period.next().text() + "-03T08:15:00.000Z";
  out.final = final && !preliminary;
  out.preliminary = preliminary;
  return out;
}

}  // namespace

Result<GenerateReport> generate_aws(const AwsOptions& options, const std::string& out_dir, duck::Database* engine,
                                    const Progress& progress, const Cancel* cancel) {
  const Period last = TRY_IN("generate aws", check(options, engine));
  Period period = last;
  for (int m = 1; m < options.months; ++m) period = period.previous();
  const Period restated = options.months == 1 ? last : last.previous();
  const auto rows = rows_by_month(options);
  const bool small = *std::min_element(rows.begin(), rows.end()) < kSmallMonthRows;
  const BillPlan plan = plan_for(options, small);
  const auto layout = options.layout == AwsLayout::legacy ? legacy_layout() : cur2_layout();
  Fleet fleet(options.seed, small ? 5 : 13, *layout);
  const std::int64_t resources = rows.front() / (plan.hourly ? 730 : 30);   // lines of one interval
  auto reservations = buy_reservations(fleet, options.seed, resources, small ? 2 : 8, options.months);
  auto plans = buy_savings_plans(fleet, options.seed, resources, small ? 1 : 3, options.months);

  GenerateReport report;
  Pace pace{progress, cancel, 0, options.rows};
  if (options.restate && !options.before_restatement) {
    pace.rows_total += rows[rows.size() - (options.months == 1 ? 1 : 2)];
  }
  Truth total;
  OrderedJson periods;
  for (int month = 0; month < options.months; ++month, period = period.next()) {
    const Bill bill{period,           fleet.accounts().front().id,   fleet.accounts().front().name,
                    options.currency, period.first() + "T00:00:00Z", period.end() + "T00:00:00Z"};
    const bool twice = options.restate && period == restated;
    OrderedJson assemblies;
    OrderedJson& entry = periods[period.text()];
    for (int pass = twice ? 0 : 1; pass < (twice && options.before_restatement ? 1 : 2); ++pass) {
      const Assembly assembly = assembly_of(options, period, period != last, pass == 0);
      Delivery delivery(options, *layout, bill, assembly, out_dir, engine, pace);
      MonthWriter writer(plan, fleet, reservations, plans, assembly, month, delivery);
      TRY_IN(fmt::format("generate aws {}", period.text()), writer.write(rows[static_cast<std::size_t>(month)]));
      TRY_IN(fmt::format("generate aws {}", period.text()), delivery.close());
      report.rows += delivery.truth().rows();
      report.bytes += delivery.bytes();
      report.files.insert(report.files.end(), delivery.files().begin(), delivery.files().end());
      OrderedJson told = {{"assembly", assembly.id}, {"final", assembly.final}, {"files", delivery.files()}};
      told.update(delivery.truth().json());
      assemblies.push_back(told);
      entry = told;
      if (pass == 1 || options.before_restatement) total.add(delivery.truth());
    }
    entry["assemblies"] = assemblies;
  }
  report.truth = {
      {"generator", "aws"},
      {"layout", options.layout == AwsLayout::legacy ? "legacy" : "cur2"},
      {"format", options.format == FileFormat::parquet ? "parquet" : "csv.gz"},
      {"seed", options.seed},
      {"currency", options.currency},
      {"report", options.report},
      {"payer", fleet.accounts().front().id},
      {"note", "a period is the state after its newest assembly; amortized spreads commitments over what they cover"},
      {"total", total.json()},
      {"periods", periods}};
  TRY(write_file(out_dir + "/truth.json", report.truth.dump(2) + "\n"));
  if (progress) progress(report.rows, report.rows);
  return report;
}

}  // namespace centavo::generate
