#include "base/error.h"

#include <fmt/format.h>

namespace centavo {

std::string_view name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_argument: return "invalid_argument";
    case ErrorKind::not_found: return "not_found";
    case ErrorKind::already_exists: return "already_exists";
    case ErrorKind::corrupt_data: return "corrupt_data";
    case ErrorKind::unsupported: return "unsupported";
    case ErrorKind::conflict: return "conflict";
    case ErrorKind::busy: return "busy";
    case ErrorKind::check_failed: return "check_failed";
    case ErrorKind::stale: return "stale";
    case ErrorKind::out_of_space: return "out_of_space";
    case ErrorKind::over_limit: return "over_limit";
    case ErrorKind::permission_denied: return "permission_denied";
    case ErrorKind::io: return "io";
    case ErrorKind::outcome_unknown: return "outcome_unknown";
    case ErrorKind::cancelled: return "cancelled";
    case ErrorKind::internal: return "internal";
  }
  return "internal";
}

int exit_code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_argument: return 2;
    case ErrorKind::check_failed: return 3;
    case ErrorKind::stale: return 4;
    case ErrorKind::busy: return 5;
    case ErrorKind::cancelled: return 130;
    default: return 1;
  }
}

Error within(std::string_view doing, Error error) {
  error.message = fmt::format("{}: {}", doing, error.message);
  return error;
}

}  // namespace centavo
