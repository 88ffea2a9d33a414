#include "app/wiring.h"

#include "app/cli/commands.h"

namespace centavo {

std::unique_ptr<cli::Command> make_command_line(cli::GlobalOptions& globals) {
  auto root = std::make_unique<cli::Command>(cli::make_root(globals));
  cli::add_lake_commands(*root);
  cli::add_demo_command(*root);
  cli::add_tenant_commands(*root);
  cli::add_source_commands(*root);
  cli::add_run_commands(*root);
  cli::add_status_command(*root);
  cli::add_proof_commands(*root);
  cli::add_time_commands(*root);
  cli::add_compare_command(*root);
  cli::add_certificate_commands(*root);
  cli::add_period_commands(*root);
  cli::add_rates_command(*root);
  cli::add_allocation_commands(*root);
  cli::add_statement_commands(*root);
  cli::add_query_command(*root);
  cli::add_ask_command(*root);
  cli::add_report_command(*root);
  cli::add_export_commands(*root);
  cli::add_serve_command(*root);
  cli::add_release_commands(*root);
  cli::add_table_commands(*root);
  cli::add_validate_commands(*root);
  cli::add_pack_commands(*root);
  cli::add_user_commands(*root);
  cli::add_token_commands(*root);
  cli::add_grant_commands(*root);
  cli::add_audit_commands(*root);
  cli::add_generate_commands(*root);
  cli::add_program_commands(*root);
  return root;
}

}  // namespace centavo
