#include "flow/generate/azure_catalog.h"

#include <fmt/format.h>

#include "flow/generate/random.h"
#include "flow/generate/record_writer.h"

namespace centavo::generate {
namespace {

constexpr Amount kPriceStep = 10'000;   // 1e-6
constexpr Amount kSmallStep = kOne / 10'000;

constexpr std::array<AzureMeter, 13> kMeters = {{
    {21, "Compute", "Microsoft.Compute", "Virtual Machines", "Dsv5 Series", "D4s v5", "1 Hour", "virtualMachines", "vm",
     0.308_amount, 0.2772_amount, kOne, 24, 0.18_amount, 0.21_amount, 0.03_amount},
    {10, "Compute", "Microsoft.Compute", "Virtual Machines", "Edsv5 Series", "E8ds v5", "1 Hour", "virtualMachines",
     "db", 0.832_amount, 0.7488_amount, kOne, 24, 0.49_amount, 0.56_amount, 0.09_amount},
    {14, "Storage", "Microsoft.Compute", "Storage", "Premium SSD Managed Disks", "P10 LRS Disk", "1/Month", "disks",
     "disk", 19.71_amount, 17.739_amount, kSmallStep, 333},
    {12, "Storage", "Microsoft.Storage", "Storage", "General Block Blob v2", "Hot LRS Data Stored", "1 GB/Month",
     "storageAccounts", "st", 0.0208_amount, 0.01872_amount, kSmallStep, 9'000'000},
    {5, "Storage", "Microsoft.Storage", "Storage", "General Block Blob v2", "Hot LRS Write Operations", "10K",
     "storageAccounts", "st", 0.000006_amount, 0.000005_amount, kOne, 900'000},
    {8, "Networking", "Microsoft.Network", "Bandwidth", "Inter-Region", "Standard Data Transfer Out", "1 GB",
     "publicIPAddresses", "ip", 0.12_amount, 0.108_amount, kSmallStep, 2'000'000},
    {6, "Databases", "Microsoft.Sql", "SQL Database", "Single/Elastic Pool General Purpose - Compute Gen5", "vCore",
     "1 Hour", "servers", "sql", 0.3108_amount, 0.27972_amount, kOne, 96},
    {5, "Compute", "Microsoft.ContainerService", "Azure Kubernetes Service", "Standard", "Uptime SLA", "1 Hour",
     "managedClusters", "aks", 0.1_amount, 0.09_amount, kOne, 24},
    {5, "Management and Governance", "Microsoft.OperationalInsights", "Log Analytics", "Analytics Logs",
     "Analytics Logs Data Ingestion", "1 GB", "workspaces", "log", 2.99_amount, 2.691_amount, kSmallStep, 400'000},
    {4, "Networking", "Microsoft.Network", "Load Balancer", "Standard", "Standard Included LB Rules and Outbound Rules",
     "1 Hour", "loadBalancers", "lb", 0.025_amount, 0.0225_amount, kOne, 24},
    {4, "Security", "Microsoft.KeyVault", "Key Vault", "Standard", "Operations", "10K", "vaults", "kv", 0.000003_amount,
     0.000003_amount, kOne, 50'000},
    {3, "Databases", "Microsoft.DocumentDB", "Azure Cosmos DB", "Provisioned", "100 RU/s", "1/Hour", "databaseAccounts",
     "cosmos", 0.008_amount, 0.0072_amount, kOne, 960},
    {3, "Compute", "Microsoft.Web", "Azure App Service", "Premium v3 Plan", "P1 v3 App", "100 Hours", "serverfarms",
     "plan", 0.155_amount, 0.1395_amount, kOne, 72},
}};

constexpr std::array<AzureRegion, 3> kRegions = {
    {{"brazilsouth", "BR South", 100}, {"eastus2", "US East 2", 80}, {"westeurope", "EU West", 90}}};

constexpr std::array<const char*, 6> kTags = {R"("team": "pagamentos","env": "prod")",
                                              R"("team": "dados","env": "prod","owner": "")",
                                              R"("team": "web","env": "dev")",
                                              R"("team": "plataforma","centro de custo": "4711")",
                                              R"("env": "prod","team": "aten\u00e7\u00e3o")",
                                              ""};
constexpr std::array<const char*, 6> kNames = {"prod", "dev", "dados", "pagamentos", "plataforma", "loja"};

Amount price_in(Amount price, const AzureRegion& region) {
  const Amount there = price * region.price_percent / 100 / kPriceStep * kPriceStep;
  return price > 0 && there == 0 ? kPriceStep : there;
}

}  // namespace

std::span<const AzureMeter> azure_meters() { return kMeters; }
std::span<const AzureRegion> azure_regions() { return kRegions; }

std::vector<AzureProduct> azure_products(std::uint64_t seed) {
  std::vector<AzureProduct> out;
  for (const AzureMeter& meter : kMeters) {
    for (const AzureRegion& region : kRegions) {
      AzureProduct product{&meter, &region};
      product.list = price_in(meter.list, region);
      product.agreed = price_in(meter.agreed, region);
      product.reserved = price_in(meter.reserved, region);
      product.plan = price_in(meter.plan, region);
      product.spot = price_in(meter.spot, region);
      const std::uint64_t key = mix(seed, static_cast<std::uint64_t>(out.size()), 0xa2);
      Random random(key);
      RecordWriter(product.columns)
          .text(meter.family)
          .empty(2)   // productOrderId, productOrderName
          .text(meter.provider)
          .text(uuid_of(key))
          .text(meter.name)
          .text(meter.category)
          .text(meter.subcategory)
          .text(region.meter_region)
          .text("DZH318Z0" + random_text(random, Alphabet::upper, 4))
          .text(fmt::format("{} {} - {} - {}", meter.category, meter.subcategory, meter.name, region.meter_region));
      product.place = fmt::format("{},{}", region.id, region.meter_region);
      out.push_back(std::move(product));
    }
  }
  return out;
}

std::vector<AzureSubscription> azure_subscriptions(std::uint64_t seed, int count, int resources_a_meter) {
  std::vector<AzureSubscription> out;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t key = mix(seed, static_cast<std::uint64_t>(i), 0xa3);
    Random random(key);
    const std::string id = uuid_of(key);
    const char* const name = kNames[static_cast<std::size_t>(i) % kNames.size()];
    AzureSubscription subscription;
    subscription.columns = fmt::format("{},{}-{:02}", id, name, i + 1);
    if (random.percent(70)) subscription.cost_center = fmt::format("CC-{}", 1000 + i % 5);
    subscription.section = fmt::format("SEC-{0},Unidade {0}", i % 3 + 1);
    for (const AzureMeter& meter : kMeters) {
      auto& resources = subscription.resources.emplace_back();
      for (int r = 0; r < resources_a_meter; ++r) {
        // Azure spells one id in several cases.
        const char* const groups = random.percent(10) ? "resourcegroups" : "resourceGroups";
        const std::string group = fmt::format("RG-{}{}", name, r % 4);
        resources.push_back({fmt::format("{0},/subscriptions/{1}/{2}/{0}/providers/{3}/{4}/{5}-{6}", group, id, groups,
                                         meter.provider, meter.resource_type, meter.resource, r),
                             csv_field(kTags[static_cast<std::size_t>(random.below(kTags.size()))])});
      }
    }
    out.push_back(std::move(subscription));
  }
  return out;
}

}  // namespace centavo::generate
