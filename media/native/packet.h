/* What the native data plane reads of a packet, and the few bytes it changes. No state, no I/O:
 * these are the functions that meet bytes from outside, and tests/native/fuzz_packets.c is at them.
 *
 * Each does what its namesake in media/core does, to the byte: tests/media/test_native_plane.py and
 * test_native_digest.py hold the planes side by side. Lengths are bytes; nothing outside
 * [data, data + length) is touched. */
#ifndef CLASSROOMS_PACKET_H
#define CLASSROOMS_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint16_t read16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }
static inline uint32_t read32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}
static inline void write16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}
static inline void write32(uint8_t *at, uint32_t value)
{
    write16(at, (uint16_t)(value >> 16));
    write16(at + 2, (uint16_t)value);
}

struct rtp_header {
    uint8_t payload_type, marker; /* marker is 0 or 0x80 */
    uint16_t seq;
    uint32_t timestamp, ssrc;
    uint32_t start, end; /* of the payload, without padding */
};

/* RFC 3550 section 5.1; false for what media.core.rtp.parse calls malformed. */
static inline bool parse_rtp(const uint8_t *data, uint32_t length, struct rtp_header *header)
{
    if (length < 12 || (data[0] & 0xC0) != 0x80)
        return false;
    uint32_t start = 12 + 4 * (uint32_t)(data[0] & 0x0F), end = length;
    if (data[0] & 0x10) {
        if (start + 4 > length)
            return false;
        start += 4 + 4 * (uint32_t)read16(data + start + 2);
    }
    if (data[0] & 0x20) {
        uint8_t padding = data[length - 1];
        if (!padding || padding > length)
            return false;
        end = length - padding;
    }
    if (start > end)
        return false;
    header->payload_type = data[1] & 0x7F;
    header->marker = data[1] & 0x80;
    header->seq = read16(data + 2);
    header->timestamp = read32(data + 4);
    header->ssrc = read32(data + 8);
    header->start = start;
    header->end = end;
    return true;
}

/* RFC 5761 section 4: which of the two a packet on their common port is. */
static inline bool is_rtcp(const uint8_t *data, uint32_t length)
{
    return length > 1 && data[1] >= 192 && data[1] < 224;
}

/* Shift the VP8 picture id and TL0PICIDX in place, each within its width (RFC 7741 section 4.2).
 * A descriptor that is cut short, or has no picture id, is left as it is. */
static inline void shift_picture(uint8_t *payload, uint32_t length, uint16_t picture, uint8_t tl0)
{
    if (length < 2 || !(payload[0] & 0x80) || !(payload[1] & 0x80))
        return;
    uint8_t present = payload[1];
    uint32_t at = 2, id_at = 2;
    if (at >= length)
        return;
    bool is_long = payload[at] & 0x80;
    at += is_long ? 2 : 1;
    uint32_t tl0_at = at;
    at += (present & 0x40) ? 1 : 0;
    at += (present & 0x30) ? 1 : 0;
    if (at > length)
        return;
    if (is_long) {
        uint16_t id = (uint16_t)((read16(payload + id_at) + picture) & 0x7FFF);
        write16(payload + id_at, 0x8000 | id);
    } else {
        payload[id_at] = (uint8_t)((payload[id_at] + picture) & 0x7F);
    }
    if (present & 0x40)
        payload[tl0_at] = (uint8_t)(payload[tl0_at] + tl0);
}

/* Step through a compound RTCP packet (RFC 3550 section 6.1): false when `at` is at its end, or
 * what is there is no RTCP packet; `size` is that of the packet found. */
static inline bool next_rtcp(const uint8_t *data, uint32_t length, uint32_t at, uint32_t *size)
{
    if (length - at < 4 || (data[at] & 0xC0) != 0x80)
        return false;
    *size = 4 + 4 * (uint32_t)read16(data + at + 2);
    return *size <= length - at;
}

