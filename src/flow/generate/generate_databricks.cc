#include <array>
#include <map>

#include "base/period.h"
#include "flow/generate/amount.h"
#include "flow/generate/generate.h"
#include "flow/generate/output_file.h"
#include "flow/generate/random.h"

namespace centavo::generate {
namespace {

constexpr std::size_t kBufferBytes = 1 << 18;
constexpr std::int64_t kRowsAMonthMin = 100;
constexpr int kMonthsMax = 240;
constexpr int kDaysAMonth = 28;            // of use: every month has them
constexpr int kDayOfPriceChange = 16;
constexpr Amount kStepOfQuantity = kOne / 10'000;

enum class Kind { job, serverless_job, warehouse, team_cluster, pipeline, free_of_charge };

// A SKU with its prices: the list price, after promotion, from the day of the change on, and the account's own.
struct Sku {
  Kind kind;
  int share;                               // of 100 records
  const char* name;
  const char* product;
  Amount list = kNone, promoted = kNone, list_later = kNone, own = kNone;
};
constexpr std::array<Sku, 6> kSkus = {{
    {Kind::job, 42, "PREMIUM_JOBS_COMPUTE", "JOBS", 0.15_amount, kNone, kNone, 0.1275_amount},
    {Kind::serverless_job, 10, "PREMIUM_JOBS_SERVERLESS_COMPUTE_US_EAST_N_VIRGINIA", "JOBS", 0.45_amount, 0.315_amount},
    {Kind::warehouse, 16, "PREMIUM_SERVERLESS_SQL_COMPUTE_US_EAST_N_VIRGINIA", "SQL", 0.7_amount},
    {Kind::team_cluster, 20, "PREMIUM_ALL_PURPOSE_COMPUTE", "ALL_PURPOSE", 0.55_amount, kNone, 0.605_amount},
    {Kind::pipeline, 7, "PREMIUM_DLT_ADVANCED_COMPUTE", "DLT", 0.36_amount},
    {Kind::free_of_charge, 5, "GENIE_FREE_USAGE", "GENIE"},
}};

struct Sums {
  std::int64_t rows = 0, corrections = 0, unpriced = 0;
  Int128 quantity = 0, list = 0, cost = 0;

  OrderedJson json() const {
    return {{"rows", rows},
            {"corrections", corrections},
            {"rows_without_price", unpriced},
            {"usage_quantity", text_of(quantity)},
            {"list_cost", text_of(list)},
            {"cost", text_of(cost)}};
  }
};

struct Usage {
  std::uint64_t key = 0;                   // decides everything about it
  const Sku* sku = nullptr;
  Period period;
  int day = 1, hour = 0;
  Amount quantity = 0;
};

class Workspace {
 public:
  Workspace(const DatabricksOptions& options, const Period& last, const Progress& progress, const Cancel* cancel)
      : options_(options),
        last_(last),
        change_(options.months > 1 ? last.previous() : last),
        progress_(progress),
        cancel_(cancel),
        key_(mix(options.seed, 0xdb5)),
        account_(uuid_of(mix(key_, 1))) {}

  Status write(const std::string& dir, GenerateReport& report) {
    TRY(write_prices(dir, report));
    OutputFile file = TRY(OutputFile::create(dir + "/" + std::string(kUsageFile), false));
    Period period = last_;
    for (int m = 1; m < options_.months; ++m) period = period.previous();
    std::int64_t given = 0;
    for (int m = 0; m < options_.months; ++m, period = period.next()) {
      const std::int64_t until = options_.rows * (m + 1) / options_.months;
      TRY(write_month(file, period, until - given));
      given = until;
    }
    TRY(file.write(text_));
    report.bytes += TRY(file.close());
    report.files.emplace_back(kUsageFile);
    report.rows = done_;
    return {};
  }

  OrderedJson truth() const {
    OrderedJson periods, skus;
    Sums total;
    for (const auto& [key, sums] : by_period_) periods[key] = sums.json();
    for (const auto& [key, sums] : by_sku_) {
      skus[key] = sums.json();
      total.rows += sums.rows;
      total.corrections += sums.corrections;
      total.unpriced += sums.unpriced;
      total.quantity += sums.quantity;
      total.list += sums.list;
      total.cost += sums.cost;
    }
    return {{"generator", "databricks"},
            {"seed", options_.seed},
            {"currency", "USD"},
            {"account", account_},
            {"price_change_at", time_text(change_, kDayOfPriceChange, 0)},
            {"note", "sums are over all record types; cost is at the account's price, else at list after promotions"},
            {"total", total.json()},
            {"periods", periods},
            {"skus", skus}};
  }

 private:
  static constexpr std::string_view kUsageFile = "system_billing_usage.jsonl";

