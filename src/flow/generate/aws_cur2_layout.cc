#include <algorithm>

#include "flow/generate/aws_layout.h"

namespace centavo::generate {
namespace {

constexpr LayoutColumn text(std::string_view name) { return {"", name, "string", "VARCHAR"}; }
constexpr LayoutColumn number(std::string_view name) { return {"", name, "double", "DOUBLE"}; }
constexpr LayoutColumn date(std::string_view name) { return {"", name, "timestamp", "TIMESTAMP"}; }

constexpr LayoutColumn kColumns[] = {
    text("bill_bill_type"),
    text("bill_billing_entity"),
    date("bill_billing_period_end_date"),
    date("bill_billing_period_start_date"),
    text("bill_invoice_id"),
    text("bill_invoicing_entity"),
    text("bill_payer_account_id"),
    text("bill_payer_account_name"),
    text("cost_category"),
    text("discount"),
    number("discount_bundled_discount"),
    number("discount_total_discount"),
    text("identity_line_item_id"),
    text("identity_time_interval"),
    text("line_item_availability_zone"),
    number("line_item_blended_cost"),
    text("line_item_blended_rate"),
    text("line_item_currency_code"),
    text("line_item_legal_entity"),
    text("line_item_line_item_description"),
    text("line_item_line_item_type"),
    number("line_item_net_unblended_cost"),
    text("line_item_net_unblended_rate"),
    number("line_item_normalization_factor"),
    number("line_item_normalized_usage_amount"),
    text("line_item_operation"),
    text("line_item_product_code"),
    text("line_item_resource_id"),
    text("line_item_tax_type"),
    number("line_item_unblended_cost"),
    text("line_item_unblended_rate"),
    text("line_item_usage_account_id"),
    text("line_item_usage_account_name"),
    number("line_item_usage_amount"),
    date("line_item_usage_end_date"),
    date("line_item_usage_start_date"),
    text("line_item_usage_type"),
    text("line_item_user_identifier"),
    text("pricing_currency"),
    text("pricing_lease_contract_length"),
    text("pricing_offering_class"),
    number("pricing_public_on_demand_cost"),
    text("pricing_public_on_demand_rate"),
    text("pricing_purchase_option"),
    text("pricing_rate_code"),
    text("pricing_rate_id"),
    text("pricing_term"),
    text("pricing_unit"),
    text("product"),
    text("product_comment"),
    text("product_fee_code"),
    text("product_fee_description"),
    text("product_from_location"),
    text("product_from_location_type"),
    text("product_from_region_code"),
    text("product_instance_family"),
    text("product_instance_type"),
    text("product_instancesku"),
    text("product_location"),
    text("product_location_type"),
    text("product_operation"),
    text("product_pricing_unit"),
    text("product_product_family"),
    text("product_region_code"),
    text("product_servicecode"),
    text("product_sku"),
    text("product_to_location"),
    text("product_to_location_type"),
    text("product_to_region_code"),
    text("product_usagetype"),
    number("reservation_amortized_upfront_cost_for_usage"),
    number("reservation_amortized_upfront_fee_for_billing_period"),
    text("reservation_availability_zone"),
    number("reservation_effective_cost"),
    text("reservation_end_time"),
    text("reservation_modification_status"),
    number("reservation_net_amortized_upfront_cost_for_usage"),
    number("reservation_net_amortized_upfront_fee_for_billing_period"),
    number("reservation_net_effective_cost"),
    number("reservation_net_recurring_fee_for_usage"),
    number("reservation_net_unused_amortized_upfront_fee_for_billing_period"),
    number("reservation_net_unused_recurring_fee"),
    number("reservation_net_upfront_value"),
    text("reservation_normalized_units_per_reservation"),
    text("reservation_number_of_reservations"),
    number("reservation_recurring_fee_for_usage"),
    text("reservation_reservation_a_r_n"),
    text("reservation_start_time"),
    text("reservation_subscription_id"),
    text("reservation_total_reserved_normalized_units"),
    text("reservation_total_reserved_units"),
    text("reservation_units_per_reservation"),
    number("reservation_unused_amortized_upfront_fee_for_billing_period"),
    number("reservation_unused_normalized_unit_quantity"),
    number("reservation_unused_quantity"),
    number("reservation_unused_recurring_fee"),
    number("reservation_upfront_value"),
    text("resource_tags"),
    number("savings_plan_amortized_upfront_commitment_for_billing_period"),
    text("savings_plan_end_time"),
    text("savings_plan_instance_type_family"),
    number("savings_plan_net_amortized_upfront_commitment_for_billing_period"),
    number("savings_plan_net_recurring_commitment_for_billing_period"),
    number("savings_plan_net_savings_plan_effective_cost"),
    text("savings_plan_offering_type"),
    text("savings_plan_payment_option"),
    text("savings_plan_purchase_term"),
    number("savings_plan_recurring_commitment_for_billing_period"),
    text("savings_plan_region"),
    text("savings_plan_savings_plan_a_r_n"),
    number("savings_plan_savings_plan_effective_cost"),
    number("savings_plan_savings_plan_rate"),
    text("savings_plan_start_time"),
    number("savings_plan_total_commitment_to_date"),
    number("savings_plan_used_commitment"),
    number("split_line_item_actual_usage"),
    number("split_line_item_net_split_cost"),
    number("split_line_item_net_unused_cost"),
    text("split_line_item_parent_resource_id"),
    number("split_line_item_public_on_demand_split_cost"),
    number("split_line_item_public_on_demand_unused_cost"),
    number("split_line_item_reserved_usage"),
    number("split_line_item_split_cost"),
    number("split_line_item_split_usage"),
    number("split_line_item_split_usage_ratio"),
    number("split_line_item_unused_cost"),
    text("tags"),
};
static_assert(std::size(kColumns) == 127);

// A JSON object of text members as a CSV field; members without a value are left out.
std::string json_map(std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
  OrderedJson object = OrderedJson::object();
  for (const auto& [key, value] : members) {
    if (!value.empty()) object[std::string(key)] = value;
  }
  return csv_field(object.dump());
}

class Cur2Layout final : public Layout {
 public:
  std::span<const LayoutColumn> columns() const override { return kColumns; }
  std::string csv_name(const LayoutColumn& column) const override { return std::string(column.name); }
  std::string parquet_name(const LayoutColumn& column) const override { return std::string(column.name); }

