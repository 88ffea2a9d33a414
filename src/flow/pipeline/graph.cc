#include "flow/pipeline/graph.h"

#include <functional>
#include <set>

#include "base/period.h"
#include "flow/allocation/compile.h"
#include "lake/pack/parameters.h"

namespace centavo {
namespace {

using pack::TableName;

constexpr const char* kAllocationPack = "allocation";

// The tenant's packs and what they require.
std::set<std::string> packs_of(const pack::Library& library, const std::vector<const pack::SourceKind*>& kinds,
                               const Tenant& tenant, bool allocates) {
  std::set<std::string> out;
  const std::function<void(const std::string&)> add = [&](const std::string& name) {
    const auto it = library.packs().find(name);
    if (it == library.packs().end() || !out.insert(name).second) return;
    for (const auto& required : it->second.requires_packs) add(required);
  };
  for (const auto* kind : kinds) add(kind->pack);
  for (const auto& name : tenant.packs) add(name);
  if (allocates) add(kAllocationPack);
  return out;
}

// The library's model, which also reads the rules' tables of weights.
std::shared_ptr<const pack::Model> with_metrics(const pack::Model& model, const Allocation& rules) {
  auto out = std::make_shared<pack::Model>(model);
  std::set<TableName> inputs(model.inputs.begin(), model.inputs.end());
  for (const auto& table : rules.metrics()) inputs.insert(table);
  out->inputs.assign(inputs.begin(), inputs.end());
  return out;
}

}  // namespace

SqlValues parameters_of(const pack::Pack& pack, const Tenant& tenant) {
  SqlValues out;
  for (const auto& parameter : pack.parameters) {
    const auto own = tenant.parameters.find(parameter.name);
    std::string value = parameter.is_currency ? tenant.currency : parameter.default_value;
    if (own != tenant.parameters.end()) value = own->second;
    out[parameter.name] = fmt::format("cast({} as {})", duck::literal(value), parameter.type);
  }
  return out;
}

bool concerns(const pack::Contract& contract, std::string_view period, std::string_view input_period) {
  if (period.empty() || input_period.empty() || input_period == period) return true;
  if (!contract.reads_month_before) return false;
  const auto before = Period::parse(input_period);
  return before && before->next().text() == period;
}

std::string Node::sql_in(std::string_view period) const {
  if (rules == nullptr) return model->sql;
  return compiled_sql(model->contract.table, *rules, period).value_or(model->sql);
}

pack::Model Node::model_in(std::string_view period) const {
  pack::Model out = *model;
  out.sql = sql_in(period);
  if (rules != nullptr) out.sql_place.file = "allocation/*.yaml of the tenant";
  return out;
}

Result<Graph> Graph::of(const pack::Library& library, const Tenant& tenant) {
  std::map<TableName, std::vector<Feed>> feeds;
  std::vector<const pack::SourceKind*> kinds;
  for (const auto& source : tenant.sources) {
    const auto* kind = library.source(source.kind);
    if (kind == nullptr) {
      return fail_hint("`centavo source list` shows the kinds there are", ErrorKind::invalid_argument,
                       "tenant {}: source {} is of kind {}, which no pack has", tenant.id, source.name, source.kind);
    }
    kinds.push_back(kind);
    std::set<TableName> fed;
    for (const auto& feed : kind->feeds) {
      if (fed.insert(feed.table).second) feeds[feed.table].push_back({&source, kind});
    }
  }

  std::shared_ptr<const Allocation> rules;
  if (auto read = TRY_IN(fmt::format("tenant {}", tenant.id), read_allocation(library, tenant.allocation)))
    rules = std::make_shared<const Allocation>(std::move(*read));
  Graph graph;
  std::set<TableName> visiting, left_out;
  const auto packs = packs_of(library, kinds, tenant, rules != nullptr);
  for (const auto& name : packs)
    TRY_IN(fmt::format("tenant {}", tenant.id), pack::check_parameters(library.packs().at(name), tenant.parameters));
  // Adds the table behind its inputs; false when none of them can ever have rows.
  const std::function<Result<bool>(const TableName&)> add = [&](const TableName& table) -> Result<bool> {
    if (graph.index_.contains(table)) return true;
    const auto* model = library.model(table);
    if (model == nullptr || left_out.contains(table) || !packs.contains(model->contract.pack)) return false;
    if (!visiting.insert(table).second) return fail(ErrorKind::invalid_argument, "{} reads itself", table.text());
    Node node;
    if (rules != nullptr && compiled_sql(table, *rules, "")) {
      node.rules = rules;
      if (table == TableName{pack::Layer::gold, "allocated_cost"}) {
        graph.own_models_.push_back(with_metrics(*model, *rules));
        model = graph.own_models_.back().get();
      }
    }
    node.model = model;
    if (const auto it = feeds.find(table); it != feeds.end()) node.feeds = it->second;
    bool active = !node.feeds.empty();
    std::set<TableName> inputs(model->inputs.begin(), model->inputs.end());
    std::set<std::string> interfaces(model->interface_inputs.begin(), model->interface_inputs.end());
    for (const auto& check : model->contract.checks) {
      if (!check.to) continue;
      if (const auto* interface = library.interface_of_view(*check.to)) {
        interfaces.insert(interface->name);
      } else {
        inputs.insert(*check.to);
      }
    }
    for (const auto& name : interfaces) {
      for (const auto* implementer : library.implementers(name)) inputs.insert(implementer->contract.table);
    }
    inputs.erase(table);
    bool needed = true;
    for (const auto& other : model->contract.needs) needed = TRY(add(other)) && needed;
    std::set<TableName> givers;
    for (const auto& giver : model->contract.periods_of) {
      const auto* interface = library.interface_of_view(giver);
      if (interface == nullptr) givers.insert(giver);
      if (interface == nullptr) continue;
      for (const auto* implementer : library.implementers(interface->name)) givers.insert(implementer->contract.table);
    }
    for (const auto& giver : givers) {
      if (TRY(add(giver))) node.periods_of.push_back(giver);
    }
    node.interfaces.assign(interfaces.begin(), interfaces.end());
    for (const auto& input : inputs) {
      if (!TRY(add(input))) continue;
      active = true;
      node.inputs.push_back(input);
    }
    visiting.erase(table);
    if (model->contract.periods_of.empty()) node.periods_of = node.inputs;
    if (!active || !needed) {
      left_out.insert(table);
      return false;
    }
    node.parameters = parameters_of(library.packs().at(model->contract.pack), tenant);
    for (const auto& name : model->parameters) {
      if (const auto it = node.parameters.find(name); it != node.parameters.end()) node.own_parameters.insert(*it);
    }
    graph.index_[table] = graph.nodes_.size();
    graph.nodes_.push_back(std::move(node));
    return true;
  };
  for (const auto& name : packs) {
    for (const auto& model : library.packs().at(name).models) TRY(add(model.contract.table));
  }
  return graph;
}

const Node* Graph::find(const TableName& table) const {
  const auto it = index_.find(table);
  return it == index_.end() ? nullptr : &nodes_[it->second];
}

std::vector<TableName> Graph::with_inputs(const TableName& table) const {
  std::set<TableName> out;
  const std::function<void(const TableName&)> add = [&](const TableName& name) {
    const auto* node = find(name);
    if (node == nullptr || !out.insert(name).second) return;
    for (const auto& input : node->inputs) add(input);
  };
  add(table);
  return {out.begin(), out.end()};
}

}  // namespace centavo
