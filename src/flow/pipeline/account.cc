#include "flow/pipeline/account.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/digest.h"
#include "flow/pipeline/work.h"
#include "lake/delta/log_path.h"

namespace centavo {
namespace {

using pack::ProofSpec;
using pack::TableName;

constexpr std::size_t kDigestBufferBytes = 1 << 20;

Result<std::string> digest_of_file(const std::string& path, const Cancel* cancel) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(ErrorKind::not_found, "{}: cannot be opened", path);
  Sha256 digest;
  std::string buffer(kDigestBufferBytes, '\0');
  while (in) {
    if (cancel != nullptr && cancel->requested()) return fail(ErrorKind::cancelled, "interrupted");
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    digest.update(std::string_view(buffer).substr(0, static_cast<std::size_t>(in.gcount())));
  }
  return digest.hex();
}

std::string text_sql(const std::string& expression) {
  return expression.empty() ? "''" : fmt::format("coalesce(cast({} as varchar), '')", expression);
}

// One row a key: currency, category, issuer, invoice, rows, amount.
std::string sums_sql(const ProofSpec& proof, std::string_view from) {
  return fmt::format(
      "select {} as currency, {} as category, {} as issuer, {} as invoice, count(*) as n, sum({}) as amount from {}{} "
      "group by 1, 2, 3, 4",
      text_sql(proof.currency), text_sql(proof.by), text_sql(proof.issuer), text_sql(proof.invoice), proof.amount, from,
      proof.where.empty() ? "" : " where " + proof.where);
}

// Reads all of a period. Lives for one call.
class Measuring {
 public:
  Measuring(Workshop& workshop, const Tenant& tenant, const Graph& graph, const AccountOf& of, const Cancel* cancel)
      : workshop_(workshop),
        tenant_(tenant),
        graph_(graph),
        of_(of),
        cancel_(cancel),
        work_{workshop, tenant, graph,     no_landings_, no_plan_, {}, "certificate-" + new_uuid(),
              "",       0,      workers(), false,        cancel,   {}} {
    account_.period = of.period;
  }

  Result<Account> run() {
    std::set<TableName> wanted, whole;
    for (const auto& node : graph_.nodes()) {
      if (!of_.versions.contains(node.model->contract.table.text()) || node.is_periodic() == of_.period.empty())
        continue;
      wanted.insert(node.model->contract.table);
      if (of_.period.empty()) whole.insert(node.inputs.begin(), node.inputs.end());
    }
    for (const auto& node : graph_.nodes()) {
      const auto& table = node.model->contract.table;
      const bool is_whole = !wanted.contains(table) && whole.contains(table);
      if (!of_.versions.contains(table.text()) || (!wanted.contains(table) && !is_whole)) continue;
      if (!node.feeds.empty() && !is_whole) TRY(measure_raw(node));
      TRY(measure_table(node, pack::name_of(table.layer), table.text(),
                        Lake::table_root(tenant_.id, pack::name_of(table.layer), table.table), is_whole));
      if (of_.versions.contains("quarantine:" + table.text())) {
        TRY(measure_table(node, "quarantine", "quarantine:" + table.text(),
                          Lake::quarantine_root(tenant_.id, pack::name_of(table.layer), table.table), is_whole));
      }
    }
    const auto by_place = [](const auto& a, const auto& b) {
      return std::tie(a.table, a.path) < std::tie(b.table, b.path);
    };
    std::sort(account_.files.begin(), account_.files.end(), by_place);
    std::sort(account_.table_files.begin(), account_.table_files.end(), by_place);
    return std::move(account_);
  }

 private:
  std::size_t workers() const {
    const int configured = workshop_.lake.config().threads;
    return static_cast<std::size_t>(configured > 0 ? configured : std::max(1u, std::thread::hardware_concurrency()));
  }
  bool stopped() const { return cancel_ != nullptr && cancel_->requested(); }

  void finding(std::string cause, std::string where, std::string text) {
    account_.findings.push_back({std::move(cause), std::move(where), "", "", std::move(text), true});
  }

  StageSums stage_of(const Node& node, std::string_view stage, std::string table) const {
    StageSums out;
    out.stage = stage;
    out.table = std::move(table);
    for (const auto& proof : node.model->contract.proofs) {
      out.measures.insert(proof.measure);
      if (!proof.by.empty()) out.categorised.insert(proof.measure);
      if (!proof.issuer.empty()) out.invoiced.insert(proof.measure);
    }
    return out;
  }

