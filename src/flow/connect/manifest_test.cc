#include "flow/connect/manifest.h"

namespace centavo {
namespace {

using testing::HasSubstr;

const char* const kBlobs = R"("blobCount": 1, "byteCount": 7, "dataRowCount": 2,
  "blobs": [{"blobName": "d/actual/20260901-20260930/1/part.csv", "byteCount": 7, "dataRowCount": 2}])";

std::string described(const std::string& first = "2026-09-01", const std::string& last = "2026-09-10") {
  return R"({"exportConfig": {"exportName": "actual", "type": "ActualCost", "resourceId":
    "/Scope/A/providers/Microsoft.CostManagement/exports/actual"}, "runInfo": {"runId": "r", "submittedTime": "2026-09-11T05:05:00Z",
    "startDate": ")" +
         first + R"(T00:00:00", "endDate": ")" + last + "T00:00:00\"}, " + kBlobs + "}";
}

TEST(AzureManifest, SaysDatasetScopeAndMonth) {
  const auto delivery = parse_azure_manifest(described(), "anywhere/manifest.json", 1);
  ASSERT_TRUE(delivery) << delivery.error().message;
  EXPECT_EQ(delivery->report, "ActualCost /scope/a");
  EXPECT_EQ(delivery->dataset, "ActualCost");
  EXPECT_EQ(delivery->period.text(), "2026-09");
  EXPECT_EQ(delivery->id, "r");
  EXPECT_EQ(delivery->promises.at(0).rows, 2);
  EXPECT_EQ(delivery->fault, "");
}

TEST(AzureManifest, OfTheFirstGenerationSaysItByItsPlace) {
  const std::string text = fmt::format(R"({{"manifestVersion": "2021-01-01", {}}})", kBlobs);
  const auto delivery = parse_azure_manifest(text, "d/actual/20260901-20260930/1/_manifest.json", 1);
  ASSERT_TRUE(delivery) << delivery.error().message;
  EXPECT_EQ(delivery->report, "d/actual");
  EXPECT_EQ(delivery->period.text(), "2026-09");
  EXPECT_EQ(delivery->id, "1");
  EXPECT_THAT(parse_azure_manifest(text, "d/_manifest.json", 1).error().message, HasSubstr("its month"));
}

TEST(AzureManifest, CountsThatDisagreeAreAFault) {
  for (const char* count : {"\"blobCount\": 1", "\"byteCount\": 7, \"dataRowCount\": 2,\n", "\"dataRowCount\": 2,"}) {
    std::string text = described();
    const auto at = text.find(count) + std::string_view(count).find(": ") + 2;
    text[at] = '9';
    EXPECT_THAT(parse_azure_manifest(text, "manifest.json", 1)->fault, HasSubstr("its blobs have")) << count;
  }
}

TEST(AzureManifest, RefusesWhatItCannotPlace) {
  EXPECT_THAT(parse_azure_manifest(described("2026-09-01", "2026-10-01"), "m", 1).error().message,
              HasSubstr("one month"));
  EXPECT_THAT(parse_azure_manifest("{}", "m", 1).error().message, HasSubstr("blobs"));
  EXPECT_THAT(parse_azure_manifest(R"({"blobs": [{"blobName": "a/../b"}]})", "m", 1).error().message,
              HasSubstr("leads out"));
  for (std::size_t size = 0; size < described().size(); ++size)
    EXPECT_FALSE(parse_azure_manifest(described().substr(0, size), "m", 1)) << size;
}

}  // namespace
}  // namespace centavo
