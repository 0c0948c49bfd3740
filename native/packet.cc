// Packet sockets with mapped rings (packet(7), TPACKET_V3).
#include "support.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

namespace sapwood {

// Byte offsets into the mapping stay below 2^30: they are small integers in JavaScript.
constexpr int64_t MAPPING_MAX = 1 << 30;

// A socket and the memory of its rings.
struct Mapping {
  int fd;
  void* address;
  size_t length;
};

void closeMapping(Mapping& mapping) {
  if (mapping.address == nullptr) return;
  munmap(mapping.address, mapping.length);
  ::close(mapping.fd);
  mapping.address = nullptr;
}

namespace {

struct Geometry {
  tpacket_req3 rx;
  tpacket_req3 tx;
  size_t rxLength;
  size_t txLength;
};

int64_t field(Napi::Object geometry, const char* name, int64_t low, int64_t high) {
  Napi::Value value = geometry.Get(name);
  return integerOf(value, name, low, high);
}

Geometry geometryOf(Napi::Object object) {
  Napi::Env env = object.Env();
  const int64_t page = sysconf(_SC_PAGESIZE);
  Geometry g{};
  const int64_t blockSize = field(object, "blockSize", page, MAPPING_MAX);
  const int64_t blockCount = field(object, "blockCount", 1, MAPPING_MAX / page);
  const int64_t txFrameSize = field(object, "txFrameSize", 0, 65536);
  const int64_t txFrameCount = field(object, "txFrameCount", 0, MAPPING_MAX / 256);
  if (blockSize % page != 0) throw Napi::RangeError::New(env, "blockSize must be whole pages");
  g.rx.tp_block_size = blockSize;
  g.rx.tp_block_nr = blockCount;
  // With TPACKET_V3 frames lie close together; the frame size is only checked to divide the block.
  g.rx.tp_frame_size = page;
  g.rx.tp_frame_nr = blockSize / page * blockCount;
  g.rx.tp_retire_blk_tov = field(object, "retireMs", 1, 10'000);

  if (txFrameCount > 0) {
    const int64_t txBlock = std::max(page, txFrameSize);
    if (txFrameSize < 256 || (txFrameSize & (txFrameSize - 1)) != 0 || txFrameCount * txFrameSize % txBlock != 0) {
      throw Napi::RangeError::New(
          env, "txFrameSize must be a power of two from 256, and the frames of the Tx ring must fill whole pages");
    }
    g.tx.tp_block_size = txBlock;
    g.tx.tp_block_nr = txFrameCount * txFrameSize / txBlock;
    g.tx.tp_frame_size = txFrameSize;
    g.tx.tp_frame_nr = txFrameCount;
  }
  const int64_t length = blockSize * blockCount + txFrameSize * txFrameCount;
  if (length > MAPPING_MAX) throw Napi::RangeError::New(env, "the rings are larger than 1 GiB");
  g.rxLength = blockSize * blockCount;
  g.txLength = txFrameSize * txFrameCount;
  return g;
}

template <typename T>
void setOption(Napi::Env env, int fd, int name, const char* text, const T& value) {
  if (setsockopt(fd, SOL_PACKET, name, &value, sizeof value) != 0) {
    throw systemError(env, (std::string("setsockopt ") + text).c_str(), errno);
  }
}

void requireEthernet(Napi::Env env, int fd, int ifIndex) {
  ifreq request{};
  request.ifr_ifindex = ifIndex;
  const std::string subject = "interface " + std::to_string(ifIndex);
  if (ioctl(fd, SIOCGIFNAME, &request) != 0) throw systemError(env, "ioctl SIOCGIFNAME", errno, subject);
  if (ioctl(fd, SIOCGIFHWADDR, &request) != 0) throw systemError(env, "ioctl SIOCGIFHWADDR", errno, subject);
  const auto type = request.ifr_hwaddr.sa_family;
  if (type != ARPHRD_ETHER && type != ARPHRD_LOOPBACK) {
    throw systemError(env, "ioctl SIOCGIFHWADDR", EPROTOTYPE, request.ifr_name);
  }
}

void attachFilter(Napi::Env env, int fd, Napi::Uint8Array program) {
  const size_t length = program.ByteLength();
  if (length % sizeof(sock_filter) != 0 || length > BPF_MAXINSNS * sizeof(sock_filter)) {
    throw Napi::RangeError::New(env, "a filter program is 0 to 4096 instructions of 8 bytes");
  }
  if (length == 0) {
    int unused = 0;
    if (setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused) != 0 && errno != ENOENT) {
      throw systemError(env, "setsockopt SO_DETACH_FILTER", errno);
    }
    return;
  }
  sock_filter code[BPF_MAXINSNS];
  std::memcpy(code, program.Data(), length);
  sock_fprog filter{static_cast<unsigned short>(length / sizeof(sock_filter)), code};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0) {
    throw systemError(env, "setsockopt SO_ATTACH_FILTER", errno);
  }
}

Addon& addonOf(const Napi::CallbackInfo& info) {
  return *info.Env().GetInstanceData<Addon>();
}

int ringOf(const Napi::CallbackInfo& info) {
  int fd = descriptorOf(info[0]);
  if (addonOf(info).rings.count(fd) == 0) throw systemError(info.Env(), "packet ring", EBADF);
  return fd;
}

// The ArrayBuffer of a mapping. When it is collected without packetClose, nobody can read the ring any more.
Napi::ArrayBuffer memoryOf(Napi::Env env, const std::shared_ptr<Mapping>& mapping) {
  auto* held = new std::shared_ptr<Mapping>(mapping);
  return Napi::ArrayBuffer::New(
      env, mapping->address, mapping->length,
      [](Napi::BasicEnv owner, void*, std::shared_ptr<Mapping>* hint) {
        std::unique_ptr<std::shared_ptr<Mapping>> last(hint);
        if ((*last)->address == nullptr) return;
        auto* addon = owner.GetInstanceData<Addon>();
        if (addon != nullptr) addon->rings.erase((*last)->fd);
        closeMapping(**last);
      },
      held);
}

}  // namespace

