/*
 * filter FRAMES FILTERS_HEX: the Rx filter as a driver in C has it, for comparison: lists walked to the first match,
 * structures laid over the bytes. The rules are those of sap/filter.ts, multicast addresses compared by their 6 bytes.
 */
#include <arpa/inet.h>
#include <string.h>

#include "frames.h"

#define HOST 0
#define CSME 1
#define CONSUMED 2

#define FLEX_COPY 0x01
#define FLEX_ENABLED 0x02
#define FLEX_ADDRESS 0x0c
#define FLEX_TCP 0x10
#define FLEX_UDP 0x20
#define ICMPV6_ENABLED 0x1
#define ICMPV6_COPY 0x2
#define ETH_STOP 0x1
#define ETH_COPY 0x2
#define ETH_ENABLED 0x4
#define ICMP_PASS 0x01
#define ICMP_COPY 0x02
#define ARP_REQ_PASS 0x04
#define ARP_REQ_COPY 0x08
#define ARP_RESP_PASS 0x10
#define ARP_RESP_COPY 0x20

struct flex_filter {
	uint16_t src_port;
	uint16_t dst_port;
	uint8_t flags;
	uint8_t reserved;
} __attribute__((packed));

struct eth_filter {
	uint8_t mac[6];
	uint8_t flags;
} __attribute__((packed));

struct oob_filters {
	struct flex_filter flex[14];
	uint32_t icmpv6_flags;
	uint32_t ipv6[4];
	struct eth_filter eth[5];
	uint8_t reserved;
	uint32_t ipv4_addr;
	uint32_t ipv4_flags;
	uint16_t vlan[4];
} __attribute__((packed));

struct ip_header {
	uint8_t version_ihl;
	uint8_t tos;
	uint16_t tot_len;
	uint16_t id;
	uint16_t frag_off;
	uint8_t ttl;
	uint8_t protocol;
	uint16_t check;
	uint32_t saddr;
	uint32_t daddr;
} __attribute__((packed));

struct arp_packet {
	uint16_t hardware;
	uint16_t protocol;
	uint8_t hardware_len;
	uint8_t protocol_len;
	uint16_t operation;
	uint8_t sender_mac[6];
	uint32_t sender;
	uint8_t target_mac[6];
	uint32_t target;
} __attribute__((packed));

struct ports {
	uint16_t src;
	uint16_t dst;
} __attribute__((packed));

static struct oob_filters filters;

static int to_csme(int copy)
{
	return copy ? CSME : CSME | CONSUMED;
}

static int filter_ports(const uint8_t *payload, uint8_t protocol, int ip_match)
{
	const struct ports *ports = (const void *)payload;
	for (int i = 0; i < 14; i++) {
		const struct flex_filter *filter = &filters.flex[i];
		if (!(filter->flags & FLEX_ENABLED))
			return HOST;
		if ((filter->flags & FLEX_ADDRESS) && !ip_match)
			continue;
		if ((filter->flags & FLEX_UDP) && protocol != 17)
			continue;
		if ((filter->flags & FLEX_TCP) && protocol != 6)
			continue;
		if (filter->src_port && filter->src_port != ports->src)
			continue;
		if (filter->dst_port && filter->dst_port != ports->dst)
			continue;
		return to_csme(filter->flags & FLEX_COPY);
	}
	return HOST;
}

static int filter_ipv4(const uint8_t *packet, const uint8_t *end)
{
	const struct ip_header *ip = (const void *)packet;
	if (end - packet < 20)
		return HOST;
	const uint8_t *payload = packet + (ip->version_ihl & 0x0f) * 4;
	if (payload > end)
		return HOST;
	int ip_match = filters.ipv4_addr == 0 || filters.ipv4_addr == ip->daddr;
	switch (ip->protocol) {
	case 6:
	case 17:
		return end - payload < 8 ? HOST : filter_ports(payload, ip->protocol, ip_match);
	case 1:
		if (end - payload < 8 || !(filters.ipv4_flags & ICMP_PASS) || !ip_match)
			return HOST;
		if (payload[0] == 8 && payload[1] == 0)
			return HOST;
		return to_csme(filters.ipv4_flags & ICMP_COPY);
	case 58:
		if (!(filters.icmpv6_flags & ICMPV6_ENABLED) || !ip_match)
			return HOST;
		return to_csme(filters.icmpv6_flags & ICMPV6_COPY);
	default:
		return HOST;
	}
}

static int filter_arp(const uint8_t *packet, const uint8_t *end)
{
	const struct arp_packet *arp = (const void *)packet;
	if (end - packet < 28 || arp->hardware != htons(1) || arp->protocol != htons(0x0800))
		return HOST;
	if (arp->operation == htons(1)) {
		if (!(filters.ipv4_flags & ARP_REQ_PASS))
			return HOST;
		if (filters.ipv4_addr != 0 && filters.ipv4_addr != arp->target)
			return HOST;
		return to_csme(filters.ipv4_flags & ARP_REQ_COPY);
	}
	if (arp->operation == htons(2) && (filters.ipv4_flags & ARP_RESP_PASS))
		return to_csme(filters.ipv4_flags & ARP_RESP_COPY);
	return HOST;
}

static const struct eth_filter *find_group(const uint8_t *frame)
{
	for (int i = 0; i < 5; i++) {
		if (!(filters.eth[i].flags & ETH_ENABLED))
			return NULL;
		if (memcmp(filters.eth[i].mac, frame, 6) == 0)
			return &filters.eth[i];
	}
	return NULL;
}

static uint16_t half_word(const uint8_t *at)
{
	uint16_t value;
	memcpy(&value, at, 2);
	return value;
}

static int filter_frame(const uint8_t *frame, const uint8_t *end)
{
	static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	if (end - frame < 14)
		return HOST;
	const uint8_t *type = frame + 12;
	if (end - frame >= 18 && (half_word(type) == htons(0x8100) || half_word(type) == htons(0x88a8)))
		type += 4;
	if ((frame[0] & 1) && memcmp(frame, broadcast, 6) != 0) {
		const struct eth_filter *filter = find_group(frame);
		if (!filter)
			return HOST;
		if (filter->flags & ETH_STOP)
			return to_csme(filter->flags & ETH_COPY);
	}
	if (half_word(type) == htons(0x0800))
		return filter_ipv4(type + 2, end);
	if (half_word(type) == htons(0x0806))
		return filter_arp(type + 2, end);
	return HOST;
}

static uint64_t run_round(const struct frames *frames)
{
	uint64_t csme = 0;
	for (uint32_t i = 0; i < frames->count; i++)
		csme += filter_frame(frames->bytes + frames->start[i], frames->bytes + frames->end[i]) & CSME;
	return csme;
}

int main(int argc, char **argv)
{
	struct frames frames;
	if (argc != 3 || strlen(argv[2]) != 2 * sizeof(filters)) {
		fprintf(stderr, "usage: filter FRAMES FILTERS_HEX\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof(filters); i++) {
		unsigned byte;
		if (sscanf(argv[2] + 2 * i, "%2x", &byte) != 1)
			return 2;
		((uint8_t *)&filters)[i] = byte;
	}
	load_frames(argv[1], &frames);
	return answer_rounds(&frames);
}
