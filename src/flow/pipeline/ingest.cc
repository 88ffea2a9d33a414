#include <filesystem>
#include <thread>

#include "base/digest.h"
#include "flow/connect/file_periods.h"
#include "flow/connect/json_numbers.h"
#include "flow/connect/json_records.h"
#include "flow/connect/parts.h"
#include "flow/engine/columns.h"
#include "flow/pipeline/planning.h"
#include "flow/pipeline/work.h"

namespace centavo {
namespace {

constexpr std::int64_t kPartBytesMin = 64 << 20;
constexpr std::int64_t kPartBytesMax = 1 << 30;
constexpr std::int64_t kRowsOfSmallPart = 50'000;
constexpr std::int64_t kGuessedInflation = 12;   // bytes of CSV per byte of gzip: only for the size of parts

// A file's rows of the task's period: as counted before the engine read them (-1: unknown), and as staged.
struct RowCount {
  std::int64_t expected = -1;
  std::int64_t staged = 0;
};

// What is the same for all files of one bronze task.
struct Job {
  Work& work;
  const Node& node;
  const Task& task;
  std::string root;
  std::string temp_dir;
  std::optional<delta::Schema> table;   // columns so far
  std::int64_t part_bytes = kPartBytesMin;
  std::mutex mutex;
  Ingested out;                          // under mutex
  std::map<const LandedFile*, RowCount> rows;   // under mutex
  OnRawRows on_rows;                     // given: rows are only read, nothing is staged

