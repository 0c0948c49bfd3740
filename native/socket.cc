// Unix sockets: streams with the descriptors that travel over them, and datagrams (unix(7)).
#include "support.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sapwood {

namespace {

// So many descriptors are looked at in one message; the kernel itself closes what it has no room for.
constexpr size_t DESCRIPTORS_MAX = 16;

struct Address {
  sockaddr_un address{};
  socklen_t length;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

Address addressOf(Napi::Value value) {
  std::string path = value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
  Address result;
  if (path.empty() || path.size() >= sizeof result.address.sun_path || path.find('\0') != std::string::npos) {
    throw Napi::TypeError::New(value.Env(), "the path of a socket must be a string of 1 to 107 bytes");
  }
  result.address.sun_family = AF_UNIX;
  std::memcpy(result.address.sun_path, path.data(), path.size());
  result.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return result;
}

std::unordered_set<int>& descriptorsOf(const Napi::CallbackInfo& info) {
  return info.Env().GetInstanceData<Addon>()->descriptors;
}

Napi::Value kept(const Napi::CallbackInfo& info, Descriptor& fd) {
  descriptorsOf(info).insert(fd.get());
  return Napi::Number::New(info.Env(), fd.release());
}

int newSocket(Napi::Env env, int type) {
  int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw systemError(env, "socket AF_UNIX", errno);
  return fd;
}

Napi::Value unixBind(const Napi::CallbackInfo& info) {
  Address path = addressOf(info[0]);
  Descriptor fd(newSocket(info.Env(), SOCK_STREAM));
  if (bind(fd.get(), path.get(), path.length) != 0) {
    throw systemError(info.Env(), "bind", errno, path.address.sun_path);
  }
  return kept(info, fd);
}

Napi::Value unixListen(const Napi::CallbackInfo& info) {
  int fd = descriptorOf(info[0]);
  if (listen(fd, 16) != 0) throw systemError(info.Env(), "listen", errno);
  return info.Env().Undefined();
}

Napi::Value unixConnect(const Napi::CallbackInfo& info) {
  Address path = addressOf(info[0]);
  Descriptor fd(newSocket(info.Env(), SOCK_STREAM));
  // A unix socket is connected at once or not at all.
  if (connect(fd.get(), path.get(), path.length) != 0) {
    throw systemError(info.Env(), "connect", errno, path.address.sun_path);
  }
  return kept(info, fd);
}

Napi::Value unixDatagram(const Napi::CallbackInfo& info) {
  Address path = addressOf(info[0]);
  Descriptor fd(newSocket(info.Env(), SOCK_DGRAM));
  // Connected before it has an address: so that at no time anybody but the one at `path` can send to it.
  if (connect(fd.get(), path.get(), path.length) != 0) {
    throw systemError(info.Env(), "connect", errno, path.address.sun_path);
  }
  // Without a name the kernel makes one up that is no file (unix(7), autobind).
  const sa_family_t family = AF_UNIX;
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&family), sizeof family) != 0) {
    throw systemError(info.Env(), "bind", errno);
  }
  return kept(info, fd);
}

Napi::Value unixAccept(const Napi::CallbackInfo& info) {
  int listener = descriptorOf(info[0]);
  int accepted;
  do accepted = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  while (accepted < 0 && (errno == EINTR || errno == ECONNABORTED));
  if (accepted < 0 && errno != EAGAIN) throw systemError(info.Env(), "accept", errno);
  if (accepted < 0) return Napi::Number::New(info.Env(), -1);
  Descriptor fd(accepted);
  return kept(info, fd);
}

Napi::Value unixSend(const Napi::CallbackInfo& info) {
  int fd = descriptorOf(info[0]);
  Napi::Uint8Array from = bytesOf(info[1], "from");
  size_t end = integerOf(info[3], "end", 0, from.ByteLength());
  size_t start = integerOf(info[2], "start", 0, end);
  iovec part{from.Data() + start, end - start};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  if (!info[4].IsUndefined()) {
    int passed = descriptorOf(info[4]);
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &passed, sizeof passed);
  }
  ssize_t length;
  do length = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (length < 0 && errno == EINTR);
  if (length < 0 && errno != EAGAIN) throw systemError(info.Env(), "sendmsg", errno);
  return Napi::Number::New(info.Env(), length < 0 ? 0 : length);
}

