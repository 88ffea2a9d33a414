#include "flow/generate/gcp_catalog.h"

#include <fmt/format.h>

#include "flow/generate/random.h"

namespace centavo::generate {
namespace {

constexpr std::int64_t kHour = 3600, kGibibyte = 1 << 30, kTebibyte = kGibibyte << 10;
constexpr const char *kCompute = "6F81-5844-456A", *kSql = "9662-B51E-5089";
constexpr const char *kMachine = "instances", *kDisk = "disks", *kDatabase = "databases", *kBucket = "buckets";

constexpr std::array<GcpSku, 12> kSkus = {{
    {20, kCompute, "Compute Engine", "3D5A-4FB5-20A4", "N2 Instance Core running in Sao Paulo", "seconds", "hour",
     kHour, 0.050171_amount, 640'000, GcpCommitment::cpu, false, false, kMachine},
    {18, kCompute, "Compute Engine", "71D6-4D86-F4C5", "N2 Instance Ram running in Sao Paulo", "byte-seconds",
     "gibibyte hour", kHour* kGibibyte, 0.006724_amount, 2'560'000, GcpCommitment::ram, false, false, kMachine},
    {8, kCompute, "Compute Engine", "2E27-4F75-95CD", "N1 Predefined Instance Core running in Americas", "seconds",
     "hour", kHour, 0.031611_amount, 320'000, GcpCommitment::none, true, false, kMachine},
    {6, kCompute, "Compute Engine", "8D19-3F0A-4C11", "Spot Preemptible N2 Instance Core running in Sao Paulo",
     "seconds", "hour", kHour, 0.012043_amount, 640'000, GcpCommitment::none, false, false, kMachine},
    {10, kCompute, "Compute Engine", "B188-61DD-52E4", "SSD backed PD Capacity in Sao Paulo", "byte-seconds",
     "gibibyte hour", kHour* kGibibyte, 0.000354_amount, 60'000'000, GcpCommitment::none, false, false, kDisk},
    {8, kCompute, "Compute Engine", "DE9E-AFBC-A15A",
     "Network Inter Region Data Transfer Out from Sao Paulo to Americas", "bytes", "gibibyte", kGibibyte, 0.12_amount,
     4'000'000},
    {9, "24E6-581D-38E5", "BigQuery", "1DE7-5E5F-7A1E", "Analysis", "bytes", "tebibyte", kTebibyte, 6.25_amount,
     120'000},
    {7, "95FF-2EF5-5EA1", "Cloud Storage", "5F7A-5173-CF5B", "Standard Storage Sao Paulo", "byte-seconds",
     "gibibyte hour", kHour* kGibibyte, 0.000048_amount, 90'000'000, GcpCommitment::none, false, false, kBucket},
    {6, kSql, "Cloud SQL", "6F2A-1A6C-9A0F", "Cloud SQL for PostgreSQL: Zonal - vCPU in Sao Paulo", "seconds", "hour",
     kHour, 0.06195_amount, 320'000, GcpCommitment::spend, false, false, kDatabase},
    {4, "CCD8-9BF1-090E", "Kubernetes Engine", "B561-BFBD-1264", "Regional Kubernetes Clusters", "seconds", "hour",
     kHour, 0.1_amount, 10'000},
    {3, "152E-C115-5142", "Cloud Run", "5E2B-1D5F-4D6E", "Services CPU (Request-based billing) in southamerica-east1",
     "seconds", "count", 1, 0.000034_amount, 900'000'000, GcpCommitment::none, false, true},
    {1, "A1B2-7E31-11C2", "Elastic Cloud", "3C5D-1E2F-7A8B", "Elastic Cloud Standard", "count", "count", 1, 0.5_amount,
     2'000'000, GcpCommitment::none, false, false, "", "Elasticsearch BV"},
}};
constexpr std::array<GcpSku, kGcpCommitments> kFees = {{
    {0, kCompute, "Compute Engine", "C3A0-45E2-8D8F", "Commitment v1: N2 Cpu in Sao Paulo for 1 Year", "seconds",
     "hour", kHour, 0.031608_amount, 0, GcpCommitment::cpu},
    {0, kCompute, "Compute Engine", "D1B1-9C5E-77AA", "Commitment v1: N2 Ram in Sao Paulo for 1 Year", "byte-seconds",
     "gibibyte hour", kHour* kGibibyte, 0.004236_amount, 0, GcpCommitment::ram},
    {0, kSql, "Cloud SQL", "4A52-12B6-0F3D", "Commitment - dollar based v1: Cloud SQL database in Sao Paulo for 1 year",
     "seconds", "hour", kHour, 0.046462_amount, 0, GcpCommitment::spend},
}};

constexpr std::array<const char*, 5> kNames = {"loja", "dados", "pagamentos", "web", "plataforma"};

}  // namespace

std::span<const GcpSku> gcp_skus() { return kSkus; }
std::span<const GcpSku> gcp_fees() { return kFees; }

std::vector<GcpProject> gcp_projects(std::uint64_t seed, int count) {
  std::vector<GcpProject> out;
  for (int i = 0; i < count; ++i) {
    Random random(mix(seed, static_cast<std::uint64_t>(i), 0x9c));
    const char* const name = kNames[static_cast<std::size_t>(i) % kNames.size()];
    GcpProject project;
    project.id = fmt::format("{}-{}", name, random_text(random, Alphabet::digits, 6));
    project.json = fmt::format(
        R"("project":{{"id":"{0}","number":"{1}","name":"{2} {3}","labels":[{{"key":"centro","value":"cc-{4}"}}],)"
        R"("ancestry_numbers":"/1111/{5}/","ancestors":[{{"resource_name":"projects/{1}","display_name":"{2} {3}"}},)"
        R"({{"resource_name":"organizations/1111","display_name":"exemplo.com.br"}}]}})",
        project.id, 100'000'000'000 + random.below(900'000'000), name, i + 1, i % 4 + 1, 2222 + i % 3);
    for (const char* env : {"prod", "dev"})
      project.labels.push_back(
          fmt::format(R"("labels":[{{"key":"team","value":"{}"}},{{"key":"env","value":"{}"}}])", name, env));
    project.labels.push_back(fmt::format(R"("labels":[{{"key":"team","value":"{}"}}])", name));
    project.labels.emplace_back(R"("labels":[])");
    out.push_back(std::move(project));
  }
  return out;
}

}  // namespace centavo::generate
