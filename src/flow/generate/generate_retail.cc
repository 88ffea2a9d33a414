#include <array>
#include <chrono>
#include <map>
#include <set>

#include "base/period.h"
#include "flow/generate/aws_layout.h"
#include "flow/generate/generate.h"
#include "flow/generate/output_file.h"
#include "flow/generate/retail_people.h"

namespace centavo::generate {
namespace {

constexpr std::size_t kBufferBytes = 1 << 18;
constexpr std::int64_t kPurchasesOfACustomer = 8;
constexpr std::int64_t kRowsMin = 100;
constexpr int kMonthsMax = 240;
constexpr std::int64_t kHighValueCents = 100000;   // the retail pack's own threshold: 1000 BRL

// The stores of the retail pack.
constexpr std::array<std::string_view, 10> kStores = {"São Paulo", "Rio de Janeiro", "Belo Horizonte", "Brasília",
                                                      "Curitiba",  "Porto Alegre",   "Salvador",       "Recife",
                                                      "Fortaleza", "Manaus"};
constexpr std::array<std::string_view, 6> kUnknownStores = {"Atlântida", "Loja 99",    "sao paulo",
                                                            "N/A",       "Recife Sul", "Online"};
constexpr std::array<std::string_view, 8> kProducts = {"Tênis",     "Camiseta", "Mochila", "Fone de ouvido",
                                                       "Cafeteira", "Livro",    "Relógio", "Cadeira"};
constexpr std::array<std::string_view, 4> kWrongEmails = {"sem-arroba.example.com", "duas@arrobas@example.com",
                                                          "espaço em@example.com", "sem-dominio@"};
constexpr std::array<std::string_view, 3> kWrongDates = {"2026-02-30", "ontem", "13/2026"};
constexpr std::array<std::string_view, 3> kWrongAmounts = {"grátis", "10.005", "-25.90"};

enum class Fault {
  none,
  cpf_wrong,
  cpf_missing,
  email_wrong,
  store_unknown,
  date_wrong,
  amount_wrong,
  customer_missing
};
constexpr std::array<const char*, 8> kFaultNames = {"none",          "cpf_wrong",  "cpf_missing",  "email_wrong",
                                                    "store_unknown", "date_wrong", "amount_wrong", "customer_missing"};

Fault fault_of(Random& random) {
  const auto dice = random.below(1000);
  if (dice < 12) return Fault::cpf_wrong;
  if (dice < 20) return Fault::cpf_missing;
  if (dice < 35) return Fault::email_wrong;
  if (dice < 45) return Fault::store_unknown;
  if (dice < 51) return Fault::date_wrong;
  if (dice < 56) return Fault::amount_wrong;
  if (dice < 60) return Fault::customer_missing;
  return Fault::none;
}

template <std::size_t N>
std::string_view pick(const std::array<std::string_view, N>& of, Random& random) {
  return of[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(N)))];
}

std::string cents_text(std::int64_t cents) { return Decimal{cents, 2}.text(); }

// 1.234,50
std::string cents_text_brazilian(std::int64_t cents) {
  std::string whole = std::to_string(cents / 100);
  for (auto at = static_cast<std::int64_t>(whole.size()) - 3; at > 0; at -= 3)
    whole.insert(static_cast<std::size_t>(at), ".");
  return fmt::format("{},{:02}", whole, cents % 100);
}

struct Purchase {
  std::string customer_id, name, email, cpf, card, date, amount, product;
  std::string_view store;
  bool amount_is_number = false;   // written without quotes in JSON
  // What a right reader makes of it:
  Fault fault = Fault::none;
  std::string month;
  std::int64_t cents = 0;
};

struct StoreMonth {
  std::int64_t purchases = 0, cents = 0, high_value = 0;
  void add(const Purchase& purchase, int sign) {
    purchases += sign;
    cents += sign * purchase.cents;
    if (purchase.cents >= kHighValueCents) high_value += sign;
  }
};

struct RetailTruth {
  std::int64_t customer_rows = 0, customers_quarantined = 0, customers_doubled = 0;
  std::int64_t rows = 0, doubled = 0;
  std::map<std::string, std::int64_t> quarantined;
  std::map<std::pair<std::string, std::string>, StoreMonth> gold;

  OrderedJson json(const RetailOptions& options) const;
};

