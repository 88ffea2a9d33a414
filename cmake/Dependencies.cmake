# What centavo links. Everything but DuckDB comes from the distribution; scripts/setup installs it.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-cpp)
pkg_check_modules(ARCHIVE REQUIRED IMPORTED_TARGET libarchive)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
find_path(TL_EXPECTED_INCLUDE tl/expected.hpp REQUIRED)
find_path(CLI11_INCLUDE CLI/CLI.hpp REQUIRED)
find_library(ROARING_LIBRARY roaring REQUIRED)
find_library(ISAL_LIBRARY isal REQUIRED)
find_path(ISAL_INCLUDE isa-l/igzip_lib.h REQUIRED)
find_library(XLSXWRITER_LIBRARY xlsxwriter REQUIRED)
find_path(XLSXWRITER_INCLUDE xlsxwriter.h REQUIRED)

find_library(DUCKDB_LIBRARY NAMES libduckdb.so PATHS ${CENTAVO_DEPS}/duckdb NO_DEFAULT_PATH)
if(NOT DUCKDB_LIBRARY)
  message(FATAL_ERROR "DuckDB is not in ${CENTAVO_DEPS}/duckdb: run scripts/setup")
endif()
add_library(duckdb SHARED IMPORTED)
set_target_properties(duckdb PROPERTIES
  IMPORTED_LOCATION ${DUCKDB_LIBRARY}
  IMPORTED_NO_SONAME TRUE
  INTERFACE_INCLUDE_DIRECTORIES ${CENTAVO_DEPS}/duckdb)
