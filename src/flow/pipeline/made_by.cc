#include "flow/pipeline/made_by.h"

#include "flow/pipeline/definition.h"

namespace centavo {

struct MadeBy::Day {
  pack::Library library;
  Tenant tenant;
  std::unique_ptr<Graph> graph;
};

MadeBy::MadeBy(Workshop& workshop, const Tenant& tenant, const Graph& graph, const Release& release)
    : workshop_(workshop), tenant_(tenant), graph_(graph), release_(release) {}
MadeBy::~MadeBy() = default;

Result<MadeBy::Definitions> MadeBy::of(const pack::TableName& table, const std::string& period) {
  if (!makings_.contains(table))
    makings_[table] = TRY(makings_of(workshop_, tenant_, table, release_.versions.at(table.text())));
  const auto& makings = makings_[table];
  const auto at = period.empty() ? makings.begin() : makings.find(period);
  const Definitions today{&workshop_.library, graph_.find(table)};
  if (at == makings.end() || at->second.definition.empty()) return today;
  const auto* day = TRY(day_of(at->second.definition));
  return day == nullptr ? today : Definitions{&day->library, day->graph->find(table)};
}

// Null when nothing changed since.
Result<const MadeBy::Day*> MadeBy::day_of(const std::string& digest) {
  if (const auto it = days_.find(digest); it != days_.end()) return it->second.get();
  auto& day = days_[digest];
  const auto then = TRY(read_definition(workshop_.lake.store(), tenant_.id, digest));
  const auto now = TRY(definition_now(workshop_, tenant_));
  const auto differences = differences_between(then, now);
  if (differences.packs.empty() && differences.settings.empty()) return nullptr;
  auto library = TRY(pack::Library::from_files(then.packs));
  day = std::make_unique<Day>(Day{std::move(library), then.tenant, nullptr});
  day->graph = std::make_unique<Graph>(TRY(Graph::of(day->library, day->tenant)));
  return day.get();
}

}  // namespace centavo
