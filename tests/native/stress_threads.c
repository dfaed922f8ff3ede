/* Run two lanes, a publisher and subscribers at each, while another thread edits every part of the
 * table as Python does and reads the rings: for a thread sanitizer to look at.
 *
 * Usage: stress_threads SECONDS. Says what was sent; fails if nothing was. */
#include "../../media/native/plane.c"
#include "stub_srtp.h"

#include <stdio.h>

enum { LANES = 2, SITES = 3 };

static _Atomic bool is_over;
static struct sockaddr_in server;

static int bound_socket(struct place *place)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bind(fd, (struct sockaddr *)&any, sizeof any);
    socklen_t length = sizeof any;
    getsockname(fd, (struct sockaddr *)&any, &length);
    *place = (struct place){.family = AF_INET, .port = ntohs(any.sin_port), .host = {127, 0, 0, 1}};
    return fd;
}

struct talker {
    int publisher_fd, site_fd;
    uint32_t lane;
};

static void *talk(void *argument)
{
    struct talker *talker = argument;
    uint8_t packet[1000] = {0x80, 96}, nack[48] = {0x81, 205, 0, 3};
    /* Sixteen packets that came, and the tag of the stub's SRTP. */
    uint8_t feedback[40 + 16] = {0x8F, 205, 0, 9, [15] = 16, [20] = 0x20, [21] = 16};
    write32(packet + 8, 0x01020304);
    write32(nack + 8, 0x11);
    for (uint16_t seq = 0; !atomic_load(&is_over); seq++) {
        write16(packet + 2, seq);
        sendto(talker->publisher_fd, packet, sizeof packet, 0, (struct sockaddr *)&server,
               sizeof server);
        write16(nack + 12, seq);
        write16(nack + 14, 0xFFFF);
        if (seq % 8 == 0)
            sendto(talker->site_fd, nack, 16 + 16, 0, (struct sockaddr *)&server, sizeof server);
        if (seq % 4 == 0)
            usleep(200);
        feedback[13] = (uint8_t)seq;
        if (seq % 16 == 0)
            sendto(talker->site_fd, feedback, sizeof feedback, 0, (struct sockaddr *)&server,
                   sizeof server);
        if (seq % 64 == 0)
            sendto(talker->site_fd, "\x16stranger", 9, 0, (struct sockaddr *)&server,
                   sizeof server);
    }
    return NULL;
}

static void drain(struct plane *plane)
{
    uint64_t offset, size;
    for (uint32_t lane = 0; lane < LANES; lane++) {
        plane_awake(plane, lane);
        for (int which = 0; which < 2; which++)
            while ((size = plane_messages(plane, lane, which, &offset)))
                plane_read(plane, lane, which, size);
    }
}

struct class {
    struct room *room;
    struct transport *publisher, *sites[SITES];
    struct encoding *encoding;
    struct row *rows[SITES];
    struct place places[SITES], publisher_place;
    double sent_at[LOG_PACKETS];
    uint16_t sizes[LOG_PACKETS];
    uint64_t named[NAMED_PACKETS];
    _Atomic uint64_t counter;
    _Atomic int64_t attention[3];
    struct talker talker;
    pthread_t thread;
};

static void open_class(struct plane *plane, struct class *class, uint32_t lane)
{
    class->room = room_open(plane, lane);
    class->encoding = encoding_add(class->room);
    class->talker.lane = lane;
    class->talker.publisher_fd = bound_socket(&class->publisher_place);
    class->publisher = transport_add(class->room, 1 + 10 * lane, 100000, 1e9);
    transport_limits(class->publisher, 1e12, 1e12, 1e9);
    transport_keys(class->publisher, plane, plane);
    address_learn(class->publisher, &class->publisher_place);
    encoding_restart(class->encoding, 1, 96, -1);
    binding_add(class->publisher, 0x01020304, class->encoding, 0);
    for (int i = 0; i < SITES; i++) {
        int fd = bound_socket(&class->places[i]);
        if (i == 0)
            class->talker.site_fd = fd;
    }
}