  // product .. product_usagetype
  std::string product_columns(const Product& product) const override {
    const UsageKind& kind = *product.kind;
    const Region& region = *product.region;
    const bool transfer = kind.family == "Data Transfer";
    std::string_view type;
    if (const auto colon = kind.usage_type.find(':'); kind.instance && colon != std::string_view::npos) {
      type = kind.usage_type.substr(colon + 1);
    }
    const std::string_view family = type.substr(0, type.find('.'));
    std::string out;
    RecordWriter row(out);
    row.text(
        json_map({{"product_name", kind.service_name}, {"region", region.code}, {"servicename", kind.service_name}}));
    row.empty(3);
    row.text(transfer ? region.location : "").text(transfer ? "AWS Region" : "").text(transfer ? region.code : "");
    row.text(family).text(type).empty(1).text(transfer ? "" : region.location).text(transfer ? "" : "AWS Region");
    row.text(kind.operation).text(kind.unit).text(csv_field(kind.family)).text(region.code).text(kind.product_code);
    row.text(product.sku)
        .text(transfer ? "External" : "")
        .text(transfer ? "Other" : "")
        .empty(1)
        .text(product.usage_type);
    return out;
  }

  void append_row(std::string& out, const Bill& bill, const Line& line) const override {
    const Product* product = line.product;
    const bool priced = line.type == LineType::usage && line.rate != kNone;
    RecordWriter row(out);
    row.text(line.bill_type).text(line.billing_entity).text(bill.end).text(bill.start).text(line.invoice_id);
    row.text(line.invoicing_entity).text(bill.payer).text(bill.payer_name);
    map(row, {{"Tenant", line.tenant}});
    row.text("{}").empty(2).text(line.id).text(line.interval).text(line.availability_zone);
    row.amount(priced ? line.cost : kNone)
        .amount(priced ? line.rate : kNone)
        .text(bill.currency)
        .text(line.legal_entity);
    row.text(line.description).text(name_of(line.type)).amount(line.net_cost).empty(3).text(line.operation);
    row.text(line.product_code).text(line.resource_id).text(line.tax_type).amount(line.cost).amount(line.rate);
    row.text(line.account)
        .text(line.account_name)
        .amount(line.usage)
        .text(line.end)
        .text(line.start)
        .text(line.usage_type);
    row.empty(1).text(bill.currency).empty(2).amount(line.public_cost);
    row.text(product == nullptr || line.public_cost == kNone ? std::string_view()
                                                             : std::string_view(product->rate_text));
    row.empty(1).text(product == nullptr ? "" : product->rate_code).text(product == nullptr ? "" : product->rate_id);
    row.text(line.term).text(line.unit);
    if (product != nullptr) {
      row.text(product->columns);
    } else {
      row.text(json_map({{"product_name", unquoted(line.product_name)}})).empty(21);
    }
    reservation(row, line);
    map(row, {{"user_team", line.team}, {"user_env", line.env}});
    savings_plan(row, line.plan);
    const SplitFields& split = line.split;
    row.empty(3).text(split.parent).empty(3).amount(split.cost).amount(split.usage).amount(split.ratio);
    row.amount(split.unused_cost).text("{}");
    row.end();
  }

