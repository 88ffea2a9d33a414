#include "base/digest.h"
#include "flow/pipeline/work.h"

namespace centavo {
namespace {

// Half of DuckDB's default: a row group of a bill's hundred columns is held whole in memory by each thread that fills
// one.
constexpr std::string_view kRowGroup = "row_group_size 65536";

std::string table_root(const Work& work, const pack::TableName& table) {
  return Lake::table_root(work.tenant.id, pack::name_of(table.layer), table.table);
}

Result<delta::Schema> schema_of(const std::vector<pack::ColumnSpec>& columns) {
  delta::Schema schema;
  for (const auto& column : columns) {
    auto field = TRY(delta::field_of_duck(column.name, column.type));
    if (!column.description.empty()) field.metadata["comment"] = column.description;
    schema.fields.push_back(std::move(field));
  }
  return schema;
}

std::string user_metadata(const Work& work, const CommitRequest& request, std::int64_t rows) {
  Json out = {{"run", work.run},
              {"period", request.task.period},
              {"fingerprint", request.task.fingerprint},
              {"rows", rows},
              {"table", request.contract.table.text()},
              {"definition", work.definition},
              {"started_at", iso_time(work.started_ms)},
              {"appends", !request.replace}};
  for (const auto* landing : request.landings) {
    const Stamp stamp = stamp_of(work, *landing);
    Json entry = {{"source", landing->source}, {"number", landing->number}};
    if (stamp.run != work.run) entry.update({{"run", stamp.run}, {"started_at", iso_time(stamp.started_ms)}});
    out["landings"].push_back(std::move(entry));
  }
  return out.dump();
}

std::vector<std::string> partition_columns(const pack::Contract& contract) {
  if (contract.write != pack::WriteMode::replace_period) return {};
  return {contract.period_column};
}

// Whether every period the table has is made again in this run and none is yet, so that its old rows may all go.
Result<bool> may_start_from_none(const Work& work, const pack::Contract& contract) {
  if (contract.write != pack::WriteMode::replace_period) return true;
  for (const auto& state : TRY(work.workshop.catalog.states(work.tenant.id))) {
    if (state.table == contract.table.text() && state.run == work.run) return false;
  }
  std::set<std::string> planned;
  for (const auto& task : work.plan.tasks) {
    if (task.table == contract.table) planned.insert(task.period);
  }
  for (const auto& [key, state] : work.before) {
    if (key.first == contract.table.text() && !planned.contains(key.second)) return false;
  }
  return true;
}

delta::CommitInfo commit_info(const Work& work, const CommitRequest& request) {
  delta::CommitInfo info;
  info.operation = request.operation;
  info.parameters["mode"] = request.replace ? "Overwrite" : "Append";
  if (!request.task.period.empty()) {
    info.parameters["predicate"] = fmt::format("{} = '{}-01'", request.contract.period_column, request.task.period);
  }
  info.metrics["numOutputRows"] = std::to_string(request.staged.rows);
  info.metrics["numFiles"] = std::to_string(request.staged.files.size());
  info.metrics["numOutputBytes"] = std::to_string(request.staged.bytes);
  info.user_metadata = user_metadata(work, request, request.staged.rows);
  info.user = work.user;
  return info;
}

}  // namespace

Stamp stamp_of(const Work& work, const Landing& landing) {
  if (work.repetition != nullptr) {
    const auto it = work.repetition->stamps.find({landing.source, landing.number});
    if (it != work.repetition->stamps.end()) return it->second;
  }
  return {work.run, work.started_ms};
}

delta::PartitionValues partition_of(const pack::Contract& contract, std::string_view period) {
  if (period.empty() || contract.write != pack::WriteMode::replace_period) return {};
  return {{contract.period_column, fmt::format("{}-01", period)}};
}

Result<InputSelect> input_select(Work& work, const pack::Contract& reader, const pack::TableName& input,
                                 std::string_view period) {
  const auto* node = work.graph.find(input);
  const auto* model = work.workshop.library.model(input);
  if (model == nullptr) return fail(ErrorKind::internal, "no model makes {}", input.text());
  auto table = delta::Table::open(work.store(), work.workshop.engine, table_root(work, input), work.workshop.clock);
  if (!table) {
    if (table.error().kind == ErrorKind::not_found) return InputSelect{empty_select(all_columns(model->contract)), 0};
    return fail_within(fmt::format("read {}", input.text()), table.error());
  }
  const auto snapshot = TRY(table->snapshot());
  const bool one_period = node != nullptr && node->is_periodic() && !period.empty();
  auto files = TRY(one_period ? snapshot.files_in(partition_of(model->contract, period)) : snapshot.files());
  if (one_period && reader.reads_month_before) {
    const std::string before = TRY(Period::parse(period)).previous().text();
    const auto more = TRY(snapshot.files_in(partition_of(model->contract, before)));
    files.insert(files.end(), more.begin(), more.end());
  }
  if (files.empty()) return InputSelect{empty_select(all_columns(model->contract)), 0};
  InputSelect out;
  out.sql = "select * from " + TRY(snapshot.select_sql(files));
  for (const auto& file : files) out.bytes += file.size_bytes;
  return out;
}

Result<std::int64_t> define_inputs(Work& work, Desk& desk, const Node& node, std::string_view period) {
  std::map<pack::TableName, std::string> selects;
  std::int64_t bytes = 0;
  for (const auto& input : node.inputs) {
    auto select = TRY(input_select(work, node.model->contract, input, period));
    TRY(desk.define(input, select.sql));
    bytes += select.bytes;
    selects[input] = std::move(select.sql);
  }
  // Inputs that no source of this tenant can fill are empty.
  std::vector<pack::TableName> named = node.model->inputs;
  for (const auto& check : node.model->contract.checks) {
    if (check.to && check.to != node.model->contract.table && work.workshop.library.model(*check.to) != nullptr)
      named.push_back(*check.to);
  }
  for (const auto& input : named) {
    if (!selects.contains(input))
      TRY(desk.define(input, empty_select(all_columns(work.workshop.library.model(input)->contract))));
  }
  for (const auto& name : node.interfaces) {
    const auto* interface = work.workshop.library.interface(name);
    std::vector<InterfacePart> parts;
    for (const auto* implementer : work.workshop.library.implementers(name)) {
      if (const auto it = selects.find(implementer->contract.table); it != selects.end())
        parts.push_back({implementer, it->second});
    }
    TRY(desk.define(interface->view(), interface_select(*interface, parts)));
  }
  return bytes;
}

SqlValues sql_values(const Node& node, std::string_view period) {
  SqlValues values = node.parameters;
  if (!period.empty()) {
    const Period parsed = Period::parse(period).value_or(Period());
    values["period_first"] = fmt::format("cast('{}' as date)", parsed.first());
    values["period_end"] = fmt::format("cast('{}' as date)", parsed.end());
  }
  return values;
}

Status stage_select(Work& work, duck::Connection& connection, const pack::Contract& contract, std::string_view root,
                    std::string_view period, std::string_view select, Staged& staged) {
  const auto values = partition_of(contract, period);
  const std::string folder = delta::partition_folder(partition_columns(contract), values);
  delta::NewFile file;
  file.path = fmt::format("{}{}part-00000-{}.c000.zstd.parquet", folder, folder.empty() ? "" : "/", new_uuid());
  file.partition_values = values;
  const std::string key = fmt::format("{}/{}", root, file.path);
  const std::string path = TRY(work.store().engine_path(key));

  std::vector<pack::ColumnSpec> written;
  for (const auto& column : staged.columns) {
    if (!values.contains(column.name)) written.push_back(column);
  }
  std::string list;
  for (const auto& column : written) list += fmt::format("{}{}", list.empty() ? "" : ", ", duck::name(column.name));
  const auto schema = TRY(schema_of(written));
  const auto copied = TRY(
      delta::copy_to_parquet(connection, fmt::format("select {} from ({})", list, select), path, schema, kRowGroup));
  std::int64_t rows = 0;
  for (const auto& done : copied) rows += done.rows;
  if (rows == 0) {
    (void)work.store().remove(key);
    return {};
  }
  if (copied.size() != 1) return fail(ErrorKind::internal, "the engine wrote {} files for one", copied.size());
  file.size_bytes = copied.front().size_bytes;
  file.stats_json = copied.front().stats_json;
  for (const auto& [column, nulls] : copied.front().null_counts) staged.null_counts[column] += nulls;
  staged.rows += rows;
  staged.bytes += file.size_bytes;
  staged.files.push_back(std::move(file));
  return {};
}

Result<std::string> staged_select(Work& work, const pack::Contract& contract, std::string_view root,
                                  std::string_view period, const Staged& staged) {
  if (staged.files.empty()) return empty_select(staged.columns);
  std::vector<std::string> paths;
  for (const auto& file : staged.files)
    paths.push_back(TRY(work.store().engine_path(fmt::format("{}/{}", root, file.path))));
  std::string columns = "*";
  for (const auto& [name, value] : partition_of(contract, period))
    columns += fmt::format(", cast('{}' as date) as {}", value.value_or(""), duck::name(name));
  return fmt::format("select {} from read_parquet({}, hive_partitioning = false)", columns, duck::path_list(paths));
}

void discard(Work& work, std::string_view root, const Staged& staged) {
  for (const auto& file : staged.files) (void)work.store().remove(fmt::format("{}/{}", root, file.path));
}

Result<delta::Version> commit_staged(Work& work, CommitRequest request) {
  const std::string doing = fmt::format("commit {}{}{}", request.contract.table.text(),
                                        request.task.period.empty() ? "" : " ", request.task.period);
  auto& store = work.store();
  const auto wanted = TRY_IN(doing, schema_of(request.staged.columns));
  auto opened = delta::Table::open(store, work.workshop.engine, request.root, work.workshop.clock);
  if (!opened && opened.error().kind == ErrorKind::not_found) {
    delta::CommitInfo info;
    info.operation = "CREATE TABLE";
    info.user = work.user;
    opened = delta::Table::create(store, work.workshop.engine, request.root, wanted,
                                  partition_columns(request.contract), info, {}, work.workshop.clock);
    if (!opened && opened.error().kind == ErrorKind::already_exists) {
      opened = delta::Table::open(store, work.workshop.engine, request.root, work.workshop.clock);
    }
  }
  if (!opened) return fail_within(doing, opened.error());
  auto& table = *opened;

  auto base = TRY_IN(doing, table.snapshot());
  delta::CommitInfo evolving;
  evolving.operation = "ADD COLUMNS";
  evolving.user = work.user;
  auto evolved = table.evolve(base, wanted, evolving);
  const auto info = commit_info(work, request);
  if (!evolved) {
    const bool incompatible = evolved.error().kind == ErrorKind::invalid_argument;
    if (!incompatible) return fail_within(doing, evolved.error());
    if (!request.replace || !TRY(may_start_from_none(work, request.contract))) {
      // The data is at fault, not how the program was called.
      Error error = within(doing, evolved.error());
      error.kind = ErrorKind::corrupt_data;
      return fail(std::move(error));
    }
    // The columns changed in a way that old rows cannot follow, and all of them are made again: start from none. What
    // was recorded of the old rows goes first, so that a run which ends half way does not take them for made.
    TRY_IN(doing, work.workshop.catalog.drop_states(work.tenant.id, request.contract.table.text()));
    delta::Change change;
    change.info = info;
    change.add = request.staged.files;
    change.remove = TRY_IN(doing, base.files());
    change.schema = wanted;
    change.reads_all = true;
    const auto done = TRY_IN(doing, table.commit(base, std::move(change)));
    work.touched.add(table);
    return done.version;
  }
  const auto& now = *evolved;
  const auto done = request.replace ? table.replace(now, partition_of(request.contract, request.task.period),
                                                    request.staged.files, info, request.transaction)
                                    : table.append(now, request.staged.files, info, request.transaction);
  if (!done) return fail_within(doing, done.error());
  work.touched.add(table);
  return done->version;
}

}  // namespace centavo
