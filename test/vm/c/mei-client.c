/*
 * A MEI client that uses the kernel's header and nothing else: makes one call after the other on a device, and prints
 * what each gives. Usage: mei-client DEVICE GUID, where GUID is that of a client that gives back what it gets.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/mei.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static long say(const char *what, long result)
{
	if (result < 0)
		printf("%s: %s\n", what, strerrorname_np(errno));
	else
		printf("%s: %ld\n", what, result);
	return result;
}

static void say_poll(const char *what, int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	int ready = poll(&p, 1, 30000);

	printf("%s: %d", what, ready);
	printf("%s%s%s%s\n", p.revents & POLLIN ? " POLLIN" : "", p.revents & POLLPRI ? " POLLPRI" : "",
	       p.revents & POLLOUT ? " POLLOUT" : "", p.revents & POLLERR ? " POLLERR" : "");
}

static void parse_guid(const char *text, unsigned char *guid)
{
	static const int order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	int i;

	for (i = 0; i < 16; i++) {
		unsigned int byte;

		text += *text == '-';
		if (sscanf(text, "%2x", &byte) != 1)
			exit(2);
		guid[order[i]] = byte;
		text += 2;
	}
}

int main(int argc, char **argv)
{
	struct mei_connect_client_data_vtag tagged = { 0 };
	struct mei_connect_client_data data = { 0 };
	unsigned char guid[16], room[8192] = { 0 };
	unsigned int mtu, word;
	int fd, other;

	if (argc != 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	parse_guid(argv[2], guid);
	fd = open(argv[1], O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return say("open", fd), 1;

	say("write before connect", write(fd, "x", 1));
	say("read before connect", read(fd, room, sizeof(room)));
	say_poll("poll before connect", fd, POLLIN | POLLOUT);
	say("unknown ioctl", ioctl(fd, _IOWR('H', 0x7f, int), &word));
	say("connect with a bad pointer", ioctl(fd, IOCTL_MEI_CONNECT_CLIENT, NULL));
	memset(&data, 0xee, sizeof(data));
	say("connect to an unknown client", ioctl(fd, IOCTL_MEI_CONNECT_CLIENT, &data));
	memcpy(&data, guid, sizeof(guid));
	say("connect", ioctl(fd, IOCTL_MEI_CONNECT_CLIENT, &data));
	mtu = data.out_client_properties.max_msg_length;
	printf("the client: version %d, messages of %u bytes\n", data.out_client_properties.protocol_version, mtu);
	printf("the argument behind the answer: %s\n", memcmp((char *)&data + 8, guid + 8, 8) ? "changed" : "as it was");
	memcpy(&data, guid, sizeof(guid));
	say("connect again", ioctl(fd, IOCTL_MEI_CONNECT_CLIENT, &data));
	memcpy(&tagged, guid, sizeof(guid));
	tagged.connect.vtag = 1;
	say("connect with a tag", ioctl(fd, IOCTL_MEI_CONNECT_CLIENT_VTAG, &tagged));
	say("notify set with a bad pointer", ioctl(fd, IOCTL_MEI_NOTIFY_SET, NULL));
	word = 2;
	say("notify set 2", ioctl(fd, IOCTL_MEI_NOTIFY_SET, &word));

	if (mtu + 1 > sizeof(room))
		return 1;
	say_poll("poll for writing", fd, POLLOUT);
	say("write of nothing", write(fd, room, 0));
	say("write of one byte too many", write(fd, room, mtu + 1));
	say("write of the longest", write(fd, room, mtu));
	say_poll("poll for reading", fd, POLLIN);
	say("read of the longest", read(fd, room, sizeof(room)));
	say("write", write(fd, "hello, world", 12));
	say_poll("poll for reading", fd, POLLIN);
	say("read of nothing", read(fd, room, 0));
	say("read of a part", read(fd, room, 5));
	say("read of the rest", read(fd, room + 5, sizeof(room) - 5));
	printf("together: %.12s\n", room);
	say("blocking write", write(fd, "later", 5));
	say("blocking read", read(fd, room, sizeof(room)));

	say("non-blocking", fcntl(fd, F_SETFL, O_NONBLOCK));
	say("read with nothing there", read(fd, room, sizeof(room)));
	say("notify get with nothing there", ioctl(fd, IOCTL_MEI_NOTIFY_GET, &word));

	other = open(argv[1], O_RDWR | O_CLOEXEC);
	memcpy(&data, guid, sizeof(guid));
	say("connect of a second handle", ioctl(other, IOCTL_MEI_CONNECT_CLIENT, &data));
	say("write on it", write(other, "second", 6));
	say("read on it", read(other, room, sizeof(room)));
	say("read on the first", read(fd, room, sizeof(room)));
	say("close", close(other));
	say("close", close(fd));
	return 0;
}
