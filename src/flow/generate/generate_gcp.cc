#include <algorithm>
#include <map>
#include <optional>

#include "base/decimal.h"
#include "flow/generate/calendar.h"
#include "flow/generate/gcp_catalog.h"
#include "flow/generate/generate.h"
#include "flow/generate/random.h"
#include "flow/generate/row_file.h"

namespace centavo::generate {
namespace {

constexpr std::int64_t kRowsAMonthMin = 200;
constexpr std::int64_t kSmallMonthRows = 3000;
constexpr int kMonthsMax = 240;
constexpr int kDayOfTax = 3;          // of the month after
constexpr int kDayOfAdjustment = 15;
constexpr int kDayTwice = 10;         // of the newest month, from 1
constexpr int kDaysInvoiceIsOpen = 4;
constexpr int kPacificHours = 7;      // months of invoices begin in Pacific time
constexpr Amount kMicro = kOne / 1'000'000;
constexpr Amount kQuantityStep = kOne / 10'000;
const std::map<std::string, Amount> kRates = {{"USD", kOne}, {"BRL", 5.4321_amount}, {"EUR", 0.9217_amount}};

// Nested as BigQuery exports it: floats, times with zone, repeated records as lists.
constexpr const char* kParquet = R"sql(
select * replace (cast(replace(usage_start_time, ' UTC', '+00') as timestamptz) as usage_start_time,
  cast(replace(usage_end_time, ' UTC', '+00') as timestamptz) as usage_end_time, cast(replace(export_time, ' UTC', '+00') as timestamptz) as export_time)
from read_json({}, format = 'newline_delimited', columns = {
  billing_account_id: 'VARCHAR', service: 'STRUCT(id VARCHAR, description VARCHAR)', sku: 'STRUCT(id VARCHAR, description VARCHAR)',
  usage_start_time: 'VARCHAR', usage_end_time: 'VARCHAR',
  project: 'STRUCT(id VARCHAR, "number" VARCHAR, name VARCHAR, labels STRUCT("key" VARCHAR, "value" VARCHAR)[], ancestry_numbers VARCHAR, ancestors STRUCT(resource_name VARCHAR, display_name VARCHAR)[])',
  labels: 'STRUCT("key" VARCHAR, "value" VARCHAR)[]', system_labels: 'STRUCT("key" VARCHAR, "value" VARCHAR)[]',
  "location": 'STRUCT("location" VARCHAR, country VARCHAR, region VARCHAR, "zone" VARCHAR)',
  resource: 'STRUCT(name VARCHAR, global_name VARCHAR)',
  tags: 'STRUCT("key" VARCHAR, "value" VARCHAR, inherited BOOLEAN, namespace VARCHAR)[]',
  price: 'STRUCT(effective_price DECIMAL(38,9), tier_start_amount DECIMAL(38,9), unit VARCHAR, pricing_unit_quantity DECIMAL(38,9))',
  transaction_type: 'VARCHAR', seller_name: 'VARCHAR', export_time: 'VARCHAR', "cost": 'DOUBLE', cost_at_list: 'DOUBLE',
  currency: 'VARCHAR', currency_conversion_rate: 'DOUBLE',
  usage: 'STRUCT(amount DOUBLE, unit VARCHAR, amount_in_pricing_units DOUBLE, pricing_unit VARCHAR)',
  credits: 'STRUCT(name VARCHAR, amount DOUBLE, full_name VARCHAR, id VARCHAR, "type" VARCHAR)[]',
  invoice: 'STRUCT("month" VARCHAR, publisher_type VARCHAR)', cost_type: 'VARCHAR',
  adjustment_info: 'STRUCT(id VARCHAR, description VARCHAR, "mode" VARCHAR, "type" VARCHAR)'}))sql";

enum class Credit { cpu, ram, spend, sustained, spending_based, free_tier, promotion };
struct CreditKind {
  const char *type, *name, *id;
};
constexpr std::array<CreditKind, 7> kCredits = {{
    {"COMMITTED_USAGE_DISCOUNT", "Committed usage discount: CPU", "cud-cpu"},
    {"COMMITTED_USAGE_DISCOUNT", "Committed usage discount: RAM", "cud-ram"},
    {"COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE", "Committed use discount - dollar based: Cloud SQL", "cud-sql"},
    {"SUSTAINED_USAGE_DISCOUNT", "Sustained usage discount", "sud"},
    {"SPENDING_BASED_DISCOUNT", "Spending based discount (contractual)", "ebd"},
    {"FREE_TIER", "Free tier", "free"},
    {"PROMOTION", "Free trial", "ft"},
}};

enum class CostType { regular, tax, adjustment, rounding_error };
constexpr std::array<const char*, 4> kCostTypes = {"regular", "tax", "adjustment", "rounding_error"};

struct Line {
  CostType type = CostType::regular;
  const GcpSku* sku = nullptr;      // null: of the invoice
  const GcpProject* project = nullptr;
  bool is_fee = false;
  std::uint64_t key = 0;            // decides labels, resource and batch
  Day load_day{}, used_on{};
  int hour = 0, hours = 1;          // of use
  Period invoice;
  Amount quantity = 0, cost = 0, list = 0;   // in the account's currency
  std::array<Amount, kCredits.size()> credits{};
};

struct Sums {
  std::int64_t rows = 0, late = 0;
  Int128 cost = 0, list = 0, usage = 0, purchase = 0, tax = 0, adjustment = 0;
  std::array<Int128, kCredits.size()> credits{};

