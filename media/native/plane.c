/* The native data plane: the forwarding table of docs/adr/0002-data-plane.md in C, and threads that
 * work by it without ever needing Python's interpreter lock. media/native_plane.py is its only caller.
 *
 * A *lane* is a thread with the rooms given to it. Lane 0 also reads the socket, and passes what
 * belongs to the rooms of others to their inboxes. Everything of a lane (rooms, transports,
 * encodings, rows) is guarded by that lane's one lock; Python edits the table under it, in calls
 * that last microseconds and that hold no interpreter lock, so no lane ever waits for Python.
 *
 * What Python must hear of (control datagrams, RTCP, each publisher's packet once) goes into two
 * bounded rings per lane, `control` and `media`, each with one reader and one writer, and an
 * eventfd that is written at most once until Python has read. A full ring drops what does not fit,
 * and counts it; datagrams of strangers may fill only half of `control`.
 *
 * Longer than a module of ours should be: it is one program with one lock, and a cut through it
 * would only hide which parts run under that. What parses bytes from outside is in packet.h; what
 * becomes of feedback, in arrivals.h; what is under way to a far subscriber, in repairs.h; when a
 * lane runs, in precedence.h. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "arrivals.h"
#include "packet.h"
#include "precedence.h"
#include "repairs.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum {
    BATCH = 32,              /* datagrams read by one call */
    INBOX_BATCH = 128,       /* packets taken from an inbox in one turn of a lane */
    DATAGRAM_BYTES = 2048,   /* of one received; longer ones are cut, and fail to authenticate */
    OUT_BYTES = 2304,        /* a packet of ours: header, extension, payload, SRTP's trailer */
    OUT_PACKETS = 128,       /* made before they are handed to the kernel */
    RUN = 16,                /* packets of one encoding forwarded together; one GSO message */
    CACHE_BUCKETS = 1024,    /* 2 s of the busiest encoding are some 900 packets */
    CACHE_BYTES = 2 << 20,   /* as media.core.uptrack._CACHE_BYTES */
    CONTROL_RING = 1 << 20,
    MEDIA_RING = 8 << 20,    /* 30 s of a room's 2.2 Mbit/s */
    INBOX_RING = 4 << 20,
    PICTURE_SEARCH = 64,     /* as media.core.uptrack._PICTURE_SEARCH */
    HEARTBEAT_MS = 500,
    RESEND_BUDGET = 2000,    /* as media.core.downtrack: a second's, spent by 4 or by 1 */
    RESENT_COSTS = 4,
    MISSED_COSTS = 1,
    WIRE_OVERHEAD_BYTES = 44, /* as media.core.congestion */
};
/* In-order media and RTCP may wait this long for Python, so that one wake-up serves several. */
#define LAZY_S 0.020
/* What may be needless leaves this of a burst of retransmissions: media.core.steering. */
#define SPARED_SHARE 0.5

/* -- what crosses to Python; media/native_plane.py reads the same layouts ------------------------ */

typedef int (*srtp_function)(void *session, void *packet, int *length);

struct srtp_api {
    srtp_function protect, unprotect, protect_rtcp, unprotect_rtcp;
};

struct place { /* an address, comparable byte by byte; IPv4 lies in the first four bytes of `host` */
    uint16_t family, port; /* port in host order */
    uint8_t host[16];
    uint32_t scope;
};

enum message_kind { SKIP = 0, DATAGRAM = 1, RTCP = 2, RTP = 3, HEARD = 4, SEALED = 5, DIGEST = 6 };
enum message_flags { TAKEN = 1, SENT = 2 };

struct message {
    uint32_t size; /* of all of it, a multiple of 8 */
    uint8_t kind, flags;
    uint16_t length; /* of the packet that follows */
    uint32_t transport, stream;
    uint64_t spare;
    int64_t ext_seq;
    uint64_t packets, octets; /* the encoding's, before this packet */
    double now;
    struct place from;
};

struct progress { /* of an encoding, when a row of it ends */
    int64_t ext_seq;
    uint64_t packets, octets;
    double last_arrival;
    uint32_t timestamp, rtx_seq;
    uint32_t has_any, picture_bytes;
    uint8_t picture[16]; /* the beginning of the newest payload */
};

struct row_terms {
    int64_t after_ext, first_ext, seq_shift;
    uint32_t ssrc, rtx_ssrc, timestamp_shift, rtx_seq;
    int32_t rtx_payload_type; /* -1: resent as they were */
    uint16_t picture_shift;
    uint8_t payload_type, tl0_shift;
};

enum room_counter {
    SRTP_AUTH_FAILED, REPLAYED, MEDIA_BEFORE_KEYS, MALFORMED_RTP, PROTECT_FAILED, RTCP_REFUSED,
    RTP_OVER_RATE, DROPPED_NOT_GRANTED, NACK_ANSWERED, NACK_MISSED, RESEND_LIMITED, RTX_OUT,
    RTX_UNASKED, ROOM_COUNTERS
};
enum plane_counter {
    SEND_BLOCKED, SEND_FAILED, SOCKET_ERROR, CONTROL_LOST, MEDIA_LOST, INBOX_LOST, PACKETS_SENT,
    SEND_CALLS, GSO_MESSAGES, WAKE_UPS, PLANE_COUNTERS
};

/* -- the table ----------------------------------------------------------------------------------- */

struct cached {
    struct cached *newer;     /* in the order of arrival */
    struct cached *in_bucket; /* with the same lower bits */
    int64_t ext_seq;
    double arrival;
    uint32_t timestamp, length;
    uint8_t marker;
    uint8_t payload[];
};

struct cache {
    struct cached *oldest, *newest;
    struct cached *buckets[CACHE_BUCKETS];
    uint64_t bytes;
};

struct room {
    struct lane *lane;
    _Atomic uint64_t counters[ROOM_COUNTERS];
};

struct bucket_of_tokens {
    double per_s, burst, left, at;
};

struct transport {
    struct room *room;
    uint32_t id, slot, serial;
    bool has_place, is_sealed_only; /* sealed only: Python sends what was protected (TCP) */
    struct place place;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    socklen_t address_length;
    void *send_session, *receive_session;
    struct binding *bindings;
    struct row *rows;
    struct bucket_of_tokens rtp_rate, resends;
    bool are_resends_limited;
    double rtcp_bytes_per_s;
    int64_t rtcp_second;
    uint32_t rtcp_in_second, rtcp_bytes_in_second, rtcp_per_s;
    uint8_t number_element; /* of the transport-wide number; 0: none (RFC 8285 section 4.2) */
    struct sent_log sent;   /* media.core.send_history's, LOG_PACKETS long */
    struct digests digests;
    struct repairs repairs;
};

struct binding {
    struct binding *next;
    struct transport *transport;
    struct encoding *encoding;
    uint32_t ssrc, stream; /* of the encoding when it was bound: another one is not of this SSRC */
    bool is_repair;
};

struct encoding {
    struct room *room;
    uint32_t stream;
    int16_t payload_type; /* -1: none of it is taken but what Python hands back */
    int16_t rtx_payload_type;
    bool is_wanted, is_eager, has_any;
    uint32_t media_bindings;
    double cache_s;
    int64_t highest_ext;
    uint32_t highest_timestamp;
    uint64_t packets, octets;
    double last_arrival;
    struct row **rows;
    uint32_t row_count, row_room;
    struct cache cache;
};

struct row {
    struct encoding *encoding;
    struct transport *transport;
    struct row *next_of_transport;
    struct row_terms terms;
    int64_t budget_second;
    int32_t budget;
};

/* -- a ring: one writer, one reader --------------------------------------------------------------- */

struct ring {
    uint8_t *data;
    uint64_t size; /* a power of two */
    _Atomic uint64_t written, read;
};

struct lane {
    struct plane *plane;
    uint32_t index;
    pthread_t thread;
    bool is_running;
    _Atomic uint32_t epoch; /* of the thread that may work here: a stalled one is replaced */
    /* Whoever wants the lock holds the gate first: so Python's turn comes after one packet. */
    pthread_mutex_t gate, lock;
    _Atomic uint32_t waiting;
    _Atomic uint64_t heartbeat;
    _Atomic int32_t thread_id;
    struct ring media, control;
    int wake_fd; /* read by Python */
    _Atomic bool is_woken;
    double lazy_since; /* 0: nothing waits in the rings unannounced */
    struct ring inbox;
    int inbox_fd;
    _Atomic bool is_inbox_woken;
    struct transport **slots;
    uint32_t slot_count, next_serial;
    /* what is being forwarded, and what is ready to be sent */
    struct encoding *run_encoding;
    struct cached *run[RUN];
    uint32_t run_length;
    uint32_t out_count, message_count;
    uint8_t (*out)[OUT_BYTES];
    struct mmsghdr messages[OUT_PACKETS];
    struct iovec pieces[OUT_PACKETS];
    struct {
        _Alignas(struct cmsghdr) uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
    } segment[OUT_PACKETS];
    uint64_t nacked[65536 / 64];
    struct digest_scratch *scratch;
};

struct known { /* an entry of the address table: open addressing, its size a power of two */
    struct place place;
    uint32_t lane, slot, serial;
    uint32_t state; /* 0 never used, 1 in use, 2 was used */
};