  Result<std::string> expanded(const Node& node, const std::string& sql) const {
    return workshop_.library.expand(sql, "duckdb", sql_values(node, of_.period));
  }

  // Adds the sums of what `from` holds on the connection.
  Status add_sums(duck::Connection& connection, const Node& node, std::string_view from, Sums& sums) const {
    for (const auto& proof : node.model->contract.proofs) {
      const std::string sql = TRY(expanded(node, sums_sql(proof, from)));
      for (const auto& row : TRY(connection.all(sql))) {
        const auto text = [&](std::size_t i) { return row[i].value_or(""); };
        const Decimal amount = TRY(parse_decimal(row[5].value_or("0")));
        TRY((sums[{proof.measure, text(0), text(1), text(2), text(3)}].add(std::stoll(text(4)), amount)));
      }
    }
    return {};
  }

  // ---------- raw

  // A proof may ask its own table, as for the accounts that another export tells of: the rows of one raw file do not
  // know. "" when none does, or when the table cannot be read; that is found where it is measured.
  std::string own_rows(const Node& node) const {
    const auto& contract = node.model->contract;
    const auto asks = [](const ProofSpec& proof) { return proof.where.find("from this") != std::string::npos; };
    if (std::none_of(contract.proofs.begin(), contract.proofs.end(), asks)) return {};
    const std::string root = Lake::table_root(tenant_.id, pack::name_of(contract.table.layer), contract.table.table);
    auto table = delta::Table::open(workshop_.lake.store(), workshop_.engine, root, workshop_.clock);
    if (!table) return {};
    const auto snapshot = table->snapshot_at(of_.versions.at(contract.table.text()));
    if (!snapshot) return {};
    const auto files = snapshot->files_in(partition_of(contract, of_.period));
    if (!files || files->empty()) return {};
    return snapshot->select_sql(*files).value_or("");
  }

  Status measure_raw(const Node& node) {
    StageSums stage = stage_of(node, "raw", node.model->contract.table.text());
    own_rows_ = own_rows(node);
    const auto landings = of_.landings.find(stage.table);
    if (landings == of_.landings.end()) return {};
    for (const auto* landing : landings->second) {
      for (const auto& file : landing->files) TRY(measure_file(node, *landing, file, stage));
    }
    account_.stages.push_back(std::move(stage));
    return {};
  }

  Status measure_file(const Node& node, const Landing& landing, const LandedFile& file, StageSums& stage) {
    FilePart part;
    part.table = stage.table;
    part.source = landing.source;
    part.landing = landing.number;
    part.path = file.source_path;
    part.raw_key = file.raw_key;
    part.digest = file.digest;
    part.size_bytes = file.size_bytes;
    TRY(check_bytes(file, part));
    Sums sums;
    const Status read = part.digest_now.empty() ? Status{} : read_file(node, landing, file, part, sums);
    if (!read) {
      if (stopped()) return read;
      // Bytes that are not the ones that landed need not be readable; those that are, must be.
      if (part.digest_now == part.digest) return fail_within(file.source_path, read.error());
      part.readable = false;
    }
    if (part.digest_now.empty()) part.readable = false;
    stage.readable = stage.readable && part.readable;
    if (part.readable) {
      stage.rows += part.rows;
      const std::string measure = first_measure(node);
      for (const auto& [key, sum] : sums) {
        TRY(stage.sums[key].add(sum.rows, sum.amount));
        if (key.measure == measure) part.amounts[key.currency] = TRY(add(part.amounts[key.currency], sum.amount));
      }
    }
    account_.files.push_back(std::move(part));
    return {};
  }

  // Whether the bytes in raw are those that landed.
  Status check_bytes(const LandedFile& file, FilePart& part) {
    const auto info = workshop_.lake.store().info(file.raw_key);
    if (!info) {
      if (info.error().kind != ErrorKind::not_found) return fail(info.error());
      finding("missing_file", file.source_path,
              fmt::format("{} is gone from raw ({})", file.source_path, file.raw_key));
      return {};
    }
    const std::string path = TRY(workshop_.lake.store().engine_path(file.raw_key));
    part.digest_now = TRY(digest_of_file(path, cancel_));
    if (part.digest_now == part.digest) return {};
    const bool shorter = info->size_bytes < file.size_bytes;
    finding(shorter ? "truncated_file" : "changed_file", file.source_path,
            fmt::format("{} is not what landed: {} bytes now, {} then; SHA-256 {} now, {} then ({})", file.source_path,
                        info->size_bytes, file.size_bytes, part.digest_now.substr(0, 12), part.digest.substr(0, 12),
                        file.raw_key));
    return {};
  }