OrderedJson RetailTruth::json(const RetailOptions& options) const {
  std::int64_t aside = 0;
  OrderedJson reasons = OrderedJson::object();
  for (const auto& [reason, count] : quarantined) {
    reasons[reason] = count;
    aside += count;
  }
  OrderedJson months = OrderedJson::array();
  std::int64_t cents = 0;
  for (const auto& [key, sums] : gold) {
    if (sums.purchases == 0) continue;
    cents += sums.cents;
    months.push_back({{"store_location", key.first},
                      {"purchase_month", key.second},
                      {"total_purchases", sums.purchases},
                      {"total_revenue", cents_text(sums.cents)},
                      {"high_value_purchases", sums.high_value}});
  }
  return {{"generator", "retail"},
          {"seed", options.seed},
          {"currency", "BRL"},
          {"customers",
           {{"rows", customer_rows},
            {"quarantined", customers_quarantined},
            {"duplicates", customers_doubled},
            {"silver_rows", customer_rows - customers_quarantined - customers_doubled}}},
          {"purchases",
           {{"rows", rows},
            {"quarantined", aside},
            {"quarantined_by_fault", reasons},
            {"duplicates", doubled},
            {"silver_rows", rows - aside - doubled},
            {"total_amount", cents_text(cents)}}},
          {"gold", months}};
}

// One file, written through a buffer.
class TextFile {
 public:
  static Result<TextFile> create(const std::string& dir, const std::string& name) {
    return TextFile(TRY(OutputFile::create(dir + "/" + name, false)));
  }
  std::string& text() { return buffer_; }
  Status flush_when_full() { return buffer_.size() < kBufferBytes ? Status{} : flush(); }
  Result<std::int64_t> close() {
    TRY(flush());
    return file_.close();
  }

 private:
  explicit TextFile(OutputFile file) : file_(std::move(file)) {}
  Status flush() {
    TRY(file_.write(buffer_));
    buffer_.clear();
    return {};
  }
  OutputFile file_;
  std::string buffer_;
};

class Shop {
 public:
  Shop(const RetailOptions& options, const Period& last, const Progress& progress, const Cancel* cancel)
      : options_(options), progress_(progress), cancel_(cancel), key_(mix(options.seed, 0x5409)) {
    customers_ = std::max<std::int64_t>(20, options.rows / kPurchasesOfACustomer);
    Period first = last;
    for (int m = 1; m < options.months; ++m) first = first.previous();
    first_day_ = std::chrono::sys_days(std::chrono::year(first.year()) / first.month() / 1);
    const Period end = last.next();
    days_ = (std::chrono::sys_days(std::chrono::year(end.year()) / end.month() / 1) - first_day_).count();
  }

  Status write(const std::string& dir, GenerateReport& report) {
    TRY(customers(dir, report));
    const std::int64_t in_api = options_.rows * 2 / 5;
    TRY(purchases(dir, "purchases_api.json", 0, in_api, report));
    return purchases(dir, "purchases.csv", in_api, options_.rows - in_api, report);
  }
  const RetailTruth& truth() const { return truth_; }

 private:
  Status tick() {
    if (++done_ % 4096 != 0) return {};
    if (cancel_ != nullptr && cancel_->requested()) return fail(ErrorKind::cancelled, "generate: stopped");
    if (progress_) progress_(truth_.rows, options_.rows);
    return {};
  }

  // The database's extract: one array. A customer who registered again comes twice, the newer record last.
  Status customers(const std::string& dir, GenerateReport& report) {
    TextFile file = TRY(TextFile::create(dir, "customers.json"));
    const auto put = [&](std::int64_t index, bool again) -> Status {
      Random random(mix(key_, again ? 0xc2 : 0xc1, static_cast<std::uint64_t>(index)));
      Person person = person_of(options_.seed, index);
      const bool doubled = index % 20 == 3;
      const auto dice = random.below(100);
      const bool wrong_cpf = !doubled && dice == 0;
      const bool wrong_email = !doubled && dice == 1;
      OrderedJson record;
      record["customer_id"] = person.customer_id;
      record["name"] = person.name;
      record["email"] = wrong_email ? OrderedJson(pick(kWrongEmails, random))
                        : dice == 2 ? OrderedJson(nullptr)
                                    : OrderedJson(person.email);
      record["cpf"] = wrong_cpf            ? with_wrong_check_digit(person.cpf)
                      : random.percent(50) ? with_points(person.cpf)
                                           : person.cpf;
      record["credit_card_number"] = person.card;
      record["city"] = again ? "Brasília" : person.city;
      record["registered_at"] =
          fmt::format("{}T{:02}:{:02}:00Z", date_text(-random.between(1, 900)), random.below(24), random.below(60));
      file.text() += truth_.customer_rows == 0 ? "[\n" : ",\n";
      file.text() += record.dump();
      ++truth_.customer_rows;
      if (wrong_cpf || wrong_email) ++truth_.customers_quarantined;
      if (again) ++truth_.customers_doubled;
      TRY(tick());
      return file.flush_when_full();
    };
    for (std::int64_t i = 0; i < customers_; ++i) TRY(put(i, false));
    for (std::int64_t i = 3; i < customers_; i += 20) TRY(put(i, true));
    file.text() += "\n]\n";
    return closed(file, "customers.json", report);
  }

