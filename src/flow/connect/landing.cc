#include "flow/connect/landing.h"

#include <unistd.h>

#include "base/digest.h"
#include "flow/connect/incoming.h"
#include "flow/connect/manifest.h"
#include "flow/connect/parts.h"
#include "flow/connect/path_deliveries.h"
#include "flow/connect/seen_files.h"
#include "flow/connect/source_files.h"

namespace centavo {
namespace {

using TablePeriod = std::pair<std::string, std::string>;

constexpr int kNumberAttemptsMax = 100;
constexpr std::int64_t kCountPartBytes = 256 << 20;

bool fits_any(std::string_view path, const std::vector<std::string>& patterns) {
  return patterns.empty() ||
         std::any_of(patterns.begin(), patterns.end(), [&](const std::string& p) { return fits_glob(path, p); });
}

// What the source's folder holds, without what its kind leaves alone.
Result<SourceFiles> listing_of(const TenantSource& source, const pack::SourceKind& kind, const std::string& lake) {
  SourceFiles out = TRY_IN(fmt::format("source {}", source.name), list_source(source.uri, lake, lake));
  if (!kind.ignore.empty())
    std::erase_if(out.files, [&](const SourceFile& file) { return fits_any(file.path, kind.ignore); });
  return out;
}

FileKind kind_of(const std::string& path, const pack::SourceKind& kind) {
  FileKind out = kind_of_name(path);
  if (!kind.format.empty() && kind.format != "auto") out.format = kind.format;
  return out;
}

struct Delivered {
  const Delivery* delivery;
  std::vector<LandedFile> files;
};

// One landing of one source. Lives for one call.
class Lander {
 public:
  Lander(Lake& lake, duck::Database& engine, const pack::Library& library, const Tenant& tenant,
         const TenantSource& source, const std::optional<PeriodRange>& range, const LandProgress& progress,
         const Cancel* cancel, const Clock& clock)
      : lake_(lake),
        engine_(engine),
        library_(library),
        tenant_(tenant),
        source_(source),
        range_(range),
        progress_(progress),
        cancel_(cancel),
        clock_(clock),
        raw_root_(Lake::raw_root(tenant.id, source.name)),
        incoming_(lake.store(), raw_root_) {}

  Result<LandReport> run() {
    TRY(load());
    TRY(incoming_.clean());
    count_bytes_to_read();
    TRY(take_deliveries());
    TRY(take_loose_files());
    note_that_nothing_is_of_its_kind();
    TRY(write(compose()));
    for (auto& [path, seen] : std::map(seen_.files())) {
      if (listing_.find(path) == nullptr || unfinished_.contains(path)) seen_.forget(path);
    }
    TRY(seen_.save(lake_.store()));
    return std::move(report_);
  }

 private:
  Status load();
  void count_bytes_to_read();
  Status take_deliveries();
  Status take_delivery(const Delivery& delivery);
  Result<std::vector<const SourceFile*>> files_of(const Delivery& delivery) const;
  Status check_columns(const Delivery& delivery, const Arrived& file);
  Status check_promise(const Promise& promise, const Arrived& file);
  Status take_loose_files();
  Status take_loose_file(const SourceFile& file);
  void note_that_nothing_is_of_its_kind();
  Result<Arrived> read(const SourceFile& file);
  std::vector<Landing> compose();
  std::optional<Landing> compose_appended(const TablePeriod& key);
  std::optional<Landing> compose_replaced(const TablePeriod& key);
  void add_deliveries(const TablePeriod& key, Landing& out) const;
  bool holds_files_of(const Landing& before) const;
  void carry_over(const Landing& before, Landing& out);
  Status add_loose(const TablePeriod& key, Landing& out);
  Landing blank(const TablePeriod& key) const;
  Status write(std::vector<Landing> landings);

