#include <algorithm>
#include <atomic>
#include <cctype>
#include <mutex>

#include <spdlog/spdlog.h>

#include "flow/engine/desk.h"
#include "flow/pipeline/graph.h"
#include "flow/pipeline/masking.h"
#include "flow/pipeline/pipeline.h"
#include "flow/pipeline/vetting.h"
#include "lake/delta/log_path.h"
#include "lake/delta/table.h"

namespace centavo {
namespace {

// The interfaces' views without what they show beside their own stand in a catalog that people cannot name. A
// connection looks there first when its query needs no more: the join costs every query over the view.
constexpr const char* kMakePlain = "attach ':memory:' as centavo_plain (hidden); create schema centavo_plain.silver";
constexpr const char* kShowPlain = "set search_path = 'memory.main,centavo_plain.silver,memory.silver'";
constexpr const char* kShowAll = "set search_path = 'memory.main'";

// Rows in memory stand, compressed, in a catalog that people cannot name either; the views then read them there.
constexpr const char* kMakeHeld = "attach ':memory:' as centavo_held (hidden, compress)";

// Names mean the same in capitals.
std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// What a value takes in memory, about and rather too much: texts repeat, and are then kept once.
std::int64_t width_of(const std::string& type) {
  if (type.starts_with("DECIMAL")) return 16;
  if (type == "VARCHAR") return 6;
  return type.find('(') == std::string::npos && type.find('[') == std::string::npos ? 8 : 64;
}

Result<std::int64_t> row_bytes_of(duck::Connection& connection, const std::string& select) {
  std::int64_t out = 1;
  for (const auto& column : TRY(connection.describe(select))) out += width_of(column.type);
  return out;
}

// Presses held rows together. When somebody writes meanwhile they stay as they are until the next time.
void settle(duck::Connection& connection) {
  const Status settled = connection.run("checkpoint centavo_held");
  if (!settled) spdlog::debug("held rows: {}", settled.error().message);
}

// The pack of an interface: it has its name in front.
const pack::Pack& library_pack(const pack::Library& library, const std::string& interface) {
  return library.packs().at(interface.substr(0, interface.find('.')));
}

Result<std::vector<pack::ColumnSpec>> columns_of(const delta::Schema& schema) {
  std::vector<pack::ColumnSpec> columns;
  for (const auto& field : schema.fields) {
    pack::ColumnSpec column;
    column.name = field.name;
    column.type = TRY_IN(field.name, delta::duck_type_of(field.type));
    columns.push_back(std::move(column));
  }
  return columns;
}

// Makes the views of a release.
class Views {
 public:
  Views(Workshop& workshop, const Tenant& tenant, const access::Sight& sight, duck::Database& database,
        duck::Connection& connection)
      : workshop_(workshop), tenant_(tenant), sight_(sight), database_(database), connection_(connection) {}

  Status make(const Release& release) {
    TRY(connection_.run("create schema bronze; create schema silver; create schema gold"));
    for (const auto& [name, version] : release.versions) {
      const auto table = TRY(pack::parse_table_name(name));
      if (sight_.sees_layer(pack::name_of(table.layer))) TRY_IN(name, show_table(table, version));
    }
    if (!sight_.sees_layer("silver")) return {};
    for (const auto& [name, implementers] : parts_) {
      if (const auto* interface = workshop_.library.interface(name))
        TRY(show_interface(release, *interface, implementers));
    }
    return {};
  }

  /// Every file that the views read.
  const std::vector<std::string>& paths() const { return paths_; }
  /// Columns that a query must name to see more than the plain views.
  const std::vector<std::string>& more_columns() const { return more_columns_; }
  /// Rows of each table in sight; -1 when nobody counted them.
  const std::map<std::string, std::int64_t>& rows() const { return rows_; }

 private:
  Status show_table(const pack::TableName& name, delta::Version version) {
    auto table =
        TRY(delta::Table::open(workshop_.lake.store(), workshop_.engine,
                               Lake::table_root(tenant_.id, pack::name_of(name.layer), name.table), workshop_.clock));
    const auto snapshot = TRY(table.snapshot_at(version));
    const auto files = TRY(snapshot.files());
    const auto* model = workshop_.library.model(name);
    // Nobody can say what to mask in a table that no pack knows.
    if (model == nullptr && (files.empty() || sight_.masks)) return {};
    auto columns = files.empty() ? all_columns(model->contract) : TRY(columns_of(snapshot.schema()));
    std::string select =
        files.empty() ? empty_select(columns) : fmt::format("select * from {}", TRY(snapshot.select_sql(files)));
    for (const auto& file : files) {
      paths_.push_back(TRY(workshop_.lake.store().engine_path(table.root() + "/" + delta::decode_path(file.path))));
    }
    Masks masks;
    if (model != nullptr) masks = masks_of(model->contract, columns, sight_);
    select = TRY(masked(select, columns, masks));
    TRY(connection_.run(
        fmt::format("create view {}.{} as {}", pack::name_of(name.layer), duck::name(name.table), select)));
    rows_[name.text()] = snapshot.total_rows();
    if (model != nullptr && !model->contract.implements.empty()) {
      parts_[model->contract.implements].push_back({model, "select * from memory." + name.text()});
    }
    return {};
  }

