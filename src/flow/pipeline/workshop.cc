#include <unistd.h>

#include "flow/pipeline/pipeline.h"
#include "io/store/key.h"

namespace centavo {

std::string spill_folder(const std::string& lake_dir) {
  return fmt::format("{}/{}spill-{}", lake_dir, kTempPrefix, getpid());
}

Result<duck::Database> open_engine(const Lake& lake) {
  duck::Options options;
  options.memory_limit_bytes = lake.config().memory_limit_bytes;
  options.threads = lake.config().threads;
  options.temp_directory = spill_folder(lake.dir());
  return duck::Database::open(options);
}

}  // namespace centavo
