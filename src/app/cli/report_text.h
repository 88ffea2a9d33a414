#pragma once
/// \file app/cli/report_text.h
/// Runs, plans and proofs as people and programs read them. `run`, `demo`, `land` and `reconcile` share it.

#include <string>
#include <vector>

#include "app/cli/context.h"
#include "app/document/objects.h"
#include "flow/pipeline/pipeline.h"

namespace centavo::cli {

/// Runs one tenant and tells it: a line per task as it ends, a summary, the verdict. An error in the report is not
/// printed.
Result<RunReport> run_one(Context& context, Workshop& workshop, const Tenant& tenant, const RunOptions& options);

using document::certificate_holds;
using document::land_object;
using document::proof_object;
using document::proof_word;
using document::run_object;
using document::task_object;

/// "1 table", "12 tables"
std::string tables_text(std::int64_t count);
std::string count_text(std::int64_t count, std::string_view one, std::string_view many);

/// Deliveries that did not become visible, each with its reason; and what was left alone or went, as notes.
void print_landing(Context& context, const LandReport& report);

/// What waits because its period is closed, as notes: one a period.
void print_withheld(Context& context, const Plan& plan);

/// The proof as a table, newest problems first; `all` false: only totals and what differs.
void print_proof(Context& context, const Reconciliation& proof, bool all);
/// One line per period, measure and currency: the amount, and how many comparisons of tables agree on it.
void print_certificate(Context& context, const Reconciliation& proof);
/// "the proof holds: 48 of 48 comparisons" or what differs.
std::string verdict(const Reconciliation& proof);

/// `check_failed` unless it holds.
Status hold(const Reconciliation& proof);

}  // namespace centavo::cli
