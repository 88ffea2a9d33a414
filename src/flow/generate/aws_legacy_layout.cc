#include <algorithm>
#include <cctype>

#include "flow/generate/aws_layout.h"

namespace centavo::generate {
namespace {

constexpr std::string_view kString = "String";
constexpr std::string_view kDecimal = "OptionalBigDecimal";
constexpr std::string_view kDate = "DateTime";

constexpr LayoutColumn text(std::string_view category, std::string_view name) {
  return {category, name, kString, "VARCHAR"};
}
constexpr LayoutColumn number(std::string_view category, std::string_view name) {
  return {category, name, kDecimal, "DOUBLE"};
}
constexpr LayoutColumn date(std::string_view category, std::string_view name) {
  return {category, name, kDate, "TIMESTAMP"};
}

constexpr LayoutColumn kColumns[] = {
    text("identity", "LineItemId"),
    {"identity", "TimeInterval", "Interval", "VARCHAR"},
    text("bill", "InvoiceId"),
    text("bill", "InvoicingEntity"),
    text("bill", "BillingEntity"),
    text("bill", "BillType"),
    text("bill", "PayerAccountId"),
    date("bill", "BillingPeriodStartDate"),
    date("bill", "BillingPeriodEndDate"),
    text("lineItem", "UsageAccountId"),
    text("lineItem", "LineItemType"),
    date("lineItem", "UsageStartDate"),
    date("lineItem", "UsageEndDate"),
    text("lineItem", "ProductCode"),
    text("lineItem", "UsageType"),
    text("lineItem", "Operation"),
    text("lineItem", "AvailabilityZone"),
    number("lineItem", "UsageAmount"),
    number("lineItem", "NormalizationFactor"),
    number("lineItem", "NormalizedUsageAmount"),
    text("lineItem", "CurrencyCode"),
    text("lineItem", "UnblendedRate"),
    number("lineItem", "UnblendedCost"),
    text("lineItem", "BlendedRate"),
    number("lineItem", "BlendedCost"),
    text("lineItem", "LineItemDescription"),
    text("lineItem", "TaxType"),
    text("lineItem", "LegalEntity"),
    text("product", "ProductName"),
    text("product", "availability"),
    text("product", "durability"),
    text("product", "eventType"),
    text("product", "feeCode"),
    text("product", "feeDescription"),
    text("product", "fromLocation"),
    text("product", "fromLocationType"),
    text("product", "fromRegionCode"),
    text("product", "group"),
    text("product", "groupDescription"),
    text("product", "location"),
    text("product", "locationType"),
    text("product", "messageDeliveryFrequency"),
    text("product", "messageDeliveryOrder"),
    text("product", "operation"),
    text("product", "overhead"),
    text("product", "productFamily"),
    text("product", "productType"),
    text("product", "queueType"),
    text("product", "region"),
    text("product", "regionCode"),
    text("product", "servicecode"),
    text("product", "servicename"),
    text("product", "sku"),
    text("product", "storageClass"),
    text("product", "storageMedia"),
    text("product", "toLocation"),
    text("product", "toLocationType"),
    text("product", "toRegionCode"),
    text("product", "transferType"),
    text("product", "usagetype"),
    text("product", "version"),
    text("product", "volumeType"),
    text("pricing", "RateCode"),
    text("pricing", "RateId"),
    text("pricing", "currency"),
    number("pricing", "publicOnDemandCost"),
    text("pricing", "publicOnDemandRate"),
    text("pricing", "term"),
    text("pricing", "unit"),
    number("reservation", "AmortizedUpfrontCostForUsage"),
    number("reservation", "AmortizedUpfrontFeeForBillingPeriod"),
    number("reservation", "EffectiveCost"),
    text("reservation", "EndTime"),
    text("reservation", "ModificationStatus"),
    text("reservation", "NormalizedUnitsPerReservation"),
    text("reservation", "NumberOfReservations"),
    number("reservation", "RecurringFeeForUsage"),
    text("reservation", "StartTime"),
    text("reservation", "SubscriptionId"),
    text("reservation", "TotalReservedNormalizedUnits"),
    text("reservation", "TotalReservedUnits"),
    text("reservation", "UnitsPerReservation"),
    number("reservation", "UnusedAmortizedUpfrontFeeForBillingPeriod"),
    number("reservation", "UnusedNormalizedUnitQuantity"),
    number("reservation", "UnusedQuantity"),
    number("reservation", "UnusedRecurringFee"),
    number("reservation", "UpfrontValue"),
    number("savingsPlan", "TotalCommitmentToDate"),
    text("savingsPlan", "SavingsPlanARN"),
    number("savingsPlan", "SavingsPlanRate"),
    number("savingsPlan", "UsedCommitment"),
    number("savingsPlan", "SavingsPlanEffectiveCost"),
    number("savingsPlan", "AmortizedUpfrontCommitmentForBillingPeriod"),
    number("savingsPlan", "RecurringCommitmentForBillingPeriod"),
    text("lineItem", "ResourceId"),
    number("lineItem", "NetUnblendedCost"),
    text("reservation", "ReservationARN"),
    text("savingsPlan", "OfferingType"),
    text("savingsPlan", "PaymentOption"),
    text("splitLineItem", "ParentResourceId"),
    number("splitLineItem", "SplitUsage"),
    number("splitLineItem", "SplitCost"),
    number("splitLineItem", "UnusedCost"),
    number("splitLineItem", "SplitUsageRatio"),
    text("resourceTags", "user:team"),
    text("resourceTags", "user:env"),
    text("costCategory", "Tenant"),
};
static_assert(std::size(kColumns) == 107);

constexpr int kProductColumns = 34;

// AWS's rule for Athena: "_" before every upper-case letter, all else than letters and digits "_", runs of "_" to one.
// ReservationARN is reservation_a_r_n, as in real tables.
std::string snake_case(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const auto u = static_cast<unsigned char>(c);
    const bool separate = std::isupper(u) != 0 || std::isalnum(u) == 0;
    if (separate && !out.empty() && out.back() != '_') out += '_';
    if (std::isalnum(u) != 0) out += static_cast<char>(std::tolower(u));
  }
  return out;
}

std::string folder_of(const AwsOptions& options, const Bill& bill) {
  std::string days = bill.period.first() + "-" + bill.period.end();   // 2026-09-01-2026-10-01
  std::string digits;
  for (const char c : days) {
    if (c != '-') digits += c;
  }
  return fmt::format("{}/{}-{}", options.report, digits.substr(0, 8), digits.substr(8));
}

class LegacyLayout final : public Layout {
 public:
  std::span<const LayoutColumn> columns() const override { return kColumns; }
  std::string csv_name(const LayoutColumn& column) const override {
    return fmt::format("{}/{}", column.category, column.name);
  }
  std::string parquet_name(const LayoutColumn& column) const override { return snake_case(csv_name(column)); }