struct plane {
    int fd;
    struct srtp_api srtp;
    uint32_t lane_count;
    struct lane *lanes;
    _Atomic bool is_stopping;
    _Atomic bool has_gso, has_abandoned;
    int stop_fd;
    pthread_mutex_t table_lock;
    struct known *table;
    uint32_t table_size, table_used;
    _Atomic uint64_t counters[PLANE_COUNTERS];
};

static double monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void add(_Atomic uint64_t *counter, uint64_t amount)
{
    atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}
static void count(struct room *room, enum room_counter which) { add(&room->counters[which], 1); }
static void count_plane(struct plane *plane, enum plane_counter which)
{
    add(&plane->counters[which], 1);
}

static bool ring_open(struct ring *ring, uint64_t size)
{
    ring->size = size;
    ring->data = malloc(size);
    /* Touched now: pages that come in one by one as the ring goes round look like a leak. */
    if (ring->data)
        memset(ring->data, 0, size);
    return ring->data != NULL;
}

/* Return room for a message of `size` bytes in one piece, or NULL if there is none. `share`: how
 * much of the ring may be in use after. */
static uint8_t *ring_reserve(struct ring *ring, uint32_t size, uint64_t share)
{
    uint64_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
    uint64_t read = atomic_load_explicit(&ring->read, memory_order_acquire);
    uint64_t at = written & (ring->size - 1), to_end = ring->size - at;
    uint64_t needed = size <= to_end ? size : to_end + size;
    if (written - read + needed > share)
        return NULL;
    if (size > to_end) {
        struct message *skip = (struct message *)(ring->data + at);
        skip->size = (uint32_t)to_end;
        memset((uint8_t *)skip + 4, 0, 4); /* the rest may be no longer than 8 bytes */
        atomic_store_explicit(&ring->written, written + to_end, memory_order_release);
        at = 0;
    }
    return ring->data + at;
}

static void ring_commit(struct ring *ring, uint32_t size)
{
    uint64_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
    atomic_store_explicit(&ring->written, written + size, memory_order_release);
}

static bool ring_is_empty(struct ring *ring)
{
    return atomic_load_explicit(&ring->written, memory_order_acquire) ==
           atomic_load_explicit(&ring->read, memory_order_acquire);
}

static void signal_fd(int fd)
{
    uint64_t one = 1;
    /* It cannot fail: the counter is far from full, and the descriptor lives as long as we. */
    if (write(fd, &one, sizeof one) < 0)
        return;
}

static void wake_python(struct lane *lane)
{
    lane->lazy_since = 0;
    if (!atomic_exchange(&lane->is_woken, true)) {
        count_plane(lane->plane, WAKE_UPS);
        signal_fd(lane->wake_fd);
    }
}

static bool post(struct lane *lane, struct ring *ring, struct message *message,
                 const uint8_t *packet, uint32_t length, uint64_t share)
{
    message->size = (uint32_t)((sizeof *message + length + 7) & ~(size_t)7);
    message->length = (uint16_t)length;
    uint8_t *at = ring_reserve(ring, message->size, share);
    if (!at) {
        count_plane(lane->plane, ring == &lane->media    ? MEDIA_LOST
                                 : ring == &lane->control ? CONTROL_LOST
                                                          : INBOX_LOST);
        return false;
    }
    memcpy(at, message, sizeof *message);
    memcpy(at + sizeof *message, packet, length);
    ring_commit(ring, message->size);
    return true;
}

static void post_control(struct lane *lane, struct message *message, const uint8_t *packet,
                         uint32_t length)
{
    uint64_t share = lane->control.size >> (message->transport ? 0 : 1);
    post(lane, &lane->control, message, packet, length, share);
    wake_python(lane);
}

/* -- the cache of an encoding: media.core.packet_cache ---------------------------------------------- */

static struct cached **bucket_of(struct cache *cache, int64_t ext_seq)
{
    return &cache->buckets[(uint64_t)ext_seq & (CACHE_BUCKETS - 1)];
}

static struct cached *cache_find(struct cache *cache, int64_t ext_seq)
{
    struct cached *found = *bucket_of(cache, ext_seq);
    while (found && found->ext_seq != ext_seq)
        found = found->in_bucket;
    return found;
}

static void cache_drop_oldest(struct cache *cache)
{
    struct cached *oldest = cache->oldest, **link = bucket_of(cache, oldest->ext_seq);
    while (*link != oldest)
        link = &(*link)->in_bucket;
    *link = oldest->in_bucket;
    cache->oldest = oldest->newer;
    if (!cache->oldest)
        cache->newest = NULL;
    cache->bytes -= oldest->length;
    free(oldest);
}

static void cache_clear(struct cache *cache)
{
    while (cache->oldest)
        cache_drop_oldest(cache);
}

static bool cache_would_drop(struct encoding *encoding, uint32_t more, double now)
{
    struct cached *oldest = encoding->cache.oldest;
    return oldest && (oldest->arrival < now - encoding->cache_s ||
                      encoding->cache.bytes + more > CACHE_BYTES);
}

/* Keep a packet if it is not here yet, drop what is too old or too much; return what is kept
 * under the number, NULL only when memory has run out. */
static struct cached *cache_insert(struct encoding *encoding, int64_t ext_seq,
                                   const struct rtp_header *header, const uint8_t *payload,
                                   uint32_t length, double now)
{
    struct cache *cache = &encoding->cache;
    struct cached *packet = cache_find(cache, ext_seq);
    if (packet)
        return packet;
    packet = malloc(sizeof *packet + length);
    if (!packet)
        return NULL;
    struct cached **bucket = bucket_of(cache, ext_seq);
    *packet = (struct cached){.in_bucket = *bucket, .ext_seq = ext_seq, .arrival = now,
                              .timestamp = header->timestamp, .length = length,
                              .marker = header->marker};
    memcpy(packet->payload, payload, length);
    *bucket = packet;
    if (cache->newest)
        cache->newest->newer = packet;
    else
        cache->oldest = packet;
    cache->newest = packet;
    cache->bytes += length;
    while (cache_would_drop(encoding, 0, now))
        cache_drop_oldest(cache);
    return packet;
}

/* -- sending ----------------------------------------------------------------------------------------- */

static void send_one(struct lane *lane, struct msghdr *message)
{
    if (sendmsg(lane->plane->fd, message, MSG_DONTWAIT) >= 0)
        return;
    bool is_full = errno == EAGAIN || errno == ENOBUFS;
    count_plane(lane->plane, is_full ? SEND_BLOCKED : SEND_FAILED);
}

/* Send a message of several segments one by one: the path, or this kernel, takes no GSO. */
static void send_apart(struct lane *lane, struct msghdr *message)
{
    struct msghdr single = *message;
    single.msg_control = NULL;
    single.msg_controllen = 0;
    single.msg_iovlen = 1;
    for (size_t i = 0; i < message->msg_iovlen; i++) {
        single.msg_iov = message->msg_iov + i;
        send_one(lane, &single);
    }
}

static void send_refused(struct lane *lane, struct msghdr *message)
{
    if (message->msg_iovlen > 1 && errno != EAGAIN && errno != ENOBUFS) {
        if (errno == EIO) /* the interface computes no checksums: it never will */
            atomic_store(&lane->plane->has_gso, false);
        send_apart(lane, message);
        return;
    }
    bool is_full = errno == EAGAIN || errno == ENOBUFS;
    add(&lane->plane->counters[is_full ? SEND_BLOCKED : SEND_FAILED], message->msg_iovlen);
}

static void flush(struct lane *lane)
{
    struct mmsghdr *at = lane->messages, *end = at + lane->message_count;
    add(&lane->plane->counters[PACKETS_SENT], lane->out_count);
    while (at < end) {
        count_plane(lane->plane, SEND_CALLS);
        int sent = sendmmsg(lane->plane->fd, at, (unsigned)(end - at), MSG_DONTWAIT);
        if (sent > 0) {
            at += sent;
        } else {
            send_refused(lane, &at->msg_hdr);
            at++;
        }
    }
    lane->message_count = lane->out_count = 0;
}

/* Hand the packets out[first..] of one transport to the kernel at the next flush: as one message
 * where the kernel cuts it again, and all but the last are of one size; singly otherwise. */
static void enqueue(struct lane *lane, struct transport *transport, uint32_t first)
{
    while (first < lane->out_count) {
        size_t size = lane->pieces[first].iov_len;
        uint32_t end = first + 1;
        if (atomic_load_explicit(&lane->plane->has_gso, memory_order_relaxed))
            while (end < lane->out_count && lane->pieces[end].iov_len <= size) {
                bool is_last = lane->pieces[end].iov_len < size;
                end++;
                if (is_last)
                    break;
            }
        uint32_t number = lane->message_count++;
        struct msghdr *message = &lane->messages[number].msg_hdr;
        *message = (struct msghdr){.msg_name = &transport->address,
                                   .msg_namelen = transport->address_length,
                                   .msg_iov = &lane->pieces[first],
                                   .msg_iovlen = end - first};
        if (end - first > 1) {
            message->msg_control = lane->segment[number].bytes;
            message->msg_controllen = CMSG_SPACE(sizeof(uint16_t));
            struct cmsghdr *control = CMSG_FIRSTHDR(message);
            control->cmsg_level = SOL_UDP;
            control->cmsg_type = UDP_SEGMENT;
            control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
            uint16_t segment = (uint16_t)size;
            memcpy(CMSG_DATA(control), &segment, sizeof segment);
            count_plane(lane->plane, GSO_MESSAGES);
        }
        first = end;
    }
}

