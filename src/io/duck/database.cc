#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <mutex>
#include <string>

#include <unistd.h>

#include "io/duck/duck.h"
#include "io/duck/functions.h"
#include "io/duck/session.h"

namespace centavo::duck {
namespace {

constexpr std::int64_t kMemoryLimitMin = std::int64_t{64} << 20;

// The number at the start of a file, or nullopt: "max" means there is no limit.
std::optional<std::int64_t> number_in(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  if (!(file >> word)) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (fault != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

// The smallest limit of the process's cgroup and those around it (v2, then v1).
std::int64_t cgroup_limit_bytes(std::int64_t otherwise) {
  std::int64_t limit = otherwise;
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool v2 = controllers.empty();
    if (!v2 && controllers.find("memory") == std::string::npos) continue;
    const std::string_view root = v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    const std::string_view name = v2 ? "memory.max" : "memory.limit_in_bytes";
    for (std::string group = line.substr(second + 1);; group.resize(group.rfind('/'))) {
      if (group == "/") group.clear();
      if (const auto found = number_in(fmt::format("{}{}/{}", root, group, name)); found && *found > 0) {
        limit = std::min(limit, *found);
      }
      if (group.find('/') == std::string::npos) break;
    }
  }
  return limit;
}

std::int64_t default_memory_limit_bytes() {
  const std::int64_t physical = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  return std::max(cgroup_limit_bytes(physical) / 4 * 3, kMemoryLimitMin);
}

constexpr const char* kLockDown = "set global enable_external_access = false; set global lock_configuration = true;";

std::string lock_down_sql(const Options& options) {
  return fmt::format("set global allowed_paths = {};\n{}", string_list(options.readable_files), kLockDown);
}

}  // namespace

struct Database::State {
  std::shared_ptr<OpenDatabase> open;
};

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const Options& options) {
  RawConfig config;
  if (duckdb_create_config(config.out()) != DuckDBSuccess)
    return fail(ErrorKind::internal, "open the engine: no config");
  const std::int64_t memory =
      options.memory_limit_bytes > 0 ? options.memory_limit_bytes : default_memory_limit_bytes();
  std::vector<std::pair<const char*, std::string>> settings = {
      {"memory_limit", fmt::format("{}KiB", std::max<std::int64_t>(memory / 1024, 1))},
      {"temp_directory", options.temp_directory},
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
      {"preserve_insertion_order", "true"},
  };
  if (options.threads > 0) settings.emplace_back("threads", fmt::format("{}", options.threads));
  for (const auto& [setting, value] : settings) {
    if (duckdb_set_config(config.get(), setting, value.c_str()) != DuckDBSuccess) {
      return fail(ErrorKind::invalid_argument, "open the engine: {} = {}", setting, value);
    }
  }
  auto state = std::make_unique<State>();
  state->open = std::make_shared<OpenDatabase>();
  state->open->locked_down = options.locked_down;
  char* message = nullptr;
  if (duckdb_open_ext(options.file.empty() ? nullptr : options.file.c_str(), state->open->raw.out(), config.get(),
                      &message) != DuckDBSuccess) {
    return fail_within("open the engine", error_of(take_text(message), {}));
  }
  Database database(std::move(state));
  RawSession session;
  if (duckdb_connect(database.state_->open->raw.get(), session.out()) != DuckDBSuccess) {
    return fail(ErrorKind::internal, "open the engine: no connection");
  }
  RawConnection raw{session.get()};
  TRY_IN("open the engine", register_functions(raw));
  TRY_IN("open the engine", run_plain(session.get(), "set global TimeZone = 'UTC'"));
  // A file's footer tells of each column of each row group: read once, not for each query. Files are written once.
  TRY_IN("open the engine", run_plain(session.get(), "set global parquet_metadata_cache = true"));
  if (options.locked_down) TRY_IN("open the engine", run_plain(session.get(), lock_down_sql(options)));
  return database;
}

Result<Connection> Database::connect() { return open_connection(state_->open); }

Status Database::lock_down() {
  RawSession session;
  if (duckdb_connect(state_->open->raw.get(), session.out()) != DuckDBSuccess)
    return fail(ErrorKind::internal, "lock the engine down: no connection");
  TRY_IN("lock the engine down", run_plain(session.get(), kLockDown));
  state_->open->locked_down = true;
  return {};
}

Status Database::bind_reading_key(std::string key) {
  RawSession session;
  if (duckdb_connect(state_->open->raw.get(), session.out()) != DuckDBSuccess)
    return fail(ErrorKind::internal, "give the engine a key: no connection");
  RawConnection raw{session.get()};
  return register_reading_hash(raw, std::move(key));
}

std::string_view engine_version() { return duckdb_library_version(); }

std::int64_t Database::peak_memory_bytes() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    constexpr std::string_view kName = "VmHWM:";
    if (line.starts_with(kName)) return std::strtoll(line.c_str() + kName.size(), nullptr, 10) * 1024;
  }
  return 0;
}

}  // namespace centavo::duck