  std::string product_columns(const Product& product) const override {
    const UsageKind& kind = *product.kind;
    const Region& region = *product.region;
    const bool transfer = kind.family == "Data Transfer";
    const bool storage = kind.family == "Storage";
    std::string out;
    RecordWriter row(out);
    row.text(csv_field(kind.service_name));                                                        // ProductName
    row.text(storage && kind.big == BigService::s3 ? "99.99%" : "")
        .text(storage && kind.big == BigService::s3 ? "99.999999999%" : "");
    row.empty(3);  // eventType .. feeDescription
    row.text(transfer ? region.location : "").text(transfer ? "AWS Region" : "").text(transfer ? region.code : "");
    row.text(kind.counted ? csv_field(fmt::format("{}-Requests", kind.operation)) : "")
        .empty(1);  // group, groupDescription
    row.text(transfer ? "" : region.location).text(transfer ? "" : "AWS Region").empty(2);
    row.text(kind.operation).empty(1).text(csv_field(kind.family)).empty(2);  // operation .. queueType
    row.text(region.code)
        .text(region.code)
        .text(kind.product_code)
        .text(csv_field(kind.service_name))
        .text(product.sku);
    row.text(storage && kind.big == BigService::s3 ? "General Purpose" : "")
        .text(storage && kind.big == BigService::s3 ? "Amazon S3" : "");
    row.text(transfer ? "External" : "").text(transfer ? "Other" : "").empty(1).text(transfer ? "AWS Outbound" : "");
    row.text(product.usage_type).empty(1).text(storage && kind.big == BigService::s3 ? "Standard" : "");
    return out;
  }