  Status closed(TextFile& file, const std::string& name, GenerateReport& report) {
    report.bytes += TRY(file.close());
    report.files.push_back(name);
    return {};
  }

  std::string date_text(std::int64_t day) const {
    const std::chrono::year_month_day date(first_day_ + std::chrono::days(day));
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
  }

  static bool comes_again(std::int64_t index) { return index % 25 == 7; }

  // Purchase `index` of all; a customer never buys twice on one day, so customer and day are its key.
  Purchase purchase_of(std::int64_t index, bool again, bool in_csv) const {
    Random random(mix(key_, again ? 0x92 : 0x91, static_cast<std::uint64_t>(index)));
    const std::int64_t step = std::max<std::int64_t>(1, days_ / (options_.rows / customers_ + 2));
    const std::int64_t customer = index % customers_;
    const auto offset =
        static_cast<std::int64_t>(mix(key_, static_cast<std::uint64_t>(customer)) % static_cast<std::uint64_t>(days_));
    const std::int64_t day = (offset + index / customers_ * step) % days_;
    Person person = person_of(options_.seed, customer);
    Purchase out;
    // What comes again is right the first time, and wrong the second time in one case of five: then the first stands.
    out.fault = !comes_again(index) ? fault_of(random) : again && index % 125 == 7 ? Fault::cpf_wrong : Fault::none;
    out.customer_id = out.fault == Fault::customer_missing ? "" : person.customer_id;
    out.name = person.name;
    out.email = out.fault == Fault::email_wrong ? std::string(pick(kWrongEmails, random))
                : random.percent(4)             ? ""
                                                : person.email;
    const std::string cpf = out.fault == Fault::cpf_wrong ? with_wrong_check_digit(person.cpf) : person.cpf;
    out.cpf = out.fault == Fault::cpf_missing ? "" : random.percent(50) ? with_points(cpf) : cpf;
    out.card = person.card;
    out.store = out.fault == Fault::store_unknown ? pick(kUnknownStores, random) : pick(kStores, random);
    out.product = pick(kProducts, random);
    const std::string iso = date_text(day);
    out.month = iso.substr(0, 7);
    out.date = out.fault == Fault::date_wrong ? std::string(pick(kWrongDates, random)) : spelled(iso, random);
    out.cents = random.percent(85) ? random.between(990, 60000) : random.between(60000, 450000);
    out.amount = cents_text(out.cents);
    if (out.fault == Fault::amount_wrong) {
      out.amount = pick(kWrongAmounts, random);
    } else if (in_csv && random.percent(20)) {
      out.amount = cents_text_brazilian(out.cents);
    } else {
      out.amount_is_number = random.percent(70);
    }
    return out;
  }

  static std::string spelled(const std::string& iso, Random& random) {
    switch (random.below(5)) {
      case 0: return fmt::format("{}T{:02}:{:02}:{:02}Z", iso, random.below(24), random.below(60), random.below(60));
      case 1: return fmt::format("{} {:02}:{:02}:{:02}", iso, random.below(24), random.below(60), random.below(60));
      case 2: return fmt::format("{}/{}/{}", iso.substr(8, 2), iso.substr(5, 2), iso.substr(0, 4));
      case 3: return fmt::format("{}T{:02}:30:00-03:00", iso, random.below(24));
      default: return iso;
    }
  }