  bool is_loose(const SourceFile& file) const {
    return !deliveries_.claimed.contains(file.path) && !path_deliveries_.is_superseded(file.path) &&
           fits_any(file.path, kind_->match) &&
           std::any_of(kind_->feeds.begin(), kind_->feeds.end(), [&](const auto& feed) {
             return feed_of_file(*kind_, feed.table, LandedFile{file.path, "", "", 0, 0, "", ""}) != nullptr;
           });
  }
  bool in_range(const std::string& period) const {
    if (!range_ || period.empty()) return true;
    const auto parsed = Period::parse(period);
    return parsed && range_->contains(*parsed);
  }
  bool feeds(const LandedFile& file, const std::string& table) const {
    const auto name = pack::parse_table_name(table);
    return name && feed_of_file(*kind_, *name, file) != nullptr;
  }
  // Exports of several datasets may stand side by side: a source takes the deliveries that it has a feed for.
  bool takes(const Delivery& delivery) const {
    const auto& feeds = kind_->feeds;
    return std::any_of(feeds.begin(), feeds.end(),
                       [&](const auto& feed) { return feed.dataset == delivery.dataset; }) ||
           std::all_of(feeds.begin(), feeds.end(), [](const auto& feed) { return feed.dataset.empty(); }) ||
           delivery.dataset.empty();
  }
  bool writes(const std::string& table, pack::WriteMode mode) const {
    const auto name = pack::parse_table_name(table);
    const pack::Model* const model = name ? library_.model(*name) : nullptr;
    return model != nullptr && model->contract.write == mode;
  }
  // A table that is replaced as a whole has no months, whatever the source says of its other tables.
  bool is_whole(const std::string& table) const { return writes(table, pack::WriteMode::replace); }
  bool fills_only_whole_tables(const std::string& path) const {
    return std::all_of(kind_->feeds.begin(), kind_->feeds.end(),
                       [&](const auto& feed) { return !fits_any(path, feed.match) || is_whole(feed.table.text()); });
  }
  std::vector<std::string> periods_for(const std::string& table, const SeenFile& seen) const {
    const auto& periods = seen.periods.periods;
    return periods.empty() || !is_whole(table) ? periods : std::vector<std::string>{""};
  }
  // Whether the delivery that brought this file came again whole, in a newer run or without it.
  bool came_again(const std::string& path) const {
    const std::string unit = path_deliveries_.unit_of(path);
    if (unit.empty() || broken_units_.contains(unit)) return false;
    return path_deliveries_.is_superseded(path) ||
           (listing_.find(path) == nullptr && path_deliveries_.has_files_now(path));
  }
  // A cancel and a failing lake end everything; anything else is the trouble of one delivery.
  bool is_fatal(const Error& error) const { return error.kind == ErrorKind::cancelled || incoming_.lake_failed(); }
  void problem(std::string where, Error error) {
    const bool named = error.message.starts_with(where + ": ");
    report_.problems.push_back({where, named ? std::move(error) : within(where, std::move(error))});
  }

  Lake& lake_;
  duck::Database& engine_;
  const pack::Library& library_;
  const Tenant& tenant_;
  const TenantSource& source_;
  const std::optional<PeriodRange>& range_;
  const LandProgress& progress_;
  const Cancel* cancel_;
  const Clock& clock_;
  std::string raw_root_;
  Incoming incoming_;

  const pack::SourceKind* kind_ = nullptr;
  SourceFiles listing_;
  Deliveries deliveries_;
  PathDeliveries path_deliveries_;
  std::set<std::string> broken_units_;   // of path_deliveries_: a file of the newest run cannot be read
  SeenFiles seen_;
  std::map<TablePeriod, Landing> before_;                    // newest of each
  std::map<TablePeriod, std::set<std::string>> appended_;    // digests ever landed
  std::map<std::string, LandedFile> in_raw_;                 // by digest
  std::int64_t next_number_ = 1;

