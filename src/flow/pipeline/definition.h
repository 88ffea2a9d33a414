#pragma once
/// \file flow/pipeline/definition.h
/// What a run works by, kept for ever: the packs' text and the tenant's settings, by content, so that a past release
/// can be made again by the definitions of its day. Format: docs/formats/lake.md, `_definitions`.

#include <string>

#include "flow/pipeline/pipeline.h"

namespace centavo {

/// The packs and the tenant as they were.
struct Definition {
  std::string digest;
  std::string program;   ///< version of the program that worked by it
  Tenant tenant;
  std::map<std::string, pack::PackFiles> packs;
};

/// What a run of this tenant works by now.
Result<Definition> definition_now(const Workshop& workshop, const Tenant& tenant);

/// Writes down what a run of this tenant works by now, unless it is there. Returns its digest.
Result<std::string> keep_definition(Workshop& workshop, const Tenant& tenant);

/// In which files of packs and in which parameters two definitions differ, each in words.
struct DefinitionDifferences {
  std::vector<std::string> packs;      ///< "pack aws: silver/aws_cost_and_usage.sql", "pack rates is new"
  std::vector<std::string> settings;   ///< "parameter allocation_tag: team then, owner now"
};
DefinitionDifferences differences_between(const Definition& then, const Definition& now);

/// `not_found` when it was never kept; `corrupt_data` when its bytes are not those of its name.
Result<Definition> read_definition(Store& store, std::string_view tenant, const std::string& digest);

}  // namespace centavo