  void add(const Line& line) {
    ++rows;
    if (line.load_day - line.used_on > std::chrono::days(3)) ++late;
    cost += line.cost;
    list += line.list;
    Int128 net = line.cost;
    for (std::size_t i = 0; i < credits.size(); ++i) {
      credits[i] += line.credits[i];
      if (static_cast<Credit>(i) != Credit::promotion) net += line.credits[i];
    }
    Int128& category = line.type == CostType::tax       ? tax
                       : line.type != CostType::regular ? adjustment
                       : line.is_fee                    ? purchase
                                                        : usage;
    category += net;
  }
  void add(const Sums& other) {
    rows += other.rows;
    late += other.late;
    for (const auto part : {&Sums::cost, &Sums::list, &Sums::usage, &Sums::purchase, &Sums::tax, &Sums::adjustment})
      this->*part += other.*part;
    for (std::size_t i = 0; i < credits.size(); ++i) credits[i] += other.credits[i];
  }
  Int128 net() const {
    Int128 out = cost;
    for (const auto amount : credits) out += amount;
    return out;
  }
  OrderedJson json() const {
    std::map<std::string, Int128> types;
    for (std::size_t i = 0; i < credits.size(); ++i) {
      if (credits[i] != 0) types[kCredits[i].type] += credits[i];
    }
    OrderedJson by_type = OrderedJson::object();
    for (const auto& [type, amount] : types) by_type[type] = text_of(amount);
    return {{"rows", rows},
            {"rows_more_than_3_days_late", late},
            {"cost", text_of(cost)},
            {"credits", text_of(net() - cost)},
            {"credits_by_type", by_type},
            {"billed", text_of(net())},
            {"effective", text_of(net())},
            {"billed_by_charge_category",
             {{"Usage", text_of(usage)},
              {"Purchase", text_of(purchase)},
              {"Tax", text_of(tax)},
              {"Adjustment", text_of(adjustment)},
              {"Credit", text_of(credits[static_cast<std::size_t>(Credit::promotion)])}}}};
  }
};

Amount to_micro(Amount amount) { return (amount + (amount < 0 ? -kMicro : kMicro) / 2) / kMicro * kMicro; }
Amount percent_of(Amount amount, std::int64_t percent) {
  return to_micro(static_cast<Amount>(static_cast<Int128>(amount) * percent / 100));
}

class Organization {
 public:
  Organization(const GcpOptions& options, const Period& last, const std::string& out_dir, duck::Database* engine,
               Pace& pace)
      : options_(options),
        last_(last),
        out_dir_(out_dir),
        pace_(pace),
        key_(mix(options.seed, 0x6c9)),
        rate_(kRates.at(options.currency)),
        projects_(gcp_projects(key_, options.rows / options.months < kSmallMonthRows ? 3 : 24)) {
    first_ = last;
    for (int m = 1; m < options.months; ++m) first_ = first_.previous();
    form_.engine = engine;
    if (options.format == FileFormat::parquet) form_.select = kParquet;
    Random random(mix(key_, 1));
    account_ = fmt::format("{}-{}-{}", upper_hex(random), upper_hex(random), upper_hex(random));
    days_ = (first_day(last.next()) - first_day(first_)).count();
    for (std::size_t i = 0; i < fees_.size(); ++i) {
      // What commitments cover is a little less than they hold.
      const GcpSku& fee = gcp_fees()[i];
      const auto sku = std::find_if(gcp_skus().begin(), gcp_skus().end(),
                                    [&](const GcpSku& of) { return of.commitment == fee.commitment; });
      fees_[i] =
          options.rows / days_ * sku->share * 40 / 100 * sku->steps / 2 * 70 / 100 / 100 / 24 * 24 * kQuantityStep +
          24 * kOne;
    }
  }

