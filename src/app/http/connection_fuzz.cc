/// Any bytes as what a client sends: read whole, byte by byte and in two pieces, they are the same requests and the
/// same refusal, within the limits; and no answer to them holds a line that they brought.

#include <cstdlib>

#include "app/http/compress.h"
#include "app/http/wire.h"

namespace {

using namespace centavo::http;

Limits small_limits() {
  Limits limits;
  limits.header_bytes = 512;
  limits.body_bytes = 256;
  return limits;
}

std::string read(std::string_view bytes, std::size_t piece) {
  const Limits limits = small_limits();
  RequestReader reader(limits);
  std::string input, out;
  while (true) {
    const std::size_t taken = reader.put(input);
    input.erase(0, taken);
    if (reader.body_size() > limits.body_bytes) std::abort();
    if (reader.state() == RequestReader::State::complete) {
      const Request request = reader.take();
      if (request.body.size() > limits.body_bytes) std::abort();
      out += request.method + '\x01' + request.target + '\x01' + request.body;
      for (const auto& [name, value] : request.headers) out += '\x02' + name + '=' + value;
      continue;
    }
    if (reader.state() == RequestReader::State::refused)
      return out + "refused " + std::to_string(reader.refusal().status);
    // What waits for more bytes is bounded, or a client could make it grow for ever.
    if (input.size() > limits.header_bytes + piece) std::abort();
    if (bytes.empty()) return out + (reader.state() == RequestReader::State::body ? "in body" : "in head");
    input += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
}

void check_answer(std::string_view bytes) {
  Response response;
  response.header(std::string(bytes.substr(0, bytes.size() / 2)), std::string(bytes.substr(bytes.size() / 2)));
  HeadOptions options;
  options.length = 1;
  const std::string head = head_text(response, options);
  std::size_t lines = 0;
  for (std::size_t at = head.find('\n'); at != std::string::npos; at = head.find('\n', at + 1)) ++lines;
  if (lines < 5 || lines > 6) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), std::min<std::size_t>(size, 4096));
  const std::string whole = read(text, 4096);
  if (read(text, 1) != whole || read(text, 7) != whole) std::abort();
  check_answer(text);
  return 0;
}