  static std::string date_text(const Period& period, int day) { return fmt::format("{}-{:02}", period.text(), day); }
  static std::string time_text(const Period& period, int day, int hour) {
    return fmt::format("{}T{:02}:00:00.000Z", date_text(period, day), hour);
  }
  bool is_later(const Usage& usage) const {
    return usage.period > change_ || (usage.period == change_ && usage.day >= kDayOfPriceChange);
  }

  std::string price_line(const Sku& sku, Amount list, std::string_view from, const std::string& to,
                         bool of_account) const {
    const std::string pricing =
        of_account
            ? fmt::format(R"({{"default": "{}"}})", text_of(list))
            : fmt::format(
                  R"({{"default": "{}", "promotional": {{"default": {}}}, "effective_list": {{"default": "{}"}}}})",
                  text_of(list), sku.promoted == kNone ? "null" : '"' + text_of(sku.promoted) + '"',
                  text_of(sku.promoted == kNone ? list : sku.promoted));
    return fmt::format(
        R"({{"price_start_time": "{}", "price_end_time": {}, "account_id": "{}", "sku_name": "{}", "cloud": "AWS", )"
        R"("currency_code": "USD", "usage_unit": "DBU", "pricing": {}}})"
        "\n",
        from, to.empty() ? "null" : '"' + to + '"', account_, sku.name, pricing);
  }

  Status write_prices(const std::string& dir, GenerateReport& report) const {
    constexpr std::string_view kStart = "2020-01-01T00:00:00.000Z";
    const std::string change = time_text(change_, kDayOfPriceChange, 0);
    std::string list, own;
    for (const Sku& sku : kSkus) {
      if (sku.list == kNone) continue;
      const bool changes = sku.list_later != kNone;
      list += price_line(sku, sku.list, kStart, changes ? change : "", false);
      if (changes) list += price_line(sku, sku.list_later, change, "", false);
      if (sku.own != kNone) own += price_line(sku, sku.own, kStart, "", true);
    }
    for (const auto& [name, text] :
         {std::pair{"system_billing_list_prices.jsonl", &list}, {"system_billing_account_prices.jsonl", &own}}) {
      TRY(write_file(fmt::format("{}/{}", dir, name), *text));
      report.bytes += static_cast<std::int64_t>(text->size());
      report.files.emplace_back(name);
    }
    return {};
  }

  // One record in fifty is taken back later, and most of those are stated anew.
  Status write_month(OutputFile& file, const Period& period, std::int64_t rows) {
    for (std::int64_t left = rows; left > 0;) {
      const Usage usage = usage_of(period);
      TRY(put(file, usage, "ORIGINAL", usage.quantity, 1));
      --left;
      Random random(mix(usage.key, 7));
      if (left < 2 || !random.percent(2)) continue;
      const int days_later = static_cast<int>(random.between(2, 40));
      TRY(put(file, usage, "RETRACTION", -usage.quantity, days_later));
      --left;
      if (random.percent(12)) continue;
      TRY(put(file, usage, "RESTATEMENT", usage.quantity / 2 / kStepOfQuantity * kStepOfQuantity, days_later));
      --left;
    }
    return {};
  }

  Usage usage_of(const Period& period) {
    Usage out;
    out.key = mix(key_, static_cast<std::uint64_t>(++usages_), 2);
    Random random(out.key);
    auto dice = random.below(100);
    for (const Sku& sku : kSkus) {
      out.sku = &sku;
      if (dice < sku.share) break;
      dice -= sku.share;
    }
    out.period = period;
    out.day = static_cast<int>(random.between(1, kDaysAMonth));
    out.hour = static_cast<int>(random.below(24));
    out.quantity = random.between(1, 400'000) * kStepOfQuantity;
    return out;
  }

  Status put(OutputFile& file, const Usage& usage, std::string_view type, Amount quantity, int days_later) {
    append_record(usage, type, quantity, days_later);
    count(usage, type, quantity);
    if (++done_ % 8192 == 0) {
      if (cancel_ != nullptr && cancel_->requested()) return fail(ErrorKind::cancelled, "stopped");
      if (progress_) progress_(done_, options_.rows);
    }
    if (text_.size() < kBufferBytes) return {};
    TRY(file.write(text_));
    text_.clear();
    return {};
  }

  void count(const Usage& usage, std::string_view type, Amount quantity) {
    const Sku& sku = *usage.sku;
    const Amount list = sku.list_later != kNone && is_later(usage) ? sku.list_later : sku.list;
    const Amount agreed = sku.own != kNone ? sku.own : sku.promoted != kNone ? sku.promoted : list;
    for (Sums* sums : {&by_period_[usage.period.text()], &by_sku_[sku.name]}) {
      ++sums->rows;
      if (type != "ORIGINAL") ++sums->corrections;
      sums->quantity += quantity;
      if (list == kNone) {
        ++sums->unpriced;
        continue;
      }
      sums->list += times(quantity, list);   // four digits by four: exact
      sums->cost += times(quantity, agreed);
    }
  }

  static std::string metadata_of(const Usage& usage) {
    Random random(mix(usage.key, 3));
    const auto id = random.below(40);
    switch (usage.sku->kind) {
      case Kind::job:
        return fmt::format(
            R"("cluster_id": "0901-{0:06}-job{1}", "job_id": "{2}", "job_run_id": "{3}", "job_name": "etl-{1}", "node_type": "m5d.large")",
            random.below(1'000'000), id, 1000 + id, 900'000 + random.below(100'000));
      case Kind::serverless_job:
        return fmt::format(R"("job_id": "{}", "job_run_id": "{}", "job_name": "load-{}")", 5000 + id,
                           700'000 + random.below(100'000), id);
      case Kind::warehouse: return fmt::format(R"("warehouse_id": "{:016x}")", mix(static_cast<std::uint64_t>(id % 6)));
      case Kind::team_cluster:
        return fmt::format(R"("cluster_id": "0801-101010-team{}", "notebook_id": "{}", "node_type": "i3.xlarge")",
                           id % 5, 70 + id);
      case Kind::pipeline:
        return fmt::format(R"("cluster_id": "0902-{:06}-dlt", "dlt_pipeline_id": "{}")", random.below(1'000'000),
                           uuid_of(mix(static_cast<std::uint64_t>(id % 8), 4)));
      case Kind::free_of_charge: break;
    }
    return {};
  }