  Status write(GenerateReport& report) {
    std::int64_t given = 0;
    for (std::int64_t i = 0; i < days_; ++i) {
      const Day day = first_day(first_) + std::chrono::days(i);
      const std::int64_t rows = options_.rows * (i + 1) / days_ - given;
      given += rows;
      const bool twice = options_.restate && day == first_day(last_) + std::chrono::days(kDayTwice - 1);
      if (twice) TRY_IN("generate gcp", write_day(day, rows, rows * 60 / 100, 1, options_.before_restatement, report));
      if (!twice || !options_.before_restatement)
        TRY_IN("generate gcp", write_day(day, rows, rows, twice ? 2 : 1, true, report));
    }
    return {};
  }

  OrderedJson truth() const {
    OrderedJson periods;
    Sums total;
    for (const auto& [period, sums] : by_invoice_) {
      periods[period.text()] = sums.json();
      total.add(sums);
    }
    return {{"generator", "gcp"},
            {"format", options_.format == FileFormat::parquet ? "parquet" : "jsonl.gz"},
            {"seed", options_.seed},
            {"currency", options_.currency},
            {"exchange_rate", text_of(rate_)},
            {"billing_account", account_},
            {"note",
             "a period is an invoice month, of the newest run of each load day; commitments are paid by the month, so "
             "effective is billed"},
            {"total", total.json()},
            {"periods", periods}};
  }

 private:
  static std::string upper_hex(Random& random) {
    std::string out = random_text(random, Alphabet::hex, 6);
    for (char& c : out) c = static_cast<char>(c >= 'a' ? c - 'a' + 'A' : c);
    return out;
  }

