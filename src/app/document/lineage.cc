#include "app/document/lineage.h"

#include <array>

#include "lake/pack/reading.h"

namespace centavo::document {
namespace {

int rank(const std::string& kind) {
  constexpr std::array kOrder = {"source", "bronze", "silver", "interface", "gold"};
  for (std::size_t i = 0; i < kOrder.size(); ++i) {
    if (kind == kOrder[i]) return static_cast<int>(i);
  }
  return static_cast<int>(kOrder.size());
}

/// All that can be reached from `start` along the edges, forward or backward.
std::set<std::string> reach(const Lineage& lineage, const std::string& start, bool forward) {
  std::set<std::string> seen = {start};
  std::vector<std::string> next = {start};
  while (!next.empty()) {
    const std::string here = next.back();
    next.pop_back();
    for (const auto& [from, to] : lineage.edges) {
      if (forward ? from != here : to != here) continue;
      const std::string& there = forward ? to : from;
      if (seen.insert(there).second) next.push_back(there);
    }
  }
  return seen;
}

}  // namespace

const Lineage::Node* Lineage::find(std::string_view name) const {
  for (const Node& node : nodes) {
    if (node.name == name) return &node;
  }
  return nullptr;
}

Lineage lineage_of(const pack::Library& library) {
  Lineage lineage;
  for (const auto& [name, pack] : library.packs()) {
    for (const pack::SourceKind& source : pack.sources) {
      const std::string from = "source " + source.name;
      lineage.nodes.push_back({from, "source", name});
      for (const auto& feed : source.feeds) lineage.edges.emplace(from, feed.table.text());
    }
    for (const pack::Interface& interface : pack.interfaces) {
      lineage.nodes.push_back({interface.view().text(), "interface", name});
      for (const pack::Model* model : library.implementers(interface.name)) {
        lineage.edges.emplace(model->contract.table.text(), interface.view().text());
      }
    }
    for (const pack::Model& model : pack.models) {
      const std::string to = model.contract.table.text();
      lineage.nodes.push_back({to, std::string(pack::name_of(model.contract.table.layer)), name});
      for (const pack::TableName& input : model.inputs) lineage.edges.emplace(input.text(), to);
      for (const std::string& input : model.interface_inputs) {
        if (const pack::Interface* interface = library.interface(input))
          lineage.edges.emplace(interface->view().text(), to);
      }
    }
  }
  std::stable_sort(lineage.nodes.begin(), lineage.nodes.end(), [](const Lineage::Node& a, const Lineage::Node& b) {
    return std::pair(rank(a.kind), a.name) < std::pair(rank(b.kind), b.name);
  });
  return lineage;
}

Result<Lineage> around(const Lineage& lineage, const std::string& table) {
  if (lineage.find(table) == nullptr) {
    std::vector<std::string> known;
    for (const Lineage::Node& node : lineage.nodes) known.push_back(node.name);
    const std::string near = pack::did_you_mean(table, known);
    return fail_hint(near.empty() ? "centavo lineage shows all of them" : near, ErrorKind::not_found,
                     "no pack has a table {}", table);
  }
  std::set<std::string> kept = reach(lineage, table, true);
  kept.merge(reach(lineage, table, false));
  Lineage part;
  for (const Lineage::Node& node : lineage.nodes) {
    if (kept.contains(node.name)) part.nodes.push_back(node);
  }
  const std::set<std::string> before = reach(lineage, table, false), after = reach(lineage, table, true);
  for (const auto& edge : lineage.edges) {
    const bool up = before.contains(edge.first) && before.contains(edge.second);
    const bool down = after.contains(edge.first) && after.contains(edge.second);
    if (up || down) part.edges.insert(edge);
  }
  return part;
}

std::string to_text(const Lineage& lineage) {
  std::string text;
  for (const Lineage::Node& node : lineage.nodes) {
    text += fmt::format("{}{}\n", node.name, node.kind == "interface" ? "  (interface)" : "");
    for (const auto& [from, to] : lineage.edges) {
      if (to == node.name) text += fmt::format("  <- {}\n", from);
    }
  }
  return text;
}

std::string to_mermaid(const Lineage& lineage) {
  std::string text = "flowchart LR\n";
  std::map<std::string, std::size_t> ids;
  for (const Lineage::Node& node : lineage.nodes) {
    const std::size_t id = ids.emplace(node.name, ids.size()).first->second;
    const bool round = node.kind == "source" || node.kind == "interface";
    text += fmt::format("  n{}{}\"{}\"{}\n", id, round ? "([" : "[", node.name, round ? "])" : "]");
  }
  for (const auto& [from, to] : lineage.edges) {
    if (ids.contains(from) && ids.contains(to)) text += fmt::format("  n{} --> n{}\n", ids[from], ids[to]);
  }
  return text;
}

std::string to_dot(const Lineage& lineage) {
  std::string text = "digraph lineage {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n";
  for (const Lineage::Node& node : lineage.nodes) {
    const bool round = node.kind == "source" || node.kind == "interface";
    text += fmt::format("  \"{}\"{};\n", node.name, round ? " [shape=ellipse]" : "");
  }
  for (const auto& [from, to] : lineage.edges) text += fmt::format("  \"{}\" -> \"{}\";\n", from, to);
  return text + "}\n";
}

OrderedJson to_json(const Lineage& lineage) {
  OrderedJson object = {{"nodes", OrderedJson::array()}, {"edges", OrderedJson::array()}};
  for (const Lineage::Node& node : lineage.nodes) {
    object["nodes"].push_back({{"name", node.name}, {"kind", node.kind}, {"pack", node.pack}});
  }
  for (const auto& [from, to] : lineage.edges) object["edges"].push_back({{"from", from}, {"to", to}});
  return object;
}

}  // namespace centavo::document
