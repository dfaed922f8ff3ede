/* Feed the native plane's parsers, and all that they lead to, with bytes from outside.
 *
 * With libFuzzer (`make fuzz-native`) or, built with -DREPLAY, on the inputs named by its arguments:
 * files of one packet per line, in hexadecimal. One input is one plain packet: of a publisher whose
 * streams flow to two subscribers, of one of these, or bytes of a VP8 payload. The lane has no
 * thread; its socket sends to a port nobody reads. */
#include "../../media/native/plane.c"
#include "stub_srtp.h"

#include <stdio.h>

static struct plane *plane;
static struct transport *publisher, *subscribers[2];
static double now = 1000.0;

/* What the second subscriber was sent, for its feedback to be about. */
static double sent_at[LOG_PACKETS];
static uint16_t sizes[LOG_PACKETS];
static uint64_t named[NAMED_PACKETS];
static _Atomic uint64_t numbered;
static _Atomic int64_t attention[3];

/* Let each of the last 4096 numbers be unanswered; `which` says what is asked of feedback. */
static void send_log(unsigned which)
{
    for (int i = 0; i < LOG_PACKETS; i++) {
        sizes[i] = (uint16_t)(100 + i);
        sent_at[i] = now - 0.001 * i;
    }
    for (int i = 0; i < NAMED_PACKETS; i++) /* of the rows that take retransmissions, and of others */
        named[i] = (uint64_t)(0x11 + 0x10 * (i % 4)) << 16 | (uint16_t)i;
    transport_repairs(subscribers[1], which & 1 ? 0.45 : 0);
    atomic_store(&numbered, which & 1 ? 70000 : 200);
    atomic_store(&attention[0], which & 2 ? NEVER : 100);
    atomic_store(&attention[1], which & 4 ? NEVER : 150);
    atomic_store(&attention[2], which & 1);
}

static void drain(int which)
{
    uint64_t offset, size;
    while ((size = plane_messages(plane, 0, which, &offset)))
        plane_read(plane, 0, which, size);
}

static void set_up(void)
{
    struct srtp_api srtp = {stub_protect, stub_unprotect, stub_protect, stub_unprotect};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bind(fd, (struct sockaddr *)&any, sizeof any);
    socklen_t length = sizeof any;
    getsockname(fd, (struct sockaddr *)&any, &length);
    plane = plane_open(fd, 1, &srtp);
    struct room *room = room_open(plane, 0);
    struct encoding *video = encoding_add(room), *vp8 = encoding_add(room);
    struct place place = {.family = AF_INET, .port = ntohs(any.sin_port), .host = {127, 0, 0, 1}};

    publisher = transport_add(room, 1, UINT32_MAX, 1e12);
    transport_keys(publisher, plane, plane);
    transport_limits(publisher, 1e12, 1e12, 1e12);
    encoding_restart(video, 1, 96, 97);
    encoding_restart(vp8, 2, 98, 99);
    encoding_want(video, 1, 0, 2.0);
    encoding_want(vp8, 1, 1, 2.0);
    binding_add(publisher, 0x01020304, video, 0);
    binding_add(publisher, 0x01020305, video, 1);
    binding_add(publisher, 0x01020306, vp8, 0);
    for (int i = 0; i < 2; i++) {
        subscribers[i] = transport_add(room, 2 + i, UINT32_MAX, 1e12);
        transport_keys(subscribers[i], plane, plane);
        transport_place(subscribers[i], &place, 0);
        struct row_terms terms = {.after_ext = -1, .first_ext = 0, .seq_shift = 5, .ssrc = 0x11 + i,
                                  .rtx_ssrc = 0x21 + i, .rtx_payload_type = i ? 120 : -1,
                                  .picture_shift = 7, .payload_type = 100, .tl0_shift = 3};
        row_begin(video, subscribers[i], &terms);
        terms.ssrc = 0x31 + i;
        row_begin(vp8, subscribers[i], &terms);
    }
    transport_number(subscribers[1], 5 << 4 | 1, sent_at, sizes, named, &numbered, attention);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!plane)
        set_up();
    if (size < 1 || size > 1500)
        return 0;
    uint8_t kind = data[0] & 3, *packet = malloc(size); /* so that reading past its end is seen */
    uint32_t length = (uint32_t)size - 1;
    memcpy(packet, data + 1, length);
    now += 0.001;
    if (kind == 0 && length > 12)
        memcpy(packet + 8, (uint8_t[]){1, 2, 3, 4 + (data[0] >> 2) % 3}, 4); /* a bound SSRC */
    if (kind < 2 && length)
        transport_receive(publisher, packet, length, now);
    else if (kind == 2 && length && (send_log(data[0] >> 3), true))
        transport_receive(subscribers[(data[0] >> 2) & 1], packet, length, now);
    else
        shift_picture(packet, length, (uint16_t)(data[0] << 7 | data[0]), data[0]);
    free(packet);
    drain(0);
    drain(1);
    return 0;
}

#ifdef REPLAY
static int replay(FILE *file)
{
    static char line[8192];
    uint8_t input[2048];
    int count = 0;
    while (fgets(line, sizeof line, file)) {
        size_t size = 1;
        unsigned byte;
        for (char *at = line; size < sizeof input && sscanf(at, "%2x", &byte) == 1; at += 2)
            input[size++] = (uint8_t)byte;
        for (input[0] = 0; input[0] < 64; input[0]++) /* each packet as each kind */
            LLVMFuzzerTestOneInput(input, size);
        count++;
    }
    return count;
}

int main(int argc, char **argv)
{
    int count = 0;
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "r");
        if (!file) {
            perror(argv[i]);
            return 2;
        }
        count += replay(file);
        fclose(file);
    }
    printf("%d packets\n", count);
    return count == 0;
}
#endif
