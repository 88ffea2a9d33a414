#pragma once
/// \file base/error.h
/// The one error type of centavo. A kind says how the caller reacts; the message says what was being done, then the
/// values.

#include <string>
#include <string_view>

namespace centavo {

enum class ErrorKind {
  invalid_argument,  ///< the person's words are off: command line, YAML, SQL
  not_found,
  already_exists,
  corrupt_data,   ///< bytes that are not what they claim to be
  unsupported,    ///< well-formed, but a feature we do not have; the message names it
  conflict,       ///< another writer changed the same thing first
  busy,           ///< another run holds the lock
  check_failed,   ///< a check, a reconciliation or a validation does not hold
  stale,          ///< freshness breached
  out_of_space,
  over_limit,     ///< a limit of time or rows that the person or the lake set
  permission_denied,
  io,             ///< any other failure of a disk, a network, a server
  outcome_unknown,  ///< it may or may not have happened; the caller must look
  cancelled,
  internal,
};

/// "corrupt_data" for ErrorKind::corrupt_data: the word used in JSON and documents.
std::string_view name_of(ErrorKind kind);

/// Exit code of the program for an error of this kind (docs/errors/exit-codes.md).
int exit_code_of(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;  ///< "load pack aws: silver/x.yaml:14: unknown type \"money\""
  std::string hint;     ///< what to do, one sentence; may be empty
};

/// `error` with `doing` put before its message: within("commit gold/costs", e).
Error within(std::string_view doing, Error error);

}  // namespace centavo
