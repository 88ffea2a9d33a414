#pragma once
/// \file base/result.h
/// Result<T>, Status and TRY. Everything that can fail returns one of them; our code does not throw.

#include <utility>

#include <fmt/format.h>
#include <tl/expected.hpp>

#include "base/error.h"

namespace centavo {

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

/// return fail(ErrorKind::not_found, "tenant {}: no such tenant", id);
template <class... Args>
tl::unexpected<Error> fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(Error{kind, fmt::format(format, std::forward<Args>(args)...), {}});
}

/// The same with a hint: return fail_hint("write decimal(38,21)", ErrorKind::invalid_argument, "unknown type {}", t);
template <class... Args>
tl::unexpected<Error> fail_hint(std::string hint, ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(Error{kind, fmt::format(format, std::forward<Args>(args)...), std::move(hint)});
}

/// Passes an error up as it is, or with what was being done in front.
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }
inline tl::unexpected<Error> fail_within(std::string_view doing, Error error) {
  return tl::unexpected<Error>(within(doing, std::move(error)));
}

namespace detail {
template <class T>
T take(Result<T>&& result) {
  return std::move(*result);
}
inline void take(Status&&) {}
}  // namespace detail

}  // namespace centavo

/// Unwraps a Result, or returns its error from the enclosing function: const Version v = TRY(table.version());
#define TRY(expression)                                                                          \
  __extension__({                                                                                \
    auto try_result_ = (expression);                                                             \
    if (!try_result_) return ::tl::unexpected<::centavo::Error>(std::move(try_result_).error()); \
    ::centavo::detail::take(std::move(try_result_));                                             \
  })

/// TRY with words put in front of the error: TRY_IN(fmt::format("commit {}", root), write(...)).
#define TRY_IN(doing, expression)                                                             \
  __extension__({                                                                             \
    auto try_result_ = (expression);                                                          \
    if (!try_result_) return ::centavo::fail_within((doing), std::move(try_result_).error()); \
    ::centavo::detail::take(std::move(try_result_));                                          \
  })
