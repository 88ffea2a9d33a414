#include "flow/generate/aws_month.h"

#include <algorithm>
#include <chrono>

#include "flow/generate/random.h"

namespace centavo::generate {
namespace {

constexpr std::string_view kSeller = "\"Amazon Web Services, Inc.\"";
constexpr Amount kDiscountShare = 0.06_amount;
constexpr Amount kTaxShare = 0.029_amount;
constexpr Amount kCent = kOne / 100;

struct BigProduct {
  std::string_view code, name, usage_type;
};
constexpr std::array<BigProduct, kBigServices> kBig = {
    {{"AmazonEC2", "Amazon Elastic Compute Cloud", "BoxUsage:m5.large"},
     {"AmazonRDS", "Amazon Relational Database Service", "InstanceUsage:db.m5.large"},
     {"AmazonS3", "Amazon Simple Storage Service", "TimedStorage-ByteHrs"}}};

struct MarketProduct {
  std::string_view code, name, usage_type, seller;
  Amount rate;
};
constexpr std::array<MarketProduct, 3> kMarket = {
    {{"4n1fx3k9example0log", "Example Log Analytics", "SoftwareUsage:m5.large", "Example Software Ltd", 0.1475_amount},
     {"7q2tv8example0waf", "Example Web Firewall AMI", "SoftwareUsage:c5.xlarge", "\"Example Security, Inc.\"",
      0.31_amount},
     {"9b5mexample0backup", "Example Backup Service", "Global-Units", "Example Data GmbH", 0.01_amount}}};

constexpr std::array<int, 24> kHourWeight = {78,  76,  75,  75,  76,  80,  86,  94,  104, 114, 120, 121,
                                             118, 120, 122, 121, 118, 113, 107, 102, 98,  94,  88,  82};
constexpr std::array<int, 7> kWeekdayWeight = {103, 106, 107, 106, 104, 80, 74};
constexpr std::array<int, 7> kWeekdayBusy = {112, 118, 121, 117, 109, 66, 57};

std::chrono::sys_days first_day(const Period& period) { return std::chrono::year(period.year()) / period.month() / 1; }

}  // namespace

MonthWriter::MonthWriter(const BillPlan& plan, Fleet& fleet, std::vector<Reservation>& reservations,
                         std::vector<SavingsPlan>& plans, const Assembly& assembly, int month, Delivery& out)
    : plan_(plan),
      fleet_(fleet),
      reservations_(reservations),
      plans_(plans),
      assembly_(assembly),
      month_(month),
      out_(out) {
  const Period period = out.bill().period;
  const auto first = first_day(period);
  days_ = (first_day(period.next()) - first).count();
  first_weekday_ = static_cast<int>(std::chrono::weekday(first).iso_encoding()) - 1;
  key_ = mix(plan.seed, 0x3047, static_cast<std::uint64_t>(period.year() * 12 + period.month()));
  whole_ = out.bill().start + "/" + out.bill().end;
  if (assembly.final) {
    invoice_ = std::to_string(1000000000 + mix(key_, 1) % 1000000000);
    invoice_bought_ = std::to_string(1000000000 + mix(key_, 2) % 1000000000);
    invoice_market_ = std::to_string(1000000000 + mix(key_, 3) % 1000000000);
  }
  spent_.resize(fleet.accounts().size());
  discounted_.resize(fleet.accounts().size());
  for (auto& reservation : reservations_) reservation.enter(month, period);
  for (auto& savings_plan : plans_) savings_plan.enter(month, period);
}

MonthWriter::Interval MonthWriter::interval_at(std::int64_t index) const {
  const std::int64_t day = plan_.hourly ? index / 24 : index;
  const std::int64_t hour = plan_.hourly ? index % 24 : 0;
  const auto text = [&](std::int64_t at_day, std::int64_t at_hour) {
    const std::chrono::year_month_day date(first_day(out_.bill().period) + std::chrono::days(at_day));
    return fmt::format("{:04}-{:02}-{:02}T{:02}:00:00Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), at_hour);
  };
  Interval out;
  out.start = text(day, hour);
  out.end = plan_.hourly && hour < 23 ? text(day, hour + 1) : text(day + 1, 0);
  out.both = out.start + "/" + out.end;
  out.hours = plan_.hourly ? 1 : 24;
  const auto weekday = static_cast<std::size_t>((first_weekday_ + day) % 7);
  out.busy_percent = kWeekdayBusy[weekday];
  if (plan_.hourly) out.busy_percent = out.busy_percent * kHourWeight[static_cast<std::size_t>(hour)] / 100;
  out.number = static_cast<std::uint64_t>(index);
  return out;
}

int MonthWriter::row_weight(std::int64_t index) const {
  const std::int64_t day = plan_.hourly ? index / 24 : index;
  const int weekday = kWeekdayWeight[static_cast<std::size_t>((first_weekday_ + day) % 7)];
  return plan_.hourly ? weekday * kHourWeight[static_cast<std::size_t>(index % 24)] : weekday * 100;
}

std::int64_t MonthWriter::special_rows() const {
  std::int64_t rows = 2 + plan_.marketplace_rows + plan_.credit_rows + plan_.refund_rows;  // 2: support and a domain
  for (const auto& r : reservations_)
    rows += (r.active(month_) ? 1 : 0) + (r.bought_in(month_) && r.upfront > 0 ? 1 : 0);
  for (const auto& p : plans_) rows += p.bought_in(month_) && p.upfront > 0 ? 1 : 0;
  const auto accounts = static_cast<std::int64_t>(fleet_.accounts().size()) - 1;
  return rows + accounts * (plan_.taxed_services + (plan_.discounts ? kBigServices : 0));
}

Status MonthWriter::write(std::int64_t rows) {
  TRY(bought());
  const std::int64_t intervals = plan_.hourly ? days_ * 24 : days_;
  const std::int64_t usage_rows = rows - special_rows();
  std::int64_t weights = 0;
  for (std::int64_t i = 0; i < intervals; ++i) weights += row_weight(i);
  std::int64_t weight = 0;
  std::int64_t done = 0;
  for (std::int64_t i = 0; i < intervals; ++i) {
    weight += row_weight(i);
    const auto until = static_cast<std::int64_t>(static_cast<Int128>(usage_rows) * weight / weights);
    TRY(usage(i, until - done));
    done = until;
  }
  return month_end();
}

std::string_view MonthWriter::new_id() {
  Random random(mix(key_, 0x1d, ++ids_));
  id_ = random_text(random, Alphabet::lower, 52);
  id_[0] = 's';
  return id_;
}

// Fills in what all lines have, and sends it.
Status MonthWriter::send(Line& line) {
  if (line.invoicing_entity.empty()) line.invoicing_entity = kSeller;
  if (line.legal_entity.empty()) line.legal_entity = kSeller;
  if (line.invoice_id.empty()) line.invoice_id = invoice_;
  // Net columns hold what is left after discounts: nothing on the discount's own row.
  if (plan_.discounts && line.net_cost == kNone) line.net_cost = line.type == LineType::edp_discount ? 0 : line.cost;
  return out_.add(line);
}

Line MonthWriter::whole_month(LineType type, const Account& account) const {
  Line line;
  line.type = type;
  line.interval = whole_;
  line.start = out_.bill().start;
  line.end = out_.bill().end;
  line.account = account.id;
  line.account_name = account.name;
  line.usage = kOne;
  return line;
}

// What was paid upfront on the first day.
Status MonthWriter::bought() {
  const Interval first = interval_at(0);
  for (const auto& r : reservations_) {
    if (!r.bought_in(month_) || r.upfront == 0) continue;
    Line line = whole_month(LineType::fee, *r.account);
    line.id = new_id();
    line.interval = first.both;
    line.start = first.start;
    line.end = first.end;
    line.bill_type = "Purchase";
    line.invoice_id = invoice_bought_;
    line.product = r.product;
    line.product_code = r.product->kind->product_code;
    line.usage_type = r.product->usage_type;
    line.operation = r.product->kind->operation;
    line.usage = r.count * kOne;
    line.rate = r.upfront * kTermHours;
    line.cost = line.rate * r.count;
    line.description =
        r.recurring == 0 ? "All Upfront fee for reserved capacity" : "Partial Upfront fee for reserved capacity";
    line.term = "Reserved";
    line.unit = "Quantity";
    line.reservation.arn = r.arn;
    line.reservation.subscription = r.subscription;
    line.reservation.units = r.count * kOne;
    line.reservation.start = r.start;
    line.reservation.end = r.end;
    line.reservation.upfront_value = line.cost;
    line.team = "platform";
    line.tenant = "tenant-platform";
    TRY(send(line));
  }
  for (const auto& p : plans_) {
    if (!p.bought_in(month_) || p.upfront == 0) continue;
    Line line = whole_month(LineType::savings_plan_upfront_fee, *p.account);
    line.id = new_id();
    line.bill_type = "Purchase";
    line.invoice_id = invoice_bought_;
    line.product_code = "ComputeSavingsPlans";
    line.product_name = "Savings Plans for AWS Compute usage";
    line.usage_type = p.payment == "All Upfront" ? "ComputeSP:1yrAllUpfront" : "ComputeSP:1yrPartialUpfront";
    line.cost = p.upfront * kTermHours;
    line.description = "Upfront fee of a 1 year Compute Savings Plan";
    line.plan.arn = p.arn;
    line.plan.offering = "ComputeSavingsPlans";
    line.plan.payment = p.payment;
    line.plan.start = p.start;
    line.plan.end = p.end;
    TRY(send(line));
  }
  return {};
}

Status MonthWriter::usage(std::int64_t index, std::int64_t rows) {
  const Interval now = interval_at(index);
  for (auto& r : reservations_) r.used_now = 0;
  std::int64_t fees = 0;
  for (auto& p : plans_) {
    p.used = 0;
    p.budget = p.active(month_) ? p.commitment * now.hours : 0;
    if (p.active(month_)) ++fees;
  }
  for (std::int64_t left = rows - fees, slot = 0; left > 0; ++slot) {
    left -= TRY(slot_lines(fleet_.slot(slot), now, left));
  }
  return plan_fees(now);
}

int MonthWriter::reservation_of(const Product* product) const {
  for (std::size_t i = 0; i < reservations_.size(); ++i) {
    if (reservations_[i].product == product) return static_cast<int>(i);
  }
  return -1;
}

Amount MonthWriter::quantity(const Slot& slot, const Interval& now, std::uint64_t dice) const {
  const UsageKind& kind = *slot.product->kind;
  if (kind.instance) {
    if ((dice & 31) != 0) return now.hours * kOne;
    return (now.hours - 1) * kOne +
           static_cast<Amount>(60 + (dice >> 8) % 3540) * kOne / 3600;  // stopped within an hour
  }
  Amount out = (slot.typical >> 10) * static_cast<Amount>(512 + ((dice >> 8) & 1023)) * now.hours +
               static_cast<Amount>(dice >> 44);
  if (kind.business) out = out / 100 * now.busy_percent;
  // Something ran away for three days: what an anomaly looks like.
  const std::uint64_t day = plan_.hourly ? now.number / 24 : now.number;
  if (month_ == 1 && slot.account->index == 1 && kind.family == "NAT Gateway" && day >= 9 && day < 12) out *= 9;
  if (kind.counted) out = std::max<Amount>(kOne, out - out % kOne);
  return out;
}

Result<std::int64_t> MonthWriter::slot_lines(const Slot& slot, const Interval& now, std::int64_t room) {
  const std::uint64_t dice = mix(slot.key, key_, now.number);
  // A preliminary assembly lacks what came late and has some of the rest wrong.
  if (assembly_.preliminary && (dice & 255) == 77) return 1;
  const Product& product = *slot.product;
  const UsageKind& kind = *product.kind;
  Amount used = quantity(slot, now, dice);
  if (assembly_.preliminary && !kind.instance && (dice & 255) == 78)
    used = std::max<Amount>(kOne, used / 100 * 97 / kOne * kOne);

  Line line;
  line.id = slot.id;
  line.interval = now.both;
  line.start = now.start;
  line.end = now.end;
  line.account = slot.account->id;
  line.account_name = slot.account->name;
  line.product = &product;
  line.product_code = kind.product_code;
  line.usage_type = product.usage_type;
  line.operation = kind.operation;
  line.availability_zone = slot.zone;
  line.resource_id = slot.resource;
  line.description = product.description;
  line.term = "OnDemand";
  line.unit = kind.unit;
  line.usage = used;
  line.rate = product.rate;
  line.cost = times(used, product.rate);
  line.public_cost = line.cost;
  line.team = slot.team;
  line.env = slot.env;
  line.tenant = slot.tenant;

  if (kind.instance && used == now.hours * kOne) {
    const int which = reservation_of(&product);
    Reservation* r = which < 0 ? nullptr : &reservations_[static_cast<std::size_t>(which)];
    if (r != nullptr && r->active(month_) && r->used_now < r->count) {
      ++r->used_now;
      r->used_hours += now.hours;
      line.type = LineType::discounted_usage;
      line.rate = 0;
      line.cost = 0;
      line.description = "reserved instance applied";
      line.term = "Reserved";
      line.reservation.arn = r->arn;
      line.reservation.subscription = r->subscription;
      line.reservation.amortized_upfront = r->upfront * now.hours;
      line.reservation.recurring = r->recurring * now.hours;
      line.reservation.effective_cost = line.reservation.amortized_upfront + line.reservation.recurring;
      TRY(send(line));
      return 1;
    }
  }
  if (product.plan_rate != 0 && room >= 2) {
    const Amount effective = times(used, product.plan_rate);
    for (auto& p : plans_) {
      if (p.used + effective > p.budget) continue;
      p.used += effective;
      line.type = LineType::savings_plan_covered_usage;
      line.plan.arn = p.arn;
      line.plan.rate = product.plan_rate;
      line.plan.effective_cost = effective;
      TRY(send(line));
      line.type = LineType::savings_plan_negation;
      line.id = slot.negation_id;
      line.description = "SavingsPlanNegation";
      line.rate = -line.rate;
      line.cost = -line.cost;
      line.net_cost = kNone;
      line.plan.rate = kNone;
      line.plan.effective_cost = kNone;
      line.resource_id = {};
      line.team = line.env = {};
      TRY(send(line));
      return 2;
    }
  }
  if (kind.big != BigService::other) {
    const auto big = static_cast<std::size_t>(kind.big);
    const auto account = static_cast<std::size_t>(slot.account->index);
    spent_[account][big] += line.cost;
    if (plan_.discounts) {
      const Amount off = times(line.cost, kDiscountShare);
      line.net_cost = line.cost - off;
      discounted_[account][big] += off;
    }
  }
  TRY(send(line));
  if (!slot.pods || room < 3 || (dice >> 40) % 8 != 0) return 1;
  TRY(pods(line, slot, line.cost));
  return 3;
}

// Two pods of a Kubernetes node: lines without cost that say how the node's cost splits.
Status MonthWriter::pods(Line line, const Slot& slot, Amount cost) {
  const std::string usage_type = fmt::format("{}EKS-EC2-vCPU-Hours", slot.product->region->prefix);
  for (int pod = 0; pod < 2; ++pod) {
    const std::string resource = fmt::format("arn:aws:eks:{}:{}:pod/{}/pod-{}", slot.product->region->code,
                                             slot.account->id, slot.account->team, slot.resource.substr(3, 8));
    std::string id = slot.id;
    id[0] = pod == 0 ? 'p' : 'q';
    line.id = id;
    line.usage_type = usage_type;
    line.operation = "EKSPod-EC2";
    line.description = "split cost allocation";
    line.resource_id = resource;
    line.rate = kNone;
    line.cost = 0;
    line.net_cost = kNone;
    line.public_cost = kNone;
    line.split.parent = slot.resource;
    line.split.usage = line.usage / 4;
    line.split.ratio = pod == 0 ? 0.25_amount : 0.5_amount;
    line.split.cost = cost / 4 * (pod + 1);
    line.split.unused_cost = cost / 8;
    TRY(send(line));
  }
  return {};
}

Status MonthWriter::plan_fees(const Interval& now) {
  for (const auto& p : plans_) {
    if (!p.active(month_)) continue;
    Line line;
    line.type = LineType::savings_plan_recurring_fee;
    line.id = new_id();
    line.interval = now.both;
    line.start = now.start;
    line.end = now.end;
    line.account = p.account->id;
    line.account_name = p.account->name;
    line.product_code = "ComputeSavingsPlans";
    line.product_name = "Savings Plans for AWS Compute usage";
    line.usage_type = p.payment == "No Upfront"    ? "ComputeSP:1yrNoUpfront"
                      : p.payment == "All Upfront" ? "ComputeSP:1yrAllUpfront"
                                                   : "ComputeSP:1yrPartialUpfront";
    line.usage = now.hours * kOne;
    line.cost = (p.commitment - p.upfront) * now.hours;
    line.description = "1 year Compute Savings Plan";
    line.plan.arn = p.arn;
    line.plan.offering = "ComputeSavingsPlans";
    line.plan.payment = p.payment;
    line.plan.start = p.start;
    line.plan.end = p.end;
    line.plan.total_commitment = p.budget;
    line.plan.used_commitment = p.used;
    line.plan.amortized_upfront = p.upfront * days_ * 24;
    line.plan.recurring = (p.commitment - p.upfront) * days_ * 24;
    TRY(send(line));
  }
  return {};
}

Status MonthWriter::month_end() {
  TRY(reservation_fees());
  TRY(fixed_lines());
  return account_lines();
}

Status MonthWriter::reservation_fees() {
  for (const auto& r : reservations_) {
    if (!r.active(month_)) continue;
    const std::int64_t hours = r.count * days_ * 24;
    const auto unused = hours - static_cast<std::int64_t>(r.used_hours);
    Line line = whole_month(LineType::ri_fee, *r.account);
    line.id = new_id();
    line.product = r.product;
    line.product_code = r.product->kind->product_code;
    line.usage_type = r.product->usage_type;
    line.operation = r.product->kind->operation;
    line.usage = hours * kOne;
    line.rate = r.recurring;
    line.cost = r.recurring * hours;
    line.description = "recurring fee for reserved capacity";
    line.term = "Reserved";
    line.unit = "Hrs";
    line.reservation.arn = r.arn;
    line.reservation.subscription = r.subscription;
    line.reservation.units = r.count * kOne;
    line.reservation.start = r.start;
    line.reservation.end = r.end;
    line.reservation.total_units = hours * kOne;
    line.reservation.amortized_upfront_fee = r.upfront * hours;
    line.reservation.unused_quantity = unused * kOne;
    line.reservation.unused_recurring_fee = r.recurring * unused;
    line.reservation.unused_upfront_fee = r.upfront * unused;
    line.team = "platform";
    line.tenant = "tenant-platform";
    TRY(send(line));
  }
  return {};
}

Status MonthWriter::fixed_lines() {
  const Account& payer = fleet_.accounts().front();
  Random random(mix(key_, 0xf17ed));

  Line support = whole_month(LineType::usage, payer);
  support.id = new_id();
  support.product_code = "AWSSupportBusiness";
  support.product_name = "AWS Support (Business)";
  support.usage_type = "Dollar";
  support.unit = "Dollar";
  support.cost = support.public_cost = 100 * kOne + random.below(9999) * kCent;
  support.description = "AWS Support (Business)";
  TRY(send(support));

  Line domain = whole_month(LineType::fee, payer);
  domain.id = new_id();
  domain.product_code = "AmazonRegistrar";
  domain.product_name = "Amazon Registrar";
  domain.usage_type = "DomainRegistration-com";
  domain.operation = "RenewDomain";
  domain.cost = domain.rate = domain.public_cost = 14_amount;
  domain.description = "Renewal of a .com domain";
  TRY(send(domain));

  for (int i = 0; i < plan_.marketplace_rows; ++i) {
    const MarketProduct& product = kMarket[static_cast<std::size_t>(i) % kMarket.size()];
    Line line = whole_month(LineType::usage,
                            fleet_.accounts()[1 + static_cast<std::size_t>(i) % (fleet_.accounts().size() - 1)]);
    line.id = new_id();
    line.billing_entity = "AWS Marketplace";
    line.invoicing_entity = line.legal_entity = product.seller;
    line.invoice_id = invoice_market_;
    line.product_code = product.code;
    line.product_name = product.name;
    line.usage_type = product.usage_type;
    line.unit = "Units";
    line.usage = random.between(24, 744) * kOne;
    line.rate = product.rate;
    line.cost = line.public_cost = times(line.usage, product.rate);
    line.description = "AWS Marketplace software usage";
    TRY(send(line));
  }
  return {};
}

// Lines that follow from what the accounts spent.
Status MonthWriter::account_lines() {
  const auto linked = fleet_.accounts().size() - 1;
  Random random(mix(key_, 0xacc0));
  const auto about = [&](LineType type, const Account& account, std::size_t big) {
    Line line = whole_month(type, account);
    line.id = new_id();
    line.product_code = kBig[big].code;
    line.product_name = kBig[big].name;
    return line;
  };
  for (int i = 0; i < plan_.credit_rows; ++i) {
    const auto big = static_cast<std::size_t>(i) % kBigServices;
    const Account& account = fleet_.accounts()[1 + static_cast<std::size_t>(i) % linked];
    Line line = about(LineType::credit, account, big);
    const Amount share = random.between(1, 40) * (kOne / 1000) / (assembly_.preliminary ? 2 : 1);
    line.cost = -times(spent_[static_cast<std::size_t>(account.index)][big], share);
    line.usage_type = kBig[big].usage_type;
    line.description = "Promotional credit";
    TRY(send(line));
  }
  for (int i = 0; i < plan_.refund_rows && !assembly_.preliminary; ++i) {
    Line line =
        about(LineType::refund,
              fleet_.accounts()[1 + static_cast<std::size_t>(random.below(static_cast<std::int64_t>(linked)))], 2);
    line.bill_type = "Refund";
    line.usage_type = kBig[2].usage_type;
    line.cost = -random.between(100, 9900) * (kOne / 10000);
    line.description = "Refund for usage of a prior period";
    TRY(send(line));
  }
  for (std::size_t a = 1; a <= linked; ++a) {
    for (std::size_t big = 0; plan_.discounts && big < kBigServices; ++big) {
      Line line = about(LineType::edp_discount, fleet_.accounts()[a], big);
      line.cost = -discounted_[a][big];
      line.description = "Enterprise discount program";
      TRY(send(line));
    }
    for (std::size_t big = 0; big < static_cast<std::size_t>(plan_.taxed_services); ++big) {
      Line line = about(LineType::tax, fleet_.accounts()[a], big);
      line.cost = times(spent_[a][big] - discounted_[a][big], kTaxShare);
      line.cost = (line.cost + kCent / 2) / kCent * kCent;
      line.tax_type = "ISS";
      line.description = "Tax of type ISS";
      TRY(send(line));
    }
  }
  return {};
}

}  // namespace centavo::generate
