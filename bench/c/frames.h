/*
 * Frames for the benches in C, and the loop that times them.
 *
 * The file is little endian: u32 count, u32 start[count], u32 end[count], then the bytes that these are offsets into.
 * A program loads it, then answers each line "ROUNDS" on stdin with "NANOSECONDS FRAMES_FOR_CSME": what all rounds
 * over all frames took together, and how many frames CSME gets in them.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct frames {
	uint32_t count;
	const uint32_t *start;
	const uint32_t *end;
	const uint8_t *bytes;
};

static void load_frames(const char *path, struct frames *frames)
{
	FILE *file = fopen(path, "rb");
	if (!file || fseek(file, 0, SEEK_END) != 0) {
		perror(path);
		exit(2);
	}
	long size = ftell(file);
	rewind(file);
	uint8_t *data = malloc(size);
	if (!data || fread(data, 1, size, file) != (size_t)size) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(2);
	}
	fclose(file);
	frames->count = *(uint32_t *)data;
	frames->start = (uint32_t *)data + 1;
	frames->end = frames->start + frames->count;
	frames->bytes = (uint8_t *)(frames->end + frames->count);
}

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* One round over all frames: how many of them CSME gets. Every program has its own. */
static uint64_t run_round(const struct frames *frames);

static int answer_rounds(const struct frames *frames)
{
	char line[32];
	while (fgets(line, sizeof(line), stdin)) {
		long rounds = atol(line);
		uint64_t csme = 0;
		uint64_t start = now_ns();
		for (long i = 0; i < rounds; i++)
			csme += run_round(frames);
		printf("%llu %llu\n", (unsigned long long)(now_ns() - start), (unsigned long long)csme);
		fflush(stdout);
	}
	return 0;
}

#endif