  std::map<std::string, std::vector<Delivered>> delivered_;  // by period
  std::set<std::string> blocked_;                            // periods with a broken delivery
  std::set<std::string> loose_;                              // paths that count, as seen_ knows them
  std::set<std::string> unfinished_;                         // paths to look at again next time
  std::set<std::string> read_;                               // paths read in this run
  std::int64_t bytes_done_ = 0, bytes_total_ = 0;
  LandReport report_;
};

Status Lander::load() {
  kind_ = library_.source(source_.kind);
  if (kind_ == nullptr) {
    return fail_hint("name a source of one of the packs there are", ErrorKind::not_found,
                     "source {}: there is no kind of source called {}", source_.name, source_.kind);
  }
  if (kind_->connector != "files")
    return fail(ErrorKind::unsupported, "source {}: there is no connector {}", source_.name, kind_->connector);
  listing_ = TRY(listing_of(source_, *kind_, lake_.dir()));
  deliveries_ = TRY(find_deliveries(listing_, kind_->manifest));
  std::erase_if(deliveries_.current, [&](const Delivery& delivery) { return !takes(delivery); });
  const std::vector<Landing> landings = TRY(read_landings(lake_.store(), tenant_.id, source_.name));
  for (const Landing& landing : landings) {
    const TablePeriod key{landing.table, landing.period};
    for (const LandedFile& file : landing.files) {
      appended_[key].insert(file.digest);
      in_raw_[file.digest] = file;
    }
    next_number_ = landing.number + 1;
    before_[key] = landing;
  }
  std::set<std::string> landed;
  for (const auto& [key, landing] : before_) {
    for (const LandedFile& file : landing.files) landed.insert(file.source_path);
  }
  path_deliveries_ =
      TRY_IN(fmt::format("source {}", source_.name), PathDeliveries::find(kind_->delivery_path, listing_, landed));
  seen_ = TRY(SeenFiles::load(lake_.store(), raw_root_, library_.digest(*kind_), landings));
  for (const auto& [path, seen] : seen_.files()) {
    if (!seen.file.raw_key.empty()) in_raw_[seen.file.digest] = seen.file;
  }
  report_.problems = std::move(deliveries_.problems);
  return {};
}

void Lander::count_bytes_to_read() {
  const auto count = [&](const SourceFile& file) {
    if (seen_.unchanged(file) == nullptr) bytes_total_ += file.size_bytes;
  };
  for (const Delivery& delivery : deliveries_.current) {
    if (!in_range(delivery.period.text())) continue;
    for (const std::string& key : delivery.keys) {
      if (const SourceFile* file = find_key(listing_, delivery, key)) count(*file);
    }
  }
  for (const SourceFile& file : listing_.files) {
    if (is_loose(file)) count(file);
  }
}

Result<Arrived> Lander::read(const SourceFile& file) {
  const auto progress = [&](std::int64_t read) {
    if (progress_) progress_(file.path, bytes_done_ + read, bytes_total_);
  };
  auto taken = incoming_.take(file, kind_of(file.path, *kind_), progress, cancel_);
  bytes_done_ += file.size_bytes;
  ++report_.files_read;
  report_.bytes_read += file.size_bytes;
  read_.insert(file.path);
  if (!taken) return taken;
  // The same bytes may be in raw already, under another name or an older time.
  const auto same = in_raw_.find(taken->file.digest);
  if (same != in_raw_.end() && same->second.format == taken->file.format &&
      same->second.compression == taken->file.compression && lake_.store().info(same->second.raw_key)) {
    taken->file.raw_key = same->second.raw_key;
    taken->local_path = TRY(lake_.store().engine_path(same->second.raw_key));
    TRY(lake_.store().remove(taken->temp_key));
    taken->temp_key.clear();
  }
  return taken;
}

Status Lander::take_deliveries() {
  for (const Delivery& delivery : deliveries_.current) {
    const std::string period = delivery.period.text();
    if (!in_range(period)) continue;
    const Status taken = take_delivery(delivery);
    if (taken) continue;
    if (is_fatal(taken.error())) return fail(taken.error());
    blocked_.insert(period);
    problem(fmt::format("{} {}", delivery.path, period), taken.error());
  }
  return {};
}

Result<std::vector<const SourceFile*>> Lander::files_of(const Delivery& delivery) const {
  std::vector<const SourceFile*> out;
  std::vector<std::string> missing;
  for (const std::string& key : delivery.keys) {
    const SourceFile* const file = find_key(listing_, delivery, key);
    if (file == nullptr)
      missing.push_back(key);
    else if (std::find(out.begin(), out.end(), file) != out.end()) {
      return fail(ErrorKind::corrupt_data, "two of its files are one: {}", file->path);
    } else {
      out.push_back(file);
    }
  }
  if (missing.empty()) return out;
  return fail_hint("bring the missing files, or wait until the delivery is whole", ErrorKind::corrupt_data,
                   "{} of its {} files are not there: {}", missing.size(), delivery.keys.size(), missing[0]);
}

Status Lander::take_delivery(const Delivery& delivery) {
  const std::string period = delivery.period.text();
  if (!delivery.fault.empty()) {
    return fail_hint("wait for the next run, or ask for this one again", ErrorKind::corrupt_data, "its {}",
                     delivery.fault);
  }
  if (delivery.keys.empty()) {
    const bool landed = std::any_of(before_.begin(), before_.end(), [&](const auto& item) {
      const Json reports = item.second.manifest.value("reports", Json::array());
      return item.first.second == period && std::any_of(reports.begin(), reports.end(), [&](const Json& report) {
               return text_or(report, "report") == delivery.report;
             });
    });
    if (landed) return fail(ErrorKind::corrupt_data, "it lists no files, but {} has landed before", period);
    report_.notes.push_back(fmt::format("{}: lists no files; nothing to land", delivery.path));
    return {};
  }
  const auto files = TRY(files_of(delivery));
  report_.files_seen += static_cast<std::int64_t>(files.size());
  std::vector<Arrived> arrived;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const SourceFile* const file = files[i];
    if (const SeenFile* seen = seen_.unchanged(*file); seen != nullptr && !seen->file.raw_key.empty()) {
      arrived.push_back({seen->file, "", ""});
      continue;
    }
    if (kind_of(file->path, *kind_).format.empty())
      return fail(ErrorKind::unsupported, "{}: not a format that is read", file->path);
    arrived.push_back(TRY_IN(file->path, read(*file)));
    TRY(check_columns(delivery, arrived.back()));
    if (!delivery.promises.empty()) TRY(check_promise(delivery.promises[i], arrived.back()));
  }
  Delivered out{&delivery, {}};
  for (Arrived& file : arrived) {
    TRY(incoming_.keep(file, period));
    in_raw_[file.file.digest] = file.file;
    seen_.put({file.file, {{period}, "", {}}});
    out.files.push_back(file.file);
    out.files.back().dataset = delivery.dataset;
  }
  delivered_[period].push_back(std::move(out));
  return {};
}

// Manifests in the wild name columns that the file lacks and the other way round, so a difference is told and no more.
// One that shares less than half of its columns with the file is another report's.
Status Lander::check_columns(const Delivery& delivery, const Arrived& file) {
  if (file.file.format != "csv") return {};
  const auto header = TRY(read_csv_header(file.local_path, file.file, dialect_of(*kind_, file.file)));
  if (delivery.columns.empty()) return {};
  const std::set<std::string> there(header.begin(), header.end());
  const auto shared = static_cast<std::size_t>(std::count_if(delivery.columns.begin(), delivery.columns.end(),
                                                             [&](const std::string& c) { return there.contains(c); }));
  if (2 * shared < delivery.columns.size()) {
    return fail_hint("look whether the manifest belongs to these files", ErrorKind::corrupt_data,
                     "{}: it has {} columns, and only {} of the {} that the manifest names", file.file.source_path,
                     header.size(), shared, delivery.columns.size());
  }
  if (shared != delivery.columns.size() || shared != there.size()) {
    report_.notes.push_back(fmt::format("{}: has {} columns, the manifest names {}, {} are the same",
                                        file.file.source_path, header.size(), delivery.columns.size(), shared));
  }
  return {};
}

// A file that is smaller than announced was cut, or is still being written; one with other rows is another run's.
Status Lander::check_promise(const Promise& promise, const Arrived& file) {
  const auto differ = [&](std::string_view what, std::int64_t said, std::int64_t found) -> Status {
    if (said < 0 || said == found) return {};
    return fail_hint("wait for the next run, or ask for this one again", ErrorKind::corrupt_data,
                     "{}: the manifest says {} {}, the file has {}", file.file.source_path, said, what, found);
  };
  TRY(differ("bytes", promise.size_bytes, file.file.size_bytes));
  if (promise.rows < 0) return {};
  std::int64_t rows = 0;
  if (file.file.format == "csv") {
    const std::string parts = TRY(incoming_.folder());
    const auto drop = [](const CsvPart& part) -> Status {
      ::unlink(part.path.c_str());
      return {};
    };
    rows = TRY(
        split_csv(file.local_path, file.file, dialect_of(*kind_, file.file), parts, kCountPartBytes, drop, cancel_));
  } else if (file.file.format == "parquet") {
    auto connection = TRY(engine_.connect());
    const auto count = TRY(connection.value(fmt::format("select sum(num_rows)::bigint from parquet_file_metadata({})",
                                                        duck::path_list({file.local_path}))));
    rows = std::stoll(count.value_or("0"));
  } else {
    return {};
  }
  return differ("rows", promise.rows, rows);
}

Status Lander::take_loose_files() {
  for (const SourceFile& file : listing_.files) {
    if (!is_loose(file)) continue;
    if (kind_of(file.path, *kind_).format.empty()) {
      if (!kind_->match.empty())
        report_.notes.push_back(fmt::format("{}: not a format that is read; left alone", file.path));
      continue;
    }
    ++report_.files_seen;
    const Status taken = take_loose_file(file);
    if (taken) continue;
    if (is_fatal(taken.error())) return fail(taken.error());
    problem(file.path, taken.error());
    unfinished_.insert(file.path);
    if (const std::string unit = path_deliveries_.unit_of(file.path); !unit.empty()) broken_units_.insert(unit);
  }
  // A delivery counts as a whole: as long as one of its files cannot be read, what landed before stays.
  std::erase_if(loose_, [&](const std::string& path) {
    const bool broken = broken_units_.contains(path_deliveries_.unit_of(path));
    if (broken) unfinished_.insert(path);
    return broken;
  });
  return {};
}

// A source that has never brought anything may look into the wrong folder.
void Lander::note_that_nothing_is_of_its_kind() {
  if (!before_.empty() || !deliveries_.claimed.empty() || report_.files_seen > 0 || !report_.problems.empty()) return;
  if (listing_.files.empty()) {
    report_.notes.push_back(fmt::format("source {}: {} holds no files", source_.name, listing_.root));
    return;
  }
  std::vector<std::string> patterns = kind_->match;
  for (const auto& feed : kind_->feeds) {
    if (kind_->match.empty()) patterns.insert(patterns.end(), feed.match.begin(), feed.match.end());
  }
  const std::string kinds = patterns.empty() ? "" : fmt::format(" ({})", fmt::join(patterns, ", "));
  report_.notes.push_back(fmt::format("source {}: of {} files in {} none is of its kind{}; the first is {}",
                                      source_.name, listing_.files.size(), listing_.root, kinds,
                                      listing_.files.front().path));
}

Status Lander::take_loose_file(const SourceFile& file) {
  if (seen_.unchanged(file) != nullptr) {
    loose_.insert(file.path);
    return {};
  }
  Arrived arrived = TRY(read(file));
  SeenFile now{arrived.file, {}};
  const SeenFile* const known = seen_.find(file.path);
  if (known != nullptr && known->file.digest == arrived.file.digest && !known->file.raw_key.empty()) {
    now.periods = known->periods;
  } else {
    if (arrived.file.format == "csv")
      TRY(read_csv_header(arrived.local_path, arrived.file, dialect_of(*kind_, arrived.file)));
    auto connection = TRY(engine_.connect());
    connection.watch(cancel_);
    const std::string parts = TRY(incoming_.folder());
    pack::SourceKind kind = *kind_;
    if (fills_only_whole_tables(file.path)) kind.period_from = "none";
    now.periods = TRY(periods_of_file(connection, kind, arrived.file, arrived.local_path, parts, cancel_));
  }
  const auto& periods = now.periods.periods;
  if (periods.empty())
    report_.notes.push_back(fmt::format("{}: has no rows to tell its month from; left alone", file.path));
  const auto wanted = std::count_if(periods.begin(), periods.end(), [&](const std::string& p) { return in_range(p); });
  if (static_cast<std::size_t>(wanted) < periods.size()) unfinished_.insert(file.path);
  if (wanted == 0 && !periods.empty()) return {};
  TRY(incoming_.keep(arrived, periods.size() == 1 ? periods[0] : ""));
  now.file = arrived.file;
  now.file.rows_in_file = -1;
  if (!now.periods.rows.empty()) {
    now.file.rows_in_file = 0;
    for (const auto& [period, rows] : now.periods.rows) now.file.rows_in_file += rows;
  }
  in_raw_[now.file.digest] = now.file;
  seen_.put(std::move(now));
  loose_.insert(file.path);
  return {};
}

Landing Lander::blank(const TablePeriod& key) const {
  Landing out;
  out.source = source_.name;
  out.kind = source_.kind;
  out.table = key.first;
  out.period = key.second;
  return out;
}

std::vector<Landing> Lander::compose() {
  std::set<TablePeriod> keys;
  for (const auto& [key, landing] : before_) keys.insert(key);
  for (const auto& feed : kind_->feeds) {
    for (const auto& [period, items] : delivered_) keys.insert({feed.table.text(), period});
    for (const std::string& path : loose_) {
      if (!feeds(seen_.find(path)->file, feed.table.text())) continue;
      for (const std::string& period : periods_for(feed.table.text(), *seen_.find(path)))
        keys.insert({feed.table.text(), period});
    }
  }
  std::vector<Landing> out;
  for (const TablePeriod& key : keys) {
    if (!in_range(key.second) || blocked_.contains(key.second)) continue;
    auto landing = writes(key.first, pack::WriteMode::append) ? compose_appended(key) : compose_replaced(key);
    if (landing) out.push_back(std::move(*landing));
  }
  return out;
}

std::optional<Landing> Lander::compose_appended(const TablePeriod& key) {
  Landing whole = blank(key);
  add_deliveries(key, whole);
  if (const Status added = add_loose(key, whole); !added) {
    problem(fmt::format("{} {}", key.first, key.second), added.error());
    return std::nullopt;
  }
  std::erase_if(whole.files, [&](const LandedFile& file) {
    const bool had = !appended_[key].insert(file.digest).second;
    if (had && read_.contains(file.source_path))
      report_.notes.push_back(fmt::format("{}: its bytes have landed before; left alone", file.source_path));
    return had;
  });
  if (whole.files.empty()) return std::nullopt;
  return whole;
}

std::optional<Landing> Lander::compose_replaced(const TablePeriod& key) {
  const auto before = before_.find(key);
  Landing out = blank(key);
  add_deliveries(key, out);
  if (before != before_.end()) carry_over(before->second, out);
  if (const Status added = add_loose(key, out); !added) {
    problem(fmt::format("{} {}", key.first, key.second), added.error());
    return std::nullopt;
  }
  if (before == before_.end() && out.files.empty()) return std::nullopt;
  if (before != before_.end() && before->second.content_digest() == out.content_digest()) return std::nullopt;
  return out;
}

void Lander::add_deliveries(const TablePeriod& key, Landing& out) const {
  const auto items = delivered_.find(key.second);
  if (items == delivered_.end()) return;
  for (const Delivered& item : items->second) {
    Json paths = Json::array();
    for (const LandedFile& file : item.files) {
      if (!feeds(file, key.first)) continue;
      out.files.push_back(file);
      paths.push_back(file.source_path);
    }
    if (paths.empty()) continue;
    out.delivery += (out.delivery.empty() ? "" : ",") + item.delivery->id;
    out.manifest["reports"].push_back({{"report", item.delivery->report},
                                       {"name", item.delivery->report_name},
                                       {"delivery", item.delivery->id},
                                       {"bucket", item.delivery->bucket},
                                       {"path", item.delivery->path},
                                       {"columns", item.delivery->columns.size()},
                                       {"files", std::move(paths)}});
  }
}

// Whether the source has files now for what `before` is about, readable or not.
bool Lander::holds_files_of(const Landing& before) const {
  const auto items = delivered_.find(before.period);
  if (items != delivered_.end() && std::any_of(items->second.begin(), items->second.end(), [&](const Delivered& item) {
        return std::any_of(item.files.begin(), item.files.end(),
                           [&](const LandedFile& file) { return feeds(file, before.table); });
      }))
    return true;
  const bool loose = std::any_of(loose_.begin(), loose_.end(), [&](const std::string& path) {
    const auto& seen = *seen_.find(path);
    const auto periods = periods_for(before.table, seen);
    return feeds(seen.file, before.table) && std::find(periods.begin(), periods.end(), before.period) != periods.end();
  });
  return loose || std::any_of(before.files.begin(), before.files.end(), [&](const LandedFile& file) {
           return listing_.find(file.source_path) != nullptr && !loose_.contains(file.source_path);
         });
}

// A delivery that is not in the source any more stays, and so does a file whose new version is broken. Of files without
// a manifest, those there are now are the period; when all are gone, it stays as it was.
void Lander::carry_over(const Landing& before, Landing& out) {
  std::set<std::string> reports;
  for (const Json& report : out.manifest.value("reports", Json::array())) reports.insert(text_or(report, "report"));
  std::map<std::string, std::string> report_of;  // path -> report that brought it
  for (const Json& report : before.manifest.value("reports", Json::array())) {
    const std::string name = text_or(report, "report");
    for (const Json& path : report.value("files", Json::array())) report_of[path.get<std::string>()] = name;
    if (reports.contains(name)) continue;
    out.manifest["reports"].push_back(report);
    out.delivery += (out.delivery.empty() ? "" : ",") + text_or(report, "delivery");
  }
  const bool others = holds_files_of(before);
  const std::string of = before.period.empty() ? before.table : fmt::format("{} of {}", before.table, before.period);
  for (const LandedFile& file : before.files) {
    const auto report = report_of.find(file.source_path);
    if (report != report_of.end() && reports.contains(report->second)) continue;  // superseded
    if (loose_.contains(file.source_path)) continue;  // as it is now, below
    if (came_again(file.source_path)) continue;
    if (report == report_of.end() && deliveries_.claimed.contains(file.source_path)) continue;
    const bool there = std::any_of(out.files.begin(), out.files.end(),
                                   [&](const LandedFile& f) { return f.source_path == file.source_path; });
    if (there) continue;
    if (report == report_of.end() && listing_.find(file.source_path) == nullptr) {
      if (others && path_deliveries_.unit_of(file.source_path).empty()) {
        report_.notes.push_back(
            fmt::format("{}: gone from the source, where {} has other files: its rows go too", file.source_path, of));
        continue;
      }
      if (seen_.find(file.source_path) != nullptr) {  // until it is forgotten, so once
        report_.notes.push_back(fmt::format(
            "{}: gone from the source, and no file of {} is left there: it stays as it landed", file.source_path, of));
      }
    }
    out.files.push_back(file);
    if (!before.filter_period) continue;
    out.filter_period = true;
    out.period_column = before.period_column;
  }
}

Status Lander::add_loose(const TablePeriod& key, Landing& out) {
  const auto before = before_.find(key);
  std::map<std::string, std::string> paths;  // digest -> the file that brought it
  for (const LandedFile& file : out.files) paths.emplace(file.digest, file.source_path);
  std::vector<const SeenFile*> files;
  for (const std::string& path : loose_) {
    const SeenFile* const seen = seen_.find(path);
    const auto periods = periods_for(key.first, *seen);
    if (feeds(seen->file, key.first) && std::find(periods.begin(), periods.end(), key.second) != periods.end())
      files.push_back(seen);
  }
  const auto was_there = [&](const SeenFile* seen) {
    return before != before_.end() &&
           std::any_of(before->second.files.begin(), before->second.files.end(), [&](const LandedFile& file) {
             return file.source_path == seen->file.source_path && file.digest == seen->file.digest;
           });
  };
  std::stable_partition(files.begin(), files.end(), was_there);
  for (const SeenFile* seen : files) {
    const auto [same, fresh] = paths.emplace(seen->file.digest, seen->file.source_path);
    if (!fresh) {
      if (read_.contains(seen->file.source_path)) {
        report_.notes.push_back(
            fmt::format("{}: the same bytes as {}; counted once", seen->file.source_path, same->second));
      }
      continue;
    }
    out.files.push_back(seen->file);
    const auto rows = seen->periods.rows.find(key.second);
    if (rows != seen->periods.rows.end()) out.files.back().rows = rows->second;
    const auto digest = seen->periods.digests.find(key.second);
    if (digest != seen->periods.digests.end()) out.files.back().rows_digest = digest->second;
    const std::string& column = seen->periods.column;
    if (out.period_column.empty()) out.period_column = column;
    out.filter_period = out.filter_period || (!key.second.empty() && seen->periods.periods.size() > 1);
    if (out.filter_period && !column.empty() && column != out.period_column) {
      return fail_hint("bring files with different columns as sources of their own", ErrorKind::unsupported,
                       "a file of several months names its month {}, another {}", out.period_column, column);
    }
  }
  return {};
}

Status Lander::write(std::vector<Landing> landings) {
  for (Landing& landing : landings) {
    if (cancel_ != nullptr && cancel_->requested()) return fail(ErrorKind::cancelled, "stopped");
    landing.id = new_uuid();
    landing.landed_ms = clock_.now_ms();
    for (int attempt = 0;; ++attempt) {
      landing.number = next_number_++;
      const Status written =
          lake_.store().write_if_absent(fmt::format("{}/_landings/{:020}.json", raw_root_, landing.number),
                                        to_json(landing).dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
      if (written) break;
      if (written.error().kind != ErrorKind::already_exists || attempt == kNumberAttemptsMax) {
        return fail_within(fmt::format("land {} {}", landing.table, landing.period), written.error());
      }
    }
    report_.landed.push_back(std::move(landing));
  }
  return {};
}

}  // namespace

const pack::SourceKind::Feed* feed_of_file(const pack::SourceKind& kind, const pack::TableName& table,
                                           const LandedFile& file) {
  const bool by_dataset = !file.dataset.empty() && std::any_of(kind.feeds.begin(), kind.feeds.end(),
                                                               [](const auto& feed) { return !feed.dataset.empty(); });
  for (const pack::SourceKind::Feed& feed : kind.feeds) {
    const bool fits = by_dataset ? feed.dataset == file.dataset : fits_any(file.source_path, feed.match);
    if (feed.table == table && fits) return &feed;
  }
  return nullptr;
}

Result<LandReport> land(Lake& lake, duck::Database& engine, const pack::Library& library, const Tenant& tenant,
                        const TenantSource& source, const std::optional<PeriodRange>& periods,
                        const LandProgress& progress, const Cancel* cancel, const Clock& clock) {
  return Lander(lake, engine, library, tenant, source, periods, progress, cancel, clock).run();
}

Result<Json> probe(Lake& lake, duck::Database& engine, const pack::Library& library, const Tenant& tenant,
                   const TenantSource& source) {
  const pack::SourceKind* const kind = library.source(source.kind);
  if (kind == nullptr)
    return fail(ErrorKind::not_found, "source {}: there is no kind of source called {}", source.name, source.kind);
  const SourceFiles listing = TRY(listing_of(source, *kind, lake.dir()));
  Deliveries deliveries;
  deliveries = TRY(find_deliveries(listing, kind->manifest));
  Json out = {{"tenant", tenant.id},  {"source", source.name},       {"kind", source.kind},
              {"root", listing.root}, {"deliveries", Json::array()}, {"problems", Json::array()}};
  const SourceFile* first = nullptr;
  std::set<std::string> periods;
  std::int64_t files = 0, bytes = 0;
  const auto count = [&](const SourceFile& file) {
    ++files;
    bytes += file.size_bytes;
    if (first == nullptr) first = &file;
  };
  for (const Delivery& delivery : deliveries.current) {
    std::int64_t missing = 0, size = 0;
    for (const std::string& key : delivery.keys) {
      const SourceFile* const file = find_key(listing, delivery, key);
      if (file == nullptr) {
        ++missing;
        continue;
      }
      count(*file);
      size += file->size_bytes;
    }
    periods.insert(delivery.period.text());
    out["deliveries"].push_back({{"report", delivery.report_name},
                                 {"period", delivery.period.text()},
                                 {"delivery", delivery.id},
                                 {"manifest", delivery.path},
                                 {"files", delivery.keys.size()},
                                 {"missing", missing},
                                 {"bytes", size}});
  }
  for (const LandProblem& problem : deliveries.problems)
    out["problems"].push_back({{"where", problem.where}, {"error", problem.error.message}});
  std::int64_t loose = 0;
  for (const SourceFile& file : listing.files) {
    if (deliveries.claimed.contains(file.path) || !fits_any(file.path, kind->match) ||
        kind_of(file.path, *kind).format.empty())
      continue;
    ++loose;
    count(file);
    if (kind->period_from != "path") continue;
    LandedFile landed;
    landed.source_path = file.path;
    auto connection = TRY(engine.connect());
    if (const auto found = periods_of_file(connection, *kind, landed, file.local_path, "", nullptr))
      periods.insert(found->periods.begin(), found->periods.end());
  }
  out["files_without_manifest"] = loose;
  out["files"] = files;
  out["bytes"] = bytes;
  out["periods"] = periods;
  out["columns"] = Json::array();
  if (first != nullptr) {
    const FileKind named = kind_of(first->path, *kind);
    const LandedFile landed{first->path,      "", "", first->size_bytes, first->modified_ms, named.format,
                            named.compression};
    auto connection = TRY(engine.connect());
    const auto columns = columns_of_file(connection, *kind, landed, first->local_path);
    if (columns)
      out["columns"] = *columns;
    else
      out["problems"].push_back({{"where", first->path}, {"error", columns.error().message}});
    out["first_file"] = {{"path", first->path}, {"format", named.format}, {"compression", named.compression}};
  }
  return out;
}

}  // namespace centavo
