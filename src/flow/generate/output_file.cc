#include "flow/generate/output_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

#include <zlib.h>

namespace centavo::generate {
namespace {

constexpr int kLevel = 1;          // the fastest of zlib
constexpr int kGzipWindow = 31;    // 2^15 bytes, gzip frame
constexpr std::size_t kBlock = 1 << 18;

}  // namespace

struct OutputFile::State {
  std::string path;
  std::string written_at;
  std::FILE* file = nullptr;
  bool gzip = false;
  z_stream stream{};
  std::vector<unsigned char> block;
  std::int64_t bytes = 0;

  ~State() {
    if (gzip) deflateEnd(&stream);
    if (file != nullptr) std::fclose(file);
    if (!written_at.empty()) std::remove(written_at.c_str());
  }

  tl::unexpected<Error> failed() const {
    const int code = errno;
    return fail(code == ENOSPC || code == EDQUOT ? ErrorKind::out_of_space : ErrorKind::io, "write {}: {}", path,
                std::strerror(code));
  }

  Status put(const void* data, std::size_t size) {
    if (std::fwrite(data, 1, size, file) != size) return failed();
    bytes += static_cast<std::int64_t>(size);
    return {};
  }

  Status deflate_all(int flush) {
    int code = Z_OK;
    do {
      stream.next_out = block.data();
      stream.avail_out = static_cast<uInt>(block.size());
      code = deflate(&stream, flush);
      if (code == Z_STREAM_ERROR) return fail(ErrorKind::internal, "deflate {}: {}", path, code);
      TRY(put(block.data(), block.size() - stream.avail_out));
    } while (stream.avail_out == 0);
    return {};
  }
};

OutputFile::OutputFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
OutputFile::OutputFile(OutputFile&&) noexcept = default;
OutputFile& OutputFile::operator=(OutputFile&&) noexcept = default;
OutputFile::~OutputFile() = default;

Result<OutputFile> OutputFile::create(std::string path, bool gzip) {
  auto state = std::make_unique<State>();
  state->path = std::move(path);
  std::error_code code;
  std::filesystem::create_directories(std::filesystem::path(state->path).parent_path(), code);
  if (code) return fail(ErrorKind::io, "create the folder of {}: {}", state->path, code.message());
  const std::string beside = state->path + ".part";
  state->file = std::fopen(beside.c_str(), "wb");
  if (state->file == nullptr) return state->failed();
  state->written_at = beside;
  if (gzip) {
    if (deflateInit2(&state->stream, kLevel, Z_DEFLATED, kGzipWindow, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
      return fail(ErrorKind::internal, "deflate {}: no memory", state->path);
    }
    state->gzip = true;
    state->block.resize(kBlock);
  }
  return OutputFile(std::move(state));
}

Status OutputFile::write(std::string_view bytes) {
  if (!state_->gzip) return state_->put(bytes.data(), bytes.size());
  state_->stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  state_->stream.avail_in = static_cast<uInt>(bytes.size());
  return state_->deflate_all(Z_NO_FLUSH);
}

Result<std::int64_t> OutputFile::close() {
  if (state_->gzip) {
    state_->stream.next_in = nullptr;
    state_->stream.avail_in = 0;
    TRY(state_->deflate_all(Z_FINISH));
  }
  const bool closed = std::fclose(state_->file) == 0;
  state_->file = nullptr;
  if (!closed || std::rename(state_->written_at.c_str(), state_->path.c_str()) != 0) return state_->failed();
  state_->written_at.clear();
  return state_->bytes;
}

Status write_file(const std::string& path, std::string_view bytes) {
  OutputFile file = TRY(OutputFile::create(path, false));
  TRY(file.write(bytes));
  TRY(file.close());
  return {};
}

}  // namespace centavo::generate
