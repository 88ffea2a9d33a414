#pragma once
/// \file app/document/lineage.h
/// What is made from what, by the packs: sources, tables and interface views, and how it is drawn.

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "lake/pack/library.h"

namespace centavo::document {

struct Lineage {
  struct Node {
    std::string name;   ///< "source retail_files", "silver.costs"
    std::string kind;   ///< source, bronze, silver, gold, interface
    std::string pack;
  };
  std::vector<Node> nodes;                                   ///< what others are made from comes first
  std::set<std::pair<std::string, std::string>> edges;       ///< from, to
  const Node* find(std::string_view name) const;
};

Lineage lineage_of(const pack::Library& library);
/// The part that `table` is made from or goes into. `not_found` names one that is near.
Result<Lineage> around(const Lineage& lineage, const std::string& table);

std::string to_text(const Lineage& lineage);
std::string to_mermaid(const Lineage& lineage);
std::string to_dot(const Lineage& lineage);
OrderedJson to_json(const Lineage& lineage);

}  // namespace centavo::document
