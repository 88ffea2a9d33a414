#pragma once
/// \file lake/pack/assemble.h
/// From files to packs that fit together: read, merge interfaces, resolve names, parse SQL, judge all of it.

#include <map>
#include <string>
#include <vector>

#include "lake/pack/known_trees.h"
#include "lake/pack/reading.h"

namespace centavo::pack {

struct Assembly {
  std::map<std::string, Pack> packs;
  FunctionsFile functions;
  std::vector<Mistake> mistakes;   ///< sorted by file and line; of the packs read here
};

/// Packs from their files. Mistakes do not stop it; an error is the SQL engine's own. `trees` learns what it did not
/// know.
Result<Assembly> assemble(const std::map<std::string, PackFiles>& files, KnownTrees& trees);

/// The sub-folders of `folders` added to `packs`; a pack found there replaces one of the same name.
void read_folders(const std::vector<std::string>& folders, std::map<std::string, PackFiles>& packs,
                  std::vector<Mistake>& mistakes);

/// YAML by the address of its text.
using YamlFiles = std::map<const std::string*, YamlFile>;

/// Reads every file of a pack, its YAML already parsed; names, folders and file endings are judged.
Pack read_pack(const std::string& name, const PackFiles& files, const YamlFiles& yaml, FunctionsFile& functions,
               std::vector<Mistake>& mistakes);

}  // namespace centavo::pack
