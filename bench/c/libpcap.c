/* libpcap FRAMES EXPRESSION: a pcap-filter expression, compiled with optimisation and run by libpcap's interpreter. */
#include <pcap.h>
#include <string.h>

#include "frames.h"

static struct bpf_program program;

static uint64_t run_round(const struct frames *frames)
{
	uint64_t csme = 0;
	struct pcap_pkthdr header = { 0 };
	for (uint32_t i = 0; i < frames->count; i++) {
		header.caplen = header.len = frames->end[i] - frames->start[i];
		csme += pcap_offline_filter(&program, &header, frames->bytes + frames->start[i]) != 0;
	}
	return csme;
}

int main(int argc, char **argv)
{
	struct frames frames;
	if (argc != 3) {
		fprintf(stderr, "usage: libpcap FRAMES EXPRESSION\n");
		return 2;
	}
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 262144);
	if (!pcap || pcap_compile(pcap, &program, argv[2], 1, PCAP_NETMASK_UNKNOWN) != 0) {
		fprintf(stderr, "libpcap: %s\n", pcap ? pcap_geterr(pcap) : "no memory");
		return 2;
	}
	load_frames(argv[1], &frames);
	return answer_rounds(&frames);
}
