#pragma once
/// \file app/document/certificate_page.h
/// A certificate as one HTML page: no script, nothing from elsewhere, made to be printed.

#include <string>

#include "lake/catalog/certificate.h"

namespace centavo::document {

std::string certificate_page(const Certificate& certificate);

}  // namespace centavo::document
