#include "flow/connect/seen_files.h"

namespace centavo {
namespace {

// The newest word of the landings on each path. A file whose months have not all landed is looked at again.
std::map<std::string, SeenFile> from_landings(const std::vector<Landing>& landings) {
  std::map<std::string, SeenFile> out;
  for (const Landing& landing : landings) {
    for (const LandedFile& file : landing.files) {
      SeenFile& seen = out[file.source_path];
      if (seen.file.digest != file.digest) seen = SeenFile{};
      seen.file = file;
      seen.file.rows = -1;
      seen.periods.column = landing.period_column;
      if (!seen.periods.column.empty() && landing.period.empty()) continue;  // a table that is whole: tells no month
      auto& periods = seen.periods.periods;
      const auto at = std::lower_bound(periods.begin(), periods.end(), landing.period);
      if (at == periods.end() || *at != landing.period) periods.insert(at, landing.period);
      if (file.rows >= 0) seen.periods.rows[landing.period] = file.rows;
      if (!file.rows_digest.empty()) seen.periods.digests[landing.period] = file.rows_digest;
    }
  }
  std::erase_if(out, [](const auto& item) {
    const SeenFile& seen = item.second;
    std::int64_t rows = 0;
    for (const auto& [period, of_period] : seen.periods.rows) rows += of_period;
    return !seen.periods.column.empty() && rows != seen.file.rows_in_file;
  });
  return out;
}

}  // namespace

Result<SeenFiles> SeenFiles::load(Store& store, const std::string& raw_root, const std::string& kind_digest,
                                  const std::vector<Landing>& landings) {
  SeenFiles out;
  out.key_ = raw_root + "/_seen.json";
  out.kind_digest_ = kind_digest;
  const Result<std::string> text = store.read(out.key_);
  if (!text && text.error().kind != ErrorKind::not_found) return fail(text.error());
  const Result<Json> json = text ? parse_json(*text) : Result<Json>(Json());
  if (!text || !json || !json->is_object()) {
    out.files_ = from_landings(landings);
    return out;
  }
  out.written_ = *text;
  if (text_or(*json, "kind") != kind_digest || !json->contains("files") || !(*json)["files"].is_array()) return out;
  for (const Json& item : (*json)["files"]) {
    SeenFile seen;
    seen.file = {text_or(item, "path"),
                 text_or(item, "digest"),
                 text_or(item, "raw_key"),
                 int_or(item, "size_bytes", -1),
                 int_or(item, "modified_ms"),
                 text_or(item, "format"),
                 text_or(item, "compression"),
                 "",
                 -1,
                 int_or(item, "rows_in_file", -1),
                 ""};
    seen.periods.column = text_or(item, "column");
    if (item.contains("periods") && item["periods"].is_array()) {
      for (const Json& period : item["periods"]) {
        if (period.is_string()) seen.periods.periods.push_back(period.get<std::string>());
      }
    }
    if (item.contains("rows") && item["rows"].is_object()) {
      for (const auto& [period, rows] : item["rows"].items()) {
        if (rows.is_number_integer()) seen.periods.rows[period] = rows.get<std::int64_t>();
      }
    }
    if (item.contains("digests") && item["digests"].is_object()) {
      for (const auto& [period, digest] : item["digests"].items()) {
        if (digest.is_string()) seen.periods.digests[period] = digest.get<std::string>();
      }
    }
    // Learned before rows were counted: look again.
    if (!seen.periods.column.empty() && seen.periods.rows.size() != seen.periods.periods.size()) continue;
    out.files_[seen.file.source_path] = std::move(seen);
  }
  return out;
}

std::string SeenFiles::text() const {
  Json files = Json::array();
  for (const auto& [path, seen] : files_) {
    files.push_back({{"path", path},
                     {"digest", seen.file.digest},
                     {"raw_key", seen.file.raw_key},
                     {"size_bytes", seen.file.size_bytes},
                     {"modified_ms", seen.file.modified_ms},
                     {"format", seen.file.format},
                     {"compression", seen.file.compression},
                     {"periods", seen.periods.periods},
                     {"column", seen.periods.column},
                     {"rows", seen.periods.rows},
                     {"rows_in_file", seen.file.rows_in_file}});
    if (!seen.periods.digests.empty()) files.back()["digests"] = seen.periods.digests;
  }
  return Json({{"kind", kind_digest_}, {"files", std::move(files)}})
             .dump(-1, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

Status SeenFiles::save(Store& store) const {
  const std::string now = text();
  if (now == written_) return {};
  return store.write(key_, now);
}

const SeenFile* SeenFiles::unchanged(const SourceFile& file) const {
  const SeenFile* const seen = find(file.path);
  const bool same =
      seen != nullptr && seen->file.size_bytes == file.size_bytes && seen->file.modified_ms == file.modified_ms;
  return same ? seen : nullptr;
}

const SeenFile* SeenFiles::find(const std::string& path) const {
  const auto it = files_.find(path);
  return it == files_.end() ? nullptr : &it->second;
}

void SeenFiles::put(SeenFile file) {
  const std::string path = file.file.source_path;
  files_[path] = std::move(file);
}

}  // namespace centavo
