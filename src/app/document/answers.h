#pragma once
/// \file app/document/answers.h
/// Answers about cost as JSON, in the shapes of docs/formats/api.md (web/src/lib/types.ts). Amounts and ratios are
/// strings, counts are numbers.

#include "base/json.h"
#include "flow/explore/explore.h"

namespace centavo::document {

OrderedJson to_json(const explore::Freshness& fresh);
OrderedJson to_json(const explore::Cost& cost);
OrderedJson to_json(const explore::Pivot& pivot);
OrderedJson to_json(const explore::Grid& grid);
OrderedJson to_json(const explore::Commitments& commitments);
OrderedJson to_json(const std::vector<explore::DimensionValue>& values);   ///< {"values": […]}
OrderedJson to_json(const std::optional<explore::Unallocated>& unallocated);
/// `runs`: the newest, in the API's shape.
OrderedJson to_json(const explore::Overview& overview, const explore::Standing& standing, const OrderedJson& runs);
/// What a tenant's pages need to know first. `release`: null when nothing was published.
OrderedJson meta_object(const Tenant& tenant, const Release* release, const explore::Holdings& holdings,
                        const explore::Standing& standing);
/// Of a tenant who has no release yet: the same shape, empty.
OrderedJson meta_object(const Tenant& tenant, const explore::Standing& standing);
/// An explanation for the page: `shows_raw` false leaves the raw records out.
OrderedJson explain_object(const Explanation& explanation, bool shows_raw);

}  // namespace centavo::document
