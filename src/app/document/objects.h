#pragma once
/// \file app/document/objects.h
/// What the program finds and does, as JSON: the same objects for the command line's --json and the API.

#include <string>
#include <vector>

#include "base/json.h"
#include "flow/pipeline/certify.h"
#include "flow/pipeline/difference.h"
#include "flow/pipeline/pipeline.h"

namespace centavo::document {

OrderedJson run_object(const Tenant& tenant, const RunReport& report);
OrderedJson task_object(const std::string& tenant, const Task& task);
OrderedJson land_object(const std::string& tenant, const std::string& source, const LandReport& report);

OrderedJson release_object(const Release& release);
/// "holds", "DIFFERS", or "not proven": what the certificate of that release says.
std::string proof_word(const Release& release);
bool certificate_holds(const Release& release);

OrderedJson proof_object(const Reconciliation& proof);
OrderedJson explanation_object(const Explanation& found);
OrderedJson difference_object(const Difference& found);
OrderedJson group_object(const Difference& found, const Difference::Group& group);

/// A certificate as a line of a list; whole, it is to_json(certificate).
OrderedJson certificate_object(const Certificate& each);
/// "holds", "within tolerance", "DIFFERS"
std::string verdict_word(const Certificate& certificate);
OrderedJson verification_object(const Verification& found);

OrderedJson period_object(const PeriodStanding& standing);

}  // namespace centavo::document
