#include "lake/tenant/tenant.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "io/store/key.h"

namespace centavo {
namespace {

namespace fs = std::filesystem;

class LakeTest : public testing::Test {
 protected:
  LakeTest() {
    std::string name = (fs::temp_directory_path() / "centavo-lake-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) dir_ = name;
  }
  ~LakeTest() override { fs::remove_all(dir_); }

  void put(const std::string& path, const std::string& text) {
    fs::create_directories((dir_ / path).parent_path());
    std::ofstream(dir_ / path) << text;
  }
  Tenant acme() const {
    Tenant out;
    out.id = "acme";
    out.name = "Acme: \"Indústria\" & Cia #1";
    out.currency = "BRL";
    out.sla_hours = 12.5;
    out.retention_days = 1825;
    out.enabled = false;
    out.packs = {"aws", "retail"};
    out.sources = {{"cur", "aws_cur", "/data/cur/[a]/*.csv", 6}, {"cur-2", "aws_cur", "file:///x: y", 0}};
    out.parameters = {{"threshold", "'it''s'"}, {"n", "null"}};
    out.labels = {{"team", "yes"}, {"cost center", "007"}};
    return out;
  }

  fs::path dir_;
};

TEST_F(LakeTest, ATenantComesBackAsItWasSaved) {
  auto lake = Lake::create(dir_);
  ASSERT_TRUE(lake) << lake.error().message;
  ASSERT_TRUE(lake->add(acme()));
  const auto back = lake->tenant("acme");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_yaml(*back), to_yaml(acme()));
  EXPECT_EQ(back->name, acme().name);
  EXPECT_EQ(back->sources, acme().sources);
  EXPECT_EQ(back->parameters, acme().parameters);
  EXPECT_EQ(back->labels, acme().labels);
  EXPECT_EQ(back->sla_hours, 12.5);
  EXPECT_EQ(back->retention_days, 1825);
  EXPECT_FALSE(back->enabled);
  EXPECT_EQ(lake->add(acme()).error().kind, ErrorKind::already_exists);
  EXPECT_EQ(Lake::create(dir_).error().kind, ErrorKind::already_exists);
  EXPECT_EQ(lake->tenants()->size(), 1u);
}

TEST_F(LakeTest, ReadsWhatAPersonWrites) {
  const auto tenant = parse_tenant("id: t1\npacks: [aws]\nsources:\n  - {kind: aws_cur, uri: ./cur}\n", "t.yaml");
  ASSERT_TRUE(tenant) << tenant.error().message;
  EXPECT_EQ(tenant->sources[0].name, "aws_cur");
  EXPECT_EQ(tenant->currency, "USD");
  EXPECT_TRUE(tenant->enabled);
}

TEST_F(LakeTest, ReportsYamlMistakesWithFileAndLine) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"id: a\ncurrency: real\n", "t.yaml:2: currency \"real\" is not a currency code"},
      {"id: a\nsla_hours: soon\n", "t.yaml:2: sla_hours: \"soon\" is not a number"},
      {"id: a\nsla_hours: -1\n", "t.yaml:2: sla_hours -1: not above 0"},
      {"id: a\nsla_hours: nan\n", "t.yaml:2: sla_hours nan: not above 0"},
      {"id: a\nsla_hours: 1\nid: b\n", "t.yaml:3: \"id\" is there twice"},
      {"id: ../x\n", "t.yaml:1: tenant \"../x\": not a name that can be used"},
      {"id: a\nsurces: []\n", "t.yaml:2: unknown key \"surces\""},
      {"id: a\nsources:\n  - {kind: k, uri: x}\n  - {kind: k, uri: y}\n", "t.yaml:4: two sources are called k"},
      {"id: a\nsources:\n  - {kind: k}\n", "t.yaml:3: a source without uri"},
      {"id: a\nsources:\n  - {kind: k, uri: 's3://b/x'}\n", "t.yaml:3: uri \"s3://b/x\": s3:// cannot be read yet"},
      {"id: a\nsources: {kind: k}\n", "t.yaml:2: sources: expected a list"},
      {"id: a\nenabled: perhaps\n", "t.yaml:2: enabled: \"perhaps\" is neither true nor false"},
      {"id: a\nretention_days: 1.5\n", "t.yaml:2: retention_days: \"1.5\" is not a whole number of 0 or more"},
      {"id: a\nlabels: [x\n", "t.yaml:"},
      {"- x\n", "t.yaml:1: a tenant: expected name: value pairs"},
      {"", "t.yaml: a tenant: expected name: value pairs"},
      {"name: x\n", "t.yaml:1: the tenant has no id"},
      {"id: a\nparameters: {\"a'b\": 1}\n", "t.yaml:2: parameter \"a'b\": not a name"},
  };
  for (const auto& [yaml, message] : cases) {
    const auto tenant = parse_tenant(yaml, "t.yaml");
    ASSERT_FALSE(tenant) << yaml;
    EXPECT_THAT(tenant.error().message, testing::StartsWith(message)) << yaml;
    EXPECT_TRUE(tenant.error().kind == ErrorKind::invalid_argument || tenant.error().kind == ErrorKind::unsupported);
  }
}

