#pragma once
/// \file app/http/client_testing.h
/// A client for tests that does nothing a test did not say: raw bytes over a socket, with or without TLS.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace centavo::http {

/// An answer as it came.
struct Answer {
  int status = 0;                              ///< 0: the connection ended or time was over before a whole answer
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;                            ///< chunks put together
  bool whole = false;
};

class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer_bytes = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer_bytes > 0)
      setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  Client(Client&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        ssl_(std::exchange(other.ssl_, nullptr)),
        connected_(other.connected_),
        buffer_(std::move(other.buffer_)) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { close(); }

  bool is_connected() const { return connected_; }
  /// Starts TLS; false when the handshake fails.
  bool start_tls(SSL_CTX* context, SSL_SESSION* session = nullptr) {
    ssl_ = SSL_new(context);
    SSL_set_fd(ssl_, socket_);
    if (session != nullptr) SSL_set_session(ssl_, session);
    return SSL_connect(ssl_) == 1;
  }
  SSL* ssl() { return ssl_; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t size = ssl_ != nullptr ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                                           : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
  }
  /// Says that nothing more will be sent; still reads.
  void end_sending() { ::shutdown(socket_, SHUT_WR); }
  void close() {
    if (ssl_ != nullptr) SSL_free(ssl_);
    ssl_ = nullptr;
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  /// Some bytes, "" at the end or after `seconds`.
  std::string receive(double seconds = 10) {
    if (ssl_ == nullptr || SSL_pending(ssl_) == 0) {
      pollfd waiting{socket_, POLLIN, 0};
      if (::poll(&waiting, 1, static_cast<int>(seconds * 1000)) != 1) {
        timed_out_ = true;
        return {};
      }
    }
    char piece[16384];
    const ssize_t size =
        ssl_ != nullptr ? SSL_read(ssl_, piece, sizeof piece) : ::recv(socket_, piece, sizeof piece, 0);
    return size > 0 ? std::string(piece, static_cast<std::size_t>(size)) : std::string();
  }
  /// All bytes until the connection ends or nothing comes for `seconds`.
  std::string receive_all(double seconds = 10) {
    std::string out = std::exchange(buffer_, {});
    for (std::string piece = receive(seconds); !piece.empty(); piece = receive(seconds)) out += piece;
    return out;
  }
  bool timed_out() const { return timed_out_; }

  /// One answer; bytes behind it are kept for the next. `head`: it has no body whatever its headers say.
  Answer answer(bool head = false, double seconds = 10) {
    Answer out;
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!more(seconds)) return out;
    }
    parse_head(buffer_.substr(0, end), out);
    buffer_.erase(0, end + 4);
    if (head || out.status == 204 || out.status == 304 || out.status < 200) {
      out.whole = true;
    } else if (out.headers.count("transfer-encoding") > 0) {
      out.whole = read_chunks(out.body, seconds);
    } else if (out.headers.count("content-length") > 0) {
      const std::size_t size = std::strtoull(out.headers["content-length"].c_str(), nullptr, 10);
      while (buffer_.size() < size && more(seconds)) {
      }
      out.whole = buffer_.size() >= size;
      out.body = buffer_.substr(0, size);
      buffer_.erase(0, size);
    } else {
      out.body = receive_all(seconds);
      out.whole = !timed_out_;
    }
    return out;
  }
  Answer get(std::string_view target, std::string_view headers = {}) {
    send("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n" + std::string(headers) + "\r\n");
    return answer();
  }

 private:
  bool more(double seconds) {
    const std::string piece = receive(seconds);
    buffer_ += piece;
    return !piece.empty();
  }
  static void parse_head(const std::string& head, Answer& out) {
    out.status = head.size() > 12 ? std::atoi(head.c_str() + 9) : 0;
    for (std::size_t at = head.find("\r\n"); at != std::string::npos; at = head.find("\r\n", at + 2)) {
      const std::size_t end = std::min(head.find("\r\n", at + 2), head.size());
      const std::string line = head.substr(at + 2, end - at - 2);
      const std::size_t colon = line.find(": ");
      std::string name = line.substr(0, colon);
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      out.headers[name] = colon == std::string::npos ? "" : line.substr(colon + 2);
    }
  }
  bool read_chunks(std::string& body, double seconds) {
    while (true) {
      std::size_t end = 0;
      while ((end = buffer_.find("\r\n")) == std::string::npos) {
        if (!more(seconds)) return false;
      }
      const std::size_t size = std::strtoull(buffer_.c_str(), nullptr, 16);
      while (buffer_.size() < end + 2 + size + 2) {
        if (!more(seconds)) return false;
      }
      body += buffer_.substr(end + 2, size);
      buffer_.erase(0, end + 2 + size + 2);
      if (size == 0) return true;
    }
  }

  int socket_;
  SSL* ssl_ = nullptr;
  bool connected_ = false, timed_out_ = false;
  std::string buffer_;
};

}  // namespace centavo::http
