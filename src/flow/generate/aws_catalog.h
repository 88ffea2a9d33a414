#pragma once
/// \file flow/generate/aws_catalog.h
/// What the generated bill can hold: services with their usage types, and regions. Names as AWS writes them; prices
/// near the public ones.

#include <cstdint>
#include <span>
#include <string_view>

#include "flow/generate/amount.h"

namespace centavo::generate {

/// How a resource of this usage is named; decides lineItem/ResourceId.
enum class ResourceForm : std::uint8_t {
  none,
  instance,
  volume,
  snapshot,
  nat_gateway,
  load_balancer,
  bucket,
  database,
  function,
  distribution,
  table,
  cache,
  task,
  cluster,
  log_group,
  queue,
  topic,
  search_domain,
  stream,
  key,
  secret,
  zone,
  api,
  vault,
  file_system,
  repository,
};

/// The services whose discounts, credits and taxes are kept apart; `other` is everything else.
enum class BigService : std::uint8_t { ec2, rds, s3, other };
inline constexpr int kBigServices = 3;   // without other

struct UsageKind {
  std::string_view product_code;    ///< "AmazonEC2"
  std::string_view service_name;    ///< "Amazon Elastic Compute Cloud"
  std::string_view family;          ///< "Compute Instance"
  std::string_view usage_type;      ///< behind the region's prefix: "BoxUsage:m5.large"
  std::string_view operation;
  std::string_view unit;
  Amount rate = 0;                  ///< us-east-1, per unit
  Amount typical = 0;               ///< units an hour
  int weight = 0;                   ///< share of the rows
  ResourceForm resource = ResourceForm::none;
  BigService big = BigService::other;
  bool instance = false;            ///< runs whole hours; one unit is one hour
  bool savings_plan = false;        ///< a compute savings plan covers it
  bool counted = false;             ///< whole units only
  bool business = false;            ///< follows working hours and days
};

struct Region {
  std::string_view code;            ///< "sa-east-1"
  std::string_view prefix;          ///< of usage types: "SAE1-"; us-east-1 has none
  std::string_view location;        ///< "South America (Sao Paulo)"
  int weight = 0;
  int price_percent = 100;          ///< against us-east-1
};

std::span<const UsageKind> usage_kinds();
std::span<const Region> regions();

/// Index of the kind with that usage type; the caller names one that exists.
int kind_of(std::string_view usage_type);

}  // namespace centavo::generate
