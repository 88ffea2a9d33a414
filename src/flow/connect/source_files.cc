#include "flow/connect/source_files.h"

#include <dirent.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace centavo {
namespace {

namespace fs = std::filesystem;

// `pattern` against one part of a path.
bool fits_part(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    for (std::size_t used = 0; used <= text.size(); ++used) {
      if (fits_part(text.substr(used), pattern.substr(1))) return true;
    }
    return false;
  }
  if (text.empty()) return false;
  if (pattern[0] == '[') {
    const auto close = pattern.find(']', pattern.size() > 1 && (pattern[1] == '!' || pattern[1] == ']') ? 2 : 1);
    if (close != std::string_view::npos) {
      std::string_view set = pattern.substr(1, close - 1);
      const bool inverted = set.starts_with('!');
      if (inverted) set.remove_prefix(1);
      bool in = false;
      for (std::size_t i = 0; i < set.size(); ++i) {
        if (i + 2 < set.size() && set[i + 1] == '-') {
          in = in || (set[i] <= text[0] && text[0] <= set[i + 2]);
          i += 2;
        } else {
          in = in || set[i] == text[0];
        }
      }
      return in != inverted && fits_part(text.substr(1), pattern.substr(close + 1));
    }
  }
  return (pattern[0] == '?' || pattern[0] == text[0]) && fits_part(text.substr(1), pattern.substr(1));
}

std::pair<std::string_view, std::string_view> first_part(std::string_view path) {
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return {path, {}};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

bool fits_parts(std::string_view path, std::string_view pattern) {
  if (pattern.empty()) return path.empty();
  const auto [wanted, rest] = first_part(pattern);
  if (wanted == "**") {
    if (rest.empty()) return true;
    for (std::string_view left = path; !left.empty(); left = first_part(left).second) {
      if (fits_parts(left, rest)) return true;
    }
    return false;
  }
  if (path.empty()) return false;
  const auto [part, behind] = first_part(path);
  return fits_part(part, wanted) && fits_parts(behind, rest);
}

// Walks folders. `above` holds the (device, inode) of the folders on the way down, against links in a circle.
class Walk {
 public:
  Walk(std::vector<SourceFile>& out, std::string left_out) : out_(out), left_out_(std::move(left_out)) {}

  Status folder(const std::string& local, const std::string& path, const struct stat& found) {
    const auto id = std::make_pair(found.st_dev, found.st_ino);
    if (std::find(above_.begin(), above_.end(), id) != above_.end()) return {};
    std::error_code code;
    if (!left_out_.empty() && fs::equivalent(local, left_out_, code)) return {};
    above_.push_back(id);
    TRY(entries(local, path));
    above_.pop_back();
    return {};
  }

 private:
  Status entries(const std::string& local, const std::string& path) {
    DIR* const directory = ::opendir(local.c_str());
    if (directory == nullptr) {
      return fail(errno == EACCES ? ErrorKind::permission_denied : ErrorKind::io, "list {}: {}", local,
                  std::strerror(errno));
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> owner(directory, ::closedir);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* const entry = ::readdir(directory)) {
      if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
      errno = 0;
    }
    if (errno != 0) return fail(ErrorKind::io, "list {}: {}", local, std::strerror(errno));
    for (const std::string& name : names) {
      const std::string inner = local + "/" + name;
      const std::string inner_path = path.empty() ? name : path + "/" + name;
      struct stat found{};
      if (::stat(inner.c_str(), &found) != 0) continue;  // gone since, or a link to nothing
      if (S_ISDIR(found.st_mode)) TRY(folder(inner, inner_path, found));
      if (S_ISREG(found.st_mode)) {
        out_.push_back({inner_path, inner, found.st_size,
                        static_cast<TimeMs>(found.st_mtim.tv_sec) * 1000 + found.st_mtim.tv_nsec / 1'000'000});
      }
    }
    return {};
  }

  std::vector<SourceFile>& out_;
  std::string left_out_;
  std::vector<std::pair<dev_t, ino_t>> above_;
};

}  // namespace