/* Whether a whole compound packet steps through without a rest: one that does not is not ours
 * to answer, media.core.rtcp.parse refuses all of it. */
static inline bool is_whole_rtcp(const uint8_t *data, uint32_t length)
{
    uint32_t at = 0, size = 0;
    while (at < length && next_rtcp(data, length, at, &size))
        at += size;
    return length && at == length;
}

/* Whether the packet of `size` bytes at `data` is a generic NACK without padding that names at
 * least one packet (RFC 4585 section 6.2.1). Its pairs lie from byte 12 on. */
static inline bool is_nack(const uint8_t *data, uint32_t size)
{
    return data[0] == 0x81 && data[1] == 205 && size >= 16;
}

/* Whether the packet is a receiver report without padding that holds the blocks it counts (RFC 3550
 * section 6.4.2). */
static inline bool is_receiver_report(const uint8_t *data, uint32_t size)
{
    return (data[0] & 0xE0) == 0x80 && data[1] == 201 && size >= 8 + 24u * (data[0] & 0x1F);
}

/* -- transport-wide feedback ---------------------------------------------------------------------- */

enum { MAX_STATUSES = 8192 }; /* as media.core.feedback_chunks */
#define NOT_RECEIVED INT32_MIN

struct feedback { /* `deltas[i]` is about number `base` + i: NOT_RECEIVED, or 250 us each */
    uint16_t base;
    int32_t reference; /* 64 ms each */
    uint32_t count;
    int32_t deltas[MAX_STATUSES];
};

static inline bool is_feedback(const uint8_t *packet, uint32_t size)
{
    return size >= 4 && (packet[0] & 0xDF) == 0x8F && packet[1] == 205;
}

/* Write the statuses of packets, one each, where their deltas will be; return where the deltas
 * begin, 0 if the chunks are cut short
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01 sections 3.1.1 to 3.1.4). */
static inline uint32_t read_statuses(const uint8_t *packet, uint32_t end, struct feedback *into)
{
    uint32_t at = 20, known = 0;
    while (known < into->count) {
        if (at + 2 > end)
            return 0;
        uint16_t chunk = read16(packet + at);
        at += 2;
        if (!(chunk & 0x8000)) {
            uint32_t run = chunk & 0x1FFF, left = into->count - known;
            for (run = run < left ? run : left; run; run--)
                into->deltas[known++] = chunk >> 13 & 3;
        } else if (!(chunk & 0x4000)) {
            for (int shift = 13; shift >= 0 && known < into->count; shift--)
                into->deltas[known++] = chunk >> shift & 1;
        } else {
            for (int shift = 12; shift >= 0 && known < into->count; shift -= 2)
                into->deltas[known++] = chunk >> shift & 3;
        }
    }
    return at;
}

/* Read the feedback packet of `size` bytes; false for what media.core.rtcp calls malformed. */
static inline bool read_feedback(const uint8_t *packet, uint32_t size, struct feedback *into)
{
    uint32_t end = size;
    if (packet[0] & 0x20) { /* padding, not only of whole words: RFC 3550 section 6.4.1 */
        uint8_t padding = size > 4 ? packet[size - 1] : 0;
        if (!padding || padding > size - 4)
            return false;
        end -= padding;
    }
    if (end < 20)
        return false;
    into->base = read16(packet + 12);
    into->count = read16(packet + 14);
    into->reference = (int32_t)(read32(packet + 16) >> 8 ^ 0x800000) - 0x800000;
    if (!into->count || into->count > MAX_STATUSES)
        return false;
    uint32_t at = read_statuses(packet, end, into);
    for (uint32_t i = 0; i < into->count; i++) {
        uint32_t status = (uint32_t)into->deltas[i];
        if (!at || status == 3 || at + status > end)
            return false;
        into->deltas[i] = status == 0   ? NOT_RECEIVED
                          : status == 1 ? packet[at]
                                        : (int16_t)read16(packet + at);
        at += status;
    }
    return true;
}

#endif