static void hand_back(struct lane *lane, struct transport *transport, const uint8_t *packet,
                      uint32_t length)
{
    struct message message = {.kind = SEALED, .transport = transport->id, .now = monotonic()};
    post(lane, &lane->media, &message, packet, length, lane->media.size);
    wake_python(lane);
}

/* Number the RTP packet of `length` bytes at `out`, protect it, and put it last among those ready;
 * what cannot be protected (a number used twice) is counted and gone. */
static void finish(struct lane *lane, struct transport *transport, uint32_t length)
{
    uint8_t *out = lane->out[lane->out_count];
    int size = (int)length;
    if (transport->number_element) { /* media.core.send_history.SendHistory.sent */
        const struct sent_log *log = &transport->sent;
        uint64_t number = atomic_load_explicit(log->counter, memory_order_relaxed);
        write16(out + 17, (uint16_t)number);
        log->sent_at[number & (LOG_PACKETS - 1)] = monotonic();
        log->sizes[number & (LOG_PACKETS - 1)] = (uint16_t)length;
        log->named[number & (NAMED_PACKETS - 1)] = (uint64_t)read32(out + 8) << 16 | read16(out + 2);
        atomic_store_explicit(log->counter, number + 1, memory_order_release);
    }
    if (lane->plane->srtp.protect(transport->send_session, out, &size)) {
        count(transport->room, PROTECT_FAILED);
        return;
    }
    if (transport->is_sealed_only) {
        hand_back(lane, transport, out, (uint32_t)size);
        return;
    }
    lane->pieces[lane->out_count] = (struct iovec){.iov_base = out, .iov_len = (size_t)size};
    lane->out_count++;
}

/* Write a header where the next packet is made; return where its payload begins (16 bits more for
 * a retransmission). The one-byte header extension is RFC 8285 section 4.2. */
static uint32_t start_packet(struct lane *lane, struct transport *transport, uint8_t second,
                             uint16_t seq, uint32_t timestamp, uint32_t ssrc)
{
    uint8_t *out = lane->out[lane->out_count];
    out[0] = transport->number_element ? 0x90 : 0x80;
    out[1] = second;
    write16(out + 2, seq);
    write32(out + 4, timestamp);
    write32(out + 8, ssrc);
    if (!transport->number_element)
        return 12;
    write32(out + 12, 0xBEDE0001);
    out[16] = transport->number_element;
    out[19] = 0;
    return 20;
}

static bool can_send(const struct transport *transport)
{
    return transport->has_place && transport->send_session;
}

/* Make one packet of a row ready; `is_repair`: as a retransmission (RFC 4588 section 4). */
static void make_packet(struct lane *lane, struct row *row, const struct cached *packet,
                        bool is_repair)
{
    const struct row_terms *terms = &row->terms;
    uint16_t seq = (uint16_t)(packet->ext_seq + terms->seq_shift);
    uint32_t timestamp = packet->timestamp + terms->timestamp_shift, at;
    if (is_repair && terms->rtx_payload_type >= 0) {
        row->terms.rtx_seq++;
        at = start_packet(lane, row->transport,
                          (uint8_t)(packet->marker | terms->rtx_payload_type),
                          (uint16_t)terms->rtx_seq, timestamp, terms->rtx_ssrc);
        write16(lane->out[lane->out_count] + at, seq);
        at += 2;
    } else {
        at = start_packet(lane, row->transport, packet->marker | terms->payload_type, seq,
                          timestamp, terms->ssrc);
    }
    uint8_t *payload = lane->out[lane->out_count] + at;
    memcpy(payload, packet->payload, packet->length);
    if (terms->picture_shift || terms->tl0_shift)
        shift_picture(payload, packet->length, terms->picture_shift, terms->tl0_shift);
    finish(lane, row->transport, at + packet->length);
}

/* Send packets of one encoding to one row. `count` is at most RUN. */
static void send_row(struct lane *lane, struct row *row, struct cached *const *packets,
                     uint32_t number)
{
    if (!can_send(row->transport))
        return;
    if (lane->out_count + number > OUT_PACKETS)
        flush(lane);
    uint32_t first = lane->out_count;
    for (uint32_t i = 0; i < number; i++)
        make_packet(lane, row, packets[i], false);
    enqueue(lane, row->transport, first);
}

/* Forward what was gathered: a subscriber after the other, so that each gets its packets in one
 * message where they came in a burst. The loop that costs. */
static void forward_run(struct lane *lane)
{
    struct encoding *encoding = lane->run_encoding;
    for (uint32_t i = 0; i < encoding->row_count; i++)
        send_row(lane, encoding->rows[i], lane->run, lane->run_length);
    lane->run_length = 0;
    lane->run_encoding = NULL;
}

static void settle(struct lane *lane)
{
    if (lane->run_length)
        forward_run(lane);
    if (lane->message_count)
        flush(lane);
}

/* -- receiving ----------------------------------------------------------------------------------------- */

struct taken {
    int64_t ext_seq;
    uint64_t packets, octets;
    uint32_t flags;
};

/* Take one media packet of an encoding into the timeline, and forward it if it is in order. */
static struct taken take(struct lane *lane, struct encoding *encoding,
                         const struct rtp_header *header, const uint8_t *payload, uint32_t length,
                         double now)
{
    int64_t ext_seq = header->seq;
    if (encoding->has_any)
        ext_seq = encoding->highest_ext +
                  (int16_t)(uint16_t)(header->seq - (uint16_t)encoding->highest_ext);
    struct taken taken = {ext_seq, encoding->packets, encoding->octets, TAKEN};
    if (encoding->has_any && ext_seq <= encoding->highest_ext)
        return taken;
    if (!encoding->has_any || ext_seq != encoding->highest_ext + 1)
        wake_python(lane); /* there is something to ask for */
    encoding->has_any = true;
    encoding->highest_ext = ext_seq;
    encoding->highest_timestamp = header->timestamp;
    encoding->packets++;
    encoding->octets += length;
    if (lane->run_encoding == encoding && cache_would_drop(encoding, length, now))
        forward_run(lane); /* what is gathered lies in the cache */
    struct cached *packet = NULL;
    if (encoding->is_wanted)
        packet = cache_insert(encoding, ext_seq, header, payload, length, now);
    if (!packet)
        return taken;
    taken.flags |= SENT;
    if (!encoding->row_count)
        return taken;
    if (lane->run_encoding != encoding || lane->run_length == RUN)
        settle(lane);
    lane->run_encoding = encoding;
    lane->run[lane->run_length++] = packet;
    return taken;
}

/* Take `amount`; false, with nothing taken, if that is not left beside the `spared` share of a burst. */
static bool take_tokens(struct bucket_of_tokens *bucket, double amount, double now, double spared)
{
    double elapsed = now > bucket->at ? now - bucket->at : 0, left;
    bucket->at = now > bucket->at ? now : bucket->at;
    left = bucket->left + elapsed * bucket->per_s;
    left = left < bucket->burst ? left : bucket->burst;
    bool is_within = amount <= left - spared * bucket->burst;
    bucket->left = is_within ? left - amount : left;
    return is_within;
}

static struct binding *find_binding(struct transport *transport, uint32_t ssrc)
{
    struct binding *binding = transport->bindings;
    while (binding && binding->ssrc != ssrc)
        binding = binding->next;
    return binding;
}

/* A packet of a bound stream under the payload type agreed for it: take it. A retransmission is
 * taken as the packet it carries (RFC 4588 section 4), once media has come since the encoding was
 * wanted: a probe may repeat what came before. Padding, and what is shaped differently
 * (redundant sound, other payload types), are for Python alone. */
static struct taken take_bound(struct lane *lane, struct binding *binding, struct rtp_header header,
                               const uint8_t *packet, double now)
{
    struct encoding *encoding = binding->encoding;
    struct taken nothing = {0};
    if (binding->stream != encoding->stream)
        return nothing;
    if (!binding->is_repair) {
        if (header.payload_type != encoding->payload_type)
            return nothing;
        encoding->last_arrival = now;
    } else {
        if (header.payload_type != encoding->rtx_payload_type || header.end - header.start < 2 ||
            !encoding->media_bindings || !encoding->has_any)
            return nothing;
        header.seq = read16(packet + header.start);
        header.start += 2;
    }
    return take(lane, encoding, &header, packet + header.start, header.end - header.start, now);
}

/* An authenticated RTP packet, plain, at `packet`. */
static void receive_rtp(struct lane *lane, struct transport *transport, const uint8_t *packet,
                        uint32_t length, double now)
{
    struct rtp_header header;
    struct message message = {.kind = RTP, .transport = transport->id, .now = now};
    enum room_counter refused = ROOM_COUNTERS;
    if (!parse_rtp(packet, length, &header))
        refused = MALFORMED_RTP;
    else if (!transport->rtp_rate.burst) /* nothing was agreed to be sent this way */
        refused = DROPPED_NOT_GRANTED;
    else if (!take_tokens(&transport->rtp_rate, length, now, 0))
        refused = RTP_OVER_RATE;
    if (refused != ROOM_COUNTERS) {
        count(transport->room, refused);
        message.kind = HEARD;
        post(lane, &lane->control, &message, packet, 0, lane->control.size / 2);
        return;
    }
    struct binding *binding = find_binding(transport, header.ssrc);
    bool is_urgent = true;
    if (binding) {
        struct taken taken = take_bound(lane, binding, header, packet, now);
        message.stream = binding->encoding->stream;
        message.flags = (uint8_t)taken.flags;
        message.ext_seq = taken.ext_seq;
        message.packets = taken.packets;
        message.octets = taken.octets;
        is_urgent = !(taken.flags & SENT) || binding->encoding->is_eager;
    }
    post(lane, &lane->media, &message, packet, length, lane->media.size);
    if (is_urgent)
        wake_python(lane);
    else if (!lane->lazy_since)
        lane->lazy_since = now;
}