static void edit(struct plane *plane, struct class *class, unsigned round)
{
    int i = (int)(round % SITES);
    struct progress progress;
    struct taken taken;
    if (class->sites[i]) {
        if (class->rows[i])
            row_end(class->rows[i], &progress);
        class->rows[i] = NULL;
        address_forget(plane, &class->places[i]);
        transport_remove(class->sites[i]);
        class->sites[i] = NULL;
    } else {
        class->sites[i] = transport_add(class->room, 2 + 10 * class->talker.lane + i, 100000, 1e9);
        transport_keys(class->sites[i], plane, plane);
        atomic_store(&class->attention[0], round % 3 ? NEVER : 0);
        if (i == 0)
            transport_number(class->sites[i], 5 << 4 | 1, class->sent_at, class->sizes,
                             class->named, &class->counter, class->attention);
        transport_repairs(class->sites[i], round % 2 ? 0.45 : 0);
        transport_place(class->sites[i], &class->places[i], round % 7 == 0);
        address_learn(class->sites[i], &class->places[i]);
        struct row_terms terms = {.after_ext = -1, .ssrc = 0x11, .rtx_ssrc = 0x21,
                                  .rtx_payload_type = 120, .payload_type = 100};
        class->rows[i] = row_begin(class->encoding, class->sites[i], &terms);
        transport_send(class->sites[i], (const uint8_t *)"\x80\x64\0\1\0\0\0\0\0\0\0\1hello", 17);
    }
    encoding_want(class->encoding, round % 5 != 0, round % 2, 0.05);
    encoding_keep(class->encoding, round, 0, 0, (const uint8_t *)"late", 4, monotonic());
    if (round % 50 == 0)
        encoding_take(class->encoding, (uint16_t)round, 0, 0, (const uint8_t *)"x", 1, monotonic(),
                      &taken);
}

static void close_class(struct plane *plane, struct class *class)
{
    struct progress progress;
    pthread_join(class->thread, NULL);
    for (int i = 0; i < SITES; i++) {
        if (class->rows[i])
            row_end(class->rows[i], &progress);
        address_forget(plane, &class->places[i]);
        if (class->sites[i])
            transport_remove(class->sites[i]);
    }
    binding_remove(class->publisher, 0x01020304);
    address_forget(plane, &class->publisher_place);
    transport_remove(class->publisher);
    encoding_remove(class->encoding);
    room_close(class->room);
}

int main(int argc, char **argv)
{
    struct srtp_api srtp = {stub_protect, stub_unprotect, stub_protect, stub_unprotect};
    struct place place;
    int fd = bound_socket(&place);
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(place.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct plane *plane = plane_open(fd, LANES, &srtp);
    static struct class classes[LANES];
    double until = monotonic() + (argc > 1 ? atof(argv[1]) : 1.0);
    if (!plane || plane_start(plane))
        return 2;
    for (uint32_t lane = 0; lane < LANES; lane++)
        open_class(plane, &classes[lane], lane);
    for (uint32_t lane = 0; lane < LANES; lane++)
        pthread_create(&classes[lane].thread, NULL, talk, &classes[lane].talker);
    for (unsigned round = 1; monotonic() < until; round++) {
        edit(plane, &classes[round % LANES], round / LANES);
        drain(plane);
    }
    atomic_store(&is_over, true);
    uint64_t counters[PLANE_COUNTERS], of_room[ROOM_COUNTERS];
    room_counters(classes[1].room, of_room);
    plane_counters(plane, counters);
    for (uint32_t lane = 0; lane < LANES; lane++)
        close_class(plane, &classes[lane]);
    plane_close(plane);
    printf("%llu packets sent, %llu NACKs answered at lane 1\n",
           (unsigned long long)counters[PACKETS_SENT],
           (unsigned long long)of_room[NACK_ANSWERED]);
    return counters[PACKETS_SENT] == 0;
}
