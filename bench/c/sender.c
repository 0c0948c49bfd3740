/*
 * Sends the frames of a pcap file over an interface, again and again, at a given rate: the native sender of bench:veth.
 *
 *   sender -i INTERFACE -f FRAMES.pcap -s SECONDS [-r FRAMES_PER_SECOND] [-c CPU] [-p PID:SHARE:BURST_US]
 *
 * Without -r, or with 0, as fast as the kernel takes them. -c pins the sender to a CPU. With -p the process PID gets the
 * part SHARE of a CPU (0.04), and at most BURST_US microseconds of it at once: when it has used them up it is stopped by
 * a signal until it has earned them again. Unlike the quota of a control group that needs no rights.
 *
 * Prints one JSON line: {"sent": frames, "seconds": wall time, "cpuSeconds": of this process, receiving softirqs included}.
 *
 * AF_PACKET with PACKET_QDISC_BYPASS and sendmmsg: on a veth pair this is a quarter faster than a mapped Tx ring, since the kernel
 * builds a socket buffer for each frame in both, and the ring's frames are fragments of pages besides.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The largest burst, and how much time a paced burst stands for. */
#define BURST 128
#define STEP_S 200e-6
#define RECORD_HEADER 16
#define FILE_HEADER 24
/* Shorter waits are spun: a sleep may last this much longer than it was asked to. */
#define SPIN_NS 60000
/* How often at least the process of -p is looked after. */
#define LOOK_NS 100000

struct frames {
  struct iovec *list;
  uint32_t count;
};

struct share {
  pid_t pid;
  clockid_t clock;
  double part;
  int64_t burst_ns;
  /* What it may still use, as of the times of the last look. */
  int64_t left_ns, seen_ns, used_ns;
  int stopped;
};

static void die(const char *what) {
  fprintf(stderr, "sender: %s: %s\n", what, errno ? strerror(errno) : "not usable");
  exit(1);
}

static int64_t read_clock(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t)) return 0;
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int64_t now_ns(void) { return read_clock(CLOCK_MONOTONIC); }

static struct frames read_frames(const char *path) {
  struct stat st;
  FILE *file = fopen(path, "rb");
  if (!file || fstat(fileno(file), &st)) die(path);
  unsigned char *bytes = malloc(st.st_size);
  if (!bytes || fread(bytes, 1, st.st_size, file) != (size_t)st.st_size) die(path);
  fclose(file);

  struct frames frames = {calloc(st.st_size / RECORD_HEADER + 1, sizeof(struct iovec)), 0};
  for (off_t at = FILE_HEADER; at + RECORD_HEADER <= st.st_size;) {
    uint32_t length;
    memcpy(&length, bytes + at + 8, 4);
    at += RECORD_HEADER;
    if (length > st.st_size - at) break;
    frames.list[frames.count++] = (struct iovec){bytes + at, length};
    at += length;
  }
  if (frames.count == 0) die(path);
  return frames;
}

static int open_socket(const char *interface) {
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0) die("socket");
  int yes = 1, bytes = 8 << 20;
  if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes)) die("PACKET_QDISC_BYPASS");
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes))
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(interface)};
  if (address.sll_ifindex == 0) die(interface);
  if (bind(fd, (struct sockaddr *)&address, sizeof address)) die("bind");
  return fd;
}

static void wait_until(int64_t at_ns) {
  int64_t left = at_ns - now_ns();
  if (left <= SPIN_NS) return;
  struct timespec t = {0, left - SPIN_NS / 2};
  nanosleep(&t, NULL);
}

static struct share read_share(const char *text) {
  struct share share = {0};
  double burst_us;
  if (sscanf(text, "%d:%lf:%lf", &share.pid, &share.part, &burst_us) != 3) die("-p");
  if (clock_getcpuclockid(share.pid, &share.clock)) die("-p: clock_getcpuclockid");
  share.burst_ns = share.left_ns = burst_us * 1000;
  share.seen_ns = now_ns();
  share.used_ns = read_clock(share.clock);
  return share;
}

/* Takes what the process has used from what it may use, and stops or continues it. */
static void keep_share(struct share *share) {
  int64_t now = now_ns(), used = read_clock(share->clock);
  share->left_ns += (now - share->seen_ns) * share->part - (used - share->used_ns);
  share->seen_ns = now;
  share->used_ns = used;
  if (share->left_ns > share->burst_ns) share->left_ns = share->burst_ns;
  int stop = share->stopped ? share->left_ns < share->burst_ns : share->left_ns <= 0;
  if (stop != share->stopped) kill(share->pid, stop ? SIGSTOP : SIGCONT);
  share->stopped = stop;
}

int main(int argc, char **argv) {
  const char *interface = NULL, *path = NULL;
  double rate = 0, seconds = 0;
  struct share share = {0};
  for (int option; (option = getopt(argc, argv, "i:f:r:s:c:p:")) != -1;) {
    cpu_set_t cpus;
    switch (option) {
      case 'i': interface = optarg; break;
      case 'f': path = optarg; break;
      case 'r': rate = atof(optarg); break;
      case 's': seconds = atof(optarg); break;
      case 'c':
        CPU_ZERO(&cpus);
        CPU_SET(atoi(optarg), &cpus);
        if (sched_setaffinity(0, sizeof cpus, &cpus)) die("sched_setaffinity");
        break;
      case 'p': share = read_share(optarg); break;
      default: return 2;
    }
  }
  if (!interface || !path || seconds <= 0) {
    fprintf(stderr, "usage: sender -i INTERFACE -f FRAMES.pcap -s SECONDS [-r RATE] [-c CPU] [-p PID:SHARE:BURST_US]\n");
    return 2;
  }

  struct frames frames = read_frames(path);
  int fd = open_socket(interface);
  prctl(PR_SET_TIMERSLACK, 1);
  struct mmsghdr messages[BURST];
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < BURST; i++) messages[i].msg_hdr.msg_iovlen = 1;

  uint32_t step = rate * STEP_S < 1 ? 1 : rate * STEP_S > BURST ? BURST : rate * STEP_S;
  uint64_t sent = 0;
  uint32_t next = 0;
  const int64_t start = now_ns(), length_ns = seconds * 1e9;
  int64_t since = 0;
  while (since < length_ns) {
    int64_t wake = length_ns;
    if (share.pid) {
      keep_share(&share);
      wake = since + LOOK_NS;
    }
    uint64_t due = rate > 0 ? since * rate / 1e9 : sent + BURST;
    if (due >= sent + step) {
      uint32_t burst = due > sent + BURST ? BURST : due - sent;
      for (uint32_t i = 0; i < burst; i++) messages[i].msg_hdr.msg_iov = &frames.list[(next + i) % frames.count];
      int done = sendmmsg(fd, messages, burst, 0);
      if (done < 0 && errno != ENOBUFS && errno != EAGAIN && errno != EINTR) die("sendmmsg");
      if (done > 0) {
        sent += done;
        next = (next + done) % frames.count;
      }
    } else {
      int64_t due_ns = (sent + step) * 1e9 / rate;
      wait_until(start + (due_ns < wake ? due_ns : wake));
    }
    since = now_ns() - start;
  }
  if (share.pid) kill(share.pid, SIGCONT);

  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  double cpu = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  printf("{\"sent\": %llu, \"seconds\": %.6f, \"cpuSeconds\": %.6f}\n", (unsigned long long)sent, since / 1e9, cpu);
  return 0;
}
