// What every store promises, run over each of them; then what only one of them can show.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "io/store/memory_store.h"
#include "io/store/store.h"

namespace centavo {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Folder {
 public:
  Folder() {
    static std::atomic<int> counter{0};
    path_ = fs::temp_directory_path() / fmt::format("centavo-store-test-{}-{}", ::getpid(), counter++);
    fs::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

template <class T>
ErrorKind kind_of(const Result<T>& result) {
  return result ? ErrorKind::internal : result.error().kind;
}

class StoreConformance : public testing::TestWithParam<std::string> {
 protected:
  StoreConformance() {
    if (GetParam() == "memory") {
      store_ = std::make_unique<MemoryStore>();
    } else {
      store_ = std::move(*open_local_store(folder_.path() + "/lake"));
    }
  }

  std::vector<std::string> keys(std::string_view folder, bool deep = true, std::string_view from_name = {}) {
    std::vector<std::string> out;
    const auto listed = store_->list(folder, deep, from_name);
    EXPECT_TRUE(listed) << listed.error().message;
    if (listed) {
      for (const ObjectInfo& info : *listed) out.push_back(info.key);
    }
    return out;
  }

  void engine_writes(std::string_view key, std::string_view bytes) {
    const auto path = store_->engine_path(key);
    ASSERT_TRUE(path) << path.error().message;
    std::ofstream(*path, std::ios::binary | std::ios::trunc) << bytes;
  }

  Folder folder_;
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(Stores, StoreConformance, testing::Values("local", "memory"),
                         [](const auto& param_info) { return param_info.param; });

TEST_P(StoreConformance, ReadsBackWhatItWrote) {
  const std::string bytes("\0a\n\xff", 4);
  ASSERT_TRUE(store_->write("a/b/c.bin", bytes));
  EXPECT_EQ(*store_->read("a/b/c.bin"), bytes);
  ASSERT_TRUE(store_->write("a/b/c.bin", ""));
  EXPECT_EQ(*store_->read("a/b/c.bin"), "");
  const std::string large(3'000'000, 'x');
  ASSERT_TRUE(store_->write("a/b/c.bin", large));
  EXPECT_EQ(*store_->read("a/b/c.bin"), large);
  const auto info = store_->info("a/b/c.bin");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->key, "a/b/c.bin");
  EXPECT_EQ(info->size_bytes, 3'000'000);
  EXPECT_GT(info->modified_ms, 1'600'000'000'000);
}

TEST_P(StoreConformance, SaysNotFound) {
  ASSERT_TRUE(store_->write("a/b", "x"));
  for (const char* key : {"c", "a", "a/c", "a/b/c"}) {
    EXPECT_EQ(kind_of(store_->read(key)), ErrorKind::not_found) << key;
    EXPECT_EQ(kind_of(store_->info(key)), ErrorKind::not_found) << key;
  }
  EXPECT_EQ(kind_of(store_->settle("c")), ErrorKind::not_found);
  EXPECT_EQ(kind_of(store_->move("c", "d")), ErrorKind::not_found);
}

TEST_P(StoreConformance, RefusesWhatIsNotAKey) {
  for (const std::string& key :
       std::initializer_list<std::string>{"", "/", "/etc/passwd", "a//b", "a/", "../a", "a/../../b", ".", "a/./b",
                                          "a/.tmp-1", std::string("a\0b", 3)}) {
    EXPECT_EQ(kind_of(store_->read(key)), ErrorKind::invalid_argument) << key;
    EXPECT_EQ(kind_of(store_->info(key)), ErrorKind::invalid_argument) << key;
    EXPECT_EQ(kind_of(store_->write(key, "x")), ErrorKind::invalid_argument) << key;
    EXPECT_EQ(kind_of(store_->write_if_absent(key, "x")), ErrorKind::invalid_argument) << key;
    EXPECT_EQ(kind_of(store_->remove(key)), ErrorKind::invalid_argument) << key;
    EXPECT_EQ(kind_of(store_->engine_path(key)), ErrorKind::invalid_argument) << key;
    EXPECT_EQ(kind_of(store_->settle(key)), ErrorKind::invalid_argument) << key;
    EXPECT_EQ(kind_of(store_->move(key, "b")), ErrorKind::invalid_argument) << key;
    if (key.empty()) continue;  // the root
    EXPECT_EQ(kind_of(store_->list(key)), ErrorKind::invalid_argument) << key;
  }
  ASSERT_TRUE(store_->write("a", "x"));
  EXPECT_EQ(kind_of(store_->move("a", "../b")), ErrorKind::invalid_argument);
  EXPECT_EQ(*store_->read("a"), "x");
}

TEST_P(StoreConformance, ListsInOrderOfKey) {
  for (const char* key : {"t/b", "t/a/z", "t/a.x", "top", "t2/x"}) ASSERT_TRUE(store_->write(key, "1"));
  EXPECT_THAT(keys(""), ElementsAre("t/a.x", "t/a/z", "t/b", "t2/x", "top"));
  EXPECT_THAT(keys("t"), ElementsAre("t/a.x", "t/a/z", "t/b"));
  EXPECT_THAT(keys("t", false), ElementsAre("t/a.x", "t/b"));
  EXPECT_THAT(keys("", false), ElementsAre("top"));
  EXPECT_THAT(keys("nothing/here"), IsEmpty());
  EXPECT_THAT(keys("top"), IsEmpty());
}

TEST_P(StoreConformance, ListsFromAName) {
  for (const char* key : {"log/00.json", "log/01.json", "log/02.json", "log/sidecars/a", "log/_last"}) {
    ASSERT_TRUE(store_->write(key, "1"));
  }
  EXPECT_THAT(keys("log", false, "01.json"), ElementsAre("log/01.json", "log/02.json", "log/_last"));
  EXPECT_THAT(keys("log", false, "01.k"), ElementsAre("log/02.json", "log/_last"));
  EXPECT_THAT(keys("log", true, "b"), ElementsAre("log/sidecars/a"));
  EXPECT_THAT(keys("log", true, "z"), IsEmpty());
  EXPECT_THAT(keys("", true, "log/02"), ElementsAre("log/02.json", "log/_last", "log/sidecars/a"));
}

TEST_P(StoreConformance, WritesOnlyWhenAbsent) {
  ASSERT_TRUE(store_->write_if_absent("log/0", "first"));
  EXPECT_EQ(kind_of(store_->write_if_absent("log/0", "second")), ErrorKind::already_exists);
  EXPECT_EQ(*store_->read("log/0"), "first");
  EXPECT_THAT(keys(""), ElementsAre("log/0"));
  ASSERT_TRUE(store_->remove("log/0"));
  ASSERT_TRUE(store_->write_if_absent("log/0", "third"));
  EXPECT_EQ(*store_->read("log/0"), "third");
}

TEST_P(StoreConformance, OfEightWritersOneWins) {
  constexpr int kWriters = 8;
  constexpr int kRounds = 40;
  std::atomic<int> wins{0};
  std::atomic<int> losses{0};
  std::vector<std::atomic<int>> winner(kRounds);
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      for (int round = 0; round < kRounds; ++round) {
        const Status status = store_->write_if_absent(fmt::format("race/{:03}", round), fmt::format("{}", writer));
        if (status) {
          ++wins;
          winner[static_cast<std::size_t>(round)] = writer;
        } else if (status.error().kind == ErrorKind::already_exists) {
          ++losses;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wins, kRounds);
  EXPECT_EQ(losses, kRounds * (kWriters - 1));
  EXPECT_EQ(keys("race").size(), static_cast<std::size_t>(kRounds));
  for (int round = 0; round < kRounds; ++round) {
    EXPECT_EQ(*store_->read(fmt::format("race/{:03}", round)),
              fmt::format("{}", winner[static_cast<std::size_t>(round)].load()));
  }
}

TEST_P(StoreConformance, AReaderSeesTheOldBytesOrTheNew) {
  const std::string a(200'000, 'a');
  const std::string b(100'000, 'b');
  ASSERT_TRUE(store_->write("x", a));
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(store_->write("x", i % 2 == 0 ? b : a));
    done = true;
  });
  while (!done) {
    const auto bytes = store_->read("x");
    ASSERT_TRUE(bytes);
    ASSERT_TRUE(*bytes == a || *bytes == b);
    EXPECT_EQ(keys("").size(), 1U);
  }
  writer.join();
}

TEST_P(StoreConformance, RemovesAndMindsNotWhatIsMissing) {
  ASSERT_TRUE(store_->write("a/b", "x"));
  ASSERT_TRUE(store_->remove("a/b"));
  ASSERT_TRUE(store_->remove("a/b"));
  ASSERT_TRUE(store_->remove("never/was"));
  EXPECT_EQ(kind_of(store_->read("a/b")), ErrorKind::not_found);
  EXPECT_THAT(keys(""), IsEmpty());
}

TEST_P(StoreConformance, TheEngineReadsAndWritesFiles) {
  engine_writes("gold/costs/part.parquet", "rows");
  ASSERT_TRUE(store_->settle("gold/costs/part.parquet"));
  EXPECT_EQ(*store_->read("gold/costs/part.parquet"), "rows");
  EXPECT_EQ(store_->info("gold/costs/part.parquet")->size_bytes, 4);
  EXPECT_THAT(keys("gold"), ElementsAre("gold/costs/part.parquet"));
  EXPECT_EQ(kind_of(store_->write_if_absent("gold/costs/part.parquet", "")), ErrorKind::already_exists);

  ASSERT_TRUE(store_->write("raw/bill.csv", "a,b"));
  const std::string path = *store_->engine_path("raw/bill.csv");
  EXPECT_TRUE(fs::path(path).is_absolute());
  std::ifstream file(path);
  std::string seen;
  std::getline(file, seen);
  EXPECT_EQ(seen, "a,b");
  ASSERT_TRUE(store_->write("raw/bill.csv", "c,d"));
  std::ifstream again(path);
  std::getline(again, seen);
  EXPECT_EQ(seen, "c,d");
  ASSERT_TRUE(store_->remove("raw/bill.csv"));
  EXPECT_FALSE(fs::exists(path));
}

TEST_P(StoreConformance, FilesOfTheEngineInAFolderCount) {
  const std::string folder = *store_->engine_path("stage/run/first");
  std::ofstream(fs::path(folder).parent_path() / "data_0.parquet") << "0";
  EXPECT_EQ(*store_->read("stage/run/data_0.parquet"), "0");
  EXPECT_THAT(keys("stage"), ElementsAre("stage/run/data_0.parquet"));
}

TEST_P(StoreConformance, MovesAndReplaces) {
  engine_writes("stage/a", "new");
  ASSERT_TRUE(store_->write("log/a", "old"));
  ASSERT_TRUE(store_->move("stage/a", "log/a"));
  EXPECT_EQ(*store_->read("log/a"), "new");
  EXPECT_THAT(keys(""), ElementsAre("log/a"));
  ASSERT_TRUE(store_->move("log/a", "deeper/than/before/a"));
  ASSERT_TRUE(store_->write("b", "bytes"));
  ASSERT_TRUE(store_->move("b", "deeper/b"));
  ASSERT_TRUE(store_->move("deeper/b", "deeper/b"));
  EXPECT_THAT(keys(""), ElementsAre("deeper/b", "deeper/than/before/a"));
  EXPECT_EQ(*store_->read("deeper/b"), "bytes");
}

// ---------- only the local one

TEST(LocalStore, CreatesItsRoot) {
  const Folder folder;
  const auto store = open_local_store(folder.path() + "/deep/er/lake/");
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_TRUE((*store)->write("a", "x"));
  EXPECT_TRUE(fs::exists(folder.path() + "/deep/er/lake/a"));
  EXPECT_EQ(kind_of(open_local_store(folder.path() + "/deep/er/lake/a")), ErrorKind::invalid_argument);
  EXPECT_EQ(kind_of(open_local_store("")), ErrorKind::invalid_argument);
}

TEST(LocalStore, LeavesNoTemporaryFile) {
  const Folder folder;
  const auto store = *open_local_store(folder.path());
  ASSERT_TRUE(store->write("a", "1"));
  ASSERT_TRUE(store->write_if_absent("b", "1"));
  EXPECT_FALSE(store->write_if_absent("b", "2"));
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder.path())) names.push_back(entry.path().filename());
  EXPECT_THAT(names, testing::UnorderedElementsAre("a", "b"));
}

TEST(LocalStore, DoesNotShowWhatADeadWriterLeft) {
  const Folder folder;
  const auto store = *open_local_store(folder.path());
  std::ofstream(folder.path() + "/.tmp-1-0") << "half";
  EXPECT_THAT(*store->list(""), IsEmpty());
}

TEST(LocalStore, ALinkLeadsNotOut) {
  const Folder outside;
  std::ofstream(outside.path() + "/secret") << "s";
  const Folder folder;
  const auto store = *open_local_store(folder.path());
  fs::create_symlink(outside.path(), folder.path() + "/door");
  fs::create_symlink(outside.path() + "/secret", folder.path() + "/window");
  EXPECT_EQ(kind_of(store->read("door/secret")), ErrorKind::permission_denied);
  EXPECT_EQ(kind_of(store->read("window")), ErrorKind::permission_denied);
  EXPECT_EQ(kind_of(store->write("door/new", "x")), ErrorKind::permission_denied);
  EXPECT_EQ(kind_of(store->write("door/deep/er/new", "x")), ErrorKind::permission_denied);
  EXPECT_EQ(kind_of(store->list("door")), ErrorKind::permission_denied);
  EXPECT_THAT(*store->list(""), IsEmpty());
  ASSERT_TRUE(store->write("inside", "i"));
  fs::create_symlink(folder.path() + "/inside", folder.path() + "/alias");
  EXPECT_EQ(*store->read("alias"), "i");
}

TEST(LocalStore, AFileInTheWayIsAnError) {
  const Folder folder;
  const auto store = *open_local_store(folder.path());
  ASSERT_TRUE(store->write("a", "x"));
  const Status status = store->write("a/b", "y");
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("/a"));
  EXPECT_EQ(*store->read("a"), "x");
}

// A limit on the size of files stands in for a full disk; the real ENOSPC takes the same way.
TEST(LocalStore, AFailedWriteChangesNothing) {
  const Folder folder;
  const auto store = *open_local_store(folder.path());
  ASSERT_TRUE(store->write("a", "old"));
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status replaced = store->write("a", std::string(100'000, 'x'));
  const Status added = store->write_if_absent("b", std::string(100'000, 'x'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_FALSE(replaced);
  EXPECT_FALSE(added);
  EXPECT_EQ(*store->read("a"), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(LocalStore, NamesAFullDisk) {
  const Folder folder;
  if (::mount("centavo", folder.path().c_str(), "tmpfs", 0, "size=64k") != 0) {
    GTEST_SKIP() << "a small disk cannot be mounted here";
  }
  {
    const auto store = *open_local_store(folder.path());
    EXPECT_EQ(kind_of(store->write("a", std::string(1 << 20, 'x'))), ErrorKind::out_of_space);
    EXPECT_EQ(kind_of(store->read("a")), ErrorKind::not_found);
  }
  EXPECT_EQ(::umount(folder.path().c_str()), 0);
}

TEST(LocalStore, NamesADeniedFolder) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  const Folder folder;
  const auto store = *open_local_store(folder.path());
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(kind_of(store->write("a", "x")), ErrorKind::permission_denied);
  fs::permissions(folder.path(), fs::perms::owner_all);
}

// ---------- only the memory one

TEST(MemoryStore, CountsCalls) {
  MemoryStore store;
  ASSERT_TRUE(store.write("a", "1"));
  ASSERT_TRUE(store.read("a"));
  EXPECT_FALSE(store.read("b"));
  EXPECT_EQ(store.count("write"), 1);
  EXPECT_EQ(store.count("read"), 2);
  EXPECT_EQ(store.count("list"), 0);
  store.reset_counts();
  EXPECT_EQ(store.count("read"), 0);
}

TEST(MemoryStore, FailsOnDemandBefore) {
  MemoryStore store;
  store.before([](const StoreCall& call) -> Status {
    if (call.name == "write" && call.key == "a") return fail(ErrorKind::out_of_space, "full");
    return {};
  });
  EXPECT_EQ(kind_of(store.write("a", "1")), ErrorKind::out_of_space);
  EXPECT_TRUE(store.write("b", "1"));
  EXPECT_EQ(kind_of(store.read("a")), ErrorKind::not_found);
}

TEST(MemoryStore, LosesTheReplyOnDemand) {
  MemoryStore store;
  store.after([](const StoreCall& call) -> Status {
    if (call.name == "write_if_absent") return fail(ErrorKind::outcome_unknown, "connection reset");
    return {};
  });
  EXPECT_EQ(kind_of(store.write_if_absent("a", "1")), ErrorKind::outcome_unknown);
  EXPECT_EQ(*store.read("a"), "1");
}

TEST(MemoryStore, AHookMayUseTheStore) {
  MemoryStore store;
  store.before([&](const StoreCall& call) -> Status {
    if (call.name == "write_if_absent" && store.count("write") == 0) return store.write(call.key, "another writer's");
    return {};
  });
  EXPECT_EQ(kind_of(store.write_if_absent("log/1", "mine")), ErrorKind::already_exists);
  EXPECT_EQ(*store.read("log/1"), "another writer's");
}

}  // namespace
}  // namespace centavo
