// An object lives in the map, or, once the engine was given its path, in a temporary folder. The file wins.

#include "io/store/memory_store.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>

#include <unistd.h>

#include "io/store/key.h"

namespace centavo {
namespace {

namespace fs = std::filesystem;

TimeMs modified_of(const fs::path& path) {
  std::error_code ignored;
  const auto since = fs::last_write_time(path, ignored).time_since_epoch() -
                     fs::file_time_type::clock::from_sys(std::chrono::sys_seconds{}).time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

}  // namespace

struct MemoryStore::State {
  struct Held {
    std::string bytes;
    TimeMs modified_ms = 0;
  };
  std::mutex mutex;
  std::map<std::string, Held, std::less<>> held;
  std::map<std::string, int, std::less<>> counts;
  std::function<Status(const StoreCall&)> before;
  std::function<Status(const StoreCall&)> after;
  fs::path folder;

  State() {
    static std::atomic<int> counter{0};
    folder = fs::temp_directory_path() / fmt::format("centavo-memory-{}-{}", ::getpid(), counter++);
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    fs::create_directories(folder, ignored);
  }
  ~State() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }

  fs::path path_of(std::string_view key) const { return folder / key; }
  bool is_on_disk(std::string_view key) const {
    std::error_code ignored;
    return fs::is_regular_file(path_of(key), ignored);
  }
  bool exists(std::string_view key) const { return held.contains(key) || is_on_disk(key); }

  Result<std::string> from_disk(std::string_view key) const {
    std::ifstream file(path_of(key), std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file) return fail(ErrorKind::io, "read {}", path_of(key).string());
    return bytes;
  }
  Status to_disk(std::string_view key, std::string_view bytes) const {
    std::error_code failed;
    fs::create_directories(path_of(key).parent_path(), failed);
    // A new file, so that whoever has the old one open keeps it.
    const fs::path temp = path_of(key).parent_path() / fmt::format("{}new", kTempPrefix);
    std::ofstream file(temp, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!failed && file) fs::rename(temp, path_of(key), failed);
    if (failed || !file) return fail(ErrorKind::io, "write {}", path_of(key).string());
    return {};
  }
  Status put(std::string_view key, std::string_view bytes) {
    if (is_on_disk(key)) return to_disk(key, bytes);
    held.insert_or_assign(std::string(key), Held{std::string(bytes), Clock::system().now_ms()});
    return {};
  }
  Result<ObjectInfo> info(std::string_view key) const {
    if (is_on_disk(key)) {
      std::error_code failed;
      const auto size = fs::file_size(path_of(key), failed);
      if (failed) return fail(ErrorKind::io, "look at {}: {}", key, failed.message());
      return ObjectInfo{std::string(key), static_cast<std::int64_t>(size), modified_of(path_of(key))};
    }
    const auto found = held.find(key);
    if (found == held.end()) return missing(key);
    return ObjectInfo{found->first, static_cast<std::int64_t>(found->second.bytes.size()), found->second.modified_ms};
  }
  static tl::unexpected<Error> missing(std::string_view key) {
    return fail(ErrorKind::not_found, "{}: no such object", key);
  }

  // Counts the call, asks the hooks, and runs `work` under the lock between them.
  template <class T, class Work>
  Result<T> call(std::string_view call_name, std::string_view key, Work work) {
    std::function<Status(const StoreCall&)> ask_before;
    std::function<Status(const StoreCall&)> ask_after;
    {
      const std::lock_guard lock(mutex);
      ++counts[std::string(call_name)];
      ask_before = before;
      ask_after = after;
    }
    const StoreCall what{std::string(call_name), std::string(key)};
    TRY(call_name == "list" ? check_folder(key) : check_key(key));
    if (ask_before) TRY(ask_before(what));
    Result<T> answer = [&]() -> Result<T> {
      const std::lock_guard lock(mutex);
      return work();
    }();
    if (answer && ask_after) TRY(ask_after(what));
    return answer;
  }
};

MemoryStore::MemoryStore() : state_(std::make_unique<State>()) {}
MemoryStore::~MemoryStore() = default;

void MemoryStore::before(std::function<Status(const StoreCall&)> hook) {
  const std::lock_guard lock(state_->mutex);
  state_->before = std::move(hook);
}

void MemoryStore::after(std::function<Status(const StoreCall&)> hook) {
  const std::lock_guard lock(state_->mutex);
  state_->after = std::move(hook);
}

int MemoryStore::count(std::string_view call_name) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->counts.find(call_name);
  return found == state_->counts.end() ? 0 : found->second;
}