  void append_json(std::string& out, const Purchase& p) const {
    OrderedJson record;
    const auto or_null = [](const std::string& text) {
      return text.empty() ? OrderedJson(nullptr) : OrderedJson(text);
    };
    record["customer_id"] = or_null(p.customer_id);
    record["name"] = p.name;
    record["email"] = or_null(p.email);
    record["cpf"] = or_null(p.cpf);
    record["credit_card_number"] = p.card;
    record["purchase_date"] = p.date;
    record["total_amount"] = p.amount;
    record["store_location"] = p.store;
    record["product"] = p.product;
    std::string text = record.dump();
    if (p.amount_is_number) {
      // Written by hand, because a JSON library would hold the amount as a double.
      const std::string quoted = fmt::format("\"total_amount\":\"{}\"", p.amount);
      text.replace(text.find(quoted), quoted.size(), fmt::format("\"total_amount\":{}", p.amount));
    }
    out += text;
  }

  static void append_csv(std::string& out, const Purchase& p) {
    RecordWriter row(out);
    row.text(p.customer_id)
        .text(p.name)
        .text(csv_field(p.email))
        .text(p.cpf)
        .text(p.card)
        .text(p.date)
        .text(csv_field(p.amount));
    row.text(p.store).text(p.product);
    row.end();
  }

  // `rows` lines from purchase `first` on: each once, then those that come again, with newer values.
  Status purchases(const std::string& dir, const std::string& name, std::int64_t first, std::int64_t rows,
                   GenerateReport& report) {
    const bool csv = name.ends_with(".csv");
    TextFile file = TRY(TextFile::create(dir, name));
    if (csv)
      file.text() +=
          "customer_id,name,email,cpf,credit_card_number,purchase_date,total_amount,store_location,product\n";
    if (!csv) file.text() += "{\"data\":{\"items\":[\n";
    std::int64_t written = 0;
    const auto put = [&](const Purchase& purchase) -> Status {
      if (csv) {
        append_csv(file.text(), purchase);
      } else {
        if (written > 0) file.text() += ",\n";
        append_json(file.text(), purchase);
      }
      ++written;
      ++truth_.rows;
      if (purchase.fault != Fault::none) ++truth_.quarantined[kFaultNames[static_cast<std::size_t>(purchase.fault)]];
      TRY(tick());
      return file.flush_when_full();
    };
    std::int64_t index = first;
    for (std::int64_t left = rows; left > 0; ++index) {
      const bool again = comes_again(index) && left >= 2;
      if (comes_again(index) && !again) doubtful_.insert(index);
      left -= again ? 2 : 1;
      const Purchase purchase = purchase_of(index, false, csv);
      TRY(put(purchase));
      if (purchase.fault == Fault::none) gold_of(purchase).add(purchase, 1);
    }
    for (std::int64_t i = first; i < index; ++i) {
      if (!comes_again(i) || doubtful_.contains(i)) continue;
      const Purchase newer = purchase_of(i, true, csv);
      TRY(put(newer));
      if (newer.fault != Fault::none) continue;
      const Purchase older = purchase_of(i, false, csv);
      ++truth_.doubled;
      gold_of(older).add(older, -1);
      gold_of(newer).add(newer, 1);
    }
    if (!csv) file.text() += "\n]},\"next\":null}\n";
    return closed(file, name, report);
  }

  StoreMonth& gold_of(const Purchase& purchase) { return truth_.gold[{std::string(purchase.store), purchase.month}]; }

  const RetailOptions& options_;
  const Progress& progress_;
  const Cancel* cancel_;
  std::uint64_t key_;
  std::int64_t customers_ = 0, days_ = 0, done_ = 0;
  std::chrono::sys_days first_day_;
  std::set<std::int64_t> doubtful_;  // the last of a file, when there is no room to come again: at most one a file
  RetailTruth truth_;
};

}  // namespace

Result<GenerateReport> generate_retail(const RetailOptions& options, const std::string& out_dir,
                                       const Progress& progress, const Cancel* cancel) {
  const Period last = TRY_IN("generate retail: last period", Period::parse(options.last_period));
  if (options.months < 1 || options.months > kMonthsMax) {
    return fail(ErrorKind::invalid_argument, "generate retail: {} months: give 1 to {}", options.months, kMonthsMax);
  }
  if (options.rows < kRowsMin) {
    return fail(ErrorKind::invalid_argument, "generate retail: {} rows: give {} or more", options.rows, kRowsMin);
  }
  GenerateReport report;
  Shop shop(options, last, progress, cancel);
  TRY_IN("generate retail", shop.write(out_dir, report));
  report.rows = shop.truth().customer_rows + shop.truth().rows;
  report.truth = shop.truth().json(options);
  TRY_IN("generate retail", write_file(out_dir + "/truth.json", report.truth.dump(2) + "\n"));
  if (progress) progress(options.rows, options.rows);
  return report;
}

}  // namespace centavo::generate