static struct row *row_by_ssrc(struct transport *transport, uint32_t ssrc)
{
    struct row *row = transport->rows;
    while (row && row->terms.ssrc != ssrc)
        row = row->next_of_transport;
    return row;
}

static struct row *row_by_rtx_ssrc(struct transport *transport, uint32_t ssrc)
{
    struct row *row = transport->rows;
    while (row && (row->terms.rtx_ssrc != ssrc || row->terms.rtx_payload_type < 0))
        row = row->next_of_transport;
    return row;
}

/* Let a row be looked at for retransmissions: its budget is a second's. */
static void renew_budget(struct row *row, double now)
{
    if ((int64_t)now != row->budget_second) {
        row->budget_second = (int64_t)now;
        row->budget = RESEND_BUDGET;
    }
}

/* Return what a row was sent under a number, if it is kept: media.core.uptrack.UpTrack.find_sent. */
static struct cached *find_sent(struct row *row, uint16_t seq)
{
    struct encoding *encoding = row->encoding;
    uint16_t newest = (uint16_t)(encoding->highest_ext + row->terms.seq_shift);
    int64_t ext_seq = encoding->highest_ext - (uint16_t)(newest - seq);
    return ext_seq < row->terms.first_ext ? NULL : cache_find(&encoding->cache, ext_seq);
}

/* Whether the line has room for a retransmission now: media.core.steering.Steering.may_resend. */
static bool may_resend(struct row *row, const struct cached *packet, double now, enum why why)
{
    struct transport *transport = row->transport;
    uint32_t size = 12 + packet->length + (row->terms.rtx_payload_type >= 0 ? 2 : 0);
    return !transport->are_resends_limited ||
           take_tokens(&transport->resends, size + WIRE_OVERHEAD_BYTES, now,
                       why == ASKED || why == LOST ? 0 : SPARED_SHARE);
}

static void send_again(struct lane *lane, struct row *row, const struct cached *packet)
{
    if (row->terms.rtx_payload_type >= 0)
        count(row->transport->room, RTX_OUT);
    if (!can_send(row->transport))
        return;
    if (lane->out_count == OUT_PACKETS)
        flush(lane);
    uint32_t first = lane->out_count;
    make_packet(lane, row, packet, true);
    enqueue(lane, row->transport, first);
}

/* Resend what was asked for: media.core.resending. */
static void answer(struct lane *lane, struct row *row, uint16_t seq, double now)
{
    struct transport *transport = row->transport;
    struct sent_packet asked = {row->terms.ssrc, seq};
    if (is_under_way(&transport->repairs, asked, now))
        return;
    struct cached *packet = row->budget > 0 ? find_sent(row, seq) : NULL;
    if (!packet) {
        row->budget -= row->budget > 0 ? MISSED_COSTS : 0;
        count(transport->room, NACK_MISSED);
        return;
    }
    row->budget -= RESENT_COSTS;
    if (!may_resend(row, packet, now, ASKED)) {
        row->terms.rtx_seq += row->terms.rtx_payload_type >= 0; /* a gap says that it was asked */
        count(transport->room, RESEND_LIMITED);
        return;
    }
    count(transport->room, NACK_ANSWERED);
    if (row->terms.rtx_payload_type >= 0)
        note_repair(&transport->repairs, asked, ASKED, now);
    send_again(lane, row, packet);
}

/* Name each lost packet once, in the order the NACK names them. */
static void answer_nack(struct lane *lane, struct row *row, const uint8_t *nack, uint32_t size,
                        double now)
{
    renew_budget(row, now);
    for (uint32_t at = 12; at < size; at += 4) {
        uint32_t mask = (uint32_t)read16(nack + at + 2) << 1 | 1;
        for (uint16_t seq = read16(nack + at); mask; mask >>= 1, seq++) {
            if (!(mask & 1) || lane->nacked[seq / 64] >> seq % 64 & 1)
                continue;
            lane->nacked[seq / 64] |= (uint64_t)1 << seq % 64;
            answer(lane, row, seq, now);
        }
    }
    for (uint32_t at = 12; at < size; at += 4)
        for (uint16_t bit = 0, seq = read16(nack + at); bit <= 16; bit++, seq++)
            lane->nacked[seq / 64] &= ~((uint64_t)1 << seq % 64);
}

/* Resend over a long line what was not asked for: media.core.resending. */
static void repair_one(struct lane *lane, struct transport *transport, struct sent_packet missed,
                       double now, enum why why)
{
    struct row *row = row_by_ssrc(transport, missed.ssrc);
    if (!row || row->terms.rtx_payload_type < 0) /* sound, or a retransmission itself */
        return;
    renew_budget(row, now);
    if (row->budget <= 0 || (why != COPY && is_under_way(&transport->repairs, missed, now)))
        return;
    struct cached *packet = find_sent(row, missed.seq);
    if (!packet || !may_resend(row, packet, now, why))
        return;
    row->budget -= RESENT_COSTS;
    count(transport->room, RTX_UNASKED);
    if (why != COPY)
        note_repair(&transport->repairs, missed, why, now);
    send_again(lane, row, packet);
}

/* Put which packet a number was behind those in `missed`, if that is remembered; return how many. */
static uint32_t name_packet(const struct sent_log *log, int64_t number, int64_t count,
                            struct sent_packet *missed, uint32_t found)
{
    if (number < count - NAMED_PACKETS)
        return found;
    uint64_t name = log->named[number & (NAMED_PACKETS - 1)];
    missed[found] = (struct sent_packet){(uint32_t)(name >> 16), (uint16_t)name};
    return found + 1;
}

/* Repair what the feedback just digested says or leaves unsaid, and send the copies due with it. */
static void repair(struct lane *lane, struct transport *transport, double now)
{
    struct repairs *repairs = &transport->repairs;
    struct digest_scratch *scratch = lane->scratch;
    if (repairs->under_way == 0)
        return;
    struct sent_packet copies[REPAIRS_REMEMBERED], lost[NAMED_PACKETS], unsaid[MAX_UNSAID];
    uint32_t copied = take_owed(repairs, now, copies), losses = 0, unknown = 0;
    int64_t count = (int64_t)atomic_load_explicit(transport->sent.counter, memory_order_relaxed);
    for (uint32_t i = 0; i < scratch->passed_count; i++)
        losses = name_packet(&transport->sent, scratch->passed_over[i], count, lost, losses);
    for (int64_t number = scratch->unsaid_from; number < scratch->unsaid_to; number++)
        unknown = name_packet(&transport->sent, number, count, unsaid, unknown);
    for (uint32_t i = 0; i < losses; i++)
        repair_one(lane, transport, lost[i], now, LOST);
    for (uint32_t i = 0; i < copied; i++)
        repair_one(lane, transport, copies[i], now, COPY);
    for (uint32_t i = 0; i < unknown; i++)
        repair_one(lane, transport, unsaid[i], now, UNSAID);
}

static bool is_rtcp_allowed(struct transport *transport, uint32_t length, double now)
{
    if ((int64_t)now != transport->rtcp_second) {
        transport->rtcp_second = (int64_t)now;
        transport->rtcp_in_second = transport->rtcp_bytes_in_second = 0;
    }
    transport->rtcp_in_second++;
    transport->rtcp_bytes_in_second += length;
    return transport->rtcp_in_second <= transport->rtcp_per_s &&
           transport->rtcp_bytes_in_second <= transport->rtcp_bytes_per_s;
}

/* Whether a datagram is made of feedback, NACKs and receiver reports only, each well formed. The
 * feedback of any other goes to the core with the rest: media.core.rtcp refuses all or nothing. */
static bool is_digestible(struct lane *lane, const uint8_t *packet, uint32_t length)
{
    uint32_t size = 0, statuses = 0;
    for (uint32_t at = 0; at < length; at += size) {
        next_rtcp(packet, length, at, &size);
        const uint8_t *one = packet + at;
        if (is_feedback(one, size)) {
            if (!read_feedback(one, size, &lane->scratch->feedback))
                return false;
            statuses += lane->scratch->feedback.count;
        } else if (!is_nack(one, size) && !is_receiver_report(one, size)) {
            return false;
        }
    }
    return statuses <= MAX_STATUSES;
}

/* Leave what came of a peer's RTCP to the core. Fifty subscribers report a thousand times a second: one
 * wake-up serves several of them. */
static void post_lazily(struct lane *lane, struct message *message, const uint8_t *content,
                        uint32_t length)
{
    post(lane, &lane->control, message, content, length, lane->control.size);
    if (!lane->lazy_since)
        lane->lazy_since = message->now;
}

/* Digest feedback of a subscriber, and post what is to be told of it; false if it said nothing new. */
static bool digest_feedback(struct lane *lane, struct transport *transport, const uint8_t *packet,
                            uint32_t size, double now)
{
    struct message message = {.kind = DIGEST, .transport = transport->id, .now = now};
    struct digest digest;
    read_feedback(packet, size, &lane->scratch->feedback);
    enum told told =
        take_feedback(&transport->digests, &transport->sent, lane->scratch, now, &digest);
    if (told != NOTHING_NEW)
        repair(lane, transport, now);
    if (told == TOLD)
        post_lazily(lane, &message, (const uint8_t *)&digest, sizeof digest);
    return told != NOTHING_NEW;
}

