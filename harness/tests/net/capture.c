#define _DEFAULT_SOURCE /* pcap.h wants u_char */
#include "check.h"

#include <pcap/pcap.h>
#include <unistd.h>

static void written_datagrams__are_read_back_by_libpcap(void **state)
{
    (void)state;
    char path[] = "/tmp/tcprove-capture-XXXXXX", why[256] = "";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    struct capture *capture = capture_open(path, why, sizeof why);
    assert_non_null(capture);
    capture_write(capture, TCPR_S(3) + 7, (const uint8_t *)"first", 5);
    capture_write(capture, TCPR_S(4), (const uint8_t *)"2nd", 3);
    assert_true(capture_close(capture));

    pcap_t *pcap = pcap_open_offline(path, why);
    assert_non_null(pcap);
    assert_int_equal(pcap_datalink(pcap), DLT_RAW);
    struct pcap_pkthdr *header;
    const u_char *octets;
    assert_int_equal(pcap_next_ex(pcap, &header, &octets), 1);
    assert_int_equal(header->ts.tv_sec, 3);
    assert_int_equal(header->ts.tv_usec, 7);
    assert_int_equal(header->caplen, 5);
    assert_memory_equal(octets, "first", 5);
    assert_int_equal(pcap_next_ex(pcap, &header, &octets), 1);
    assert_memory_equal(octets, "2nd", 3);
    assert_int_equal(pcap_next_ex(pcap, &header, &octets), PCAP_ERROR_BREAK);
    pcap_close(pcap);
    unlink(path);
}

static void path_that_cannot_be_written__says_why(void **state)
{
    (void)state;
    char why[256] = "";
    assert_null(capture_open("/nonexistent/file.pcap", why, sizeof why));
    assert_non_null(strstr(why, "/nonexistent/file.pcap"));
}

static void full_disk__is_told_at_the_end(void **state)
{
    (void)state;
    char why[256] = "";
    struct capture *capture = capture_open("/dev/full", why, sizeof why);
    assert_non_null(capture);
    capture_write(capture, 0, (const uint8_t *)"lost", 4);
    assert_false(capture_close(capture));
}

static void longer_than_any_datagram__is_told_at_the_end(void **state)
{
    (void)state;
    static uint8_t octets[NET_DATAGRAM_MAX + 1];
    char why[256] = "";
    struct capture *capture = capture_open("/dev/null", why, sizeof why);
    assert_non_null(capture);
    capture_write(capture, 0, octets, sizeof octets);
    assert_false(capture_close(capture));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_datagrams__are_read_back_by_libpcap),
        cmocka_unit_test(path_that_cannot_be_written__says_why),
        cmocka_unit_test(full_disk__is_told_at_the_end),
        cmocka_unit_test(longer_than_any_datagram__is_told_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
