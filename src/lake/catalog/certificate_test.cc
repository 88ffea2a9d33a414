#include "lake/catalog/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "io/store/memory_store.h"
#include "lake/catalog/billing_period.h"
#include "lake/catalog/invoice.h"

namespace centavo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Certificate sample(std::string period, std::string amount) {
  Certificate out;
  out.period = std::move(period);
  out.reason = "issued";
  out.issued_ms = 1'790'000'000'123;
  out.user = "ana";
  out.statement = {{"sum", std::move(amount)}, {"holds", {{"strict", true}, {"focus", true}}}};
  out.evidence = {{"release", 1}};
  return out;
}

std::string key_of(std::int64_t number) { return fmt::format("tenants/acme/_certificates/{:020d}.json", number); }

void change(Store& store, std::int64_t number, const std::string& from, const std::string& to) {
  std::string text = store.read(key_of(number)).value();
  const auto at = text.find(from);
  ASSERT_NE(at, std::string::npos);
  ASSERT_TRUE(store.write(key_of(number), text.replace(at, from.size(), to)));
}

TEST(Certificates, FollowEachOther) {
  MemoryStore store;
  const auto first = write_certificate(store, "acme", sample("2026-09", "1.00"));
  const auto second = write_certificate(store, "acme", sample("2026-10", "2.00"));
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->previous, "");
  EXPECT_EQ(second->previous, first->seal);
  EXPECT_EQ(second->hash, sha256_hex(R"({"holds":{"focus":true,"strict":true},"sum":"2.00"})"));
  EXPECT_TRUE(second->holds("strict"));
  EXPECT_THAT(check_chain(store, "acme").value(), IsEmpty());
  EXPECT_EQ(certificates(store, "acme")->size(), 2U);
}

TEST(Certificates, TheHashHasNoClockAndTheSealDoes) {
  MemoryStore store;
  Certificate later = sample("2026-09", "1.00");
  later.issued_ms += 1000;
  const auto a = write_certificate(store, "acme", sample("2026-09", "1.00"));
  const auto b = write_certificate(store, "loja", later);
  EXPECT_EQ(a->hash, b->hash);
  EXPECT_NE(a->seal, b->seal);
}

TEST(Certificates, EveryChangeBreaksTheChain) {
  for (const auto& [from, to] : {std::pair{"1.00", "1.01"},
                                 {"ana", "eva"},
                                 {"\"release\": 1", "\"release\": 2"},
                                 {"2026-09", "2026-08"},
                                 {"issued\"", "closed\""}}) {
    MemoryStore store;
    ASSERT_TRUE(write_certificate(store, "acme", sample("2026-09", "1.00")));
    ASSERT_TRUE(write_certificate(store, "acme", sample("2026-10", "2.00")));
    change(store, 1, from, to);
    EXPECT_FALSE(check_chain(store, "acme")->empty()) << from;
  }
}

TEST(Certificates, OneThatIsGoneIsNamed) {
  MemoryStore store;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(write_certificate(store, "acme", sample("2026-09", "1.00")));
  ASSERT_TRUE(store.remove(key_of(2)));
  EXPECT_THAT(check_chain(store, "acme").value(), ElementsAre(HasSubstr("certificate 2 is gone")));
}

TEST(BillingPeriods, TheNewestEventCounts) {
  MemoryStore store;
  EXPECT_TRUE(closed_periods(store, "acme")->empty());
  const auto event = [](std::string period, std::string action) {
    PeriodEvent out;
    out.period = std::move(period);
    out.action = std::move(action);
    return out;
  };
  for (const auto& [period, action] :
       {std::pair{"2026-08", "close"}, {"2026-09", "close"}, {"2026-08", "reopen"}, {"2026-09", "restate"}}) {
    ASSERT_TRUE(record_period_event(store, "acme", event(period, action)));
  }
  const auto closed = closed_periods(store, "acme");
  ASSERT_EQ(closed->size(), 1U);
  EXPECT_EQ(closed->at("2026-09").number, 4);
}

TEST(Invoices, TheNewestOfAnIdCountsUntilItIsWithdrawn) {
  MemoryStore store;
  Invoice invoice;
  invoice.id = "INV-1";
  invoice.period = "2026-09";
  invoice.amount = parse_decimal("10.00").value();
  ASSERT_TRUE(record_invoice(store, "acme", invoice));
  invoice.amount = parse_decimal("10.01").value();
  ASSERT_TRUE(record_invoice(store, "acme", invoice));
  ASSERT_EQ(invoices(store, "acme")->size(), 1U);
  EXPECT_EQ(invoices(store, "acme")->front().amount.text(), "10.01");
  invoice.withdrawn = true;
  ASSERT_TRUE(record_invoice(store, "acme", invoice));
  EXPECT_TRUE(invoices(store, "acme")->empty());
}

}  // namespace
}  // namespace centavo