  static Period period_of(Day day) {
    const std::chrono::year_month_day date(day);
    return *Period::of(static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())));
  }

  // The first `limit` of a load day's lines.
  Status write_day(Day day, std::int64_t rows, std::int64_t limit, int run, bool counts, GenerateReport& report) {
    std::string run_name;
    for (const char c : date_text(day + std::chrono::days(run))) {
      if (c != '-') run_name += c;
    }
    const std::string folder = fmt::format("day={}/run={}T060000", date_text(day), run_name);
    const auto once = lines_once(day);
    std::optional<RowFile> file;
    int number = 0;
    for (std::int64_t i = 0; i < std::min(rows, limit); ++i) {
      if (!file) {
        report.files.push_back(fmt::format("{}/{:012}.{}", folder, number++,
                                           options_.format == FileFormat::parquet ? "parquet" : "jsonl.gz"));
        file = TRY(RowFile::create(fmt::format("{}/{}", out_dir_, report.files.back()), form_));
      }
      const auto n = static_cast<std::size_t>(i);
      const Line line = n < once.size() ? once[n] : usage_line(day, i);
      append(file->text(), line);
      if (counts) by_invoice_[line.invoice].add(line);
      ++report.rows;
      TRY(file->row_ended());
      if (file->rows() == options_.rows_per_file || i + 1 == std::min(rows, limit)) {
        report.bytes += TRY(file->close(pace_.cancel));
        file.reset();
      }
      TRY(pace_.row());
    }
    return {};
  }

  // Fees of the day, and on their days tax, rounding and a correction.
  std::vector<Line> lines_once(Day day) const {
    std::vector<Line> out;
    const Period period = period_of(day);
    Line line;
    line.load_day = line.used_on = day;
    line.invoice = period;
    line.key = mix(key_, static_cast<std::uint64_t>(day.time_since_epoch().count()), 2);
    for (std::size_t i = 0; i < fees_.size(); ++i) {
      Line& fee = out.emplace_back(line);
      fee.sku = &gcp_fees()[i];
      fee.is_fee = true;
      fee.project = i == 2 ? nullptr : &projects_.front();
      fee.hour = kPacificHours;
      fee.quantity = fees_[i];
      fee.cost = fee.list = to_micro(times(times(fee.sku->price, rate_), fee.quantity));
    }
    const auto since = (day - first_day(period)).count() + 1;
    if (since == kDayOfTax && period != first_) {
      const auto& before = by_invoice_.at(period.previous());
      line.invoice = period.previous();
      line.used_on = first_day(line.invoice);
      line.hours = days_of(line.invoice) * 24;
      line.type = CostType::tax;
      line.cost = static_cast<Amount>(before.net() * 965 / 10'000 / (kOne / 100)) * (kOne / 100);
      out.push_back(line);
      line.type = CostType::rounding_error;
      line.cost = -(Random(line.key).below(9999) + 1) * kMicro;
      out.push_back(line);
    }
    if (since == kDayOfAdjustment) {
      Line& back = out.emplace_back(line);
      back.type = CostType::adjustment;
      back.sku = &gcp_skus()[4];
      back.project = &projects_.front();
      back.used_on = first_day(period == first_ ? period : period.previous()) + std::chrono::days(1);
      back.hour = 10;
      back.cost = -(Random(mix(line.key, 3)).below(90'000'000) + 1) * kMicro;
    }
    return out;
  }

  Line usage_line(Day day, std::int64_t number) const {
    Line line;
    line.key = mix(mix(key_, static_cast<std::uint64_t>(day.time_since_epoch().count()), 4),
                   static_cast<std::uint64_t>(number));
    Random random(line.key);
    auto dice = random.below(100);
    std::size_t at = 0;
    while (dice >= gcp_skus()[at].share) dice -= gcp_skus()[at++].share;
    line.sku = &gcp_skus()[at];
    line.project = &projects_[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(projects_.size())))];
    line.load_day = day;
    const auto late = random.below(100);
    const int delay = late < 14 ? 0 : late < 94 ? 1 : static_cast<int>(random.between(2, 6));
    line.used_on = std::max(day - std::chrono::days(delay), first_day(first_));
    line.hour = line.used_on == first_day(first_) ? static_cast<int>(random.between(kPacificHours, 9))
                : line.used_on == day             ? static_cast<int>(random.below(4))
                                                  : static_cast<int>(random.below(24));
    line.invoice = invoice_of(line, random.below(100));
    line.quantity = random.between(1, line.sku->steps) * kQuantityStep;
    line.cost = to_micro(times(times(line.sku->price, rate_), line.quantity));
    line.list = percent_of(line.cost, line.sku->seller[0] != 0 ? 100 : 105);
    give_credits(line, random);
    return line;
  }

  // Late lines go to the invoice that is open; of those at the border some go to the next.
  static Period invoice_of(const Line& line, std::int64_t dice) {
    const Period of_use = period_of(line.hour < kPacificHours ? line.used_on - std::chrono::days(1) : line.used_on);
    const Period of_load = period_of(line.load_day);
    const bool is_closed = line.load_day >= first_day(of_use.next()) + std::chrono::days(kDaysInvoiceIsOpen);
    return is_closed || (of_load > of_use && dice < 30) ? of_load : of_use;
  }

  static void give_credits(Line& line, Random& random) {
    const auto credit = [&line](Credit kind) -> Amount& { return line.credits[static_cast<std::size_t>(kind)]; };
    const GcpSku& sku = *line.sku;
    const auto dice = random.below(100);
    const auto share = random.between(30, 120);
    if (sku.commitment != GcpCommitment::none && dice < 40)
      line.credits[static_cast<std::size_t>(sku.commitment) - 1] =
          -percent_of(line.cost, std::min<std::int64_t>(share, 100));
    if (sku.sustained) credit(Credit::sustained) = -percent_of(line.cost, random.between(5, 30));
    if (sku.free_tier && dice < 30) credit(Credit::free_tier) = -line.cost;
    if (sku.seller[0] == 0 && !sku.free_tier && dice >= 92) credit(Credit::spending_based) = -percent_of(line.cost, 3);
    if (dice >= 40 && dice < 45) credit(Credit::promotion) = -percent_of(line.cost, 5);
  }

  static std::string time_text(Day day, int hour) {
    return fmt::format("{} {:02}:00:00 UTC", date_text(day + std::chrono::days(hour / 24)), hour % 24);
  }

  void append(std::string& out, const Line& line) const {
    Random random(mix(line.key, 5));
    const auto to = std::back_inserter(out);
    const GcpSku* const sku = line.sku;
    fmt::format_to(
        to,
        R"({{"billing_account_id":"{}","service":{{"id":"{}","description":"{}"}},"sku":{{"id":"{}","description":"{}"}},)",
        account_, sku != nullptr ? sku->service_id : "0000-0000-0000", sku != nullptr ? sku->service : "Invoice",
        sku != nullptr               ? sku->id
        : line.type == CostType::tax ? "TAX0-0000-0000"
                                     : "ROUN-0000-0000",
        sku != nullptr               ? sku->name
        : line.type == CostType::tax ? "Tax"
                                     : "Rounding error");
    fmt::format_to(to, R"("usage_start_time":"{}","usage_end_time":"{}",)", time_text(line.used_on, line.hour),
                   time_text(line.used_on, line.hour + line.hours));
    if (line.project != nullptr) out.append(line.project->json).append(1, ',');
    append_place(out, line, random);
    const bool is_third_party = sku != nullptr && sku->seller[0] != 0;
    if (sku != nullptr && line.type == CostType::regular) {
      out += R"("price":{"effective_price":")";
      generate::append(out, to_micro(times(sku->price, rate_)));
      fmt::format_to(to, R"(","tier_start_amount":"0","unit":"{}","pricing_unit_quantity":"1"}},)", sku->pricing_unit);
    }
    out += is_third_party
               ? R"("transaction_type":"THIRD_PARTY_RESELLER","seller_name":")" + std::string(sku->seller) + "\","
               : R"("transaction_type":"GOOGLE",)";
    fmt::format_to(to, R"("export_time":"{} {:02}:{:02}:{:02}.{:06} UTC","cost":)", date_text(line.load_day),
                   line.used_on == line.load_day && line.hour >= 4 ? 17 : 5 + 6 * random.below(3),
                   (line.load_day.time_since_epoch().count() * 7) % 60, 11, 123456);
    generate::append(out, line.cost);
    out += R"(,"cost_at_list":)";
    generate::append(out, line.list);
    fmt::format_to(to, R"(,"currency":"{}","currency_conversion_rate":{},"usage":{{"amount":)", options_.currency,
                   text_of(rate_));
    out += text_of(Int128{line.quantity} * (sku != nullptr ? sku->units : 1));
    fmt::format_to(to, R"(,"unit":"{}","amount_in_pricing_units":)", sku != nullptr ? sku->unit : "count");
    generate::append(out, line.quantity);
    fmt::format_to(to, R"(,"pricing_unit":"{}"}},"credits":[)", sku != nullptr ? sku->pricing_unit : "count");
    append_credits(out, line);
    std::string month = line.invoice.text();
    month.erase(4, 1);
    fmt::format_to(to, R"(],"invoice":{{"month":"{}","publisher_type":"{}"}},"cost_type":"{}")", month,
                   is_third_party ? "PARTNER" : "GOOGLE", kCostTypes[static_cast<std::size_t>(line.type)]);
    if (line.type == CostType::adjustment)
      fmt::format_to(
          to,
          R"(,"adjustment_info":{{"id":"adj-{}","description":"price correction","mode":"PARTIAL_CORRECTION","type":"GENERAL_ADJUSTMENT"}})",
          line.key % 100'000);
    out += "}\n";
  }

  static void append_place(std::string& out, const Line& line, Random& random) {
    if (line.sku == nullptr || line.is_fee) {
      out += R"("labels":[],"system_labels":[],)";
      if (line.is_fee)
        out += R"("location":{"location":"southamerica-east1","country":"BR","region":"southamerica-east1"},)";
      out += R"("tags":[],)";
      return;
    }
    const auto to = std::back_inserter(out);
    out.append(line.project->labels[static_cast<std::size_t>(random.below(4))]);
    const std::string_view kind = line.sku->resource;
    const char zone = static_cast<char>('a' + random.below(3));
    const bool is_machine = kind == "instances";
    if (is_machine) {
      out +=
          R"(,"system_labels":[{"key":"compute.googleapis.com/machine_spec","value":"n2-standard-8"},{"key":"compute.googleapis.com/cores","value":"8"}])";
    } else {
      out += R"(,"system_labels":[])";
    }
    const bool is_americas = std::string_view(line.sku->name).ends_with("Americas");
    const char* const region = is_americas ? "us-central1" : "southamerica-east1";
    fmt::format_to(to, R"(,"location":{{"location":"{0}","country":"{1}","region":"{0}")", region,
                   is_americas ? "US" : "BR");
    if (is_machine) fmt::format_to(to, R"(,"zone":"{}-{}")", region, zone);
    out += "},";
    if (!kind.empty()) {
      const auto number = random.below(40);
      fmt::format_to(
          to, R"("resource":{{"name":"{0}-{1}","global_name":"//{2}.googleapis.com/projects/{3}/{0}/{0}-{1}"}},)", kind,
          number,
          is_machine || kind == "disks" ? "compute"
          : kind == "databases"         ? "sqladmin"
                                        : "storage",
          line.project->id);
    }
    out += random.percent(10) ? R"("tags":[{"key":"env","value":"prod","inherited":true,"namespace":"1111"}],)"
                              : R"("tags":[],)";
  }

  static void append_credits(std::string& out, const Line& line) {
    const char* comma = "";
    for (std::size_t i = 0; i < kCredits.size(); ++i) {
      if (line.credits[i] == 0) continue;
      const CreditKind& kind = kCredits[i];
      fmt::format_to(std::back_inserter(out), R"({}{{"name":"{}","amount":)", comma, kind.name);
      generate::append(out, line.credits[i]);
      fmt::format_to(std::back_inserter(out), R"(,"full_name":"{}","id":"{}","type":"{}"}})", kind.name, kind.id,
                     kind.type);
      comma = ",";
    }
  }

  const GcpOptions& options_;
  Period first_, last_;
  const std::string& out_dir_;
  Pace& pace_;
  std::uint64_t key_;
  Amount rate_;
  std::vector<GcpProject> projects_;
  RowForm form_;
  std::string account_;
  std::int64_t days_ = 0;
  std::array<Amount, kGcpCommitments> fees_{};   // committed pricing units a day
  std::map<Period, Sums> by_invoice_;
};

