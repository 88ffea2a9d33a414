#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/generate/generate.h"
#include "flow/generate/scratch_folder.h"

namespace centavo::generate {
namespace {

Result<GenerateReport> generate(const AwsOptions& options, const ScratchFolder& folder) {
  return generate_aws(options, folder.path(), nullptr, {}, nullptr);
}
Result<GenerateReport> generate(const AzureOptions& options, const ScratchFolder& folder) {
  return generate_azure(options, folder.path(), nullptr, {}, nullptr);
}
Result<GenerateReport> generate(const GcpOptions& options, const ScratchFolder& folder) {
  return generate_gcp(options, folder.path(), nullptr, {}, nullptr);
}

template <class Options>
class Generate : public testing::Test {
 protected:
  static Options small() {
    Options options;
    options.seed = 7;
    options.rows = 3001;
    options.months = 2;
    return options;
  }
};
using Clouds = testing::Types<AwsOptions, AzureOptions, GcpOptions>;
TYPED_TEST_SUITE(Generate, Clouds);

TYPED_TEST(Generate, TheSameSeedGivesTheSameBytes) {
  ScratchFolder first, second, other;
  TypeParam options = this->small();
  ASSERT_TRUE(generate(options, first));
  ASSERT_TRUE(generate(options, second));
  options.seed = 8;
  ASSERT_TRUE(generate(options, other));
  EXPECT_EQ(first.files(), second.files());
  EXPECT_NE(first.files().at("truth.json"), other.files().at("truth.json"));
}

TYPED_TEST(Generate, TheBillHasAsManyRowsAsAsked) {
  for (const std::int64_t rows : {400, 1001, 9000}) {
    ScratchFolder folder;
    TypeParam options = this->small();
    options.rows = rows;
    const auto report = generate(options, folder);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->truth["total"]["rows"], rows);
  }
}

}  // namespace
}  // namespace centavo::generate
