#include "io/duck/session.h"

namespace centavo::duck {

Rows::Rows(std::unique_ptr<State> state) : state_(std::move(state)) {}
Rows::Rows(Rows&&) noexcept = default;
Rows& Rows::operator=(Rows&&) noexcept = default;
Rows::~Rows() = default;

const std::vector<Column>& Rows::columns() const { return state_->columns; }

Error Session::reason_of(Error error, const RawPrepared& prepared) const {
  constexpr int kAttemptsMax = 3;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    if (error.kind != ErrorKind::cancelled || watcher->should_stop()) return error;
    if (duckdb_prepared_statement_type(prepared.get()) != DUCKDB_STATEMENT_TYPE_SELECT) break;
    RawPending pending;
    RawResult result;
    if (duckdb_pending_prepared_streaming(prepared.get(), pending.out()) != DuckDBSuccess) break;
    if (duckdb_execute_pending(pending.get(), result.out()) == DuckDBSuccess) {
      for (RawChunk chunk(duckdb_fetch_chunk(result.get())); chunk;) *chunk.out() = duckdb_fetch_chunk(result.get());
    }
    if (result.message().empty()) break;
    error = error_of(result, {});
  }
  if (error.kind != ErrorKind::cancelled || watcher->should_stop()) return error;
  return {ErrorKind::internal, "the query failed, and the engine does not say why", "run it again"};
}

Result<bool> Rows::State::next_chunk() {
  if (session->watcher->should_stop()) return fail(ErrorKind::cancelled, "the query was interrupted");
  values.clear();
  *chunk.out() = duckdb_fetch_chunk(result.get());
  if (!chunk) {
    if (!result.message().empty()) return fail(session->reason_of(error_of(result, sql), prepared));
    return false;
  }
  row_count = duckdb_data_chunk_get_size(chunk.get());
  rows_seen += static_cast<std::int64_t>(row_count);
  if (rows_max > 0 && rows_seen > rows_max)
    return fail(ErrorKind::over_limit, "the query has more than {} rows", rows_max);
  row = 0;
  for (std::size_t i = 0; i < types.size(); ++i) {
    values.push_back(Values::of(types[i], duckdb_data_chunk_get_vector(chunk.get(), i)));
  }
  return row_count > 0;
}

void Rows::limit(std::int64_t rows_max) { state_->rows_max = rows_max; }

Result<bool> Rows::next() {
  State& state = *state_;
  if (state.ended) return false;
  if (state.started && ++state.row < state.row_count) return true;
  state.started = true;
  Result<bool> more = state.next_chunk();
  state.ended = !more || !*more;
  if (state.ended) {
    state.values.clear();
    state.chunk.reset();
    state.session->watcher->end(state.number);
  }
  return more;
}

bool Rows::is_null(std::size_t column) const { return state_->at(column).is_null(state_->row); }

std::string Rows::text(std::size_t column) const {
  return is_null(column) ? std::string() : state_->at(column).text(state_->row);
}

std::int64_t Rows::integer(std::size_t column) const {
  return is_null(column) ? 0 : state_->at(column).integer(state_->row);
}

bool Rows::boolean(std::size_t column) const { return integer(column) != 0; }

Json Rows::json(std::size_t column) const { return is_null(column) ? Json() : state_->at(column).json(state_->row); }

}  // namespace centavo::duck
