#include "flow/connect/inflate.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>

namespace centavo {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;
constexpr const char* kDeliverAgain = "ask for the file again; the copy here is broken";

Status pass(const ByteSink& sink, std::string_view bytes) {
  if (!sink || bytes.empty()) return {};
  return sink(bytes);
}

// Inflates what is pushed. finish() says whether the end was an end.
class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual Status push(std::string_view in, const ByteSink& out) = 0;
  virtual Status finish() = 0;
};

class PlainDecoder : public Decoder {
 public:
  Status push(std::string_view in, const ByteSink& out) override { return pass(out, in); }
  Status finish() override { return {}; }
};

class GzipDecoder : public Decoder {
 public:
  GzipDecoder() : state_(std::make_unique<inflate_state>()), out_(kBlockBytes, '\0') { begin_member(); }

  Status push(std::string_view in, const ByteSink& out) override {
    if (in.empty()) return {};
    state_->next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(in.data()));
    state_->avail_in = static_cast<std::uint32_t>(in.size());
    while (true) {
      if (state_->block_state == ISAL_BLOCK_FINISH) {
        if (state_->avail_in == 0) break;
        if (*state_->next_in != 0x1f) {
          return fail_hint(kDeliverAgain, ErrorKind::corrupt_data,
                           "gzip: there is something behind its end, at byte {}", read_ + in.size() - state_->avail_in);
        }
        begin_member();
      }
      const bool fresh = state_->block_state == ISAL_BLOCK_NEW_HDR && members_ == 0;
      state_->next_out = reinterpret_cast<std::uint8_t*>(out_.data());
      state_->avail_out = static_cast<std::uint32_t>(out_.size());
      const int code = isal_inflate(state_.get());
      if (code != ISAL_DECOMP_OK) return broken(code, fresh, read_ + in.size() - state_->avail_in);
      if (state_->block_state == ISAL_BLOCK_FINISH) ++members_;
      TRY(pass(out, std::string_view(out_).substr(0, out_.size() - state_->avail_out)));
      if (state_->avail_in == 0 && state_->avail_out > 0) break;
    }
    read_ += in.size();
    return {};
  }

  Status finish() override {
    if (state_->block_state == ISAL_BLOCK_FINISH) return {};
    return fail_hint(kDeliverAgain, ErrorKind::corrupt_data, "gzip: cut off after {} bytes", read_);
  }

 private:
  void begin_member() {
    std::uint8_t* const next = state_->next_in;
    const std::uint32_t available = state_->avail_in;
    isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_GZIP;
    state_->next_in = next;
    state_->avail_in = available;
  }

  static tl::unexpected<Error> broken(int code, bool fresh, std::uint64_t at) {
    switch (code) {
      case ISAL_INCORRECT_CHECKSUM:
        return fail_hint(kDeliverAgain, ErrorKind::corrupt_data, "gzip: the checksum or size at byte {} does not fit",
                         at);
      case ISAL_INVALID_WRAPPER:
      case ISAL_UNSUPPORTED_METHOD:
        if (fresh)
          return fail_hint("rename it if it is not compressed", ErrorKind::corrupt_data, "the file is not gzip");
        return fail_hint(kDeliverAgain, ErrorKind::corrupt_data, "gzip: there is something behind its end, at byte {}",
                         at);
      default: return fail_hint(kDeliverAgain, ErrorKind::corrupt_data, "gzip: broken near byte {}", at);
    }
  }

  std::unique_ptr<inflate_state> state_;
  std::string out_;
  std::uint64_t read_ = 0;
  std::int64_t members_ = 0;
};

class ZstdDecoder : public Decoder {
 public:
  ZstdDecoder() : stream_(ZSTD_createDStream()), out_(kBlockBytes, '\0') {}
  ~ZstdDecoder() override { ZSTD_freeDStream(stream_); }
  ZstdDecoder(const ZstdDecoder&) = delete;
  ZstdDecoder& operator=(const ZstdDecoder&) = delete;

  Status push(std::string_view in, const ByteSink& out) override {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{};
    do {
      output = {out_.data(), out_.size(), 0};
      left_ = ZSTD_decompressStream(stream_, &output, &input);
      if (ZSTD_isError(left_) != 0) {
        return fail_hint(kDeliverAgain, ErrorKind::corrupt_data, "zstd: broken near byte {}: {}", read_ + input.pos,
                         ZSTD_getErrorName(left_));
      }
      TRY(pass(out, std::string_view(out_).substr(0, output.pos)));
    } while (input.pos < input.size || output.pos == output.size);
    read_ += in.size();
    return {};
  }