  void append_row(std::string& out, const Bill& bill, const Line& line) const override {
    const Product* product = line.product;
    RecordWriter row(out);
    row.text(line.id).text(line.interval).text(line.invoice_id).text(line.invoicing_entity).text(line.billing_entity);
    row.text(line.bill_type)
        .text(bill.payer)
        .text(bill.start)
        .text(bill.end)
        .text(line.account)
        .text(name_of(line.type));
    row.text(line.start).text(line.end).text(line.product_code).text(line.usage_type).text(line.operation);
    row.text(line.availability_zone)
        .amount(line.usage)
        .empty(2)
        .text(bill.currency)
        .amount(line.rate)
        .amount(line.cost);
    if (line.type == LineType::usage && line.rate != kNone) {
      row.amount(line.rate).amount(line.cost);
    } else {
      row.empty(2);
    }
    row.text(line.description).text(line.tax_type).text(line.legal_entity);
    if (product != nullptr) {
      row.text(product->columns)
          .text(product->rate_code)
          .text(product->rate_id)
          .text(bill.currency)
          .amount(line.public_cost);
      row.text(line.public_cost == kNone ? std::string_view() : std::string_view(product->rate_text));
    } else {
      row.text(line.product_name).empty(kProductColumns - 1 + 2).text(bill.currency).amount(line.public_cost).empty(1);
    }
    row.text(line.term).text(line.unit);
    reservation(row, line.reservation);
    const SavingsPlanFields& plan = line.plan;
    if (plan.arn.empty()) {
      row.empty(7);
    } else {
      row.amount(plan.total_commitment).text(plan.arn).amount(plan.rate).amount(plan.used_commitment);
      row.amount(plan.effective_cost).amount(plan.amortized_upfront).amount(plan.recurring);
    }
    row.text(line.resource_id).amount(line.net_cost).text(line.reservation.arn).text(plan.offering).text(plan.payment);
    row.text(line.split.parent).amount(line.split.usage).amount(line.split.cost).amount(line.split.unused_cost);
    row.amount(line.split.ratio).text(line.team).text(line.env).text(line.tenant);
    row.end();
  }

  std::string data_path(const AwsOptions& options, const Bill& bill, const Assembly& assembly,
                        int number) const override {
    const bool parquet = options.format == FileFormat::parquet;
    return fmt::format("{}/{}/{}-{:05}.{}", folder_of(options, bill), assembly.id, options.report, number,
                       parquet ? "snappy.parquet" : "csv.gz");
  }

  std::vector<Manifest> manifests(const AwsOptions& options, const Bill& bill, const Assembly& assembly,
                                  const std::vector<std::string>& data_paths) const override {
    const bool parquet = options.format == FileFormat::parquet;
    const auto compact = [](std::string day) {
      day.erase(std::remove(day.begin(), day.end(), '-'), day.end());
      return day + "T000000.000Z";
    };
    OrderedJson manifest;
    manifest["assemblyId"] = assembly.id;
    manifest["account"] = bill.payer;
    for (const auto& column : kColumns) {
      manifest["columns"].push_back({{"category", column.category}, {"name", column.name}, {"type", column.type}});
    }
    manifest["charset"] = "UTF-8";
    manifest["compression"] = parquet ? "Parquet" : "GZIP";
    manifest["contentType"] = parquet ? "Parquet" : "text/csv";
    manifest["reportId"] = "5f3d9c1e7a6b4c2d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8f9a0b1c2d3e4f5";
    manifest["reportName"] = options.report;
    manifest["billingPeriod"] = {{"start", compact(bill.period.first())}, {"end", compact(bill.period.end())}};
    manifest["bucket"] = "example-billing-bucket";
    manifest["reportKeys"] = data_paths;
    manifest["additionalArtifactKeys"] = OrderedJson::array();
    const std::string text = manifest.dump(2) + "\n";
    const std::string name = options.report + "-Manifest.json";
    const std::string folder = folder_of(options, bill);
    return {{fmt::format("{}/{}/{}", folder, assembly.id, name), text}, {fmt::format("{}/{}", folder, name), text}};
  }

 private:
  static void reservation(RecordWriter& row, const ReservationFields& r) {
    if (r.arn.empty()) {
      row.empty(18);
      return;
    }
    row.amount(r.amortized_upfront).amount(r.amortized_upfront_fee).amount(r.effective_cost).text(r.end).empty(2);
    row.amount(r.units).amount(r.recurring).text(r.start).text(r.subscription).empty(1).amount(r.total_units);
    row.empty(1).amount(r.unused_upfront_fee).empty(1).amount(r.unused_quantity).amount(r.unused_recurring_fee);
    row.amount(r.upfront_value);
  }
};

}  // namespace

std::unique_ptr<Layout> legacy_layout() { return std::make_unique<LegacyLayout>(); }

}  // namespace centavo::generate
