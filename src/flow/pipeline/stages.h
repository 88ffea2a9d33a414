#pragma once
/// \file flow/pipeline/stages.h
/// The way from one release to another in steps, one cause a step: first the program, then rules, rates, restated and
/// new data. What a step changes is that cause's part; the parts of all steps add up to the whole by construction.

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "flow/pipeline/definition.h"
#include "flow/pipeline/graph.h"
#include "flow/pipeline/making.h"
#include "flow/pipeline/scratch.h"

namespace centavo {

/// In the order of the steps. `joint`: what cannot be told apart.
enum class Cause { program, rules, rates, restated_data, new_data, joint };
inline constexpr std::array kCauses = {Cause::program,       Cause::rules,    Cause::rates,
                                       Cause::restated_data, Cause::new_data, Cause::joint};
/// "program", "rules", "rates", "restated_data", "new_data", "joint"
std::string_view name_of(Cause cause);

/// A table and a period, "" without one.
using Place = std::pair<pack::TableName, std::string>;

/// A release with all that it was made of.
struct MadeRelease {
  Release release;
  std::map<pack::TableName, Makings> makings;
  const Making* find(const Place& place) const;
};

/// One step: the definitions and landings from which all tables could be made, and what would come out.
struct Stage {
  Cause cause = Cause::program;                   ///< that this step brings in; the first stage has none
  pack::Library library;
  Tenant tenant;
  std::vector<Landing> landings;
  std::map<std::pair<std::string, std::int64_t>, Stamp> stamps;
  std::unique_ptr<Graph> graph;                   ///< over `library` and `tenant`
  std::vector<std::string> reasons;               ///< what this step brings, in words
  std::map<Place, std::string> fingerprints;
};
using Stages = std::vector<std::unique_ptr<Stage>>;

/// Where a landing belongs: rates and rules by its bronze table's contract (`cause:`), else data.
/// Data that only adds files to what was there, or a period or source that was not there, is new; the rest is restated.
Cause cause_of_landing(const pack::Library& library, const Landing* before, const Landing& after);

/// The first stage is `a` by `definition_a`, the last is `b` by `definition_b`; one stage a cause between them.
/// `mask_key`: as mask_key_digest says.
Result<Stages> stages_between(LandingShelf& shelf, const MadeRelease& a, const Definition& definition_a,
                              const MadeRelease& b, const Definition& definition_b, const std::string& mask_key);

}  // namespace centavo
