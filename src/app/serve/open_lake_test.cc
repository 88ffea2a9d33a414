#include "app/serve/open_lake.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "app/serve/served_lake_testing.h"
#include "app/serve/tenant_facts.h"

namespace centavo::serve {
namespace {

OpenTenant open_tenant(const std::string& id) { return ServedLake::must(ServedLake::get().service->open_tenant(id)); }

/// The same with a clock that stands still.
OpenTenant open_tenant_at(const std::string& id, const Clock& clock) {
  OpenTenant open = open_tenant(id);
  return {std::move(open.lake), std::move(open.tenant), open.library, open.catalog, open.engine, clock};
}

access::Sight gold_sight() {
  access::Sight sight;
  sight.layers = {"gold"};
  sight.masks = true;
  return sight;
}

TEST(Readers, OpenAReleaseOnceForAllWhoWantIt) {
  Readers readers(std::int64_t{256} << 20);
  std::atomic<int> opened = 0;
  readers.on_opened([&](const std::string& tenant, std::int64_t, const access::Sight&) {
    EXPECT_EQ(tenant, "acme");
    ++opened;
  });
  std::vector<std::shared_ptr<const explore::Holdings>> found(8);
  std::vector<std::thread> people;
  for (auto& holdings : found) {
    people.emplace_back([&] {
      OpenTenant open = open_tenant("acme");
      holdings = ServedLake::must(readers.holdings(open, 0, gold_sight()));
    });
  }
  for (auto& person : people) person.join();
  EXPECT_EQ(opened, 1);
  for (const auto& holdings : found) EXPECT_EQ(holdings, found.front());
  OpenTenant open = open_tenant("acme");
  Reader reader = ServedLake::must(readers.open(open, 0, gold_sight()));
  EXPECT_FALSE(reader.query("select * from silver.focus_cost_and_usage")) << "the sight is the reader's";
  EXPECT_NE(ServedLake::must(readers.holdings(open, 0, access::whole_sight())), found.front());
  EXPECT_EQ(opened, 2);
}

TEST(Readers, HeldTablesSayTheSameAndLeaveWhenOthersNeedTheRoom) {
  Readers readers(std::int64_t{64} << 20);
  OpenTenant open = open_tenant("acme");
  Reader reader = ServedLake::must(readers.open(open, 0, gold_sight()));
  const std::string sql = "select sum(BilledCost) from gold.cost_by_day";
  const auto before = ServedLake::must(reader.connection().value(sql));
  ServedLake::must(readers.hold_tables(open, ServedLake::must(readers.newest(open)), gold_sight()));
  EXPECT_GT(readers.held_bytes(), 0);
  EXPECT_EQ(ServedLake::must(reader.connection().value(sql)), before);
  ServedLake::must(readers.hold_tables(open, 7'000, gold_sight()));   // nobody opened it
}

TEST(Readers, ATenantThatIsMadeAnewBeginsAnEpoch) {
  Readers readers(std::int64_t{64} << 20);
  FakeClock clock(1'000'000);
  OpenTenant open = open_tenant_at("acme", clock);
  open.tenant.id = "ghost";
  Release release;
  release.run = "r";
  release.versions = {{"gold.x", 1}};
  Store& store = open.lake.store();
  const auto newest_later = [&] {
    clock.advance_ms(250);
    return ServedLake::must(readers.newest(open));
  };
  ServedLake::must(publish(store, "ghost", release));
  ServedLake::must(publish(store, "ghost", release));
  EXPECT_EQ(newest_later(), 2);
  EXPECT_EQ(readers.epoch("ghost"), 0);
  std::filesystem::remove_all(ServedLake::get().dir / "tenants" / "ghost");
  ServedLake::must(publish(store, "ghost", release));
  EXPECT_EQ(newest_later(), 1);
  EXPECT_EQ(readers.epoch("ghost"), 1);
  std::filesystem::remove_all(ServedLake::get().dir / "tenants" / "ghost");
}

TEST(TenantFacts, AreReadAgainWhenAFileCame) {
  AllTenantFacts facts;
  FakeClock clock(Clock::system().now_ms());
  OpenTenant open = open_tenant_at("loja", clock);
  const auto first = ServedLake::must(facts.of(open));
  clock.advance_ms(250);
  EXPECT_EQ(ServedLake::must(facts.of(open)), first) << "looked at again, and nothing came";
  Release release = ServedLake::must(centavo::release(open.lake.store(), "loja"));
  release.run = "another";
  release = ServedLake::must(publish(open.lake.store(), "loja", release));
  EXPECT_EQ(ServedLake::must(facts.of(open)), first) << "not looked at yet";
  clock.advance_ms(250);
  const auto after = ServedLake::must(facts.of(open));
  EXPECT_EQ(after->release_of_run.at("another"), release.number);
  EXPECT_EQ(after->standing.fresh.state, first->standing.fresh.state);
}

}  // namespace
}  // namespace centavo::serve
