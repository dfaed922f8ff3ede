/* SRTP for harnesses: a tag of sixteen bytes, and no secrets. */
#include <string.h>

static int stub_protect(void *session, void *packet, int *length)
{
    (void)session;
    memset((unsigned char *)packet + *length, 0xAA, 16);
    *length += 16;
    return 0;
}

static int stub_unprotect(void *session, void *packet, int *length)
{
    (void)session;
    (void)packet;
    if (*length < 28)
        return 7; /* srtp_err_status_auth_fail */
    *length -= 16;
    return 0;
}