TEST_F(LakeTest, EveryPrefixOfATenantParsesOrFailsCleanly) {
  const std::string yaml = to_yaml(acme());
  for (std::size_t size = 0; size < yaml.size(); ++size) parse_tenant(yaml.substr(0, size), "t.yaml");
  parse_tenant(std::string(100'000, '['), "t.yaml");
}

TEST_F(LakeTest, AHostileIdReachesNoFolder) {
  auto lake = Lake::create(dir_);
  ASSERT_TRUE(lake);
  for (const std::string& id : {std::string("../x"), std::string(""), std::string("."), std::string("a/b"),
                                std::string("A"), std::string("a\0b", 3), std::string(64, 'a'), std::string("1a"),
                                std::string("a\n"), std::string("ação"), std::string(".tmp-a")}) {
    EXPECT_EQ(lake->tenant(id).error().kind, ErrorKind::invalid_argument) << id;
    EXPECT_EQ(lake->mask_key(id).error().kind, ErrorKind::invalid_argument) << id;
    EXPECT_EQ(lake->remove(id).error().kind, ErrorKind::invalid_argument) << id;
    EXPECT_EQ(TenantLock::take(*lake, id).error().kind, ErrorKind::invalid_argument) << id;
    Tenant tenant = acme();
    tenant.id = id;
    EXPECT_EQ(lake->add(tenant).error().kind, ErrorKind::invalid_argument) << id;
    tenant = acme();
    tenant.sources[0].name = id;
    EXPECT_FALSE(validate(tenant)) << id;
    for (const std::string& key :
         {Lake::tenant_root(id), Lake::raw_root("acme", id), Lake::raw_root(id, "s"), Lake::table_root(id, "gold", "t"),
          Lake::quarantine_root(id, "gold", "t"), Lake::staging_root(id), Lake::releases_root(id)}) {
      EXPECT_FALSE(check_key(key)) << key;
      EXPECT_FALSE(lake->store().list(key)) << key;
      EXPECT_FALSE(lake->store().write(key + "/x", "y")) << key;
    }
  }
  for (const char* table : {"../t", "", "a b", "T"})
    EXPECT_FALSE(check_key(Lake::table_root("acme", "gold", table))) << table;
  EXPECT_EQ(Lake::table_root("acme", "gold", "costs"), "tenants/acme/gold/costs");
  EXPECT_EQ(Lake::raw_root("acme", "cur"), "tenants/acme/raw/cur");
  EXPECT_TRUE(lake->tenants()->empty());
}

TEST_F(LakeTest, RefusesALakeOfANewerFormatByName) {
  put("centavo.yaml", "format: 2\nshards: 7\n");
  const auto lake = Lake::open(dir_);
  ASSERT_FALSE(lake);
  EXPECT_EQ(lake.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(lake.error().message, testing::HasSubstr("this lake has format 2; this centavo reads up to 1"));
  EXPECT_EQ(lake.error().hint, "use a newer program");
}

TEST_F(LakeTest, ReadsItsConfiguration) {
  put("centavo.yaml", "format: 1\nname: demo\nmemory_limit: 1.5 GiB\nthreads: 2\n");
  const auto lake = Lake::open(dir_.string() + "/");
  ASSERT_TRUE(lake) << lake.error().message;
  EXPECT_EQ(lake->config().memory_limit_bytes, 3LL << 29);
  EXPECT_EQ(lake->config().threads, 2);
  EXPECT_EQ(lake->dir(), fs::canonical(dir_).string());
  for (const char* yaml : {"", "name: x\n", "format: 0\n", "format: x\n", "format: 1\nmemory_limit: much\n",
                           "format: 1\nmemory: 1\n", "format: [1\n"}) {
    put("centavo.yaml", yaml);
    EXPECT_EQ(Lake::open(dir_).error().kind, ErrorKind::invalid_argument) << yaml;
  }
}

TEST_F(LakeTest, SaysWhatToDoWithoutALake) {
  EXPECT_EQ(Lake::open(dir_).error().kind, ErrorKind::not_found);
  EXPECT_THAT(Lake::open(dir_).error().hint, testing::HasSubstr("centavo init"));
  EXPECT_EQ(Lake::open((dir_ / "none").string()).error().kind, ErrorKind::not_found);
  EXPECT_FALSE(fs::exists(dir_ / "none"));
}

TEST_F(LakeTest, IsFoundFromAFolderInIt) {
  ASSERT_TRUE(Lake::create(dir_));
  fs::create_directories(dir_ / "a/b");
  const fs::path before = fs::current_path();
  const char* given = std::getenv("CENTAVO_LAKE");
  const std::string kept = given == nullptr ? "" : given;
  ::unsetenv("CENTAVO_LAKE");
  fs::current_path(dir_ / "a/b");
  EXPECT_EQ(Lake::find("").value(), fs::canonical(dir_).string());
  ::setenv("CENTAVO_LAKE", "/elsewhere", 1);
  EXPECT_EQ(Lake::find("").value(), "/elsewhere");
  EXPECT_EQ(Lake::find("/given").value(), "/given");
  ::unsetenv("CENTAVO_LAKE");
  fs::current_path("/");
  EXPECT_EQ(Lake::find("").error().kind, ErrorKind::not_found);
  fs::current_path(before);
  if (given != nullptr) ::setenv("CENTAVO_LAKE", kept.c_str(), 1);
}

TEST_F(LakeTest, AFolderWithAnotherTenantsIdIsRefused) {
  auto lake = Lake::create(dir_);
  put("tenants/a/tenant.yaml", "id: b\n");
  EXPECT_EQ(lake->tenant("a").error().kind, ErrorKind::invalid_argument);
  EXPECT_THAT(lake->tenant("zz").error().message, testing::HasSubstr("the id is b, but the folder is a"));
}

TEST_F(LakeTest, NamesTheTenantsThereAre) {
  auto lake = Lake::create(dir_);
  Tenant tenant = acme();
  ASSERT_TRUE(lake->add(tenant));
  tenant.id = "zeta";
  ASSERT_TRUE(lake->add(tenant));
  EXPECT_EQ(lake->tenant("acne").error().hint, "there are: acme, zeta");
}

TEST_F(LakeTest, TheMaskKeyIsSecretAndStays) {
  auto lake = Lake::create(dir_);
  ASSERT_TRUE(lake->add(acme()));
  Tenant other = acme();
  other.id = "other";
  ASSERT_TRUE(lake->add(other));
  std::vector<std::string> keys(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    threads.emplace_back([&, i] { keys[i] = Lake::open(dir_)->mask_key("acme").value_or("failed"); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(keys[0].size(), 64u);
  for (const std::string& key : keys) EXPECT_EQ(key, keys[0]);
  EXPECT_NE(lake->mask_key("other").value(), keys[0]);
  struct stat found{};
  const std::string path = (dir_ / "tenants/acme/.secrets/mask.key").string();
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  ::chmod(path.c_str(), 0644);
  EXPECT_EQ(lake->mask_key("acme").error().kind, ErrorKind::permission_denied);
  ::chmod(path.c_str(), 0600);
  put("tenants/acme/.secrets/mask.key", "short");
  EXPECT_EQ(lake->mask_key("acme").error().kind, ErrorKind::corrupt_data);
  EXPECT_EQ(lake->mask_key("nobody").error().kind, ErrorKind::not_found);
}

TEST_F(LakeTest, OneRunAtATimePerTenant) {
  auto lake = Lake::create(dir_);
  ASSERT_TRUE(lake->add(acme()));
  {
    const auto lock = TenantLock::take(*lake, "acme");
    ASSERT_TRUE(lock) << lock.error().message;
    const auto second = TenantLock::take(*lake, "acme");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::busy);
    EXPECT_THAT(second.error().message, testing::HasSubstr(fmt::format("pid {} on ", ::getpid())));
    EXPECT_EQ(lake->remove("acme").error().kind, ErrorKind::busy);
  }
  EXPECT_TRUE(TenantLock::take(*lake, "acme"));
  EXPECT_EQ(TenantLock::take(*lake, "nobody").error().kind, ErrorKind::not_found);
  EXPECT_FALSE(fs::exists(dir_ / "tenants/nobody"));
}

TEST_F(LakeTest, RemoveTakesTheTenantAndNothingElse) {
  auto lake = Lake::create(dir_);
  Tenant other = acme();
  other.id = "acme-2";
  ASSERT_TRUE(lake->add(acme()));
  ASSERT_TRUE(lake->add(other));
  put("tenants/acme/gold/t/part.parquet", "x");
  ASSERT_TRUE(lake->remove("acme"));
  EXPECT_EQ(lake->tenant("acme").error().kind, ErrorKind::not_found);
  EXPECT_TRUE(lake->tenant("acme-2"));
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_ / "tenants"), fs::directory_iterator()), 1);
  EXPECT_EQ(lake->save(acme()).error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace centavo
