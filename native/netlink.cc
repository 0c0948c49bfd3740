// Netlink sockets that somebody else opened: what they lack to send requests that the kernel takes long for, and to be told why.
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

namespace sapwood {

namespace {

constexpr char kNetlink[] = "netlink";

// Sends one request in the thread pool: the kernel works on it before sendmsg returns.
class Sending : public Napi::AsyncWorker {
 public:
  static Napi::Value start(Napi::Env env, int fd, std::vector<uint8_t> bytes) {
    auto own = std::make_unique<Descriptor>(fd);
    std::unique_ptr<Sending> worker(new Sending(env, std::move(own), std::move(bytes)));
    Napi::Promise promise = worker->deferred_.Promise();
    worker->Queue();
    // It deletes itself when the call is through.
    worker.release();
    return promise;
  }

 protected:
  void Execute() override {
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    ssize_t sent;
    do {
      sent = sendto(fd_->get(), bytes_.data(), bytes_.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&kernel),
                    sizeof kernel);
    } while (sent < 0 && errno == EINTR);
    error_ = sent < 0 ? errno : 0;
    fd_.reset();
  }

  void OnOK() override {
    if (error_ != 0) deferred_.Reject(systemError(Env(), "sendto", error_, kNetlink).Value());
    else deferred_.Resolve(Env().Undefined());
  }

 private:
  Sending(Napi::Env env, std::unique_ptr<Descriptor> fd, std::vector<uint8_t> bytes)
      : Napi::AsyncWorker(env, "sapwood:netlink"),
        deferred_(Napi::Promise::Deferred::New(env)),
        fd_(std::move(fd)),
        bytes_(std::move(bytes)) {}

  Napi::Promise::Deferred deferred_;
  std::unique_ptr<Descriptor> fd_;
  std::vector<uint8_t> bytes_;
  int error_ = 0;
};

bool isBoundAt(int fd, int protocol, uint32_t port) {
  int domain = 0;
  int own = 0;
  socklen_t length = sizeof domain;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0 || domain != AF_NETLINK) return false;
  length = sizeof own;
  if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &own, &length) != 0 || own != protocol) return false;
  sockaddr_nl address{};
  length = sizeof address;
  return getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0 && address.nl_pid == port;
}

// This process's netlink socket at a port, or -1 with errno.
int socketAt(int protocol, uint32_t port) {
  std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
  if (folder == nullptr) return -1;
  while (const dirent* entry = readdir(folder.get())) {
    char* end;
    long fd = strtol(entry->d_name, &end, 10);
    if (end != entry->d_name && *end == '\0' && fd <= INT_MAX && isBoundAt(static_cast<int>(fd), protocol, port)) {
      return static_cast<int>(fd);
    }
  }
  errno = ENOTCONN;
  return -1;
}

Napi::Value netlinkAttach(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int protocol = static_cast<int>(integerOf(info[0], "protocol", 0, 255));
  uint32_t port = static_cast<uint32_t>(integerOf(info[1], "port", 1, UINT32_MAX));
  int found = socketAt(protocol, port);
  if (found < 0) throw systemError(env, "getsockname", errno, kNetlink);
  Descriptor fd(fcntl(found, F_DUPFD_CLOEXEC, 0));
  if (fd.get() < 0) throw systemError(env, "fcntl F_DUPFD_CLOEXEC", errno, kNetlink);
  const int on = 1;
  for (int option : {NETLINK_EXT_ACK, NETLINK_CAP_ACK}) {
    if (setsockopt(fd.get(), SOL_NETLINK, option, &on, sizeof on) != 0) {
      throw systemError(env, "setsockopt NETLINK_EXT_ACK", errno, kNetlink);
    }
  }
  env.GetInstanceData<Addon>()->descriptors.insert(fd.get());
  return Napi::Number::New(env, fd.release());
}

Napi::Value netlinkSend(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int fd = descriptorOf(info[0]);
  Napi::Uint8Array bytes = bytesOf(info[1], "bytes");
  // Its own descriptor and its own copy: both may go or change while the call runs.
  int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0) throw systemError(env, "fcntl F_DUPFD_CLOEXEC", errno, kNetlink);
  return Sending::start(env, own, std::vector<uint8_t>(bytes.Data(), bytes.Data() + bytes.ByteLength()));
}

}  // namespace

void addNetlinkCalls(Napi::Env env, Napi::Object exports) {
  exports["netlinkAttach"] = Napi::Function::New(env, netlinkAttach, "netlinkAttach");
  exports["netlinkSend"] = Napi::Function::New(env, netlinkSend, "netlinkSend");
}

}  // namespace sapwood