void MemoryStore::reset_counts() {
  const std::lock_guard lock(state_->mutex);
  state_->counts.clear();
}

Result<std::string> MemoryStore::read(std::string_view key) {
  return state_->call<std::string>("read", key, [&]() -> Result<std::string> {
    if (state_->is_on_disk(key)) return state_->from_disk(key);
    const auto found = state_->held.find(key);
    if (found == state_->held.end()) return State::missing(key);
    return found->second.bytes;
  });
}

Result<ObjectInfo> MemoryStore::info(std::string_view key) {
  return state_->call<ObjectInfo>("info", key, [&] { return state_->info(key); });
}

Result<std::vector<ObjectInfo>> MemoryStore::list(std::string_view folder, bool deep, std::string_view from_name) {
  using Infos = std::vector<ObjectInfo>;
  return state_->call<Infos>("list", folder, [&]() -> Result<Infos> {
    std::map<std::string, ObjectInfo> out;
    const auto show = [&](const std::string& key) -> Status {
      if (is_listed(key, folder, deep, from_name)) out.emplace(key, TRY(state_->info(key)));
      return {};
    };
    for (const auto& [key, object] : state_->held) TRY(show(key));
    std::error_code failed;
    for (auto at = fs::recursive_directory_iterator(state_->folder, failed);
         !failed && at != fs::recursive_directory_iterator(); at.increment(failed)) {
      if (at->is_regular_file(failed) && !at->path().filename().string().starts_with(kTempPrefix)) {
        TRY(show(at->path().lexically_relative(state_->folder).generic_string()));
      }
    }
    Infos sorted;
    for (auto& [key, info] : out) sorted.push_back(std::move(info));
    return sorted;
  });
}

Status MemoryStore::write(std::string_view key, std::string_view bytes) {
  return state_->call<void>("write", key, [&] { return state_->put(key, bytes); });
}

Status MemoryStore::write_if_absent(std::string_view key, std::string_view bytes) {
  return state_->call<void>("write_if_absent", key, [&]() -> Status {
    if (state_->exists(key)) return fail(ErrorKind::already_exists, "write {}: it exists", key);
    return state_->put(key, bytes);
  });
}

Status MemoryStore::remove(std::string_view key) {
  return state_->call<void>("remove", key, [&]() -> Status {
    std::error_code ignored;
    if (state_->is_on_disk(key)) fs::remove(state_->path_of(key), ignored);
    if (const auto found = state_->held.find(key); found != state_->held.end()) state_->held.erase(found);
    return {};
  });
}

Result<std::string> MemoryStore::engine_path(std::string_view key) {
  return state_->call<std::string>("engine_path", key, [&]() -> Result<std::string> {
    const fs::path path = state_->path_of(key);
    std::error_code failed;
    fs::create_directories(path.parent_path(), failed);
    if (failed) return fail(ErrorKind::io, "create folder of {}: {}", key, failed.message());
    if (const auto found = state_->held.find(key); found != state_->held.end()) {
      TRY(state_->to_disk(key, found->second.bytes));
      state_->held.erase(found);
    }
    return path.string();
  });
}

Status MemoryStore::settle(std::string_view key) {
  return state_->call<void>("settle", key, [&]() -> Status {
    if (!state_->exists(key)) return State::missing(key);
    return {};
  });
}

Status MemoryStore::move(std::string_view from, std::string_view to) {
  return state_->call<void>("move", from, [&]() -> Status {
    TRY(check_key(to));
    if (!state_->exists(from)) return State::missing(from);
    if (from == to) return {};
    std::error_code failed;
    if (const auto found = state_->held.find(from); found != state_->held.end()) {
      TRY(state_->put(to, found->second.bytes));
      state_->held.erase(found);
      return {};
    }
    fs::create_directories(state_->path_of(to).parent_path(), failed);
    fs::rename(state_->path_of(from), state_->path_of(to), failed);
    if (failed) return fail(ErrorKind::io, "move {} to {}: {}", from, to, failed.message());
    if (const auto found = state_->held.find(to); found != state_->held.end()) state_->held.erase(found);
    return {};
  });
}

}  // namespace centavo