bool fits_glob(std::string_view path, std::string_view pattern) {
  if (pattern.find('/') == std::string_view::npos) {
    const auto slash = path.rfind('/');
    return fits_part(slash == std::string_view::npos ? path : path.substr(slash + 1), pattern == "**" ? "*" : pattern);
  }
  return fits_parts(path, pattern);
}

const SourceFile* SourceFiles::find(std::string_view path) const {
  const auto it = std::lower_bound(files.begin(), files.end(), path,
                                   [](const SourceFile& file, std::string_view p) { return file.path < p; });
  return it != files.end() && it->path == path ? &*it : nullptr;
}

Result<SourceFiles> list_source(const std::string& uri, const std::string& base, const std::string& left_out) {
  std::string path = uri.starts_with("file://") ? uri.substr(7) : uri;
  if (!path.starts_with('/')) path = base + "/" + path;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();

  SourceFiles out;
  std::string pattern;
  struct stat found{};
  int code = ::stat(path.c_str(), &found) == 0 ? 0 : errno;
  if (code != 0 && path.find_first_of("*?[") != std::string::npos) {
    // A glob: the folder is what stands before the first part with a wildcard.
    const auto slash = path.rfind('/', path.find_first_of("*?["));
    pattern = path.substr(slash + 1);
    path = slash == 0 ? "/" : path.substr(0, slash);
    code = ::stat(path.c_str(), &found) == 0 ? 0 : errno;
  }
  if (code != 0) {
    const ErrorKind kind = code == ENOENT || code == ENOTDIR ? ErrorKind::not_found
                           : code == EACCES                  ? ErrorKind::permission_denied
                                                             : ErrorKind::io;
    return fail_hint("check the source's uri, and that the folder is mounted", kind, "read {}: {}", path,
                     std::strerror(code));
  }
  if (S_ISREG(found.st_mode)) {
    const auto slash = path.rfind('/');
    out.root = slash == 0 ? "/" : path.substr(0, slash);
    out.files.push_back({path.substr(slash + 1), path, found.st_size,
                         static_cast<TimeMs>(found.st_mtim.tv_sec) * 1000 + found.st_mtim.tv_nsec / 1'000'000});
    return out;
  }
  if (!S_ISDIR(found.st_mode)) return fail(ErrorKind::invalid_argument, "read {}: neither a folder nor a file", path);
  out.root = path;
  TRY(Walk(out.files, left_out).folder(path, "", found));
  if (!pattern.empty()) {
    std::erase_if(out.files, [&](const SourceFile& file) {
      return pattern.find('/') == std::string::npos
                 ? file.path.find('/') != std::string::npos || !fits_glob(file.path, pattern)
                 : !fits_glob(file.path, pattern);
    });
  }
  std::sort(out.files.begin(), out.files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return out;
}

FileKind kind_of_name(std::string_view path) {
  std::string name(path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1));
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  FileKind out;
  const auto take = [&](std::string_view ending) {
    if (!name.ends_with(ending) || name.size() == ending.size()) return false;
    name.resize(name.size() - ending.size());
    return true;
  };
  if (take(".gz") || take(".gzip"))
    out.compression = "gzip";
  else if (take(".zst") || take(".zstd"))
    out.compression = "zstd";
  else if (take(".zip"))
    out.compression = "zip";
  if (take(".csv") || take(".tsv") || take(".txt"))
    out.format = "csv";
  else if (take(".jsonl") || take(".ndjson"))
    out.format = "jsonl";
  else if (take(".json"))
    out.format = "json";
  else if (take(".parquet") && out.compression.empty())
    out.format = "parquet";
  else if (out.compression == "zip")
    out.format = "csv";  // report.zip, as AWS and Azure name them
  return out;
}

std::string ending_of(const FileKind& kind) {
  const std::string format = kind.format.empty() ? "bin" : kind.format;
  if (kind.compression == "gzip") return format + ".gz";
  if (kind.compression == "zstd") return format + ".zst";
  if (kind.compression == "zip") return format + ".zip";
  return format;
}

}  // namespace centavo