/* Answer the NACKs about our rows and digest the feedback of a whole datagram; return the length of
 * what is left for the core. `has_digested`: there was feedback with news, of which it hears in time. */
static uint32_t take_rtcp(struct lane *lane, struct transport *transport, uint8_t *packet,
                          uint32_t length, double now, bool *has_digested)
{
    if (lane->run_length)
        forward_run(lane);
    bool may_digest = transport->number_element && is_digestible(lane, packet, length);
    uint32_t kept = 0, size = 0;
    for (uint32_t at = 0; at < length; at += size) {
        next_rtcp(packet, length, at, &size);
        struct row *row = NULL;
        if (is_nack(packet + at, size))
            row = row_by_ssrc(transport, read32(packet + at + 8));
        if (row) {
            answer_nack(lane, row, packet + at, size, now);
        } else if (may_digest && is_feedback(packet + at, size)) {
            *has_digested |= digest_feedback(lane, transport, packet + at, size, now);
        } else {
            memmove(packet + kept, packet + at, size);
            kept += size;
        }
    }
    return kept;
}

/* An authenticated RTCP packet: do what we can of what it asks, pass the rest on. */
static void receive_rtcp(struct lane *lane, struct transport *transport, uint8_t *packet,
                         uint32_t length, double now)
{
    struct message message = {.kind = RTCP, .transport = transport->id, .now = now};
    bool has_digested = false;
    if (!is_rtcp_allowed(transport, length, now)) {
        count(transport->room, RTCP_REFUSED);
        message.kind = HEARD;
        length = 0;
    } else if ((transport->rows || transport->number_element) && is_whole_rtcp(packet, length)) {
        length = take_rtcp(lane, transport, packet, length, now, &has_digested);
        message.kind = length ? RTCP : HEARD;
    }
    /* That a peer was heard need not be said where digests are: they come several times a second. */
    if (length || !has_digested)
        post_lazily(lane, &message, packet, length);
}

/* Authenticate and decrypt in place what came from a transport's address. */
static void receive_media(struct lane *lane, struct transport *transport, uint8_t *packet,
                          uint32_t length, double now)
{
    bool is_control = is_rtcp(packet, length);
    if (!transport->receive_session) {
        count(transport->room, MEDIA_BEFORE_KEYS);
        return;
    }
    struct srtp_api *srtp = &lane->plane->srtp;
    int size = (int)length;
    int status = (is_control ? srtp->unprotect_rtcp : srtp->unprotect)(transport->receive_session,
                                                                       packet, &size);
    if (status) { /* 9, 10: srtp_err_status_replay_fail and _replay_old */
        count(transport->room, status == 9 || status == 10 ? REPLAYED : SRTP_AUTH_FAILED);
        return;
    }
    if (is_control)
        receive_rtcp(lane, transport, packet, (uint32_t)size, now);
    else
        receive_rtp(lane, transport, packet, (uint32_t)size, now);
}

static struct transport *transport_at(struct lane *lane, uint32_t slot, uint32_t serial)
{
    struct transport *transport = slot < lane->slot_count ? lane->slots[slot] : NULL;
    return transport && transport->serial == serial ? transport : NULL;
}

static bool is_media(const uint8_t *packet, uint32_t length)
{
    return length && packet[0] > 127 && packet[0] < 192; /* RFC 7983 section 7 */
}

static void receive(struct lane *lane, const struct known *known, uint8_t *packet, uint32_t length,
                    const struct place *from, double now)
{
    struct transport *transport = known ? transport_at(lane, known->slot, known->serial) : NULL;
    if (transport && is_media(packet, length)) {
        receive_media(lane, transport, packet, length, now);
        return;
    }
    struct message message = {.kind = DATAGRAM, .now = now, .from = *from};
    message.transport = transport ? transport->id : 0;
    post_control(lane, &message, packet, length);
}

/* -- the address table ------------------------------------------------------------------------------------ */

static uint32_t hash_place(const struct place *place)
{
    uint64_t hash = 1469598103934665603u;
    const uint8_t *bytes = (const uint8_t *)place;
    for (size_t i = 0; i < sizeof *place; i++)
        hash = (hash ^ bytes[i]) * 1099511628211u;
    return (uint32_t)(hash ^ hash >> 32);
}

static struct known *find_known(struct plane *plane, const struct place *place)
{
    for (uint32_t at = hash_place(place);; at++) {
        struct known *known = &plane->table[at & (plane->table_size - 1)];
        if (!known->state)
            return NULL;
        if (known->state == 1 && !memcmp(&known->place, place, sizeof *place))
            return known;
    }
}

static void place_known(struct known *table, uint32_t size, const struct known *entry)
{
    uint32_t at = hash_place(&entry->place);
    while (table[at & (size - 1)].state == 1)
        at++;
    table[at & (size - 1)] = *entry;
}

static bool grow_table(struct plane *plane)
{
    uint32_t live = 0;
    for (uint32_t i = 0; i < plane->table_size; i++)
        live += plane->table[i].state == 1;
    uint32_t size = 1024;
    while (size < live * 4)
        size *= 2;
    struct known *table = calloc(size, sizeof *table);
    if (!table)
        return false;
    for (uint32_t i = 0; i < plane->table_size; i++)
        if (plane->table[i].state == 1)
            place_known(table, size, &plane->table[i]);
    free(plane->table);
    plane->table = table;
    plane->table_size = size;
    plane->table_used = live;
    return true;
}

static struct place place_of(const struct sockaddr_storage *address)
{
    struct place place = {.family = address->ss_family};
    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        place.port = ntohs(v6->sin6_port);
        memcpy(place.host, &v6->sin6_addr, 16);
        place.scope = v6->sin6_scope_id;
    } else {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        place.port = ntohs(v4->sin_port);
        memcpy(place.host, &v4->sin_addr, 4);
    }
    return place;
}

/* -- the threads -------------------------------------------------------------------------------------------- */

static void enter(struct lane *lane) /* for callers from Python: their turn comes next */
{
    atomic_fetch_add(&lane->waiting, 1);
    pthread_mutex_lock(&lane->gate);
    pthread_mutex_lock(&lane->lock);
    pthread_mutex_unlock(&lane->gate);
    atomic_fetch_sub(&lane->waiting, 1);
}

static void leave(struct lane *lane)
{
    settle(lane);
    pthread_mutex_unlock(&lane->lock);
}

static void lane_lock(struct lane *lane)
{
    pthread_mutex_lock(&lane->gate);
    pthread_mutex_lock(&lane->lock);
    pthread_mutex_unlock(&lane->gate);
}

/* Between two packets: let in who waits at the gate, with nothing half done. */
static void give_way(struct lane *lane)
{
    if (!atomic_load_explicit(&lane->waiting, memory_order_relaxed))
        return;
    leave(lane);
    lane_lock(lane);
}

struct incoming { /* at the head of each packet in a lane's inbox */
    struct known known;
    uint32_t is_known;
    struct place from;
    double now;
};

static void pass_on(struct lane *lane, const struct known *known, const struct place *from,
                    const uint8_t *packet, uint32_t length, double now)
{
    uint8_t content[sizeof(struct incoming) + DATAGRAM_BYTES];
    struct incoming *incoming = (struct incoming *)content;
    *incoming = (struct incoming){.known = *known, .is_known = 1, .from = *from, .now = now};
    memcpy(content + sizeof *incoming, packet, length);
    struct message message = {.kind = DATAGRAM};
    post(lane, &lane->inbox, &message, content, (uint32_t)sizeof *incoming + length,
         lane->inbox.size);
    if (!atomic_exchange(&lane->is_inbox_woken, true))
        signal_fd(lane->inbox_fd);
}

static void drain_inbox(struct lane *lane, uint32_t epoch)
{
    uint64_t ignored;
    if (read(lane->inbox_fd, &ignored, sizeof ignored) < 0 && errno != EAGAIN)
        return;
    atomic_store(&lane->is_inbox_woken, false);
    for (int i = 0; !ring_is_empty(&lane->inbox); i++) {
        if (i == INBOX_BATCH) { /* the rest at the next turn, which comes at once */
            signal_fd(lane->inbox_fd);
            return;
        }
        struct ring *ring = &lane->inbox;
        lane_lock(lane); /* and read on under it: a thread that stalled here must not set it back */
        if (atomic_load(&lane->epoch) != epoch) { /* another thread reads this now */
            pthread_mutex_unlock(&lane->lock);
            return;
        }
        uint64_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
        struct message *message = (struct message *)(ring->data + (read & (ring->size - 1)));
        if (message->kind != SKIP) {
            struct incoming incoming;
            uint8_t *content = (uint8_t *)(message + 1);
            memcpy(&incoming, content, sizeof incoming);
            receive(lane, &incoming.known, content + sizeof incoming,
                    message->length - (uint32_t)sizeof incoming, &incoming.from, incoming.now);
        }
        atomic_store_explicit(&ring->read, read + message->size, memory_order_release);
        leave(lane);
    }
}

struct reader { /* what lane 0 reads into */
    uint8_t packets[BATCH][DATAGRAM_BYTES];
    struct sockaddr_storage from[BATCH];
    struct mmsghdr headers[BATCH];
    struct iovec pieces[BATCH];
    struct place places[BATCH];
    struct known known[BATCH];
    bool is_known[BATCH];
};

