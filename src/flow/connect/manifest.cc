#include "flow/connect/manifest.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "lake/pack/naming.h"

namespace centavo {
namespace {

constexpr std::int64_t kManifestBytesMax = 64 << 20;
constexpr std::string_view kManifestEnd = "Manifest.json";

std::string folder_of_path(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash));
}

std::string name_of_path(std::string_view path) {
  return std::string(path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1));
}

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    const auto slash = path.find('/');
    if (slash != 0) out.emplace_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return out;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The month that a folder's name announces: "20260901-20261001" or "BILLING_PERIOD=2026-09".
std::optional<Period> period_of_folder(std::string_view name) {
  constexpr std::string_view kHive = "BILLING_PERIOD=";
  if (name.starts_with(kHive)) {
    const auto period = Period::parse(name.substr(kHive.size()));
    return period ? std::optional(*period) : std::nullopt;
  }
  if (name.size() == 17 && name[8] == '-' && all_digits(name.substr(0, 8)) && all_digits(name.substr(9))) {
    const auto period = Period::of_date(name.substr(0, 8));
    return period ? std::optional(*period) : std::nullopt;
  }
  return std::nullopt;
}

// The folder of that kind above `path`, with the path up to and with it.
std::optional<std::pair<std::string, Period>> period_folder(std::string_view path) {
  std::string folder;
  for (const std::string& part : parts_of(folder_of_path(path))) {
    folder += (folder.empty() ? "" : "/") + part;
    if (const auto period = period_of_folder(part)) return std::make_pair(folder, *period);
  }
  return std::nullopt;
}

tl::unexpected<Error> bad(const std::string& why) {
  return fail_hint("ask for the report again; its manifest must name its period and files", ErrorKind::corrupt_data,
                   "{}", why);
}

Result<std::vector<std::string>> texts(const Json& json, const char* key) {
  std::vector<std::string> out;
  const auto it = json.find(key);
  if (it == json.end() || it->is_null()) return out;
  if (!it->is_array()) return bad(fmt::format("{} is not a list", key));
  for (const Json& item : *it) {
    if (!item.is_string()) return bad(fmt::format("{} holds something that is not a text", key));
    const std::string text = item.get<std::string>();
    for (const std::string& part : parts_of(text)) {
      if (part == "." || part == "..") return bad(fmt::format("\"{}\" leads out of its folder", text));
    }
    if (std::find(out.begin(), out.end(), text) == out.end()) out.push_back(text);
  }
  return out;
}

Status read_legacy(const Json& json, Delivery& out) {
  out.id = text_or(json, "assemblyId");
  out.report_name = text_or(json, "reportName");
  if (out.report_name.empty()) return bad("reportName is missing");
  out.report = text_or(json, "account") + "/" + out.report_name;
  const auto span = json.find("billingPeriod");
  if (span == json.end()) return bad("billingPeriod is missing");
  const auto first = Period::of_date(text_or(*span, "start"));
  const auto end = Period::of_date(text_or(*span, "end"));
  if (!first || !end) return bad("billingPeriod has no start and end that are dates");
  if (*end != first->next())
    return bad(fmt::format("billingPeriod goes from {} to {}, not over one month", text_or(*span, "start"),
                           text_or(*span, "end")));
  out.period = *first;
  out.keys = TRY(texts(json, "reportKeys"));
  return {};
}

Status read_export(const Json& json, Delivery& out) {
  out.id = text_or(json, "executionId");
  const std::string name = name_of_path(out.path);
  out.report_name = name.substr(0, name.rfind(kManifestEnd));
  if (out.report_name.ends_with('-')) out.report_name.pop_back();
  out.report = text_or(json, "exportArn", out.report_name);
  out.keys = TRY(texts(json, "dataFiles"));
  std::optional<Period> period;
  for (std::string& key : out.keys) {
    if (key.starts_with("s3://")) key = key.substr(5);
    const auto folder = period_folder(key);
    if (!folder) return bad(fmt::format("\"{}\" names no BILLING_PERIOD", key));
    if (period && *period != folder->second)
      return bad(fmt::format("its files are of {} and of {}", period->text(), folder->second.text()));
    period = folder->second;
  }
  if (!period) {
    const auto folder = period_folder(out.path);
    if (!folder) return bad("it lists no files and names no period");
    period = folder->second;
  }
  out.period = *period;
  if (!out.keys.empty()) out.bucket = parts_of(out.keys[0]).front();
  return {};
}