  void expect_rows(const LandedFile& file, std::int64_t expected) {
    const std::scoped_lock lock(mutex);
    rows[&file].expected = expected;
  }
};

std::string metadata_sql(const Job& job, const Landing& landing, const LandedFile& file,
                         const std::string& row_number) {
  const Stamp stamp = stamp_of(job.work, landing);
  return fmt::format(
      "{} as source_file_name, {} as source_row_number, timestamptz '{}' as ingestion_timestamp, {} as "
      "raw_ingestion_id",
      duck::literal(file.source_path), row_number, iso_time(stamp.started_ms), duck::literal(stamp.run));
}

// One file's rows as the bronze table has them.
struct FileShape {
  std::vector<BronzeColumn> columns;
  std::vector<DeliveredColumn> delivered;
  const pack::SourceKind* kind = nullptr;
};

Result<FileShape> shape_of(Job& job, const Feed& feed, std::vector<DeliveredColumn> delivered, const LandedFile& file) {
  FileShape shape;
  shape.delivered = delivered;
  shape.kind = feed.kind;
  // What the feed sets comes as if it were delivered; a delivered column of that name would be another word.
  if (const auto* from = feed_of_file(*feed.kind, job.task.table, file)) {
    for (const auto& [name, value] : from->set) delivered.push_back({name, "VARCHAR", duck::literal(value)});
  }
  shape.columns = TRY_IN(file.source_path, bronze_columns(*feed.kind, job.node.model->contract, delivered,
                                                          job.table ? &*job.table : nullptr));
  // The next file of this task has these columns in the same types, or is refused.
  if (!job.table) job.table.emplace();
  for (const auto& column : shape.columns) {
    if (job.table->find(column.name) == nullptr)
      job.table->fields.push_back(TRY(delta::field_of_duck(column.name, column.type)));
  }
  return shape;
}

// Columns of the table after this file: those so far, then new ones.
std::vector<pack::ColumnSpec> table_columns(const Job& job, const FileShape& shape) {
  std::vector<pack::ColumnSpec> out;
  for (const auto& column : shape.columns) {
    pack::ColumnSpec spec;
    if (const auto* declared = job.node.model->contract.find(column.name)) spec = *declared;
    spec.name = column.name;
    spec.type = column.type;
    out.push_back(std::move(spec));
  }
  const auto fixed = all_columns(job.node.model->contract);
  out.insert(out.end(), fixed.begin() + static_cast<std::ptrdiff_t>(job.node.model->contract.columns.size()),
             fixed.end());
  return out;
}

bool has_other_periods(const Landing& landing, const LandedFile& file) {
  return landing.filter_period && (file.rows < 0 || file.rows != file.rows_in_file);
}

// Of rows that are all the task's.
std::string rows_select(const Job& job, const Landing& landing, const FileShape& shape, const LandedFile& file,
                        const std::string& from, const std::string& row_number) {
  std::string list;
  for (const auto& column : shape.columns)
    list += fmt::format("{} as {}, ", column.expression, duck::name(column.name));
  return fmt::format("select {}{} from {}", list, metadata_sql(job, landing, file, row_number), from);
}

std::string bronze_select(const Job& job, const Landing& landing, const FileShape& shape, const LandedFile& file,
                          const std::string& from, const std::string& row_number) {
  if (!has_other_periods(landing, file)) return rows_select(job, landing, shape, file, from, row_number);
  // Rows are numbered before those of other months are left out.
  std::string where;
  std::vector<FileColumn> columns;
  for (const auto& column : shape.delivered) columns.push_back({column.name, column.sql});
  const std::string text = period_text_sql(columns, landing.period_column, file);
  if (!text.empty()) where = " where " + period_filter_sql(*shape.kind, text, landing.period);
  return rows_select(job, landing, shape, file, fmt::format("(select *, {} as centavo_row from {})", row_number, from),
                     "centavo_row") +
         where;
}

// Adds what one connection staged to the job's result.
Status stage_into(Job& job, duck::Connection& connection, const FileShape& shape, const std::string& select,
                  std::optional<std::int64_t> part_rows, const LandedFile& file) {
  if (job.on_rows) return job.on_rows(connection, file, select);
  Staged staged;
  staged.columns = table_columns(job, shape);
  TRY_IN(file.source_path,
         stage_select(job.work, connection, job.node.model->contract, job.root, job.task.period, select, staged));
  const std::scoped_lock lock(job.mutex);
  auto& all = job.out.staged;
  all.rows += staged.rows;
  job.rows[&file].staged += staged.rows;
  all.bytes += staged.bytes;
  all.files.insert(all.files.end(), staged.files.begin(), staged.files.end());
  for (const auto& [column, nulls] : staged.null_counts) all.null_counts[column] += nulls;
  for (const auto& column : staged.columns) {
    const bool known =
        std::any_of(all.columns.begin(), all.columns.end(), [&](const auto& c) { return c.name == column.name; });
    if (!known) all.columns.push_back(column);
  }
  if (part_rows && *part_rows != staged.rows) {
    return fail(ErrorKind::corrupt_data, "{}: {} rows in a part of the file, the engine read {}", file.source_path,
                *part_rows, staged.rows);
  }
  return {};
}

// A part is read by one thread, so small buffers do; DuckDB makes them 16 times the longest line allowed unless told.
constexpr std::int64_t kBufferBytes = 8 << 20;
constexpr std::int64_t kLineBytes = 2 << 20;
constexpr std::int64_t kLongLineBytes = 64 << 20;  // what split_csv lets pass

std::string csv_table(const std::vector<DeliveredColumn>& delivered, const CsvDialect& dialect, const std::string& path,
                      bool long_lines) {
  std::string columns;
  for (const auto& column : delivered)
    columns += fmt::format("{}'{}': 'VARCHAR'", columns.empty() ? "" : ", ", column.sql);
  return fmt::format(
      "read_csv({}, auto_detect = false, header = true, columns = {{{}}}, delim = {}, quote = {}, escape = {}, nullstr "
      "= '', "
      "new_line = '\\n', {}, max_line_size = {}, buffer_size = {})",
      duck::path_list({path}), columns, duck::literal(std::string(1, dialect.delimiter)),
      duck::literal(std::string(1, dialect.quote)), duck::literal(std::string(1, dialect.quote)),
      short_row_options(dialect), long_lines ? kLongLineBytes : kLineBytes,
      long_lines ? 2 * kLongLineBytes : kBufferBytes);
}

Status ingest_csv(Job& job, const Feed& feed, const Landing& landing, const LandedFile& file, const std::string& path,
                  Crew& crew) {
  const CsvDialect dialect = dialect_of(*feed.kind, file);
  std::vector<DeliveredColumn> delivered;
  for (const auto& name : TRY(read_csv_header(path, file, dialect))) {
    delivered.push_back({name, "VARCHAR", fmt::format("c{}", delivered.size())});
  }
  const auto shape = std::make_shared<const FileShape>(TRY(shape_of(job, feed, std::move(delivered), file)));
  const auto on_part = [&job, &landing, &file, &crew, shape, dialect](CsvPart part) {
    return crew.submit([&job, &landing, &file, shape, dialect, part]() -> Status {
      const Slot slot(job.work.copies);
      auto connection = TRY(job.work.workshop.engine.connect());
      connection.watch(job.work.cancel);
      const auto stage = [&](bool long_lines) {
        const std::string from = csv_table(shape->delivered, dialect, part.path, long_lines);
        const std::string number = fmt::format("row_number() over () + {}", part.first_row - 1);
        const auto expected = has_other_periods(landing, file) ? std::nullopt : std::optional(part.rows);
        return stage_into(job, connection, *shape, bronze_select(job, landing, *shape, file, from, number), expected,
                          file);
      };
      Status done = stage(false);
      if (!done && done.error().message.find("Maximum line size") != std::string::npos) done = stage(true);
      ::remove(part.path.c_str());
      if (!done) return fail(with_row_of_file(done.error(), part));
      return done;
    });
  };
  const auto rows =
      TRY_IN(file.source_path, split_csv(path, file, dialect, job.temp_dir, job.part_bytes, on_part, job.work.cancel));
  job.expect_rows(file, has_other_periods(landing, file) ? file.rows : rows);
  return {};
}

Status ingest_parquet(Job& job, const Feed& feed, const Landing& landing, const LandedFile& file,
                      const std::string& path) {
  auto connection = TRY(job.work.workshop.engine.connect());
  connection.watch(job.work.cancel);
  TRY(connection.run("set preserve_insertion_order = false"));  // rows carry their number: see Desk::open
  const std::string from =
      fmt::format("read_parquet({}, hive_partitioning = false, file_row_number = true)", duck::path_list({path}));
  std::vector<DeliveredColumn> delivered;
  for (const auto& column : TRY_IN(file.source_path, connection.describe("select * from " + from))) {
    if (column.name != "file_row_number") delivered.push_back({column.name, column.type, duck::name(column.name)});
  }
  const auto shape = TRY(shape_of(job, feed, std::move(delivered), file));
  const auto count = TRY_IN(file.source_path,
                            connection.value(fmt::format("select sum(num_rows)::bigint from parquet_file_metadata({})",
                                                         duck::path_list({path}))));
  const std::int64_t rows = std::stoll(count.value_or("0"));
  const Slot slot(job.work.copies, job.work.workers);  // the engine reads one Parquet file with all its threads
  TRY(stage_into(job, connection, shape, bronze_select(job, landing, shape, file, from, "file_row_number + 1"), {},
                 file));
  job.expect_rows(file, has_other_periods(landing, file) ? file.rows : rows);
  return {};
}

// A copy of a JSON file whose long numbers are quoted; gone with the task.
struct ExactCopy {
  std::string path;
  ~ExactCopy() { ::remove(path.c_str()); }
};

// JSON rows come as text, like CSV: scalars as written, nested values as JSON.
Status ingest_json(Job& job, const Feed& feed, const Landing& landing, const LandedFile& file,
                   const std::string& path) {
  auto connection = TRY(job.work.workshop.engine.connect());
  connection.watch(job.work.cancel);
  LandedFile read = file;
  ExactCopy exact{fmt::format("{}/{}.json", job.temp_dir, new_uuid())};
  const bool quoted = TRY_IN(file.source_path, quote_long_numbers(path, file.compression, exact.path, job.work.cancel));
  if (quoted) read.compression.clear();
  const std::string record = TRY(json_records(connection, *feed.kind, read, quoted ? exact.path : path));
  std::vector<DeliveredColumn> delivered;
  for (const auto& name : TRY_IN(file.source_path, json_names(connection, *feed.kind, record)))
    delivered.push_back({name, "VARCHAR", json_value(*feed.kind, name)});
  const auto shape = TRY(shape_of(job, feed, std::move(delivered), file));
  const auto count = TRY_IN(file.source_path, connection.value(fmt::format("select count(*) from ({})", record)));
  const std::int64_t rows = std::stoll(count.value_or("0"));
  TRY(stage_into(job, connection, shape,
                 bronze_select(job, landing, shape, file, "(" + record + ")", "row_number() over ()"), {}, file));
  job.expect_rows(file, has_other_periods(landing, file) ? file.rows : rows);
  return {};
}

// Cuts a file of several months into parts of these.
Result<std::optional<JsonLines>> cut_by_month(Job& job, const Feed& feed, const Landing& landing,
                                              const LandedFile& file, const std::string& path,
                                              const std::set<std::string>& wanted) {
  std::map<std::string, std::optional<std::string>, std::less<>> known;   // by the member's text
  JsonCut cut{job.temp_dir, job.part_bytes, landing.period_column, {}};
  cut.period_of = [&](std::string_view text) -> std::optional<std::string> {
    if (const auto it = known.find(text); it != known.end()) return it->second;
    std::optional<std::string> out;
    if (const auto month = month_of_text(std::string(text), *feed.kind); month && wanted.contains(month->text()))
      out = month->text();
    known.emplace(text, out);
    return out;
  };
  return cut_json_lines(path, file, cut, job.work.cancel);
}

// The file's lines with the parts of this task's month; nothing when the engine must look. A file of several months is
// read once for all that this run makes.
Result<std::optional<JsonLines>> lines_of(Job& job, const Feed& feed, const Landing& landing, const LandedFile& file,
                                          const std::string& path) {
  if (!may_be_json_lines(*feed.kind, file)) return std::nullopt;
  if (!has_other_periods(landing, file))
    return cut_json_lines(path, file, JsonCut{job.temp_dir, job.part_bytes, "", {}}, job.work.cancel);
  const auto& period = job.task.period;
  auto& shared = job.work.cut_files.of(job.task.table, file.raw_key);
  const std::scoped_lock lock(shared.mutex);
  if (job.on_rows || shared.given.contains(period)) return cut_by_month(job, feed, landing, file, path, {period});
  if (!shared.is_cut) {
    std::set<std::string> planned;
    for (const auto& task : job.work.plan.tasks) {
      if (task.table == job.task.table) planned.insert(task.period);
    }
    shared.lines = TRY(cut_by_month(job, feed, landing, file, path, planned));
    shared.is_cut = true;
  }
  if (!shared.lines) return std::nullopt;
  shared.given.insert(period);
  auto& parts = shared.lines->parts;
  const auto own = std::stable_partition(parts.begin(), parts.end(), [&](const auto& p) { return p.period != period; });
  JsonLines out = *shared.lines;
  out.parts.assign(own, parts.end());
  parts.erase(own, parts.end());
  return out;
}

Status ingest_json_lines(Job& job, const Feed& feed, const Landing& landing, const LandedFile& file,
                         const JsonLines& lines, Crew& crew) {
  std::vector<DeliveredColumn> delivered;
  for (const auto& name : lines.names) delivered.push_back({name, "VARCHAR", duck::name(name)});
  const auto shape = std::make_shared<const FileShape>(TRY(shape_of(job, feed, std::move(delivered), file)));
  std::int64_t rows = 0;
  for (const auto& part : lines.parts) {
    rows += part.rows;
    const std::string from = json_part_table(lines, part);
    const auto stage = [&job, &landing, &file, shape, from, part]() -> Status {
      // The engine reads a large part with all its threads.
      const Slot slot(job.work.copies, part.rows < kRowsOfSmallPart ? 1 : job.work.workers);
      auto connection = TRY(job.work.workshop.engine.connect());
      connection.watch(job.work.cancel);
      TRY(connection.run("set preserve_insertion_order = false"));  // rows carry their number: see Desk::open
      const std::string select = rows_select(job, landing, *shape, file, from, std::string(kJsonRowMember));
      const Status done = stage_into(job, connection, *shape, select, part.rows, file);
      ::remove(part.path.c_str());
      return done;
    };
    TRY(crew.submit(stage));
  }
  job.expect_rows(file, has_other_periods(landing, file) ? file.rows : rows);
  return {};
}

Status ingest_file(Job& job, const Feed& feed, const Landing& landing, const LandedFile& file, Crew& crew) {
  const std::string path = TRY(job.work.origin().store().engine_path(file.raw_key));
  {
    const std::scoped_lock lock(job.mutex);
    job.out.bytes_read += file.size_bytes;
  }
  if (file.format == "csv") return ingest_csv(job, feed, landing, file, path, crew);
  if (file.format == "parquet") return ingest_parquet(job, feed, landing, file, path);
  if (const auto lines = TRY_IN(file.source_path, lines_of(job, feed, landing, file, path)))
    return ingest_json_lines(job, feed, landing, file, *lines, crew);
  return ingest_json(job, feed, landing, file, path);
}

const Feed* feed_of(const Node& node, const Landing& landing) {
  for (const auto& feed : node.feeds) {
    if (feed.source->name == landing.source) return &feed;
  }
  return nullptr;
}

// Whether nothing but upkeep happened to the table since its state was recorded.
Result<bool> is_as_recorded(delta::Table& table, const delta::Snapshot& snapshot, const TableState& state) {
  static const std::set<std::string, std::less<>> upkeep = {"OPTIMIZE", "VACUUM START", "VACUUM END", "ADD COLUMNS"};
  const auto newer = snapshot.version() - state.version;
  if (newer <= 0) return newer == 0;
  const auto entries = TRY(table.history(static_cast<int>(std::min<delta::Version>(newer, 1000))));
  return newer <= 1000 && std::all_of(entries.begin(), entries.end(), [&](const auto& entry) {
           return entry.version <= state.version || upkeep.contains(entry.operation);
         });
}

// The newest transaction of this table that set rows aside.
Result<std::int64_t> quarantined_by(Job& job, const std::string& app) {
  const std::string root = Lake::quarantine_root(job.work.tenant.id, "bronze", job.task.table.table);
  auto table = delta::Table::open(job.work.store(), job.work.workshop.engine, root, job.work.workshop.clock);
  if (!table && table.error().kind != ErrorKind::not_found) return fail(table.error());
  if (!table) return 0;
  return TRY(table->snapshot()).app_version(app).value_or(0);
}

// The landings that this task reads. For a table that appends: those it does not hold yet. When what it holds is not
// known for certain (another definition, a removed source, a crash before the record, a restore), it starts over.
Result<std::vector<const Landing*>> landings_to_read(Job& job) {
  Work& work = job.work;
  if (job.node.is_periodic()) return current_landings(work.landings, job.task.table, job.task.period);
  const auto& contract = job.node.model->contract;
  auto all = landings_without_period(work.landings, contract);
  if (contract.write != pack::WriteMode::append) return all;
  auto table = delta::Table::open(work.store(), work.workshop.engine, job.root, work.workshop.clock);
  if (!table && table.error().kind != ErrorKind::not_found) return fail(table.error());
  if (!table) return all;  // replaces what the quarantine holds, if anything
  const auto snapshot = TRY(table->snapshot());
  const std::string app = job.root + "/" + job.task.fingerprint.substr(0, job.task.fingerprint.find('.'));
  const std::int64_t in_table = snapshot.app_version(app).value_or(0);
  const std::int64_t in_quarantine = TRY(quarantined_by(job, app));
  job.out.transaction = delta::AppTransaction{app, std::max(in_table, in_quarantine) + 1};
  if (in_quarantine > in_table) return all;  // a run ended between the two commits: both start over
  const auto before = work.before.find({job.task.table.text(), job.task.period});
  if (before == work.before.end() || work.full) return all;
  const auto held = landings_held(before->second.fingerprint, job.task.fingerprint, all);
  if (!held || !TRY(is_as_recorded(*table, snapshot, before->second))) return all;
  all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(*held));
  job.out.replace = false;
  return all;
}

// Every file gave the rows it was said to have: no row was lost, and none counted twice.
Status account_for_rows(Job& job) {
  for (const auto& [file, rows] : job.rows) {
    if (rows.expected < 0) {
      job.out.rows_in_files = -1;
      continue;
    }
    if (rows.expected != rows.staged) {
      return fail(ErrorKind::corrupt_data, "{}: {} rows{} in the file, the engine read {}", file->source_path,
                  rows.expected, job.task.period.empty() ? "" : " of " + job.task.period, rows.staged);
    }
    if (job.out.rows_in_files >= 0) job.out.rows_in_files += rows.expected;
  }
  return {};
}

}  // namespace

