// TAP interfaces, and frames read and written one at a time.
#include "support.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sapwood {

Napi::Value tapOpen(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string name = interfaceNameOf(info[0]);
  // The interface appears in the network namespace of the thread that opens the device.
  Descriptor fd(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (fd.get() < 0) throw systemError(env, "open", errno, "/dev/net/tun");
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  std::memcpy(request.ifr_name, name.data(), name.size());
  if (ioctl(fd.get(), TUNSETIFF, &request) != 0) throw systemError(env, "ioctl TUNSETIFF", errno, name);
  env.GetInstanceData<Addon>()->descriptors.insert(fd.get());
  return Napi::Number::New(env, fd.release());
}

Napi::Value frameRead(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), std::max<ssize_t>(readInto(info, ""), 0));
}

Napi::Value frameWrite(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), std::max<ssize_t>(writeFrom(info, ""), 0));
}

ssize_t readInto(const Napi::CallbackInfo& info, const std::string& subject) {
  int fd = descriptorOf(info[0]);
  Napi::Uint8Array into = bytesOf(info[1], "into");
  size_t at = integerOf(info[2], "at", 0, into.ByteLength());
  ssize_t length;
  do length = read(fd, into.Data() + at, into.ByteLength() - at);
  while (length < 0 && errno == EINTR);
  if (length < 0 && errno != EAGAIN) throw systemError(info.Env(), "read", errno, subject);
  return length;
}

ssize_t writeFrom(const Napi::CallbackInfo& info, const std::string& subject) {
  int fd = descriptorOf(info[0]);
  Napi::Uint8Array from = bytesOf(info[1], "from");
  size_t end = integerOf(info[3], "end", 0, from.ByteLength());
  size_t start = integerOf(info[2], "start", 0, end);
  ssize_t length;
  do length = write(fd, from.Data() + start, end - start);
  while (length < 0 && errno == EINTR);
  if (length < 0 && errno != EAGAIN) throw systemError(info.Env(), "write", errno, subject);
  return length;
}

}  // namespace sapwood