// Every period that a folder's name says must be the manifest's.
Status agree(const Delivery& delivery) {
  std::vector<std::string> paths = delivery.keys;
  paths.push_back(delivery.path);
  for (const std::string& path : paths) {
    const auto folder = period_folder(path);
    if (folder && folder->second != delivery.period) {
      return bad(fmt::format("it is of {}, but {} is of {}", delivery.period.text(), path, folder->second.text()));
    }
  }
  return {};
}

Result<std::string> read_small(const SourceFile& file) {
  if (file.size_bytes > kManifestBytesMax)
    return fail(ErrorKind::corrupt_data, "{} bytes are too many for a manifest", file.size_bytes);
  std::ifstream in(file.local_path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  if (!in)
    return fail(errno == EACCES ? ErrorKind::permission_denied : ErrorKind::io, "it cannot be read: {}",
                std::strerror(errno));
  return text.str();
}

const SourceFile* find_below(const SourceFiles& source, const std::string& folder, std::string_view folder_name,
                             const std::vector<std::string>& parts, bool alone) {
  for (std::size_t from = 0; from < parts.size(); ++from) {
    if (from + 1 == parts.size() && !alone) return nullptr;
    std::string path = folder;
    for (std::size_t i = from; i < parts.size(); ++i) path += (path.empty() ? "" : "/") + parts[i];
    if (const SourceFile* found = source.find(path)) return found;
    // Where the key names this very folder, the tree is as it was in the bucket: the file belongs there and nowhere
    // else.
    if (from > 0 && parts[from - 1] == folder_name) return nullptr;
  }
  return nullptr;
}

bool newer(const Delivery& a, const Delivery& b) {
  const bool both_say = !a.made.empty() && !b.made.empty();
  const auto rank = [&](const Delivery& d) {
    return std::make_tuple(both_say ? d.made : std::string(), d.modified_ms, d.keys.empty() ? std::string() : d.keys[0],
                           d.path);
  };
  return rank(a) > rank(b);
}

Status read_blobs(const Json& json, Delivery& out) {
  const auto blobs = json.find("blobs");
  if (blobs == json.end() || !blobs->is_array()) return bad("it has no list of blobs");
  for (const Json& blob : *blobs) {
    const std::string name = text_or(blob, "blobName");
    if (name.empty()) return bad("a blob has no blobName");
    for (const std::string& part : parts_of(name)) {
      if (part == "." || part == "..") return bad(fmt::format("\"{}\" leads out of its folder", name));
    }
    out.keys.push_back(name);
    out.promises.push_back({int_or(blob, "byteCount", -1), int_or(blob, "dataRowCount", -1)});
  }
  return {};
}

// The counts of the whole and of the blobs say the same.
std::string fault_of(const Json& json, const Delivery& delivery) {
  const auto differ = [&](const char* key, std::int64_t found) -> std::string {
    const std::int64_t said = int_or(json, key, -1);
    return said < 0 || said == found ? std::string() : fmt::format("{} says {}, its blobs have {}", key, said, found);
  };
  std::string fault = differ("blobCount", static_cast<std::int64_t>(delivery.keys.size()));
  Promise sum{0, 0};
  for (const Promise& promise : delivery.promises) {
    sum.size_bytes = promise.size_bytes < 0 || sum.size_bytes < 0 ? -1 : sum.size_bytes + promise.size_bytes;
    sum.rows = promise.rows < 0 || sum.rows < 0 ? -1 : sum.rows + promise.rows;
  }
  if (fault.empty() && sum.size_bytes >= 0) fault = differ("byteCount", sum.size_bytes);
  if (fault.empty() && sum.rows >= 0) fault = differ("dataRowCount", sum.rows);
  return fault;
}

// What an export is of: its resource without the export itself, so that a renamed export still replaces its months.
std::string scope_of(std::string_view resource) {
  std::string out = lower_case(resource);
  const auto at = out.find("/providers/microsoft.costmanagement/exports/");
  return at == std::string::npos ? out : out.substr(0, at);
}

// 2023 and newer: the manifest says what it is of.
Status read_described(const Json& json, const Json& config, Delivery& out) {
  const Json run = json.value("runInfo", Json::object());
  out.id = text_or(run, "runId");
  out.made = text_or(run, "submittedTime");
  out.dataset = text_or(config, "type");
  out.report_name = text_or(config, "exportName");
  if (out.id.empty()) return bad("its runInfo has no runId");
  if (out.dataset.empty()) return bad("its exportConfig has no type");
  const auto first = Period::of_date(text_or(run, "startDate"));
  const auto last = Period::of_date(text_or(run, "endDate"));
  if (!first || !last) return bad("its runInfo has no startDate and endDate that are dates");
  if (*first != *last) {
    return fail_hint("export one calendar month at a time", ErrorKind::corrupt_data,
                     "its run goes from {} to {}, not over one month", text_or(run, "startDate"),
                     text_or(run, "endDate"));
  }
  out.period = *first;
  out.report = out.dataset + " " + scope_of(text_or(config, "resourceId", out.report_name));
  return {};
}

// 2021-01-01: only its place says what it is of: <path>/<export>/<first day>-<last day>/<run>/_manifest.json.
Status read_undescribed(Delivery& out) {
  const auto folder = period_folder(out.path);
  if (!folder) return bad("it does not say its month, and neither does a folder like 20260901-20260930 above it");
  out.period = folder->second;
  out.report = folder_of_path(folder->first);
  out.report_name = name_of_path(out.report);
  const std::string run = folder_of_path(out.path);
  out.id = run.size() > folder->first.size() ? run.substr(folder->first.size() + 1) : name_of_path(folder->first);
  return {};
}

// How a protocol names its manifests and reads them.
struct Protocol {
  bool (*names)(std::string_view file_name);
  Result<Delivery> (*parse)(std::string_view json, const std::string& path, TimeMs modified_ms);
  bool copies_below;  // a manifest in an assembly's folder repeats the one above it
};

const Protocol* protocol_of(std::string_view name) {
  static const Protocol kAws{[](std::string_view file) { return file.ends_with(kManifestEnd); }, parse_aws_manifest,
                             true};
  static const Protocol kAzure{
      [](std::string_view file) { return file == "manifest.json" || file == "_manifest.json"; }, parse_azure_manifest,
      false};
  return name == "aws" ? &kAws : name == "azure" ? &kAzure : nullptr;
}

}  // namespace