  static std::string first_measure(const Node& node) {
    const auto& proofs = node.model->contract.proofs;
    for (const auto& proof : proofs) {
      if (proof.measure == kPayable) return proof.measure;
    }
    return proofs.empty() ? "" : proofs.front().measure;
  }

  Status read_file(const Node& node, const Landing& landing, const LandedFile& file, FilePart& part, Sums& sums) {
    Task task;
    task.table = node.model->contract.table;
    task.period = of_.period;
    std::mutex mutex;
    const auto on_rows = [&](duck::Connection& connection, const LandedFile&, const std::string& select) -> Status {
      const std::string& period_column = node.model->contract.period_column;
      const std::string view =
          of_.period.empty() || period_column.empty()
              ? select
              : fmt::format("select *, date '{}-01' as {} from ({})", of_.period, duck::name(period_column), select);
      // A proof names several columns of the rows: they are read once.
      TRY(connection.run(fmt::format("create or replace temp view raw_rows as {}", view)));
      const std::string own = "create or replace temp view this as select * from ";
      if (own_rows_.empty() || !connection.run(own + own_rows_)) TRY(connection.run(own + "raw_rows"));
      Sums some;
      TRY(add_sums(connection, node, "raw_rows", some));
      const auto rows = TRY(connection.value("select count(*) from raw_rows"));
      const std::scoped_lock lock(mutex);
      part.rows += std::stoll(rows.value_or("0"));
      for (const auto& [key, sum] : some) TRY(sums[key].add(sum.rows, sum.amount));
      return {};
    };
    return read_raw_file(work_, node, task, landing, file, on_rows);
  }

  // ---------- tables

  Status measure_table(const Node& node, std::string_view layer, const std::string& name, const std::string& root,
                       bool whole) {
    StageSums stage = stage_of(node, layer, name);
    stage.whole = whole;
    auto table = TRY_IN(name, delta::Table::open(workshop_.lake.store(), workshop_.engine, root, workshop_.clock));
    const auto snapshot = TRY_IN(name, table.snapshot_at(of_.versions.at(name)));
    const auto files =
        TRY_IN(name, whole ? snapshot.files() : snapshot.files_in(partition_of(node.model->contract, of_.period)));
    TRY(check_table_files(table, snapshot, files, name, stage));
    if (stage.readable && !files.empty()) {
      const Status read = sum_table(node, TRY(snapshot.select_sql(files)), layer == "bronze" && !whole, stage);
      if (!read) {
        if (stopped()) return read;
        stage.readable = false;
        finding("changed_table", name, fmt::format("{} cannot be read: {}", name, read.error().message));
      }
    }
    account_.stages.push_back(std::move(stage));
    return {};
  }

  Status check_table_files(const delta::Table& table, const delta::Snapshot& snapshot,
                           const std::vector<delta::DataFile>& files, const std::string& name, StageSums& stage) {
    for (const auto& file : files) {
      TableFile out;
      out.table = name;
      out.version = snapshot.version();
      out.path = delta::decode_path(file.path);
      const std::string key = table.root() + "/" + out.path;
      const auto info = workshop_.lake.store().info(key);
      if (!info) {
        if (info.error().kind != ErrorKind::not_found) return fail(info.error());
        stage.readable = false;
        finding("missing_table_file", name, fmt::format("{}: its file {} is gone", name, out.path));
      } else {
        out.size_bytes = info->size_bytes;
        const std::string path = TRY(workshop_.lake.store().engine_path(key));
        out.digest = TRY(digest_of_file(path, cancel_));
        if (info->size_bytes != file.size_bytes) {
          finding("changed_table", name,
                  fmt::format("{}: its file {} has {} bytes, its log says {}", name, out.path, info->size_bytes,
                              file.size_bytes));
        }
      }
      account_.table_files.push_back(std::move(out));
    }
    return {};
  }

