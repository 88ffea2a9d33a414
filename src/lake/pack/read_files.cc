/// \file lake/pack/read_files.cc
/// Which file of a pack is what.

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "lake/pack/assemble.h"

namespace centavo::pack {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kFileBytesMax = std::uintmax_t{4} << 20;
constexpr std::string_view kSparkEnding = ".spark.sql";

bool wanted(std::string_view path) {
  return path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".sql") || path.ends_with(".md");
}

void read_folder(const fs::path& folder, const std::string& pack, PackFiles& out, std::vector<Mistake>& mistakes) {
  std::error_code fault;
  for (fs::recursive_directory_iterator at(folder, fault), end; !fault && at != end; at.increment(fault)) {
    const std::string path = at->path().lexically_relative(folder).generic_string();
    if (at->path().filename().string().starts_with('.')) {
      if (at->is_directory(fault)) at.disable_recursion_pending();
      continue;
    }
    if (!at->is_regular_file(fault) || !wanted(path)) continue;
    if (at->file_size(fault) > kFileBytesMax) {
      mistakes.push_back({{pack + "/" + path, 0, 0}, "the file is larger than 4 MB", {}});
      continue;
    }
    std::ifstream stream(at->path(), std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    if (!stream) {
      mistakes.push_back({{pack + "/" + path, 0, 0}, "the file cannot be read", {}});
      continue;
    }
    out[path] = std::move(text);
  }
  if (fault) mistakes.push_back({{pack, 0, 0}, fmt::format("the folder cannot be read: {}", fault.message()), {}});
}

// One pack being sorted out.
class PackReader {
 public:
  PackReader(const std::string& name, const PackFiles& files, const YamlFiles& yaml, FunctionsFile& functions,
             std::vector<Mistake>& mistakes)
      : files_(files), yaml_(yaml), functions_(functions), mistakes_(mistakes) {
    pack_.name = name;
    pack_.files = files;
  }

  Pack read() {
    if (!is_snake_case(pack_.name)) mistake("", fmt::format("pack name \"{}\" is not snake_case", pack_.name));
    if (!files_.contains("pack.yaml"))
      mistake("pack.yaml", "pack.yaml is missing", "pack: name, version: 1, description: ...");
    for (const auto& [path, text] : files_) file(path, text);
    return std::move(pack_);
  }

 private:
  std::string full(std::string_view path) const {
    return path.empty() ? pack_.name : fmt::format("{}/{}", pack_.name, path);
  }
  void mistake(std::string_view path, std::string message, std::string hint = {}) {
    mistakes_.push_back({{full(path), 0, 0}, std::move(message), std::move(hint)});
  }

  void file(const std::string& path, const std::string& text) {
    if (path.ends_with(".md") || (path.starts_with("rules/") && path.ends_with(".yaml"))) return;
    const Reading reading(full(path), mistakes_);
    if (path == "pack.yaml") return read_pack_file(reading, yaml_.find(&text)->second, pack_);
    if (path == "functions.yaml" && pack_.name == "core") {
      functions_ = read_functions(reading, yaml_.find(&text)->second);
      return;
    }
    if (path.ends_with(".yml")) return mistake(path, "the ending is .yml", "rename it to .yaml");
    static const std::vector<std::string> kFolders = {"sources", "interfaces", "bronze", "silver",
                                                      "gold",    "tests",      "rules"};
    const std::size_t slash = path.find('/');
    const std::string folder = path.substr(0, slash == std::string::npos ? 0 : slash);
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    if (std::find(kFolders.begin(), kFolders.end(), folder) == kFolders.end()) {
      return mistake(path, folder.empty() ? "a file that no pack has" : fmt::format("unknown folder \"{}\"", folder),
                     did_you_mean(folder, kFolders));
    }
    if (name.find('/') != std::string::npos)
      return mistake(path, fmt::format("{} has no folders inside", folder), fmt::format("move it to {}/", folder));
    if (path.ends_with(".sql")) return sql_file(path, folder);
    const auto yaml = yaml_.find(&text);
    if (yaml == yaml_.end()) return mistake(path, "a file that no pack has");
    if (folder == "sources") return source(reading, yaml->second, name);
    if (folder == "interfaces") return interface(reading, yaml->second);
    if (folder == "tests") return tests(reading, yaml->second);
    contract(reading, path, yaml->second, folder, name);
  }

  void source(const Reading& reading, const YamlFile& yaml, const std::string& name) {
    SourceKind source = read_source(reading, yaml, pack_.name);
    if (source.name.empty()) return;
    if (source.name + ".yaml" != name)
      reading.mistake(source.place.line, fmt::format("source \"{}\" stands in {}", source.name, name),
                      "source and file must have the same name");
    pack_.sources.push_back(std::move(source));
  }

  void interface(const Reading& reading, const YamlFile& yaml) {
    Interface interface = read_interface(reading, yaml, pack_.name);
    if (!interface.name.empty()) pack_.interfaces.push_back(std::move(interface));
  }

  void tests(const Reading& reading, const YamlFile& yaml) {
    for (PackTest& test : read_tests(reading, yaml)) pack_.tests.push_back(std::move(test));
  }

  void sql_file(const std::string& path, const std::string& folder) {
    if (folder != "silver" && folder != "gold") return mistake(path, fmt::format("{} has no SQL", folder));
    const bool spark = path.ends_with(kSparkEnding);
    const std::string stem = path.substr(0, path.size() - (spark ? kSparkEnding.size() : 4));
    if (!files_.contains(stem + ".yaml"))
      mistake(path, "the contract beside it is missing", fmt::format("write {}.yaml", stem));
  }

  void contract(const Reading& reading, const std::string& path, const YamlFile& yaml, const std::string& folder,
                const std::string& name) {
    Model model;
    model.contract = read_contract(reading, yaml, pack_.name);
    const Contract& contract = model.contract;
    const std::string stem = path.substr(0, path.size() - 5);
    const auto sql = files_.find(stem + ".sql");
    if (folder != "bronze" && sql == files_.end())
      mistake(path, "the SQL beside it is missing", fmt::format("write {}.sql", stem));
    if (contract.table.table.empty()) return;
    const std::string wanted_table = fmt::format("{}.{}", folder, name.substr(0, name.size() - 5));
    if (contract.table.text() != wanted_table) {
      reading.mistake(contract.place.line, fmt::format("table {} stands in {}", contract.table.text(), path),
                      "table and file must have the same name");
    }
    if (folder != "bronze" && sql != files_.end()) {
      model.sql = sql->second;
      model.sql_place = {full(sql->first), 1, 0};
      if (const auto spark = files_.find(stem + std::string(kSparkEnding)); spark != files_.end())
        model.spark_sql = spark->second;
    }
    pack_.models.push_back(std::move(model));
  }

  const PackFiles& files_;
  const YamlFiles& yaml_;
  FunctionsFile& functions_;
  std::vector<Mistake>& mistakes_;
  Pack pack_;
};

}  // namespace

void read_folders(const std::vector<std::string>& folders, std::map<std::string, PackFiles>& packs,
                  std::vector<Mistake>& mistakes) {
  for (const std::string& folder : folders) {
    std::error_code fault;
    for (fs::directory_iterator at(folder, fault), end; !fault && at != end; at.increment(fault)) {
      const std::string name = at->path().filename().string();
      if (name.starts_with('.') || !at->is_directory(fault)) continue;
      PackFiles files;
      read_folder(at->path(), name, files, mistakes);
      packs[name] = std::move(files);
    }
    if (fault && fault != std::errc::no_such_file_or_directory) {
      mistakes.push_back({{folder, 0, 0}, fmt::format("the folder of packs cannot be read: {}", fault.message()), {}});
    }
  }
}

Pack read_pack(const std::string& name, const PackFiles& files, const YamlFiles& yaml, FunctionsFile& functions,
               std::vector<Mistake>& mistakes) {
  return PackReader(name, files, yaml, functions, mistakes).read();
}

}  // namespace centavo::pack
