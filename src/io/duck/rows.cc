#include "io/duck/session.h"

namespace centavo::duck {

Rows::Rows(std::unique_ptr<State> state) : state_(std::move(state)) {}
Rows::Rows(Rows&&) noexcept = default;
Rows& Rows::operator=(Rows&&) noexcept = default;
Rows::~Rows() = default;

const std::vector<Column>& Rows::columns() const { return state_->columns; }

Result<bool> Rows::State::next_chunk() {
  if (session->watcher->should_stop()) return fail(ErrorKind::cancelled, "the query was interrupted");
  values.clear();
  *chunk.out() = duckdb_fetch_chunk(result.get());
  if (!chunk) {
    const char* const message = duckdb_result_error(result.out());
    if (message != nullptr && *message != '\0') return fail(error_of(message, sql));
    return false;
  }
  row_count = duckdb_data_chunk_get_size(chunk.get());
  row = 0;
  for (std::size_t i = 0; i < types.size(); ++i) {
    values.push_back(Values::of(types[i], duckdb_data_chunk_get_vector(chunk.get(), i)));
  }
  return row_count > 0;
}

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