  Status show_interface(const Release& release, const pack::Interface& interface,
                        const std::vector<InterfacePart>& implementers) {
    const auto& join = interface.shown.join;
    const bool joins = join && release.versions.contains(join->text()) && sight_.sees_layer(pack::name_of(join->layer));
    const std::string joined = joins ? "select * from memory." + join->text() : std::string();
    const auto& pack = library_pack(workshop_.library, interface.name);
    const auto view = interface.view();
    std::string plain = interface_select(interface, implementers);
    std::string shown = TRY(shown_select(workshop_.library, interface, plain, joined, parameters_of(pack, tenant_)));
    plain = TRY(masked(plain, interface.columns, masks_of(view, interface.columns, sight_)));
    auto columns = interface.columns;
    if (join) columns.insert(columns.end(), interface.shown.columns.begin(), interface.shown.columns.end());
    shown = TRY(masked(shown, columns, masks_of(view, columns, sight_)));
    TRY(connection_.run(fmt::format("create view {} as {}", view.text(), shown)));
    if (joined.empty()) return {};
    if (more_columns_.empty()) TRY(connection_.run(kMakePlain));
    TRY(connection_.run(fmt::format("create view centavo_plain.{} as {}", view.text(), plain)));
    for (const auto& column : interface.shown.columns) more_columns_.push_back(lower(column.name));
    return {};
  }

  // The engine gets the key of masks when a column needs it, and not before.
  Result<std::string> masked(const std::string& select, const std::vector<pack::ColumnSpec>& columns,
                             const Masks& masks) {
    const bool hashes = std::any_of(masks.begin(), masks.end(), [](const auto& mask) { return mask.second == "hash"; });
    if (hashes && !std::exchange(has_key_, true)) {
      std::string key = TRY(reading_key(workshop_.lake, tenant_.id));
      TRY(database_.bind_reading_key(std::move(key)));
    }
    return masked_select(select, columns, masks);
  }

  Workshop& workshop_;
  const Tenant& tenant_;
  const access::Sight& sight_;
  duck::Database& database_;
  duck::Connection& connection_;
  bool has_key_ = false;
  std::map<std::string, std::vector<InterfacePart>> parts_;
  std::vector<std::string> paths_, more_columns_;
  std::map<std::string, std::int64_t> rows_;
};

// The engine's guesses at a table that is not there name tables of its own: what the release has near it instead.
Error with_tables_near(Error error, duck::Connection& connection, std::int64_t release) {
  constexpr std::string_view kStart = "Table with name ", kEnd = " does not exist";
  const std::size_t start = error.message.find(kStart);
  const std::size_t end = error.message.find(kEnd, start == std::string::npos ? 0 : start);
  if (start == std::string::npos || end == std::string::npos) return error;
  const std::string wanted = error.message.substr(start + kStart.size(), end - start - kStart.size());
  const auto near = connection.value(
      fmt::format("select string_agg(name, ', ') from (select schema_name || '.' || view_name as name from "
                  "duckdb_views() where schema_name in ('bronze', 'silver', 'gold') and database_name = 'memory' "
                  "order by jaro_winkler_similarity(view_name, {}) desc, name limit 5)",
                  duck::literal(wanted)));
  error.hint = near && *near ? fmt::format("release {} has {}", release, **near)
                             : fmt::format("release {} has no table that is to be seen here", release);
  return error;
}

}  // namespace

struct Reader::Shared {
  duck::Database database;
  Release release;
  access::Sight sight;
  std::vector<std::string> more_columns;   // lower case
  std::map<std::string, std::int64_t> rows;
  std::atomic<std::int64_t> held_bytes = 0;
  std::mutex holding;                      // one holds at a time

  Shared(duck::Database engine, Release which, access::Sight who, const Views& views)
      : database(std::move(engine)),
        release(std::move(which)),
        sight(std::move(who)),
        more_columns(views.more_columns()),
        rows(views.rows()) {}
};

Reader::Reader(std::shared_ptr<Shared> shared, duck::Connection connection)
    : shared_(std::move(shared)), connection_(std::make_unique<duck::Connection>(std::move(connection))) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&& other) noexcept {
  connection_ = std::move(other.connection_);  // before the database that it is of
  shared_ = std::move(other.shared_);
  is_plain_ = other.is_plain_;
  return *this;
}
Reader::~Reader() = default;

duck::Connection& Reader::connection() { return *connection_; }
const Release& Reader::release() const { return shared_->release; }
const access::Sight& Reader::sight() const { return shared_->sight; }

