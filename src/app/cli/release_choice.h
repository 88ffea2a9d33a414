#pragma once
/// \file app/cli/release_choice.h
/// Which release a person means.

#include <cstdint>
#include <string>

#include "base/result.h"
#include "io/store/store.h"

namespace centavo::cli {

/// `number`, else the newest one published not after `as_of`, else the newest (0).
Result<std::int64_t> chosen_release(Store& store, const std::string& tenant, std::int64_t number,
                                    const std::string& as_of);

/// A day alone means its end: what was known when the day was over.
Result<std::int64_t> moment(const std::string& text);

}  // namespace centavo::cli
