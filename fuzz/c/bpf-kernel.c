/*
 * Runs classic BPF programs: in the kernel, as the filter of a Unix datagram socket (which needs no rights), and in
 * libpcap's interpreter when built with -DWITH_PCAP.
 *
 * stdin is a sequence of records, each a letter, a 32-bit length in host order and so many bytes:
 *   P  a program, as struct sock_filter[]: it is asked about all frames that follow
 *   E  a pcap-filter expression: the program that libpcap makes of it, for Ethernet; only with -DWITH_PCAP
 *   F  a frame
 * stdout has two 32-bit words for every frame: the bytes of it that the kernel let through (-1: it was rejected), and
 * libpcap's answer (0 without -DWITH_PCAP).
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef WITH_PCAP
#include <pcap/pcap.h>
/* Not also from linux/filter.h, whose names are the same. */
struct sock_filter { uint16_t code; uint8_t jt, jf; uint32_t k; };
struct sock_fprog { unsigned short len; struct sock_filter *filter; };
#else
#include <linux/filter.h>
#endif

#define RECORD_MAX (1 << 20)

static char record[RECORD_MAX + 1];
static char received[RECORD_MAX];
static int sender, receiver;

static void fail(const char *what)
{
	fprintf(stderr, "bpf-kernel: %s: %s\n", what, strerror(errno));
	exit(1);
}

#ifdef WITH_PCAP
static struct bpf_insn program[4096];

static void remember(const void *bytes, unsigned count)
{
	memcpy(program, bytes, count * sizeof *program);
}

static uint32_t ask_pcap(uint32_t length)
{
	return bpf_filter(program, (const u_char *)record, length, length);
}
#else
static void remember(const void *bytes, unsigned count)
{
	(void)bytes;
	(void)count;
}

static uint32_t ask_pcap(uint32_t length)
{
	(void)length;
	return 0;
}
#endif

static void attach(void *bytes, unsigned count)
{
	struct sock_fprog wanted = { .len = count, .filter = bytes };

	if (count > 4096) {
		errno = E2BIG;
		fail("program");
	}
	if (setsockopt(receiver, SOL_SOCKET, SO_ATTACH_FILTER, &wanted, sizeof wanted) < 0)
		fail("SO_ATTACH_FILTER");
	remember(bytes, count);
}

static void attach_expression(void)
{
#ifdef WITH_PCAP
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 262144);
	struct bpf_program compiled;

	if (pcap_compile(pcap, &compiled, record, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		fprintf(stderr, "bpf-kernel: %s: %s\n", record, pcap_geterr(pcap));
		exit(1);
	}
	attach(compiled.bf_insns, compiled.bf_len);
	pcap_freecode(&compiled);
	pcap_close(pcap);
#else
	errno = ENOSYS;
	fail("expression");
#endif
}

static int32_t ask_kernel(uint32_t length)
{
	ssize_t got;

	if (send(sender, record, length, 0) < 0)
		fail("send");
	got = recv(receiver, received, sizeof received, MSG_DONTWAIT);
	if (got < 0 && errno != EAGAIN)
		fail("recv");
	return (int32_t)got;
}

int main(void)
{
	int pair[2], letter;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0)
		fail("socketpair");
	sender = pair[0];
	receiver = pair[1];
	while ((letter = getchar()) != EOF) {
		uint32_t length, answer[2];

		if (fread(&length, sizeof length, 1, stdin) != 1 || length > RECORD_MAX ||
		    fread(record, 1, length, stdin) != length) {
			errno = EINVAL;
			fail("record");
		}
		record[length] = 0;
		switch (letter) {
		case 'P':
			attach(record, length / sizeof(struct sock_filter));
			break;
		case 'E':
			attach_expression();
			break;
		default:
			answer[0] = ask_kernel(length);
			answer[1] = ask_pcap(length);
			fwrite(answer, sizeof answer, 1, stdout);
		}
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