  void append_record(const Usage& usage, std::string_view type, Amount quantity, int days_later) {
    static constexpr std::array<const char*, 4> kTags = {R"({"team": "ml"})", R"({"team": "dados", "env": "prod"})",
                                                         R"({"team": "bi"})", "{}"};
    Random random(mix(usage.key, 5));
    const std::string date = date_text(usage.period, usage.day);
    const bool ends_a_day = usage.hour == 23;
    // Corrections come up to 40 days later, in the next month at the latest.
    const int ingested = usage.day + days_later;
    const bool next_month = ingested > kDaysAMonth;
    const Kind kind = usage.sku->kind;
    const bool serverless = kind == Kind::serverless_job || kind == Kind::warehouse;
    text_ += fmt::format(
        R"({{"record_id": "{}", "account_id": "{}", "workspace_id": "{}", "sku_name": "{}", "cloud": "AWS", )"
        R"("usage_start_time": "{}", "usage_end_time": "{}", "usage_date": "{}", "custom_tags": {}, "usage_unit": "DBU", )"
        R"("usage_quantity": "{}", "usage_metadata": {{{}}}, "identity_metadata": {{"run_as": "user{}@example.com"}}, )"
        R"("record_type": "{}", "ingestion_date": "{}", "billing_origin_product": "{}", )"
        R"("product_features": {{"is_serverless": {}, "is_photon": false}}, "usage_type": "COMPUTE_TIME"}})"
        "\n",
        uuid_of(mix(usage.key, static_cast<std::uint64_t>(type.size()), 6)), account_,
        1'234'567'890'123'450 + random.below(3), usage.sku->name, time_text(usage.period, usage.day, usage.hour),
        time_text(usage.period, usage.day + (ends_a_day ? 1 : 0), ends_a_day ? 0 : usage.hour + 1), date,
        kTags[static_cast<std::size_t>(random.below(4))], text_of(quantity), metadata_of(usage), random.below(25), type,
        next_month ? date_text(usage.period.next(), std::min(ingested - kDaysAMonth, kDaysAMonth))
                   : date_text(usage.period, ingested),
        usage.sku->product, serverless);
  }

  const DatabricksOptions& options_;
  Period last_, change_;
  const Progress& progress_;
  const Cancel* cancel_;
  std::uint64_t key_;
  std::string account_, text_;
  std::int64_t usages_ = 0, done_ = 0;
  std::map<std::string, Sums> by_period_, by_sku_;
};

}  // namespace

Result<GenerateReport> generate_databricks(const DatabricksOptions& options, const std::string& out_dir,
                                           const Progress& progress, const Cancel* cancel) {
  const Period last = TRY_IN("generate databricks: last period", Period::parse(options.last_period));
  if (options.months < 1 || options.months > kMonthsMax) {
    return fail(ErrorKind::invalid_argument, "generate databricks: {} months: give 1 to {}", options.months,
                kMonthsMax);
  }
  if (options.rows / options.months < kRowsAMonthMin) {
    return fail_hint(fmt::format("ask for {} rows or more", kRowsAMonthMin * options.months),
                     ErrorKind::invalid_argument, "generate databricks: {} rows in {} months", options.rows,
                     options.months);
  }
  GenerateReport report;
  Workspace workspace(options, last, progress, cancel);
  TRY_IN("generate databricks", workspace.write(out_dir, report));
  report.truth = workspace.truth();
  TRY_IN("generate databricks", write_file(out_dir + "/truth.json", report.truth.dump(2) + "\n"));
  if (progress) progress(options.rows, options.rows);
  return report;
}

}  // namespace centavo::generate
