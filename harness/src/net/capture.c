#define _DEFAULT_SOURCE /* pcap.h wants u_char */
/* Capture files by libpcap: link type RAW, so that a datagram is written as it is. */
#include "harness/net.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

struct capture {
    pcap_t *pcap;
    pcap_dumper_t *dumper;
    bool failed;
};

static struct capture *give_up(struct capture *capture, const char *reason, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s", reason);
    if (capture && capture->pcap) { pcap_close(capture->pcap); }
    free(capture);
    return NULL;
}

struct capture *capture_open(const char *path, char *why, size_t why_size)
{
    struct capture *capture = calloc(1, sizeof *capture);
    if (!capture) { return give_up(NULL, "out of memory", why, why_size); }
    capture->pcap = pcap_open_dead(DLT_RAW, NET_DATAGRAM_MAX);
    if (!capture->pcap) { return give_up(capture, "libpcap cannot be used", why, why_size); }
    capture->dumper = pcap_dump_open(capture->pcap, path);
    if (!capture->dumper) { return give_up(capture, pcap_geterr(capture->pcap), why, why_size); }
    return capture;
}

void capture_write(struct capture *capture, tcpr_time at, const uint8_t *datagram, size_t len)
{
    if (len > NET_DATAGRAM_MAX) {
        capture->failed = true;
        return;
    }
    const struct pcap_pkthdr header = {
        .ts = {.tv_sec = (time_t)(at / TCPR_S(1)), .tv_usec = (suseconds_t)(at % TCPR_S(1))},
        .caplen = (bpf_u_int32)len,
        .len = (bpf_u_int32)len};
    pcap_dump((u_char *)capture->dumper, &header, datagram);
}

bool capture_close(struct capture *capture)
{
    bool written = pcap_dump_flush(capture->dumper) == 0 && !ferror(pcap_dump_file(capture->dumper));
    written = written && !capture->failed;
    pcap_dump_close(capture->dumper);
    pcap_close(capture->pcap);
    free(capture);
    return written;
}