Result<Ingested> ingest(Work& work, const Node& node, const Task& task) {
  Job job{work, node, task, Lake::table_root(work.tenant.id, "bronze", task.table.table), {}, {}, kPartBytesMin, {},
          {},   {},   {}};
  job.temp_dir = TRY(work.store().engine_path(fmt::format("{}/{}/x", Lake::staging_root(work.tenant.id), work.run)));
  job.temp_dir.resize(job.temp_dir.size() - 2);
  job.out.staged.columns = all_columns(node.model->contract);
  if (auto table = delta::Table::open(work.store(), work.workshop.engine, job.root, work.workshop.clock)) {
    const auto snapshot = TRY(table->snapshot());
    job.table = snapshot.schema();
  }
  const auto landings = TRY(landings_to_read(job));
  std::int64_t bytes = 0;
  for (const auto* landing : landings) {
    for (const auto& file : landing->files)
      bytes += file.size_bytes * (file.compression.empty() ? 1 : kGuessedInflation);
  }
  job.part_bytes = std::clamp(bytes / static_cast<std::int64_t>(2 * work.workers), kPartBytesMin, kPartBytesMax);

  Crew crew(work.workers);
  for (const auto* landing : landings) {
    const auto* feed = feed_of(node, *landing);
    if (feed == nullptr) continue;  // of a source that was removed: its rows stay out
    job.out.landings.push_back(landing);
    for (const auto& file : landing->files) {
      if (const Status done = ingest_file(job, *feed, *landing, file, crew); !done) {
        (void)crew.finish();
        discard(work, job.root, job.out.staged);
        return fail(done.error());
      }
    }
  }
  Status done = crew.finish();
  if (done) done = account_for_rows(job);
  if (!done) {
    discard(work, job.root, job.out.staged);
    return fail(done.error());
  }
  // Parts end in any order; the table lists them in one.
  std::sort(job.out.staged.files.begin(), job.out.staged.files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return std::move(job.out);
}

Status read_raw_file(Work& work, const Node& node, const Task& task, const Landing& landing, const LandedFile& file,
                     const OnRawRows& on_rows) {
  const auto* feed = feed_of(node, landing);
  if (feed == nullptr) return {};  // of a source that was removed: its rows stay out
  Job job{work, node, task,   Lake::table_root(work.tenant.id, "bronze", task.table.table), {}, {}, kPartBytesMin, {},
          {},   {},   on_rows};
  job.temp_dir = TRY(work.store().engine_path(fmt::format("{}/{}/x", Lake::staging_root(work.tenant.id), work.run)));
  job.temp_dir.resize(job.temp_dir.size() - 2);
  Crew crew(work.workers);
  Status done = ingest_file(job, *feed, landing, file, crew);
  const Status rest = crew.finish();
  std::error_code ignored;
  std::filesystem::remove_all(job.temp_dir, ignored);
  return done ? rest : done;
}

}  // namespace centavo