  Status sum_table(const Node& node, const std::string& select, bool bronze, StageSums& stage) {
    auto desk = TRY(Desk::open(workshop_.engine, cancel_));
    TRY(desk.define_this("select * from " + select));
    const auto rows = TRY(desk.connection().value("select count(*) from this"));
    stage.rows = std::stoll(rows.value_or("0"));
    TRY(add_sums(desk.connection(), node, "this", stage.sums));
    if (bronze && !node.feeds.empty() && !node.model->contract.proofs.empty()) TRY(look_at_rows(desk, node, stage));
    return {};
  }

  // What bronze has of each file, and rows that stand more than once.
  Status look_at_rows(Desk& desk, const Node& node, const StageSums& stage) {
    const auto& contract = node.model->contract;
    const std::string measure = first_measure(node);
    const auto proof = std::find_if(contract.proofs.begin(), contract.proofs.end(),
                                    [&](const ProofSpec& p) { return p.measure == measure; });
    std::set<std::string> metadata;
    for (const auto& column : bronze_metadata_columns()) metadata.insert(column.name);
    std::string columns;
    for (const auto& column : TRY(desk.connection().describe("select * from this"))) {
      if (!metadata.contains(column.name)) columns += (columns.empty() ? "" : ", ") + duck::name(column.name);
    }
    const std::string hashed = TRY(expanded(
        node,
        fmt::format("select source_file_name as f, source_row_number as r, hash({}) as h, {} as c, case when {} "
                    "then {} end as a from this",
                    columns, text_sql(proof->currency), proof->where.empty() ? "true" : proof->where, proof->amount)));
    auto& connection = desk.connection();
    TRY(connection.run(fmt::format("create or replace temp view hashed as {}", hashed)));
    for (const auto& row : TRY(connection.all(
             "select f, c, count(*), coalesce(sum(a), 0), sum(h::hugeint) from hashed group by 1, 2 order by 1, 2")))
      TRY(note_file(stage.table, row));
    const auto repeated = TRY(connection.all(
        "with twice as (select h, c, count(*) as n, any_value(a) as a, sum(a) as s, min({'f': f, 'r': r}) as place "
        "from hashed group by h, c having count(*) > 1 and any_value(a) <> 0) "
        "select c, sum(n - 1), sum(s - a), min(place).f || ', row ' || min(place).r from twice group by c order by c"));
    for (const auto& row : repeated) {
      account_.repeated.push_back({stage.table, row[0].value_or(""), row[3].value_or(""),
                                   std::stoll(row[1].value_or("0")), TRY(parse_decimal(row[2].value_or("0")))});
    }
    return {};
  }

  Status note_file(const std::string& table, const std::vector<std::optional<std::string>>& row) {
    const std::string path = row[0].value_or("");
    auto part = std::find_if(account_.files.begin(), account_.files.end(),
                             [&](const FilePart& p) { return p.table == table && p.path == path; });
    if (part == account_.files.end()) {
      FilePart unknown;
      unknown.table = table;
      unknown.path = path;
      unknown.readable = false;
      part = account_.files.insert(account_.files.end(), unknown);
    }
    part->bronze_rows += std::stoll(row[2].value_or("0"));
    part->bronze_amounts[row[1].value_or("")] = TRY(parse_decimal(row[3].value_or("0")));
    part->fingerprint += fmt::format("{} {} {};", row[1].value_or(""), row[2].value_or(""), row[4].value_or(""));
    return {};
  }

  Workshop& workshop_;
  const Tenant& tenant_;
  const Graph& graph_;
  const AccountOf& of_;
  const Cancel* cancel_;
  const std::vector<Landing> no_landings_;
  const Plan no_plan_;
  Work work_;
  Account account_;
  std::string own_rows_;   // of the table whose raw files are read
};

}  // namespace

Status Sum::add(std::int64_t more_rows, const Decimal& more) {
  rows += more_rows;
  amount = TRY(centavo::add(amount, more));
  return {};
}

const StageSums* Account::find(std::string_view stage, std::string_view table) const {
  for (const auto& each : stages) {
    if (each.stage == stage && each.table == table) return &each;
  }
  return nullptr;
}

Result<Account> measure_account(Workshop& workshop, const Tenant& tenant, const Graph& graph, const AccountOf& of,
                                const Cancel* cancel) {
  return Measuring(workshop, tenant, graph, of, cancel).run();
}

}  // namespace centavo