static int read_batch(struct plane *plane, struct reader *reader)
{
    for (int i = 0; i < BATCH; i++) {
        reader->pieces[i] = (struct iovec){reader->packets[i], DATAGRAM_BYTES};
        reader->headers[i].msg_hdr = (struct msghdr){.msg_name = &reader->from[i],
                                                     .msg_namelen = sizeof reader->from[i],
                                                     .msg_iov = &reader->pieces[i],
                                                     .msg_iovlen = 1};
    }
    int received = recvmmsg(plane->fd, reader->headers, BATCH, MSG_DONTWAIT, NULL);
    if (received < 0 && errno != EAGAIN && errno != EINTR)
        count_plane(plane, SOCKET_ERROR); /* an ICMP error of an earlier datagram: one read */
    if (received <= 0)
        return received;
    pthread_mutex_lock(&plane->table_lock);
    for (int i = 0; i < received; i++) {
        reader->places[i] = place_of(&reader->from[i]);
        struct known *known = find_known(plane, &reader->places[i]);
        reader->is_known[i] = known != NULL;
        if (known)
            reader->known[i] = *known;
    }
    pthread_mutex_unlock(&plane->table_lock);
    return received;
}

static void handle_batch(struct lane *lane, struct reader *reader, int received)
{
    lane_lock(lane);
    for (int i = 0; i < received; i++) {
        struct known *known = reader->is_known[i] ? &reader->known[i] : NULL;
        uint8_t *packet = reader->packets[i];
        uint32_t length = reader->headers[i].msg_len;
        if (known && known->lane != lane->index)
            pass_on(&lane->plane->lanes[known->lane], known, &reader->places[i], packet, length,
                    monotonic());
        else
            receive(lane, known, packet, length, &reader->places[i], monotonic());
        give_way(lane);
    }
    leave(lane);
}

/* Wake Python if something has waited long enough; return how long there is nothing to do. */
static int keep_time(struct lane *lane)
{
    int timeout_ms = HEARTBEAT_MS;
    lane_lock(lane);
    if (lane->lazy_since) {
        double left = lane->lazy_since + LAZY_S - monotonic();
        if (left <= 0)
            wake_python(lane);
        else
            timeout_ms = (int)(left * 1000) + 1;
    }
    pthread_mutex_unlock(&lane->lock);
    return timeout_ms;
}

static void *run_lane(void *argument)
{
    struct lane *lane = argument;
    struct plane *plane = lane->plane;
    struct reader *reader = lane->index == 0 ? calloc(1, sizeof *reader) : NULL;
    if (lane->index == 0 && !reader)
        return NULL; /* the watchdog sees a lane without a heartbeat */
    atomic_store(&lane->thread_id, (int32_t)syscall(SYS_gettid));
    struct precedence precedence = take_precedence(monotonic());
    struct pollfd fds[2] = {{.fd = reader ? plane->fd : lane->inbox_fd, .events = POLLIN},
                            {.fd = plane->stop_fd, .events = POLLIN}};
    uint32_t epoch = atomic_load(&lane->epoch);
    int timeout_ms = HEARTBEAT_MS;
    while (!atomic_load(&plane->is_stopping) && atomic_load(&lane->epoch) == epoch) {
        atomic_fetch_add(&lane->heartbeat, 1);
        double paused_at = monotonic();
        poll(fds, 2, timeout_ms);
        keep_precedence(&precedence, monotonic(), monotonic() - paused_at);
        if (!reader) {
            drain_inbox(lane, epoch);
        } else {
            int received = BATCH;
            for (int i = 0; i < 4 && received == BATCH; i++)
                if ((received = read_batch(plane, reader)) > 0)
                    handle_batch(lane, reader, received);
        }
        timeout_ms = keep_time(lane);
    }
    free(reader);
    return NULL;
}

/* -- what Python calls ----------------------------------------------------------------------------------------- */

/* Of these functions and the layouts above; a library of another version is not loaded. */
uint32_t plane_version(void) { return 4; }

/* Who holds a lock that a lane waits for runs before others until it lets go, or a lane that runs first
 * would wait for whatever keeps an ordinary thread from its turn. */
static void open_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

static bool open_lane(struct plane *plane, uint32_t index)
{
    struct lane *lane = &plane->lanes[index];
    lane->plane = plane;
    lane->index = index;
    lane->next_serial = 1;
    lane->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    lane->inbox_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    lane->out = malloc(sizeof *lane->out * OUT_PACKETS);
    lane->scratch = malloc(sizeof *lane->scratch);
    open_lock(&lane->gate);
    open_lock(&lane->lock);
    return lane->wake_fd >= 0 && lane->inbox_fd >= 0 && lane->out && lane->scratch &&
           ring_open(&lane->media, MEDIA_RING) && ring_open(&lane->control, CONTROL_RING) &&
           (!index || ring_open(&lane->inbox, INBOX_RING));
}

static void close_lane(struct lane *lane)
{
    if (lane->wake_fd > 0)
        close(lane->wake_fd);
    if (lane->inbox_fd > 0)
        close(lane->inbox_fd);
    free(lane->out);
    free(lane->scratch);
    free(lane->media.data);
    free(lane->control.data);
    free(lane->inbox.data);
    free(lane->slots);
}

static bool kernel_has_gso(int fd)
{
    int segment = 0;
    socklen_t length = sizeof segment;
    return getsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, &length) == 0;
}

/* Stop the threads and free everything; rooms and what is in them must be closed before. */
void plane_close(struct plane *plane)
{
    atomic_store(&plane->is_stopping, true);
    if (plane->stop_fd > 0)
        signal_fd(plane->stop_fd);
    for (uint32_t i = 0; i < plane->lane_count; i++)
        if (plane->lanes[i].is_running)
            pthread_join(plane->lanes[i].thread, NULL);
    if (atomic_load(&plane->has_abandoned))
        return; /* a stalled thread may come back to this memory */
    for (uint32_t i = 0; i < plane->lane_count; i++)
        close_lane(&plane->lanes[i]);
    if (plane->stop_fd > 0)
        close(plane->stop_fd);
    free(plane->table);
    free(plane->lanes);
    free(plane);
}

/* `fd`: a bound UDP socket, which stays the caller's. NULL when memory or descriptors run out. */
struct plane *plane_open(int fd, uint32_t lane_count, const struct srtp_api *srtp)
{
    struct plane *plane = calloc(1, sizeof *plane);
    if (!plane)
        return NULL;
    plane->fd = fd;
    plane->srtp = *srtp;
    plane->lane_count = lane_count;
    plane->lanes = calloc(lane_count, sizeof *plane->lanes);
    plane->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    plane->has_gso = kernel_has_gso(fd);
    open_lock(&plane->table_lock);
    bool is_open = plane->lanes && plane->stop_fd >= 0 && grow_table(plane);
    for (uint32_t i = 0; is_open && i < lane_count; i++)
        is_open = open_lane(plane, i);
    if (!is_open) {
        plane->lane_count = plane->lanes ? lane_count : 0;
        plane_close(plane);
        return NULL;
    }
    return plane;
}

/* Start the threads; 0, or the errno of the one that could not be started. */
int plane_start(struct plane *plane)
{
    for (uint32_t i = 0; i < plane->lane_count; i++) {
        int status = pthread_create(&plane->lanes[i].thread, NULL, run_lane, &plane->lanes[i]);
        if (status)
            return status;
        plane->lanes[i].is_running = true;
    }
    return 0;
}

/* Let another thread go on with a stalled lane. False if that is in vain: the stalled one holds the
 * lane's lock, or no thread can be started. It ends by itself if it ever comes back. */
int plane_revive(struct plane *plane, uint32_t number)
{
    struct lane *lane = &plane->lanes[number];
    if (pthread_mutex_trylock(&lane->gate))
        return 0;
    bool is_free = !pthread_mutex_trylock(&lane->lock);
    pthread_t stalled = lane->thread;
    if (is_free) {
        atomic_fetch_add(&lane->epoch, 1);
        pthread_mutex_unlock(&lane->lock);
    }
    pthread_mutex_unlock(&lane->gate);
    if (!is_free || pthread_create(&lane->thread, NULL, run_lane, lane)) {
        lane->thread = stalled;
        return 0;
    }
    atomic_store(&plane->has_abandoned, true);
    pthread_detach(stalled);
    return 1;
}

int plane_wake_fd(struct plane *plane, uint32_t lane) { return plane->lanes[lane].wake_fd; }
uint64_t plane_heartbeat(struct plane *plane, uint32_t lane)
{
    return atomic_load(&plane->lanes[lane].heartbeat);
}
int plane_thread_id(struct plane *plane, uint32_t lane)
{
    return atomic_load(&plane->lanes[lane].thread_id);
}
void plane_counters(struct plane *plane, uint64_t *into)
{
    for (int i = 0; i < PLANE_COUNTERS; i++)
        into[i] = atomic_load(&plane->counters[i]);
}

/* Note that Python reads: what comes from now on wakes it again. */
void plane_awake(struct plane *plane, uint32_t number)
{
    struct lane *lane = &plane->lanes[number];
    uint64_t ignored;
    while (read(lane->wake_fd, &ignored, sizeof ignored) < 0 && errno == EINTR)
        ;
    atomic_store(&lane->is_woken, false);
}

