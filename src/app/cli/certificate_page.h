#pragma once
/// \file app/cli/certificate_page.h
/// A certificate as one HTML page: no script, nothing from elsewhere, made to be printed.

#include <string>

#include "lake/catalog/certificate.h"

namespace centavo::cli {

std::string certificate_page(const Certificate& certificate);

}  // namespace centavo::cli