  std::string data_path(const AwsOptions& options, const Bill& bill, const Assembly& assembly,
                        int number) const override {
    const bool parquet = options.format == FileFormat::parquet;
    return fmt::format("{}/data/{}/{}-{:05}.{}", options.report, delivery_of(bill, assembly), options.report, number,
                       parquet ? "snappy.parquet" : "csv.gz");
  }

  std::vector<Manifest> manifests(const AwsOptions& options, const Bill& bill, const Assembly& assembly,
                                  const std::vector<std::string>& data_paths) const override {
    OrderedJson manifest;
    manifest["executionId"] = assembly.id;
    manifest["exportArn"] =
        fmt::format("arn:aws:bcm-data-exports:us-east-1:{}:export/{}-7d1f0c52-3a64-4a5e-9c1b-2f8e6d4b0a97", bill.payer,
                    options.report);
    for (const auto& column : kColumns) manifest["columns"].push_back({{"name", column.name}, {"type", column.type}});
    manifest["dataFiles"] = OrderedJson::array();
    for (const auto& path : data_paths) manifest["dataFiles"].push_back("s3://example-billing-bucket/" + path);
    const std::string text = manifest.dump(2) + "\n";
    const std::string name = options.report + "-Manifest.json";
    return {{fmt::format("{}/metadata/{}/{}", options.report, delivery_of(bill, assembly), name), text},
            {fmt::format("{}/metadata/BILLING_PERIOD={}/{}", options.report, bill.period.text(), name), text}};
  }

 private:
  static std::string delivery_of(const Bill& bill, const Assembly& assembly) {
    return fmt::format("BILLING_PERIOD={}/{}-{}", bill.period.text(), assembly.delivered, assembly.id);
  }

  static std::string unquoted(std::string_view field) {
    if (field.size() < 2 || field.front() != '"') return std::string(field);
    return std::string(field.substr(1, field.size() - 2));
  }

  // Tag values hold neither quotes nor backslashes, so the object can be spelled without a JSON library.
  static void map(RecordWriter& row, std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
    std::string text;
    for (const auto& [key, value] : members) {
      if (value.empty()) continue;
      text += text.empty() ? "\"{" : ",";
      text.append("\"\"").append(key).append("\"\":\"\"").append(value).append("\"\"");
    }
    text += text.empty() ? "{}" : "}\"";
    row.text(text);
  }

  static void reservation(RecordWriter& row, const Line& line) {
    const ReservationFields& r = line.reservation;
    if (r.arn.empty()) {
      row.empty(27);
      return;
    }
    row.amount(r.amortized_upfront)
        .amount(r.amortized_upfront_fee)
        .empty(1)
        .amount(r.effective_cost)
        .text(r.end)
        .empty(9);
    row.amount(r.units)
        .amount(r.recurring)
        .text(r.arn)
        .text(r.start)
        .text(r.subscription)
        .empty(1)
        .amount(r.total_units);
    row.empty(1).amount(r.unused_upfront_fee).empty(1).amount(r.unused_quantity).amount(r.unused_recurring_fee);
    row.amount(r.upfront_value);
  }

  static void savings_plan(RecordWriter& row, const SavingsPlanFields& plan) {
    if (plan.arn.empty()) {
      row.empty(17);
      return;
    }
    row.amount(plan.amortized_upfront)
        .text(plan.end)
        .empty(4)
        .text(plan.offering)
        .text(plan.payment)
        .text(plan.offering.empty() ? "" : "1yr");
    row.amount(plan.recurring).empty(1).text(plan.arn).amount(plan.effective_cost).amount(plan.rate).text(plan.start);
    row.amount(plan.total_commitment).amount(plan.used_commitment);
  }
};

}  // namespace

std::unique_ptr<Layout> cur2_layout() { return std::make_unique<Cur2Layout>(); }

}  // namespace centavo::generate