/* Wake Python once more: it has stopped reading before the end. */
void plane_read_on(struct plane *plane, uint32_t number)
{
    struct lane *lane = &plane->lanes[number];
    if (!atomic_exchange(&lane->is_woken, true))
        signal_fd(lane->wake_fd);
}

/* Return where a ring lies, and its size. */
uint8_t *plane_ring(struct plane *plane, uint32_t number, int is_media_ring, uint64_t *size)
{
    struct lane *lane = &plane->lanes[number];
    struct ring *ring = is_media_ring ? &lane->media : &lane->control;
    *size = ring->size;
    return ring->data;
}

/* Return how many bytes of messages lie in one piece at `*offset` of a ring; 0: none. */
uint64_t plane_messages(struct plane *plane, uint32_t number, int is_media_ring, uint64_t *offset)
{
    struct lane *lane = &plane->lanes[number];
    struct ring *ring = is_media_ring ? &lane->media : &lane->control;
    uint64_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
    uint64_t written = atomic_load_explicit(&ring->written, memory_order_acquire);
    *offset = read & (ring->size - 1);
    uint64_t to_end = ring->size - *offset;
    return written - read < to_end ? written - read : to_end;
}

void plane_read(struct plane *plane, uint32_t number, int is_media_ring, uint64_t bytes)
{
    struct lane *lane = &plane->lanes[number];
    struct ring *ring = is_media_ring ? &lane->media : &lane->control;
    uint64_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
    atomic_store_explicit(&ring->read, read + bytes, memory_order_release);
}

struct room *room_open(struct plane *plane, uint32_t lane)
{
    struct room *room = calloc(1, sizeof *room);
    if (room)
        room->lane = &plane->lanes[lane];
    return room;
}
void room_close(struct room *room) { free(room); }
void room_counters(struct room *room, uint64_t *into)
{
    for (int i = 0; i < ROOM_COUNTERS; i++)
        into[i] = atomic_load(&room->counters[i]);
}

/* `id`, not 0, is what messages name the transport by. */
struct transport *transport_add(struct room *room, uint32_t id, uint32_t rtcp_per_s,
                                double rtcp_bytes_per_s)
{
    struct lane *lane = room->lane;
    struct transport *transport = calloc(1, sizeof *transport);
    if (!transport)
        return NULL;
    enter(lane);
    uint32_t slot = 0;
    while (slot < lane->slot_count && lane->slots[slot])
        slot++;
    if (slot == lane->slot_count) {
        uint32_t more = lane->slot_count ? lane->slot_count * 2 : 64;
        struct transport **slots = realloc(lane->slots, more * sizeof *slots);
        if (!slots) {
            leave(lane);
            free(transport);
            return NULL;
        }
        memset(slots + lane->slot_count, 0, (more - lane->slot_count) * sizeof *slots);
        lane->slots = slots;
        lane->slot_count = more;
    }
    *transport = (struct transport){.room = room, .id = id, .slot = slot,
                                    .serial = lane->next_serial++, .rtcp_per_s = rtcp_per_s,
                                    .rtcp_bytes_per_s = rtcp_bytes_per_s};
    digests_open(&transport->digests);
    lane->slots[slot] = transport;
    leave(lane);
    return transport;
}

/* Its rows must have ended; its addresses must be forgotten after. */
void transport_remove(struct transport *transport)
{
    struct lane *lane = transport->room->lane;
    enter(lane);
    settle(lane);
    lane->slots[transport->slot] = NULL;
    while (transport->bindings) {
        struct binding *binding = transport->bindings;
        transport->bindings = binding->next;
        binding->encoding->media_bindings -= !binding->is_repair;
        free(binding);
    }
    leave(lane);
    free(transport);
}

/* Give the sessions of libsrtp; they must live until the transport is removed. */
void transport_keys(struct transport *transport, void *send_session, void *receive_session)
{
    struct lane *lane = transport->room->lane;
    enter(lane);
    transport->send_session = send_session;
    transport->receive_session = receive_session;
    leave(lane);
}

/* Say where to send: NULL for nowhere; `is_sealed_only` for what Python itself sends. */
void transport_place(struct transport *transport, const struct place *place, int is_sealed_only)
{
    struct lane *lane = transport->room->lane;
    enter(lane);
    settle(lane);
    transport->has_place = place || is_sealed_only;
    transport->is_sealed_only = is_sealed_only;
    if (place && place->family == AF_INET6) {
        transport->address.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
                                                      .sin6_port = htons(place->port),
                                                      .sin6_scope_id = place->scope};
        memcpy(&transport->address.v6.sin6_addr, place->host, 16);
        transport->address_length = sizeof transport->address.v6;
    } else if (place) {
        transport->address.v4 = (struct sockaddr_in){.sin_family = AF_INET,
                                                     .sin_port = htons(place->port)};
        memcpy(&transport->address.v4.sin_addr, place->host, 4);
        transport->address_length = sizeof transport->address.v4;
    }
    leave(lane);
}

/* Hold a peer to what was agreed; `rtp_bytes_per_s` 0: it sends no media. */
void transport_limits(struct transport *transport, double rtp_bytes_per_s, double rtp_burst,
                      double rtcp_bytes_per_s)
{
    struct lane *lane = transport->room->lane;
    enter(lane);
    struct bucket_of_tokens *bucket = &transport->rtp_rate;
    bucket->per_s = rtp_bytes_per_s;
    bucket->burst = rtp_burst;
    bucket->left = bucket->left < rtp_burst ? bucket->left : rtp_burst;
    transport->rtcp_bytes_per_s = rtcp_bytes_per_s;
    leave(lane);
}

/* Let retransmissions take so many bytes a second, in such bursts; a negative rate: as many as are
 * asked for. */
void transport_resends(struct transport *transport, double bytes_per_s, double burst)
{
    struct lane *lane = transport->room->lane;
    enter(lane);
    struct bucket_of_tokens *bucket = &transport->resends;
    transport->are_resends_limited = bytes_per_s >= 0;
    if (bytes_per_s >= 0) {
        bucket->per_s = bytes_per_s;
        bucket->burst = burst;
        bucket->left = bucket->left < burst ? bucket->left : burst;
    }
    leave(lane);
}

/* Number every RTP packet sent with this element of a header extension (id << 4 | 1; 0: none), and
 * note in the caller's arrays when it left, how large it was and which: media.core.send_history's. They
 * must live until the transport is removed. */
void transport_number(struct transport *transport, uint8_t element, double *sent_at, uint16_t *sizes,
                      uint64_t *named, _Atomic uint64_t *counter, _Atomic int64_t *attention)
{
    struct lane *lane = transport->room->lane;
    enter(lane);
    settle(lane);
    transport->number_element = element;
    transport->sent = (struct sent_log){sent_at, sizes, named, counter, attention};
    leave(lane);
}

/* Take repairs to be under way for so long, in seconds, and repair unasked what feedback says was lost;
 * 0: the line is short. */
void transport_repairs(struct transport *transport, double under_way)
{
    struct lane *lane = transport->room->lane;
    enter(lane);
    use_repairs(&transport->repairs, under_way);
    leave(lane);
}

/* Digest the feedback packet of `length` bytes that came among RTCP only Python reads; false if it is
 * none, says nothing new, or if `into` is not to be told yet. */
int transport_digest(struct transport *transport, const uint8_t *packet, uint32_t length, double now,
                     struct digest *into)
{
    struct lane *lane = transport->room->lane;
    enum told told = NOTHING_NEW;
    enter(lane);
    settle(lane);
    if (transport->number_element && is_feedback(packet, length) &&
        read_feedback(packet, length, &lane->scratch->feedback))
        told = take_feedback(&transport->digests, &transport->sent, lane->scratch, now, into);
    if (told != NOTHING_NEW)
        repair(lane, transport, now);
    leave(lane);
    return told == TOLD;
}

/* Let datagrams from this address find the transport. False when memory has run out. */
int address_learn(struct transport *transport, const struct place *place)
{
    struct plane *plane = transport->room->lane->plane;
    struct known entry = {.place = *place, .lane = transport->room->lane->index,
                          .slot = transport->slot, .serial = transport->serial, .state = 1};
    pthread_mutex_lock(&plane->table_lock);
    struct known *known = find_known(plane, place);
    bool is_kept = true;
    if (known) {
        *known = entry;
    } else if ((is_kept = plane->table_used * 2 < plane->table_size || grow_table(plane))) {
        place_known(plane->table, plane->table_size, &entry);
        plane->table_used++;
    }
    pthread_mutex_unlock(&plane->table_lock);
    return is_kept;
}

void address_forget(struct plane *plane, const struct place *place)
{
    pthread_mutex_lock(&plane->table_lock);
    struct known *known = find_known(plane, place);
    if (known)
        known->state = 2;
    pthread_mutex_unlock(&plane->table_lock);
}

/* Protect and send a finished packet: RTP, numbered as all others are, or RTCP. False if it could
 * not be protected. `length` must leave room for SRTP's trailer and the extension. */