Result<Period> check(const GcpOptions& options, const duck::Database* engine) {
  const Period last = TRY_IN("last period", Period::parse(options.last_period));
  if (options.months < 1 || options.months > kMonthsMax)
    return fail(ErrorKind::invalid_argument, "{} months: give 1 to {}", options.months, kMonthsMax);
  if (options.rows / options.months < kRowsAMonthMin) {
    return fail_hint(fmt::format("ask for {} rows or more", kRowsAMonthMin * options.months),
                     ErrorKind::invalid_argument, "{} rows in {} months: a month of load days needs {} rows",
                     options.rows, options.months, kRowsAMonthMin);
  }
  if (options.rows_per_file < 1)
    return fail(ErrorKind::invalid_argument, "{} rows per file: give 1 or more", options.rows_per_file);
  if (!kRates.contains(options.currency))
    return fail_hint("BRL, EUR and USD are", ErrorKind::invalid_argument, "currency {}: no exchange rate is known",
                     options.currency);
  if (options.format == FileFormat::csv_gz)
    return fail(ErrorKind::invalid_argument, "the export has no CSV: ask for JSON lines or Parquet");
  if (options.format == FileFormat::parquet && engine == nullptr)
    return fail(ErrorKind::invalid_argument, "Parquet needs the engine");
  return last;
}

}  // namespace

Result<GenerateReport> generate_gcp(const GcpOptions& options, const std::string& out_dir, duck::Database* engine,
                                    const Progress& progress, const Cancel* cancel) {
  const Period last = TRY_IN("generate gcp", check(options, engine));
  GenerateReport report;
  Pace pace{progress, cancel, 0, options.rows};
  Organization organization(options, last, out_dir, engine, pace);
  TRY(organization.write(report));
  report.truth = organization.truth();
  TRY(write_file(out_dir + "/truth.json", report.truth.dump(2) + "\n"));
  if (progress) progress(report.rows, report.rows);
  return report;
}

}  // namespace centavo::generate