Result<Reader> Reader::open(Workshop& workshop, const Tenant& tenant, std::int64_t release_number,
                            const access::Sight& sight, const std::string& output_file, std::int64_t memory_bytes) {
  auto found = centavo::release(workshop.lake.store(), tenant.id, release_number);
  if (!found) {
    if (found.error().kind != ErrorKind::not_found || release_number != 0) return fail(found.error());
    return fail_hint(fmt::format("make one with `centavo run --tenant {}`", tenant.id), ErrorKind::not_found,
                     "tenant {} has no release yet", tenant.id);
  }
  const std::int64_t wanted = memory_bytes > 0 ? memory_bytes : kMemoryBytes;
  duck::Options options;
  options.memory_limit_bytes =
      workshop.lake.config().memory_limit_bytes > 0 ? workshop.lake.config().memory_limit_bytes : wanted;
  options.threads = workshop.lake.config().threads;
  auto database = TRY(duck::Database::open(options));
  auto connection = TRY(database.connect());
  Views views(workshop, tenant, sight, database, connection);
  TRY(views.make(*found));
  auto paths = views.paths();
  if (!output_file.empty()) paths.push_back(output_file);
  std::string list;
  for (const auto& path : paths) list += (list.empty() ? "" : ", ") + duck::literal(path);
  // The engine also asks for the path as the views spell it, where [, * and ? of a folder's name are in brackets.
  if (list.find_first_of("[*?") != std::string::npos) {
    const std::string spelled = duck::path_list(paths);
    list += ", " + spelled.substr(1, spelled.size() - 2);
  }
  TRY(connection.run(fmt::format("set allowed_paths = [{}]; {}", list, kMakeHeld)));
  TRY(database.lock_down());
  return Reader(std::make_shared<Shared>(std::move(database), std::move(*found), sight, views), std::move(connection));
}

Result<Reader> Reader::share() const {
  auto connection = TRY(shared_->database.connect());
  return Reader(shared_, std::move(connection));
}

Status Reader::hold(const std::vector<std::string>& tables, std::int64_t bytes_most) {
  const std::lock_guard lock(shared_->holding);
  for (const std::string& table : tables) {
    const auto rows = shared_->rows.find(table);
    if (rows == shared_->rows.end() || rows->second < 0) continue;
    const std::string all_of_it = "select * from " + table;
    const std::int64_t bytes = rows->second * TRY(row_bytes_of(*connection_, all_of_it));
    if (shared_->held_bytes + bytes > bytes_most) continue;
    const std::string held = held_name(table);
    TRY_IN(table, connection_->run(fmt::format("create table {} as {}", held, all_of_it)));
    TRY_IN(table, connection_->run(fmt::format("create or replace view {} as select * from {}", table, held)));
    shared_->held_bytes += bytes;
    shared_->rows.erase(rows);             // once is enough
  }
  settle(*connection_);
  return {};
}

std::string Reader::held_name(std::string_view name) { return "centavo_held.main." + duck::name(name); }

Result<bool> Reader::hold_rows(std::string_view name, const std::string& select, std::int64_t bytes_most) {
  TRY(vet(select));   // the views then have the columns that it names
  const std::lock_guard lock(shared_->holding);
  const std::int64_t row_bytes = TRY(row_bytes_of(*connection_, select));
  const std::int64_t left = std::max<std::int64_t>((bytes_most - shared_->held_bytes) / row_bytes, 0);
  const std::string held = held_name(name);
  TRY(connection_->run(fmt::format("create table if not exists {} as select * from ({}) where false", held, select)));
  const auto before = TRY(connection_->value(fmt::format("select count(*) from {}", held)));
  TRY(connection_->run("begin"));
  // One row more than fits tells that they do not.
  const auto insert = [&]() -> Result<std::int64_t> {
    TRY(connection_->run(fmt::format("insert into {} select * from ({}) limit {}", held, select, left + 1)));
    const auto after = TRY(connection_->value(fmt::format("select count(*) from {}", held)));
    return std::stoll(after.value_or("0")) - std::stoll(before.value_or("0"));
  };
  const auto rows = insert();
  TRY(connection_->run(rows && *rows <= left ? "commit" : "rollback"));
  if (!rows) return fail(rows.error());
  if (*rows > left) return false;
  shared_->held_bytes += *rows * row_bytes;
  settle(*connection_);
  return true;
}

std::int64_t Reader::held_bytes() const { return shared_->held_bytes; }

Status Reader::vet(std::string_view sql) {
  const auto found = TRY(connection_->value(fmt::format("select json_serialize_sql({})", duck::literal(sql))));
  const std::string tree = found.value_or("{}");
  const auto json = TRY(parse_json(tree));
  TRY(vet_tree(json, shared_->sight));
  return show_what(tree);
}

Status Reader::show_what(std::string_view tree) {
  const auto& more = shared_->more_columns;
  if (more.empty()) return {};
  const std::string text = lower(std::string(tree));
  const bool plain = text.find("\"star\"") == std::string::npos &&
                     std::none_of(more.begin(), more.end(),
                                  [&](const auto& column) { return text.find(column) != std::string::npos; });
  if (plain == is_plain_) return {};
  TRY(connection_->run(plain ? kShowPlain : kShowAll));
  is_plain_ = plain;
  return {};
}

Result<duck::Rows> Reader::query(std::string_view sql) {
  TRY(vet(sql));
  auto rows = connection_->query(sql);
  if (!rows) return fail(with_tables_near(std::move(rows).error(), *connection_, release().number));
  return rows;
}

}  // namespace centavo
