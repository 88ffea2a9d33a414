#pragma once
/// \file flow/pipeline/made_by.h
/// The packs and parameters by which the tables of a release were made, which need not be those of today.

#include <map>
#include <memory>
#include <string>

#include "flow/pipeline/graph.h"
#include "flow/pipeline/making.h"
#include "flow/pipeline/pipeline.h"

namespace centavo {

class MadeBy {
 public:
  /// All are only referred to.
  MadeBy(Workshop& workshop, const Tenant& tenant, const Graph& graph, const Release& release);
  ~MadeBy();

  struct Definitions {
    const pack::Library* library = nullptr;
    const Node* node = nullptr;   ///< null: the table was not there
  };
  /// Of a table in a month; "": of any. They live as long as this.
  Result<Definitions> of(const pack::TableName& table, const std::string& period);

 private:
  struct Day;
  Result<const Day*> day_of(const std::string& digest);

  Workshop& workshop_;
  const Tenant& tenant_;
  const Graph& graph_;
  const Release& release_;
  std::map<pack::TableName, Makings> makings_;
  std::map<std::string, std::unique_ptr<Day>> days_;
};

}  // namespace centavo
