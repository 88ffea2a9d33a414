#include "flow/generate/azure_export.h"

#include "flow/generate/record_writer.h"

namespace centavo::generate {
namespace {

struct Column {
  const char* name;
  const char* parquet = "VARCHAR";
};
constexpr const char* kDate = "DATE";
constexpr const char* kNumber = "DOUBLE";
constexpr std::array<Column, 65> kColumns = {{
    {"invoiceId"},
    {"previousInvoiceId"},
    {"billingAccountId"},
    {"billingAccountName"},
    {"billingProfileId"},
    {"billingProfileName"},
    {"invoiceSectionId"},
    {"invoiceSectionName"},
    {"resellerName"},
    {"resellerMpnId"},
    {"costCenter"},
    {"billingPeriodEndDate", kDate},
    {"billingPeriodStartDate", kDate},
    {"servicePeriodEndDate", kDate},
    {"servicePeriodStartDate", kDate},
    {"date", kDate},
    {"serviceFamily"},
    {"productOrderId"},
    {"productOrderName"},
    {"consumedService"},
    {"meterId"},
    {"meterName"},
    {"meterCategory"},
    {"meterSubCategory"},
    {"meterRegion"},
    {"ProductId"},
    {"ProductName"},
    {"SubscriptionId"},
    {"subscriptionName"},
    {"publisherType"},
    {"publisherId"},
    {"publisherName"},
    {"resourceGroupName"},
    {"ResourceId"},
    {"resourceLocation"},
    {"location"},
    {"effectivePrice", kNumber},
    {"quantity", kNumber},
    {"unitOfMeasure"},
    {"chargeType"},
    {"billingCurrency"},
    {"pricingCurrency"},
    {"costInBillingCurrency", kNumber},
    {"costInPricingCurrency", kNumber},
    {"costInUsd", kNumber},
    {"paygCostInBillingCurrency", kNumber},
    {"paygCostInUsd", kNumber},
    {"exchangeRatePricingToBilling", kNumber},
    {"exchangeRateDate", kDate},
    {"isAzureCreditEligible"},
    {"serviceInfo1"},
    {"serviceInfo2"},
    {"additionalInfo"},
    {"tags"},
    {"PayGPrice", kNumber},
    {"frequency"},
    {"term"},
    {"reservationId"},
    {"reservationName"},
    {"pricingModel"},
    {"unitPrice", kNumber},
    {"costAllocationRuleName"},
    {"benefitId"},
    {"benefitName"},
    {"provider"},
}};

constexpr std::array<const char*, 6> kCharges = {
    "Usage", "Purchase", "Refund", "UnusedReservation", "UnusedSavingsPlan", "RoundingAdjustment"};
constexpr std::array<const char*, 4> kModels = {"OnDemand", "Spot", "Reservation", "SavingsPlan"};

RowForm form_of(FileFormat format, duck::Database* engine) {
  RowForm form;
  form.engine = engine;
  RecordWriter header(form.header);
  std::string types;
  for (const Column& column : kColumns) {
    header.text(column.name);
    types += fmt::format("{}{}: '{}'", types.empty() ? "" : ", ", duck::literal(column.name), column.parquet);
  }
  header.end();
  if (format == FileFormat::parquet) {
    form.select = fmt::format(
        "select * from read_csv({{}}, header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
        "dateformat = '%m/%d/%Y', columns = {{{}}})",
        types);
  }
  return form;
}

// "09/30/2026", as the exports write dates.
std::string month_first(Day day) {
  const std::string iso = date_text(day);
  return fmt::format("{}/{}/{}", iso.substr(5, 2), iso.substr(8, 2), iso.substr(0, 4));
}

std::string digits_of(std::string_view time) {
  std::string out;
  for (const char c : time) {
    if (c >= '0' && c <= '9') out += c;
  }
  return out;
}

}  // namespace

AzureExport::AzureExport(const AzureOptions& options, const AzureAccount& account, AzureRun run,
                         const std::string& out_dir, duck::Database* engine, Pace& pace)
    : options_(options),
      account_(account),
      run_(std::move(run)),
      out_dir_(out_dir),
      pace_(pace),
      form_(form_of(options.format, engine)) {
  const std::string invoice = run_.final ? fmt::format("G{:09}", run_.period.year() * 100 + run_.period.month()) : "";
  head_ = fmt::format("{},,{},Exemplo SA,{},Perfil Brasil,", invoice, account_.account, account_.profile);
  const Day first = first_day(run_.period);
  const int days = days_of(run_.period);
  period_ = fmt::format("{},{},", month_first(first + std::chrono::days(days - 1)), month_first(first));
  for (int day = 1; day <= days; ++day) {
    const std::string date = month_first(first + std::chrono::days(day - 1));
    dates_.push_back(fmt::format("{0},{0},{0},", date));
  }
  tail_ = fmt::format("{},{}", text_of(account_.rate), month_first(first));
}

std::string AzureExport::folder() const {
  const Day first = first_day(run_.period);
  return fmt::format("{}/{}-{}/{}/{}", name(), digits_of(date_text(first)),
                     digits_of(date_text(first + std::chrono::days(days_of(run_.period) - 1))),
                     digits_of(run_.submitted).substr(0, 12), run_.id);
}

Status AzureExport::open_file() {
  files_.push_back(fmt::format("{}/part_{}_0001.{}", folder(), files_.size(),
                               options_.format == FileFormat::parquet ? "snappy.parquet" : "csv.gz"));
  file_ = TRY(RowFile::create(fmt::format("{}/{}", out_dir_, files_.back()), form_));
  return {};
}

Status AzureExport::close_file() {
  const std::int64_t rows = file_->rows();
  const std::int64_t bytes = TRY(file_->close(pace_.cancel));
  file_.reset();
  sizes_.emplace_back(bytes, rows);
  bytes_ += bytes;
  return {};
}

Status AzureExport::add(const AzureLine& line) {
  if (!file_) TRY(open_file());
  const Amount billed = times(line.cost, account_.rate);
  append(line, billed);
  count(line, billed);
  TRY(file_->row_ended());
  if (file_->rows() == options_.rows_per_file) TRY(close_file());
  return pace_.row();
}

void AzureExport::append(const AzureLine& line, Amount billed) {
  std::string& out = file_->text();
  const bool is_market = !line.publisher.empty();
  const Amount list = line.list_price == kNone ? kNone : times(line.list_price, line.quantity);
  static const AzureBenefit kNoBenefit;
  const AzureBenefit& benefit = line.benefit != nullptr ? *line.benefit : kNoBenefit;
  const bool is_reserved = !benefit.reservation.empty();
  const auto put = [&out](std::string_view text) -> std::string& { return out.append(text).append(1, ','); };
  const auto number = [&out](Amount amount) {
    if (amount != kNone) generate::append(out, amount);
    out += ',';
  };
  out += head_;
  put(line.subscription->section) += ",,";   // reseller
  put(line.subscription->cost_center) += period_;
  out += dates_[static_cast<std::size_t>(line.day - 1)];
  put(line.product);
  put(line.subscription->columns) += is_market ? "Marketplace,," : "Microsoft,,";
  put(is_market ? line.publisher : "Microsoft");
  put(line.resource != nullptr ? std::string_view(line.resource->columns) : ",");
  put(line.place);
  number(line.price);
  number(line.quantity);
  put(line.unit);
  put(kCharges[static_cast<std::size_t>(line.charge)]);
  put(account_.currency) += "USD,";
  number(billed);
  number(line.cost);
  number(line.cost);
  number(list == kNone ? kNone : times(list, account_.rate));
  number(list);
  put(tail_) += is_market ? "False,,,," : "True,,,,";
  if (line.resource != nullptr) out += line.resource->tags;
  out += ',';
  number(line.list_price);
  put(line.frequency);
  put(benefit.term);
  put(benefit.reservation);
  put(is_reserved ? std::string_view(benefit.name) : "");
  put(line.charge == AzureCharge::rounding ? "" : kModels[static_cast<std::size_t>(line.model)]);
  number(line.unit_price);
  out += ',';   // costAllocationRuleName
  put(benefit.id);
  put(benefit.name) += "Azure\n";
}

void AzureExport::count(const AzureLine& line, Amount billed) {
  ++sums_.rows;
  sums_.cost += billed;
  const bool is_bought = line.charge == AzureCharge::purchase || line.charge == AzureCharge::refund;
  (is_bought ? sums_.purchase : line.charge == AzureCharge::rounding ? sums_.adjustment : sums_.usage) += billed;
  if (line.charge == AzureCharge::refund) sums_.refunds += billed;
  if (line.charge == AzureCharge::unused_reservation) sums_.unused_reservation += billed;
  if (line.charge == AzureCharge::unused_savings_plan) sums_.unused_savings_plan += billed;
  if (!line.publisher.empty()) sums_.marketplace += billed;
  if (is_bought && line.benefit != nullptr) {
    sums_.commitments += billed;
    ++sums_.commitment_rows;
  }
}

Status AzureExport::close() {
  if (!file_ && files_.empty()) TRY(open_file());
  if (file_) TRY(close_file());
  const bool parquet = options_.format == FileFormat::parquet;
  OrderedJson blobs = OrderedJson::array();
  for (std::size_t i = 0; i < files_.size(); ++i)
    blobs.push_back({{"blobName", files_[i]}, {"byteCount", sizes_[i].first}, {"dataRowCount", sizes_[i].second}});
  const OrderedJson manifest = {
      {"manifestVersion", "2024-04-01"},
      {"byteCount", bytes_},
      {"blobCount", files_.size()},
      {"dataRowCount", sums_.rows},
      {"exportConfig",
       {{"exportName", name()},
        {"resourceId", fmt::format("/providers/Microsoft.Billing/billingAccounts/{}/billingProfiles/{}/providers/"
                                   "Microsoft.CostManagement/exports/{}",
                                   account_.account, account_.profile, name())},
        {"dataVersion", "2023-12-01-preview"},
        {"apiVersion", "2023-07-01-preview"},
        {"type", run_.amortized ? "AmortizedCost" : "ActualCost"},
        {"timeFrame", "MonthToDate"},
        {"granularity", "Daily"}}},
      {"deliveryConfig",
       {{"partitionData", true},
        {"dataOverwriteBehavior", "CreateNewReport"},
        {"fileFormat", parquet ? "Parquet" : "Csv"},
        {"compressionMode", parquet ? "Snappy" : "Gzip"}}},
      {"runInfo",
       {{"executionType", "Scheduled"},
        {"submittedTime", run_.submitted},
        {"runId", run_.id},
        {"startDate", run_.period.first() + "T00:00:00"},
        {"endDate", date_text(first_day(run_.period) + std::chrono::days(run_.days - 1)) + "T00:00:00"}}},
      {"blobs", blobs}};
  return write_file(fmt::format("{}/{}/manifest.json", out_dir_, folder()), manifest.dump(1) + "\n");
}

}  // namespace centavo::generate