  Status finish() override {
    if (left_ == 0 && read_ > 0) return {};
    return fail_hint(kDeliverAgain, ErrorKind::corrupt_data, "zstd: cut off after {} bytes", read_);
  }

 private:
  ZSTD_DStream* stream_;
  std::string out_;
  std::size_t left_ = 1;
  std::uint64_t read_ = 0;
};

Status stop_if(const Cancel* cancel) {
  if (cancel != nullptr && cancel->requested()) return fail(ErrorKind::cancelled, "stopped");
  return {};
}

Status read_file(const std::string& path, const ByteSink& sink, const Cancel* cancel) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const ErrorKind kind = errno == ENOENT   ? ErrorKind::not_found
                           : errno == EACCES ? ErrorKind::permission_denied
                                             : ErrorKind::io;
    return fail(kind, "read {}: {}", path, std::strerror(errno));
  }
  const std::unique_ptr<const int, void (*)(const int*)> owner(&fd, [](const int* f) { ::close(*f); });
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  std::string block(kBlockBytes, '\0');
  while (true) {
    TRY(stop_if(cancel));
    const ssize_t got = ::read(fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(ErrorKind::io, "read {}: {}", path, std::strerror(errno));
    if (got == 0) return {};
    TRY(sink(std::string_view(block).substr(0, static_cast<std::size_t>(got))));
  }
}

bool is_payload(std::string_view name) {
  const std::string_view last = name.substr(name.rfind('/') == std::string_view::npos ? 0 : name.rfind('/') + 1);
  return !name.starts_with("__MACOSX/") && !last.starts_with('.') && !last.empty();
}

tl::unexpected<Error> zip_broken(struct archive* zip) {
  const char* const why = archive_error_string(zip);
  return fail_hint(kDeliverAgain, ErrorKind::corrupt_data, "zip: {}", why == nullptr ? "broken" : why);
}

Status read_entry(struct archive* zip, std::string& block, const InflateSinks& sinks, const Cancel* cancel) {
  while (true) {
    TRY(stop_if(cancel));
    const la_ssize_t got = archive_read_data(zip, block.data(), block.size());
    if (got < 0) return zip_broken(zip);
    if (got == 0) return {};
    TRY(pass(sinks.bytes, std::string_view(block).substr(0, static_cast<std::size_t>(got))));
  }
}

Status read_zip(const std::string& path, const InflateSinks& sinks, const Cancel* cancel) {
  const std::unique_ptr<struct archive, int (*)(struct archive*)> zip(archive_read_new(), archive_read_free);
  archive_read_support_format_zip_seekable(zip.get());
  if (archive_read_open_filename(zip.get(), path.c_str(), kBlockBytes) != ARCHIVE_OK) return zip_broken(zip.get());
  std::string block(kBlockBytes, '\0');
  int entries = 0;
  while (true) {
    struct archive_entry* entry = nullptr;
    const int code = archive_read_next_header(zip.get(), &entry);
    if (code == ARCHIVE_EOF) break;
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return zip_broken(zip.get());
    const char* const given = archive_entry_pathname(entry);
    const std::string name = given == nullptr ? "" : given;
    if (archive_entry_filetype(entry) != AE_IFREG || !is_payload(name)) continue;
    if (archive_entry_is_encrypted(entry) != 0) {
      return fail_hint("deliver it without a password", ErrorKind::unsupported, "zip: {} is encrypted", name);
    }
    ++entries;
    if (sinks.entry) TRY(sinks.entry(name));
    TRY_IN(name, read_entry(zip.get(), block, sinks, cancel));
  }
  if (entries == 0) return fail(ErrorKind::corrupt_data, "zip: there is no file in it");
  return {};
}

}  // namespace

Status inflate_file(const std::string& path, std::string_view compression, const InflateSinks& sinks,
                    const Cancel* cancel) {
  std::unique_ptr<Decoder> decoder;
  if (compression.empty()) decoder = std::make_unique<PlainDecoder>();
  if (compression == "gzip") decoder = std::make_unique<GzipDecoder>();
  if (compression == "zstd") decoder = std::make_unique<ZstdDecoder>();
  if (compression == "zip") {
    if (sinks.raw) TRY(read_file(path, sinks.raw, cancel));
    return read_zip(path, sinks, cancel);
  }
  if (!decoder) return fail(ErrorKind::unsupported, "compression {}: not one that is read", compression);
  const ByteSink take = [&](std::string_view bytes) -> Status {
    TRY(pass(sinks.raw, bytes));
    return decoder->push(bytes, sinks.bytes);
  };
  TRY(read_file(path, take, cancel));
  return decoder->finish();
}

}  // namespace centavo
