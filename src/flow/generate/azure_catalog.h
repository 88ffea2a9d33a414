#pragma once
/// \file flow/generate/azure_catalog.h
/// What a generated Azure account uses: meters with their prices, regions, subscriptions and their resources.
/// Source of names and units: Azure retail price list; column lists of "Cost and usage details", MCA.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "flow/generate/amount.h"

namespace centavo::generate {

/// Prices are US dollars for one unit, whatever block `unit` names; all are multiples of 1e-6 and quantities of 1e-4,
/// so that a product has ten digits.
struct AzureMeter {
  int share;   ///< of 100 rows
  const char *family, *provider, *category, *subcategory, *name, *unit, *resource_type, *resource;
  Amount list, agreed;
  Amount step;   ///< quantities are 1 to `steps` of it
  int steps;
  Amount reserved = 0, plan = 0, spot = 0;   ///< 0: does not exist
};
struct AzureRegion {
  const char *id, *meter_region;
  int price_percent;
};
std::span<const AzureMeter> azure_meters();
std::span<const AzureRegion> azure_regions();

/// A meter in a region: prices there, and the CSV fields that all its rows share.
struct AzureProduct {
  const AzureMeter* meter = nullptr;
  const AzureRegion* region = nullptr;
  Amount list = 0, agreed = 0, reserved = 0, plan = 0, spot = 0;
  std::string columns;   ///< serviceFamily .. ProductName
  std::string place;     ///< resourceLocation, location
};
/// By meter, then by region.
std::vector<AzureProduct> azure_products(std::uint64_t seed);

struct AzureResource {
  std::string columns;   ///< resourceGroupName, ResourceId
  std::string tags;      ///< a quoted CSV field without braces, or empty
};
struct AzureSubscription {
  std::string columns;   ///< SubscriptionId, subscriptionName
  std::string cost_center, section;
  /// By meter: the same few resources come every day.
  std::vector<std::vector<AzureResource>> resources;
};
std::vector<AzureSubscription> azure_subscriptions(std::uint64_t seed, int count, int resources_a_meter);

}  // namespace centavo::generate