Napi::Value packetOpen(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const int ifIndex = static_cast<int>(integerOf(info[0], "ifIndex", 1, INT_MAX));
  if (!info[1].IsObject()) throw Napi::TypeError::New(env, "geometry must be an object");
  Napi::Object object = info[1].As<Napi::Object>();
  Geometry g = geometryOf(object);
  Napi::Value filter = object.Get("filter");

  // Protocol 0: no frame arrives before filter and rings are set up and bind() names the protocol.
  Descriptor fd(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) throw systemError(env, "socket", errno);
  requireEthernet(env, fd.get(), ifIndex);
  setOption(env, fd.get(), PACKET_VERSION, "PACKET_VERSION", static_cast<int>(TPACKET_V3));
  // A virtio_net_hdr before every frame: it says which checksum is not there yet and how a large frame is cut.
  setOption(env, fd.get(), PACKET_VNET_HDR, "PACKET_VNET_HDR", 1);
  // A frame that the kernel refuses to send frees its slot instead of blocking the Tx ring.
  setOption(env, fd.get(), PACKET_LOSS, "PACKET_LOSS", 1);
  if (!filter.IsUndefined()) attachFilter(env, fd.get(), bytesOf(filter, "filter"));
  setOption(env, fd.get(), PACKET_RX_RING, "PACKET_RX_RING", g.rx);
  if (g.txLength > 0) setOption(env, fd.get(), PACKET_TX_RING, "PACKET_TX_RING", g.tx);

  auto mapping = std::make_shared<Mapping>();
  mapping->length = g.rxLength + g.txLength;
  void* address = mmap(nullptr, mapping->length, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (address == MAP_FAILED) throw systemError(env, "mmap", errno);
  sockaddr_ll local{};
  local.sll_family = AF_PACKET;
  local.sll_protocol = htons(ETH_P_ALL);
  local.sll_ifindex = ifIndex;
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&local), sizeof local) != 0) {
    const int error = errno;
    munmap(address, mapping->length);
    throw systemError(env, "bind", error, "interface " + std::to_string(ifIndex));
  }
  mapping->address = address;
  mapping->fd = fd.release();
  addonOf(info).rings.emplace(mapping->fd, mapping);
  Napi::Object result = Napi::Object::New(env);
  result["fd"] = Napi::Number::New(env, mapping->fd);
  result["memory"] = memoryOf(env, mapping);
  return result;
}

Napi::Value packetFilter(const Napi::CallbackInfo& info) {
  attachFilter(info.Env(), ringOf(info), bytesOf(info[1], "program"));
  return info.Env().Undefined();
}

Napi::Value packetStatistics(const Napi::CallbackInfo& info) {
  tpacket_stats_v3 statistics{};
  socklen_t size = sizeof statistics;
  if (getsockopt(ringOf(info), SOL_PACKET, PACKET_STATISTICS, &statistics, &size) != 0) {
    throw systemError(info.Env(), "getsockopt PACKET_STATISTICS", errno);
  }
  Napi::Object result = Napi::Object::New(info.Env());
  result["packets"] = Napi::Number::New(info.Env(), statistics.tp_packets);
  result["drops"] = Napi::Number::New(info.Env(), statistics.tp_drops);
  result["freezes"] = Napi::Number::New(info.Env(), statistics.tp_freeze_q_cnt);
  return result;
}

Napi::Value packetSend(const Napi::CallbackInfo& info) {
  const int fd = ringOf(info);
  ssize_t sent;
  do sent = send(fd, nullptr, 0, MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  // No memory or a full queue right now: the frames stay in the ring for the next call.
  if (sent < 0 && errno != EAGAIN && errno != ENOBUFS) throw systemError(info.Env(), "send", errno);
  return Napi::Number::New(info.Env(), sent < 0 ? 0 : sent);
}

Napi::Value packetClose(const Napi::CallbackInfo& info) {
  const int fd = descriptorOf(info[0]);
  if (!info[1].IsArrayBuffer()) throw Napi::TypeError::New(info.Env(), "memory must be an ArrayBuffer");
  Napi::ArrayBuffer memory = info[1].As<Napi::ArrayBuffer>();
  // Closed before: the number may belong to another ring by now.
  if (memory.IsDetached()) return info.Env().Undefined();
  auto& rings = addonOf(info).rings;
  auto found = rings.find(fd);
  if (found == rings.end() || found->second->address != memory.Data()) {
    throw Napi::TypeError::New(info.Env(), "memory is not that of the ring fd");
  }
  std::shared_ptr<Mapping> mapping = found->second;
  memory.Detach();
  rings.erase(found);
  closeMapping(*mapping);
  return info.Env().Undefined();
}

}  // namespace sapwood