// Puts the descriptors of a message into `into` (how many came, then those that found room) and closes the others.
void takeDescriptors(msghdr& message, int32_t* into, size_t room, std::unordered_set<int>& own) {
  int32_t came = 0;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
      came++;
      if (static_cast<size_t>(came) < room) {
        into[came] = fd;
        own.insert(fd);
      } else {
        closeAnything(fd);
      }
    }
  }
  // The kernel closed what did not fit into its part of the message: more came than are here.
  if (message.msg_flags & MSG_CTRUNC) came++;
  into[0] = came;
}

Napi::Value unixReceive(const Napi::CallbackInfo& info) {
  int fd = descriptorOf(info[0]);
  Napi::Uint8Array into = bytesOf(info[1], "into");
  size_t end = integerOf(info[3], "end", 1, into.ByteLength());
  size_t start = integerOf(info[2], "start", 0, end - 1);
  if (!info[4].IsTypedArray() || info[4].As<Napi::TypedArray>().TypedArrayType() != napi_int32_array ||
      info[4].As<Napi::TypedArray>().ElementLength() == 0) {
    throw Napi::TypeError::New(info.Env(), "descriptors must be an Int32Array with room for their number");
  }
  Napi::Int32Array descriptors = info[4].As<Napi::Int32Array>();
  iovec part{into.Data() + start, end - start};
  msghdr message{};
  alignas(cmsghdr) char control[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t length;
  do length = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (length < 0 && errno == EINTR);
  if (length < 0 && errno != EAGAIN) throw systemError(info.Env(), "recvmsg", errno);
  if (length < 0) {
    descriptors[0u] = 0;
    return Napi::Number::New(info.Env(), -1);
  }
  takeDescriptors(message, descriptors.Data(), descriptors.ElementLength(), descriptorsOf(info));
  return Napi::Number::New(info.Env(), length);
}

Napi::Value unixUnread(const Napi::CallbackInfo& info) {
  int unread = 0;
  if (ioctl(descriptorOf(info[0]), SIOCOUTQ, &unread) != 0) {
    throw systemError(info.Env(), "ioctl SIOCOUTQ", errno);
  }
  return Napi::Number::New(info.Env(), unread);
}

Napi::Value unixHungUp(const Napi::CallbackInfo& info) {
  pollfd entry{descriptorOf(info[0]), POLLRDHUP, 0};
  int ready;
  do ready = poll(&entry, 1, 0);
  while (ready < 0 && errno == EINTR);
  return Napi::Boolean::New(info.Env(), entry.revents != 0);
}

Napi::Value unixClose(const Napi::CallbackInfo& info) {
  int fd = descriptorOf(info[0]);
  if (descriptorsOf(info).erase(fd) == 0) throw systemError(info.Env(), "close", EBADF);
  // A watch has a duplicate that lives a moment longer; the other side shall not wait for it.
  shutdown(fd, SHUT_RDWR);
  ::close(fd);
  return info.Env().Undefined();
}

Napi::Value schedYield(const Napi::CallbackInfo& info) {
  sched_yield();
  return info.Env().Undefined();
}

}  // namespace

void addSocketCalls(Napi::Env env, Napi::Object exports) {
  exports["unixBind"] = Napi::Function::New(env, unixBind, "unixBind");
  exports["unixListen"] = Napi::Function::New(env, unixListen, "unixListen");
  exports["unixConnect"] = Napi::Function::New(env, unixConnect, "unixConnect");
  exports["unixDatagram"] = Napi::Function::New(env, unixDatagram, "unixDatagram");
  exports["unixAccept"] = Napi::Function::New(env, unixAccept, "unixAccept");
  exports["unixSend"] = Napi::Function::New(env, unixSend, "unixSend");
  exports["unixReceive"] = Napi::Function::New(env, unixReceive, "unixReceive");
  exports["unixUnread"] = Napi::Function::New(env, unixUnread, "unixUnread");
  exports["unixHungUp"] = Napi::Function::New(env, unixHungUp, "unixHungUp");
  exports["schedYield"] = Napi::Function::New(env, schedYield, "schedYield");
  exports["unixClose"] = Napi::Function::New(env, unixClose, "unixClose");
}

}  // namespace sapwood