Result<Delivery> parse_azure_manifest(std::string_view text, const std::string& path, TimeMs modified_ms) {
  const Json json = TRY(parse_json(text));
  Delivery out;
  out.path = path;
  out.modified_ms = modified_ms;
  if (!json.is_object()) return bad("it is not an object");
  TRY(read_blobs(json, out));
  const auto config = json.find("exportConfig");
  if (config != json.end() && config->is_object())
    TRY(read_described(json, *config, out));
  else
    TRY(read_undescribed(out));
  out.fault = fault_of(json, out);
  return out;
}

Result<Delivery> parse_aws_manifest(std::string_view text, const std::string& path, TimeMs modified_ms) {
  const Json json = TRY(parse_json(text));
  Delivery out;
  out.path = path;
  out.modified_ms = modified_ms;
  if (!json.is_object()) return bad("it is not an object");
  out.bucket = text_or(json, "bucket");
  if (json.contains("assemblyId"))
    TRY(read_legacy(json, out));
  else if (json.contains("executionId"))
    TRY(read_export(json, out));
  else
    return bad("it has neither assemblyId nor executionId");
  if (out.id.empty()) return bad("its assemblyId or executionId is empty");
  const auto columns = json.find("columns");
  if (columns != json.end() && columns->is_array()) {
    for (const Json& column : *columns) {
      const std::string category = text_or(column, "category");
      out.columns.push_back(category.empty() ? text_or(column, "name") : category + "/" + text_or(column, "name"));
    }
  }
  TRY(agree(out));
  return out;
}