int transport_send(struct transport *transport, const uint8_t *packet, uint32_t length)
{
    struct lane *lane = transport->room->lane;
    if (length < 8 || length > OUT_BYTES - 256)
        return 0;
    enter(lane);
    settle(lane);
    if (!can_send(transport)) {
        leave(lane);
        return 1;
    }
    uint64_t failed = atomic_load(&transport->room->counters[PROTECT_FAILED]);
    uint8_t *out = lane->out[0];
    if (is_rtcp(packet, length)) {
        int size = (int)length;
        memcpy(out, packet, length);
        if (lane->plane->srtp.protect_rtcp(transport->send_session, out, &size)) {
            count(transport->room, PROTECT_FAILED);
        } else if (transport->is_sealed_only) {
            hand_back(lane, transport, out, (uint32_t)size);
        } else {
            lane->pieces[0] = (struct iovec){.iov_base = out, .iov_len = (size_t)size};
            lane->out_count = 1;
            enqueue(lane, transport, 0);
        }
    } else {
        uint32_t ssrc = read32(packet + 8);
        uint16_t seq = read16(packet + 2);
        struct row *repaired = row_by_rtx_ssrc(transport, ssrc);
        if (repaired) /* our own retransmissions share its numbers */
            seq = (uint16_t)++repaired->terms.rtx_seq;
        uint32_t at = start_packet(lane, transport, packet[1], seq, read32(packet + 4), ssrc);
        out[0] |= packet[0] & 0x2F; /* padding, and contributing sources, stay */
        memcpy(out + at, packet + 12, length - 12);
        finish(lane, transport, at + length - 12);
        if (lane->out_count)
            enqueue(lane, transport, 0);
    }
    leave(lane);
    return atomic_load(&transport->room->counters[PROTECT_FAILED]) == failed;
}

/* Try whether a packet from an unknown address is this transport's, in place; return its plain
 * length, or 0. */
uint32_t transport_open(struct transport *transport, uint8_t *packet, uint32_t length)
{
    struct lane *lane = transport->room->lane;
    struct srtp_api *srtp = &lane->plane->srtp;
    int size = (int)length, status = 1;
    enter(lane);
    if (transport->receive_session)
        status = (is_rtcp(packet, length) ? srtp->unprotect_rtcp
                                          : srtp->unprotect)(transport->receive_session, packet, &size);
    leave(lane);
    return status ? 0 : (uint32_t)size;
}

/* Take an authenticated packet that came another way (found by its keys, or over TCP) as if it had
 * just been read. */
void transport_receive(struct transport *transport, uint8_t *packet, uint32_t length, double now)
{
    struct lane *lane = transport->room->lane;
    enter(lane);
    if (is_rtcp(packet, length))
        receive_rtcp(lane, transport, packet, length, now);
    else
        receive_rtp(lane, transport, packet, length, now);
    if (lane->lazy_since) /* the lane may be asleep for longer than Python may have to wait */
        wake_python(lane);
    leave(lane);
}

struct encoding *encoding_add(struct room *room)
{
    struct encoding *encoding = calloc(1, sizeof *encoding);
    if (encoding) {
        encoding->room = room;
        encoding->rtx_payload_type = -1;
    }
    return encoding;
}

/* Its rows must have ended, its bindings be undone. */
void encoding_remove(struct encoding *encoding)
{
    cache_clear(&encoding->cache);
    free(encoding->rows);
    free(encoding);
}

/* Begin a new stream: nothing that came before is mixed with it. Its rows must have ended. */
void encoding_restart(struct encoding *encoding, uint32_t stream, int payload_type,
                      int rtx_payload_type)
{
    struct lane *lane = encoding->room->lane;
    enter(lane);
    settle(lane);
    cache_clear(&encoding->cache);
    encoding->stream = stream;
    encoding->payload_type = (int16_t)payload_type;
    encoding->rtx_payload_type = (int16_t)rtx_payload_type;
    encoding->has_any = false;
    encoding->highest_ext = 0;
    encoding->packets = encoding->octets = 0;
    leave(lane);
}

/* `is_wanted`: somebody may have it, so it is kept for them, for `cache_s`. `is_eager`: Python must hear of each
 * packet at once, for somebody waits for a keyframe. */
void encoding_want(struct encoding *encoding, int is_wanted, int is_eager, double cache_s)
{
    struct lane *lane = encoding->room->lane;
    enter(lane);
    settle(lane);
    encoding->is_wanted = is_wanted;
    encoding->is_eager = is_eager;
    encoding->cache_s = cache_s;
    if (!is_wanted)
        cache_clear(&encoding->cache);
    leave(lane);
}

/* Take a packet that Python found inside another, or could attribute before we could. `into` gets
 * ext_seq, packets and octets before it, and flags. */
void encoding_take(struct encoding *encoding, uint16_t seq, uint32_t timestamp, uint8_t marker,
                   const uint8_t *payload, uint32_t length, double now, struct taken *into)
{
    struct lane *lane = encoding->room->lane;
    struct rtp_header header = {.seq = seq, .timestamp = timestamp, .marker = marker};
    enter(lane);
    *into = take(lane, encoding, &header, payload, length, now);
    encoding->last_arrival = now;
    leave(lane);
}

/* Keep a late packet for answering NACKs: that it is worth keeping has been decided. */
void encoding_keep(struct encoding *encoding, int64_t ext_seq, uint32_t timestamp, uint8_t marker,
                   const uint8_t *payload, uint32_t length, double now)
{
    struct lane *lane = encoding->room->lane;
    struct rtp_header header = {.timestamp = timestamp, .marker = marker};
    enter(lane);
    settle(lane);
    if (encoding->is_wanted)
        cache_insert(encoding, ext_seq, &header, payload, length, now);
    leave(lane);
}

/* Bind an SSRC of a transport to an encoding. False when memory has run out. */
int binding_add(struct transport *transport, uint32_t ssrc, struct encoding *encoding,
                int is_repair)
{
    struct lane *lane = transport->room->lane;
    struct binding *binding = malloc(sizeof *binding);
    if (!binding)
        return 0;
    enter(lane);
    *binding = (struct binding){.next = transport->bindings, .transport = transport,
                                .encoding = encoding, .ssrc = ssrc,
                                .stream = encoding->stream, .is_repair = is_repair};
    transport->bindings = binding;
    encoding->media_bindings += !is_repair;
    leave(lane);
    return 1;
}

void binding_remove(struct transport *transport, uint32_t ssrc)
{
    struct lane *lane = transport->room->lane;
    enter(lane);
    struct binding **link = &transport->bindings;
    while (*link && (*link)->ssrc != ssrc)
        link = &(*link)->next;
    struct binding *found = *link;
    if (found) {
        *link = found->next;
        if (!found->is_repair)
            found->encoding->media_bindings--;
    }
    leave(lane);
    free(found);
}

/* Send the encoding to a subscriber from `after_ext` on: what has come since is sent at once. NULL
 * when memory has run out. */
struct row *row_begin(struct encoding *encoding, struct transport *transport,
                      const struct row_terms *terms)
{
    struct lane *lane = encoding->room->lane;
    struct row *row = calloc(1, sizeof *row);
    enter(lane);
    settle(lane);
    if (row && encoding->row_count == encoding->row_room) {
        uint32_t more = encoding->row_room ? encoding->row_room * 2 : 8;
        struct row **rows = realloc(encoding->rows, more * sizeof *rows);
        if (rows) {
            encoding->rows = rows;
            encoding->row_room = more;
        } else {
            free(row);
            row = NULL;
        }
    }
    if (row) {
        *row = (struct row){.encoding = encoding, .transport = transport,
                            .next_of_transport = transport->rows, .terms = *terms,
                            .budget_second = -1};
        transport->rows = row;
        encoding->rows[encoding->row_count++] = row;
        int64_t ext_seq = terms->after_ext + 1;
        struct cached *oldest = encoding->cache.oldest;
        if (encoding->has_any && oldest && ext_seq < encoding->highest_ext - 65536)
            ext_seq = encoding->highest_ext - 65536;
        for (; encoding->has_any && ext_seq <= encoding->highest_ext; ext_seq++) {
            struct cached *packet = cache_find(&encoding->cache, ext_seq);
            if (packet)
                send_row(lane, row, &packet, 1);
        }
    }
    leave(lane);
    return row;
}

/* Send no more to the subscriber, and say where its encoding stands. */
void row_end(struct row *row, struct progress *progress)
{
    struct encoding *encoding = row->encoding;
    struct lane *lane = encoding->room->lane;
    enter(lane);
    settle(lane);
    for (uint32_t i = 0; i < encoding->row_count; i++)
        if (encoding->rows[i] == row) {
            encoding->row_count--;
            memmove(encoding->rows + i, encoding->rows + i + 1,
                    (encoding->row_count - i) * sizeof *encoding->rows);
        }
    struct row **link = &row->transport->rows;
    while (*link != row)
        link = &(*link)->next_of_transport;
    *link = row->next_of_transport;
    *progress = (struct progress){.ext_seq = encoding->highest_ext, .packets = encoding->packets,
                                  .octets = encoding->octets,
                                  .last_arrival = encoding->last_arrival,
                                  .timestamp = encoding->highest_timestamp,
                                  .rtx_seq = row->terms.rtx_seq, .has_any = encoding->has_any};
    struct cached *newest = NULL; /* padding has no picture */
    for (int64_t ext_seq = encoding->highest_ext; ext_seq > encoding->highest_ext - PICTURE_SEARCH;
         ext_seq--)
        if ((newest = cache_find(&encoding->cache, ext_seq)) && newest->length)
            break;
    if (newest) {
        progress->picture_bytes =
            newest->length < sizeof progress->picture ? newest->length : sizeof progress->picture;
        memcpy(progress->picture, newest->payload, progress->picture_bytes);
    }
    leave(lane);
    free(row);
}
