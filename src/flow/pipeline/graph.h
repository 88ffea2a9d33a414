#pragma once
/// \file flow/pipeline/graph.h
/// Which tables a tenant has, what each reads, and in which order they are made.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "flow/allocation/rules.h"
#include "flow/engine/desk.h"
#include "lake/pack/library.h"
#include "lake/tenant/tenant.h"

namespace centavo {

struct Feed {
  const TenantSource* source = nullptr;
  const pack::SourceKind* kind = nullptr;
};

struct Node {
  const pack::Model* model = nullptr;
  std::vector<pack::TableName> inputs;    ///< tables read, interfaces replaced by the tenant's implementers
  std::vector<pack::TableName> periods_of;  ///< tables that give it its periods; the inputs unless the contract says
  std::vector<Feed> feeds;                ///< bronze: the tenant's sources that fill it
  SqlValues parameters;                   ///< all of the pack's, as SQL literals
  SqlValues own_parameters;               ///< those that the model's SQL names: they decide its rows
  std::vector<std::string> interfaces;    ///< read by the model or its checks
  std::shared_ptr<const Allocation> rules;   ///< those of the tenant that the table is made by; null for most tables
  /// The model's SQL for a period: a table made by rules has one for each.
  std::string sql_in(std::string_view period) const;
  /// The model with it.
  pack::Model model_in(std::string_view period) const;
  bool masks() const { return model->sql.find("cv_keyed_hash") != std::string::npos; }  ///< with the tenant's key
  bool is_periodic() const { return model->contract.write == pack::WriteMode::replace_period; }
};

/// All parameters of a pack with the tenant's values, as SQL literals.
SqlValues parameters_of(const pack::Pack& pack, const Tenant& tenant);

/// Whether rows of `input_period` decide rows of `period` of a table; "": of no period.
bool concerns(const pack::Contract& contract, std::string_view period, std::string_view input_period);

/// The tables of one tenant, inputs before what reads them. Points into the library and the tenant.
class Graph {
 public:
  /// Tables of the packs that the tenant's sources need, of which some input can ever have rows.
  /// `invalid_argument` lists the mistakes in the tenant's allocation rules, or names a source of an unknown kind or a
  /// parameter with a value of the wrong type.
  static Result<Graph> of(const pack::Library& library, const Tenant& tenant);

  const std::vector<Node>& nodes() const { return nodes_; }
  const Node* find(const pack::TableName& table) const;
  /// The table and all it reads, directly or not.
  std::vector<pack::TableName> with_inputs(const pack::TableName& table) const;

 private:
  std::vector<Node> nodes_;
  std::map<pack::TableName, std::size_t> index_;
  std::vector<std::shared_ptr<const pack::Model>>
      own_models_;  ///< that read more than the library's: tables of weights
};

}  // namespace centavo
