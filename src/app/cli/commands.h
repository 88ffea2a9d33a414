#pragma once
/// \file app/cli/commands.h
/// The command groups. Each function adds its commands to the root; app/wiring.cc says which there are.

#include "app/cli/args.h"

namespace centavo::cli {

// Headings of the help page.
inline constexpr const char* kGroupLake = "Lake";
inline constexpr const char* kGroupTenants = "Tenants and sources";
inline constexpr const char* kGroupWork = "Work";
inline constexpr const char* kGroupProof = "Proof";
inline constexpr const char* kGroupRead = "Read";
inline constexpr const char* kGroupTables = "Versions and upkeep";
inline constexpr const char* kGroupPacks = "Packs and quality";
inline constexpr const char* kGroupPeople = "People";
inline constexpr const char* kGroupProgram = "Program";

void add_lake_commands(Command& root);        ///< init, doctor
void add_demo_command(Command& root);         ///< demo
void add_tenant_commands(Command& root);      ///< tenant …
void add_source_commands(Command& root);      ///< source …, land
void add_run_commands(Command& root);         ///< run, plan
void add_status_command(Command& root);       ///< status
void add_proof_commands(Command& root);       ///< reconcile, explain
void add_time_commands(Command& root);        ///< diff, replay
void add_compare_command(Command& root);      ///< compare focus
void add_certificate_commands(Command& root); ///< certificate …
void add_period_commands(Command& root);      ///< period …, invoice …
void add_rates_command(Command& root);        ///< rates list
void add_allocation_commands(Command& root);  ///< allocation …
void add_statement_commands(Command& root);   ///< statement …
void add_query_command(Command& root);        ///< query
void add_ask_command(Command& root);          ///< ask
void add_report_command(Command& root);       ///< report
void add_export_commands(Command& root);      ///< export focus
void add_serve_command(Command& root);        ///< serve
void add_release_commands(Command& root);     ///< release …
void add_table_commands(Command& root);       ///< history, restore, optimize, vacuum
void add_validate_commands(Command& root);    ///< validate focus
void add_pack_commands(Command& root);        ///< test, check, lineage, docs
void add_user_commands(Command& root);        ///< user …
void add_token_commands(Command& root);       ///< token …
void add_grant_commands(Command& root);       ///< grant …
void add_audit_commands(Command& root);       ///< audit …
void add_generate_commands(Command& root);    ///< generate …
void add_program_commands(Command& root);     ///< completion, version; reads the whole tree, so it comes last

}  // namespace centavo::cli