const SourceFile* find_key(const SourceFiles& source, const Delivery& delivery, const std::string& key) {
  const std::vector<std::string> parts = parts_of(key);
  const std::string beside = folder_of_path(delivery.path);
  const std::string beside_name = name_of_path(beside.empty() ? source.root : beside);
  const SourceFile* found = find_below(source, "", name_of_path(source.root), parts, beside.empty());
  if (found == nullptr && !beside.empty()) found = find_below(source, beside, beside_name, parts, true);
  if (found != nullptr || !key.ends_with(".gz")) return found;
  return find_key(source, delivery, key.substr(0, key.size() - 3));
}

Result<Deliveries> find_deliveries(const SourceFiles& source, std::string_view protocol_name) {
  Deliveries out;
  const Protocol* const protocol = protocol_of(protocol_name);
  if (protocol == nullptr) return out;
  std::map<std::string, const SourceFile*> manifests;
  for (const SourceFile& file : source.files) {
    if (protocol->names(name_of_path(file.path))) manifests[file.path] = &file;
  }
  std::map<std::pair<Period, std::string>, std::vector<std::pair<bool, Delivery>>> found;
  std::set<std::string> folders;
  for (const auto& [path, file] : manifests) {
    out.claimed.insert(path);
    // The copy in an assembly's folder says nothing that the manifest above it does not.
    const std::string folder = folder_of_path(path);
    const std::string above = folder_of_path(folder);
    if (protocol->copies_below && !folder.empty() &&
        manifests.contains(above.empty() ? name_of_path(path) : above + "/" + name_of_path(path)))
      continue;
    const auto problem = [&](Error error) {
      out.problems.push_back({path, within(fmt::format("manifest {}", path), std::move(error))});
    };
    const auto text = read_small(*file);
    if (!text) {
      problem(text.error());
      continue;
    }
    auto delivery = protocol->parse(*text, path, file->modified_ms);
    // Data of a manifest that cannot be trusted is no delivery of its own either.
    if (const auto period = period_folder(path)) folders.insert(period->first);
    if (!delivery) {
      if (delivery.error().message != "it has neither assemblyId nor executionId") problem(delivery.error());
      continue;
    }
    for (const std::string& key : delivery->keys) {
      if (const SourceFile* data = find_key(source, *delivery, key)) {
        out.claimed.insert(data->path);
        if (const auto period = period_folder(data->path)) folders.insert(period->first);
      }
    }
    const bool top = protocol->copies_below && folder.find(delivery->id) == std::string::npos;
    found[{delivery->period, delivery->report}].emplace_back(top, std::move(*delivery));
  }
  for (auto& [name, deliveries] : found) {
    std::pair<bool, Delivery>* best = &deliveries[0];
    for (auto& candidate : deliveries) {
      if (candidate.first != best->first ? candidate.first : newer(candidate.second, best->second)) best = &candidate;
    }
    out.current.push_back(std::move(best->second));
  }
  // Older assemblies beside a current one: their data is superseded.
  for (const SourceFile& file : source.files) {
    const auto period = period_folder(file.path);
    if (period && folders.contains(period->first)) out.claimed.insert(file.path);
  }
  return out;
}

}  // namespace centavo
